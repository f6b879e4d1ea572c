/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Directories that were renamed and are still merged with what lies below.
 * The renamed copy on a writable branch says where it goes on (format_redirect);
 * from there the path is followed down, branch by branch, as each would show
 * it: a whiteout or an entry of another type on the way ends the search, an
 * opaque directory ends it behind its branch, a redirect changes the path for
 * the branches behind it. So every step goes down, and no loop can be written.
 *
 * Source of the semantics: overlayfs, "redirect_dir" in its documentation.
 */
#ifndef UFS_REDIRECT_H
#define UFS_REDIRECT_H

#include "union.h"

/* The path from its root at which branch B has DIR, or NULL: by its name. */
const char *redirect_at(const struct node *dir, int b);

/*
 * The path of NAME in DIR from the root of branch B, as it has to be walked
 * there. NAME NULL: of DIR itself ("" for the root). Returns 0 or -ENOMEM,
 * -ESTALE for a directory that was removed. Locks: none needed.
 */
int redirect_path(struct ufs *u, struct node *dir, const char *name, int b, char **ret);

/*
 * DIR is found in the branches below AFTER where it is now, whatever its name
 * becomes: at PATH right below, and where a redirect of a lower branch leads on
 * the way at another one behind that. Returns 0 or -errno.
 */
int redirect_fix(struct ufs *u, struct node *dir, int after, const char *path);

/* What following a redirect gives: branches, and the steps. */
struct redirect_found {
	uint64_t mask[BRANCHES_MAX / 64]; /* branches that have it */
	int bottom;                       /* the last of them, -1: none */
	struct statx st;                  /* on that one */
	struct redirect *steps;           /* malloc'ed; to be given to the node */
};

/*
 * Follow redirect TO of a directory on branch B, whose parent is DIR.
 * Returns 0, also when nothing is there, or -errno of a branch that could not
 * be asked.
 */
int redirect_follow(struct ufs *u, struct node *dir, int b, const char *to,
		    struct redirect_found *ret);

/* An O_PATH descriptor of the directory at PATH on branch B, or -errno. */
int redirect_open(struct ufs *u, int b, const char *path);

#endif
