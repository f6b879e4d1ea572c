/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The filesystems that branches lie on: their part in the inode numbers that
 * the union shows, and whether they are of a kind that shows as empty.
 *
 * A number is the object's own with the filesystem's index in the upper 16
 * bits; index 0 is the first branch's, so its numbers are shown unchanged. A
 * number that needs those bits itself is folded into the rest by hashing.
 *
 * Filesystems are told apart by an identity that outlives a mount (their
 * UUID), so that the log of a work directory can give each the index that it
 * had before, wherever its branch stands in the stack now.
 */
#ifndef UFS_INUM_H
#define UFS_INUM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define INUM_NONE 0xfffe

struct inums;

/* What a filesystem is known by over mounts. */
struct inum_id {
	unsigned char bytes[24];
};

int inums_init(struct inums **ret);
void inums_done(struct inums *t);

/* The index of the filesystem with an identity from a log, entered when it is
 * new. -ENOMEM, -ENOSPC for too many. */
int inum_reserve(struct inums *t, const struct inum_id *id);
/* The index of filesystem DEV, on which FD (O_PATH will do) lies. */
uint16_t inum_meet(struct inums *t, dev_t dev, int fd);
/* The index of filesystem DEV, which gets one without an identity if need be. */
uint16_t inum_fs(struct inums *t, dev_t dev);
/* False where it has none that is its own. */
bool inum_identity(struct inums *t, uint16_t fs, struct inum_id *ret);

/* The filesystem's UUID, 16 bytes; false, with zeros, where it has none. */
bool inum_uuid(struct inums *t, uint16_t fs, uint8_t *ret);

/* The number to show for inode INO on the filesystem of index FS. */
uint64_t inum_show(uint16_t fs, uint64_t ino);

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
