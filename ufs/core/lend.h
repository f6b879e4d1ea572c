/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that the daemon owns and whose mode shuts it out. Permissions were
 * checked when the caller opened: a file made with 0444 is written through that
 * descriptor, one that is open goes on after chmod. But the daemon opens by
 * name when the data is wanted, and where it is an ordinary user the mode
 * counts. As the owner it lends itself the right for the time of the open.
 *
 * Nobody may learn the lent mode: who reads attributes to hand them out does it
 * between lend_begin() and lend_again(). Changes of a mode take lend_lock.
 */
#ifndef UFS_LEND_H
#define UFS_LEND_H

#include "union.h"

/*
 * Open the regular file N of the writable branch B with FLAGS, which were
 * refused with EACCES. Returns the descriptor, or -EACCES where nothing can be
 * lent, or -errno.
 */
int lend_open(struct ufs *u, struct node *n, int b, int flags);

/*
 * renameat2(2) with FLAGS of an entry that a copy-up or the work directory is
 * one end of. The caller needs no right on these directories, nor on the one
 * that is moved; where EACCES says so, the daemon lends itself what it owns.
 */
int lend_rename(struct ufs *u, int od, const char *o, int nd, const char *n,
		unsigned flags);

/* Make directory DIRFD (O_PATH) opaque, whatever its mode. */
int lend_set_opaque(struct ufs *u, int dirfd);

/* do { seq = lend_begin(u); …read… } while (lend_again(u, seq)); */
unsigned lend_begin(struct ufs *u);
static inline bool lend_again(const struct ufs *u, unsigned seq)
{
	return atomic_load(&u->lend_seq) != seq;
}

#endif
