/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The filesystems that branches lie on: their part in the inode numbers that
 * the union shows, and whether they are of a kind that shows as empty.
 *
 * A number is the object's own with the filesystem's index in the upper 16
 * bits; index 0 is the first branch's, so its numbers are shown unchanged. A
 * number that needs those bits itself is folded into the rest by hashing.
 */
#ifndef UFS_INUM_H
#define UFS_INUM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct inums;

int inums_init(struct inums **ret);
void inums_done(struct inums *t);

/* The number to show for inode INO on filesystem DEV. */
uint64_t inum_of(struct inums *t, dev_t dev, uint64_t ino);

/* The object's own number behind one that is shown, unless it was folded. */
uint64_t inum_raw(uint64_t shown);

/*
 * Is the directory NAME in DIRFD, on filesystem DEV, the kernel's own (proc,
 * sysfs, cgroup, devpts, autofs, …)? Its contents are not files to stack. Asks
 * each filesystem once, without triggering an automount.
 */
bool inum_is_void(struct inums *t, dev_t dev, int dirfd, const char *name);

/* The same question for an open descriptor. */
bool inum_fd_is_void(int fd);

/* Numbers of mountpoints that exist in the view only. */
uint64_t inum_virtual(unsigned n);

#endif
