/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The mount API by descriptors (fsopen, open_tree, move_mount,
 * mount_setattr; Linux 5.12). Each function returns -errno.
 */
#ifndef UFS_SYSMOUNT_H
#define UFS_SYSMOUNT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A detached private copy of the mount tree at PATH (relative to DIRFD).
 *   recursive  with its sub-mounts
 * Needs CAP_SYS_ADMIN over the mount namespace. What is mounted later, at
 * the original or on the union, is not in the copy. Returns an O_PATH
 * descriptor of the root.
 */
int sysmount_clone(int dirfd, const char *path, bool recursive);

/* fsopen + fsconfig of "key=value" / "flag" strings (NULL-terminated) + fsmount.
 *   attrs  MOUNT_ATTR_*
 * Returns a detached mount's descriptor. */
int sysmount_new(const char *fstype, const char *const *params, uint64_t attrs);

/* Attach the detached mount MNTFD at PATH beneath DIRFD ("" = DIRFD itself). */
int sysmount_attach(int mntfd, int dirfd, const char *path);

/* mount_setattr on the tree at FD: set and clear MOUNT_ATTR_*, propagation. */
int sysmount_setattr(int fd, bool recursive, uint64_t set, uint64_t clear,
		     uint64_t propagation);

#endif
