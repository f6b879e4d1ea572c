/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * overlayfs's own note of what a copied-up file is a copy of: an attribute with
 * a file handle of the lower file (trusted.overlay.origin), and one on each
 * directory that has such a file in it (trusted.overlay.impure). Written with
 * format=overlay by root, so that the kernel shows the same numbers on our
 * branches; read where there is no record, so that we do on the kernel's.
 *
 * Source: fs/overlayfs/overlayfs.h (struct ovl_fb), Linux 4.12 and later.
 */
#ifndef UFS_OVLORIGIN_H
#define UFS_OVLORIGIN_H

#include "records.h"
#include "union.h"

/* Does branch B keep such notes, and may this daemon read and write them? */
bool ovlorigin_used(struct ufs *u, int b);

/*
 * TO, a copy, is a copy of FROM (O_PATH descriptors) on filesystem FS. What the
 * filesystem cannot do is left out: the records have it too.
 */
void ovlorigin_set(struct ufs *u, uint16_t fs, int from, int to);
/* Directory DIRFD is about to get one. */
void ovlorigin_mark(int dirfd);
/* Has directory DIRFD any? */
bool ovlorigin_marked(int dirfd);

/*
 * What NAME in DIRFD of branch B is a copy of. Returns 1 with *RET filled, or 0
 * where that is not known or lies on no branch below.
 */
int ovlorigin_get(struct ufs *u, int b, int dirfd, const char *name, struct origin *ret);

#endif
