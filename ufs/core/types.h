/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plain types of the union that every layer above lib/ may use. */
#ifndef UFS_TYPES_H
#define UFS_TYPES_H

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * What the kernel calls an inode of ours: generation in the upper half, slot
 * in the lower. Never reused within a mount. The root is 1.
 */
typedef uint64_t node_id;
#define NODE_ROOT ((node_id)1)

/* Position of a branch in the stack; 0 is the top. */
typedef int bindex;

/* Who asks. IDs are those of the mount's user namespace. */
struct ufs_cred {
	uid_t uid;
	gid_t gid;
	mode_t umask;
};

/* Answer to lookup and to everything that creates a name. */
struct ufs_entry {
	node_id id;
	struct stat attr; /* st_ino and st_dev as the union shows them */
};

/* Bits for ufs_setattr: which fields of the struct stat are wanted. */
enum {
	UFS_SET_MODE = 1 << 0,
	UFS_SET_UID = 1 << 1,
	UFS_SET_GID = 1 << 2,
	UFS_SET_SIZE = 1 << 3,
	UFS_SET_ATIME = 1 << 4,
	UFS_SET_MTIME = 1 << 5,
	UFS_SET_ATIME_NOW = 1 << 6,
	UFS_SET_MTIME_NOW = 1 << 7,
};

#endif
