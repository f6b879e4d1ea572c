/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysmount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "log.h"

int sysmount_setattr(int fd, bool recursive, uint64_t set, uint64_t clear,
		     uint64_t propagation)
{
	struct mount_attr attr = {
		.attr_set = set, .attr_clr = clear, .propagation = propagation,
	};
	unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
	int r = syscall(SYS_mount_setattr, fd, "", flags, &attr, sizeof(attr)) < 0 ?
		-errno : 0;

	log_debug("mount_setattr(%d, +%#llx, -%#llx, %#llx) = %d", fd,
		  (unsigned long long)set, (unsigned long long)clear,
		  (unsigned long long)propagation, r);
	return r;
}

int sysmount_clone(int dirfd, const char *path, bool recursive)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
			 (recursive ? AT_RECURSIVE : 0) | (*path ? 0 : AT_EMPTY_PATH);
	_close_ int fd = -EBADF;
	int r;

	fd = (int)syscall(SYS_open_tree, dirfd, path, flags);
	if (fd < 0)
		fd = -errno;
	log_debug("open_tree(%d, '%s', %#x) = %d", dirfd, path, flags, fd);
	if (fd < 0)
		return fd;
	/* Linux >= 6.15 propagates mounts into detached trees as well. */
	r = sysmount_setattr(fd, recursive, 0, 0, MS_PRIVATE);
	if (r < 0)
		return r;
	return take_fd(&fd);
}

static int sysmount_param(int fs, const char *param)
{
	const char *eq = strchr(param, '=');
	_free_ char *key = NULL;

	if (!eq)
		return syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, param, NULL, 0) < 0 ?
		       -errno : 0;
	key = strndup(param, (size_t)(eq - param));
	if (!key)
		return -ENOMEM;
	return syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, key, eq + 1, 0) < 0 ?
	       -errno : 0;
}

int sysmount_new(const char *fstype, const char *const *params, uint64_t attrs)
{
	_close_ int fs = -EBADF;
	int r = 0;

	fs = (int)syscall(SYS_fsopen, fstype, FSOPEN_CLOEXEC);
	if (fs < 0)
		return -errno;
	for (; params && *params && r == 0; params++)
		r = sysmount_param(fs, *params);
	if (r == 0 && syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		r = -errno;
	if (r == 0) {
		r = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attrs);
		if (r < 0)
			r = -errno;
	}
	log_debug("fsmount('%s') = %d", fstype, r);
	return r;
}

int sysmount_attach(int mntfd, int dirfd, const char *path)
{
	unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | (*path ? 0 : MOVE_MOUNT_T_EMPTY_PATH);
	int r = syscall(SYS_move_mount, mntfd, "", dirfd, path, flags) < 0 ? -errno : 0;

	log_debug("move_mount(%d, %d:'%s') = %d", mntfd, dirfd, path, r);
	return r;
}
