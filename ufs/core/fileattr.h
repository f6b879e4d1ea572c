/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flags of chattr(1). An immutable or append-only object of a branch that
 * is not written stays as it is: a copy would lose the flag, so it is not
 * copied up, renamed or removed. Other flags are kept over a copy-up as far as
 * the writable branch takes them.
 */
#ifndef UFS_FILEATTR_H
#define UFS_FILEATTR_H

#include <stdbool.h>
#include <sys/stat.h>

/* Is the object immutable or append-only? */
static inline bool fileattr_protects(const struct statx *st)
{
	return st->stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND);
}

/*
 * Give TO, a new regular file without data or a new directory, the flags of
 * FROM (descriptors, O_PATH will do). What TO does not take is left out.
 */
void fileattr_copy(int from, int to);

/* Can directories below FD ignore the case of names? For probing; never fails. */
bool fileattr_folds_case(int fd);

#endif
