/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the filesystem of a branch can do, found out before the union stands:
 * what a union needs and the filesystem lacks is refused with the reason; what
 * it can do without is told. So nothing fails later for that.
 */
#ifndef UFS_PROBE_H
#define UFS_PROBE_H

#include "branch.h"

struct err;
struct sb;

/* Branch I, by looking only. Returns 0, or -errno with E set (status 3). */
int probe_branch(const struct branch *b, int i, struct err *e);

/* Does writable branch I keep extended attributes? Fills b->no_xattr. */
int probe_xattr(struct branch *b, int i, struct sb *notes, struct err *e);

/*
 * Writable branch I, by making things in its work directory and removing them.
 * Without a work directory yet (it is made later, or there is no room for it)
 * nothing is done.
 */
int probe_writable(struct branch *b, int i, struct sb *notes, struct err *e);

#endif
