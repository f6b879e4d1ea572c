/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Removing a whole directory tree that is ours. */
#ifndef UFS_LAUNCHER_TREE_H
#define UFS_LAUNCHER_TREE_H

/*
 * Remove NAME in DIRFD with all that is in it. Links are not followed,
 * another filesystem mounted within is not entered (-EBUSY or -EXDEV).
 * Directories that their owner may not write are made writable first.
 * Returns 0 (also when it is gone), or the first -errno, which ends it.
 */
int tree_remove(int dirfd, const char *name);

#endif
