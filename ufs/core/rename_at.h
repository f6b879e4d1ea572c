/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rename itself, on one branch, both ends being there. Every step before the
 * one that moves the name changes nothing that is seen, as does every one behind
 * it:
 *
 *   1. a directory that goes on below is told where (a redirect: the same place
 *      as long as it stands at its old name); one that does not is made opaque
 *      if something lies below its new name
 *   2. a directory at the target that shows nothing, but has marks in it, changes
 *      places with an empty one
 *   3. the whiteout for the old name, where it stands beside it (a real entry
 *      wins); where it stands at the name it comes with step 4
 *   4. the rename
 *   5. a whiteout beside the new name goes (it says nothing any more)
 */
#ifndef UFS_RENAME_AT_H
#define UFS_RENAME_AT_H

#include "lookup.h"
#include "workdir.h"

/* One end of the rename: a name and what was found there. */
struct end {
	struct node *dir;
	const char *name;
	struct dirset set;
	struct found f;
	struct node *node;       /* referenced; NULL where nothing is */
	struct orphan *orphan;   /* of what is replaced */
	struct node_room room;   /* for the name that comes here */
};

struct renaming {
	struct end a, b;         /* from, to */
	unsigned flags;
	int br;                  /* the branch on which it happens */
	struct work_name trash;  /* in its tmp/, "" for nothing */
};

/* A directory that no other branch has, as far as it shows, and no redirect. */
bool end_is_pure(struct ufs *u, const struct end *x);
/* A directory that is on some branch: not one that shows as empty (inum.h). */
bool end_is_real(struct ufs *u, const struct end *x);

/* Does what is found at the target, above the branch, hide what would come there? */
bool target_is_hidden(const struct renaming *m);

/*
 * Do it, if all is still as it was prepared. Locks: both directories' stripes,
 * written; the ends' sets are open. Returns 0, -EAGAIN, or -errno with nothing
 * changed.
 */
int rename_at(struct ufs *u, struct renaming *m);

#endif
