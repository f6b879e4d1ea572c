/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files and directories that the daemon owns and whose mode shuts it out.
 * Permissions were checked when the caller opened: a file made with 0444 is
 * written through that descriptor, one that is open goes on after chmod; and a
 * directory's mode says nothing of removing or renaming it. But the daemon
 * opens by name when something is wanted, and where it is an ordinary user the
 * mode counts. As the owner it lends itself the right for one call.
 *
 * Nobody may learn the lent mode: who reads attributes to hand them out does it
 * between lend_begin() and lend_again(). Changes of a mode take lend_lock.
 *
 * PATH is an O_PATH descriptor of the object on branch B. Where nothing can be
 * lent, as on a branch that is not writable, the answer is that of the call.
 */
#ifndef UFS_LEND_H
#define UFS_LEND_H

#include "union.h"

/* Open PATH itself with FLAGS. Returns the descriptor or -errno. */
int lend_open(struct ufs *u, int b, int path, int flags);

/* Make the directory opaque, in the format that is written. */
int lend_set_opaque(struct ufs *u, int b, int path);

/* As branch_opaque. *LENT is raised when something was lent, for lend_again. */
int lend_opaque(struct ufs *u, int b, int path, unsigned *lent);

/*
 * The redirect of a directory, as format_redirect. *LENT as for lend_opaque.
 */
int lend_redirect(struct ufs *u, int b, int path, char **ret, unsigned *lent);
int lend_set_redirect(struct ufs *u, int b, int path, const char *to);

/*
 * A rename on branch B into a directory that may not be writable, or of a
 * directory, which must be writable to get another parent.
 */
struct lend_move {
	int from_fd;
	const char *from;
	int to_fd;
	const char *to;
	unsigned flags; /* of renameat2 */
};
int lend_rename(struct ufs *u, int b, const struct lend_move *move);

/*
 * do { seq = lend_begin(u); …read… } while (lend_again(u, seq, lent));
 *   lent  how often something was lent in between by the reader itself
 */
unsigned lend_begin(struct ufs *u);
static inline bool lend_again(const struct ufs *u, unsigned seq, unsigned lent)
{
	return atomic_load(&u->lend_seq) != seq + 2 * lent;
}

#endif
