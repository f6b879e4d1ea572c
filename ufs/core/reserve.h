/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Room for deletions on a full filesystem: deleting a lower file takes a
 * whiteout and, where the branch has not the directory yet, that directory with
 * those above it. While there is room a few small files lie in reserve/ of the
 * work directory, an inode and a block each; they are given up one by one when a
 * deletion finds no space, and for nothing else. Stateless; any thread.
 */
#ifndef UFS_RESERVE_H
#define UFS_RESERVE_H

#include <stdbool.h>

/*
 * Make what is missing of it in work directory DIRFD, as long as the
 * filesystem has plenty of room. Returns whether it is complete.
 */
bool reserve_fill(int dirfd);
/* Give one up. Returns false when there is none left. */
bool reserve_give(int dirfd);

#endif
