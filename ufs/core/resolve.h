/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a node and a branch to a place on that branch: a directory descriptor
 * and a name, valid while the directory's stripe is held, or an open
 * descriptor of the object. Directories are found by walking the parents
 * once and then from the descriptor cache; every step is one component,
 * opened without following links.
 */
#ifndef UFS_RESOLVE_H
#define UFS_RESOLVE_H

#include "union.h"

/*
 * O_PATH descriptor of directory DIR on branch B.
 * Returns 0, -ENOENT where the branch has lost it, -EACCES, -ESTALE, …
 * Locks: none may be held.
 */
int resolve_dir(struct ufs *u, struct node *dir, int b, struct fdref *ret);
void resolve_put_dir(struct ufs *u, struct fdref *ref);

/* The descriptors of DIR on all branches of its mask. */
#define DIRSET_INLINE 8
struct dirset {
	struct fdref *refs;      /* by branch; fd < 0: the error, -ENOENT not there */
	int n;
	uint32_t ver;            /* of the mask */
	struct fdref in[DIRSET_INLINE];
};
int dirset_open(struct ufs *u, struct node *dir, struct dirset *ret);
void dirset_close(struct ufs *u, struct dirset *s);

/*
 * Take the stripe of DIR, for writing or reading, and fill S: like
 * dirset_open, but sure to fit the mask under the lock.
 */
int dirset_lock(struct ufs *u, struct node *dir, bool write, struct dirset *s);
void dirset_unlock(struct ufs *u, struct node *dir, struct dirset *s);

/*
 * A descriptor of N on branch B, opened with FLAGS (O_PATH for anything that
 * is not a regular file or directory). Works for nodes without a name as
 * well. Returns the descriptor or -errno.
 * Locks: takes the parent's stripe for reading.
 */
int resolve_open(struct ufs *u, struct node *n, int b, int flags);

/* statx of N where it is served now. *RET_TOP: that branch. */
int resolve_statx(struct ufs *u, struct node *n, int *ret_top, struct statx *ret);

/*
 * Something ran out of descriptors or of space: was that it, and was room made?
 * Once for each operation. May wait for 100 ms: no lock may be held.
 */
bool resolve_retry(struct ufs *u, int r, bool *tried);

#endif
