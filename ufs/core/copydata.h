/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moving the bytes of a file: shared blocks where the filesystem can, holes
 * kept as holes, else copied in the kernel, else through a buffer. */
#ifndef UFS_COPYDATA_H
#define UFS_COPYDATA_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Copy the first LEN bytes of IN (of SIZE bytes) to the empty file OUT, whose
 * size becomes LEN.
 *   ret_copied  bytes that were really moved
 * Returns 0 or -errno of what failed; OUT is then undefined. A source that
 * shrinks meanwhile ends in a hole.
 */
int copydata(int in, int out, off_t size, off_t len, uint64_t *ret_copied);

#endif
