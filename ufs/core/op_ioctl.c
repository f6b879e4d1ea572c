/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What chattr(1), lsattr(1) and xfs_io(8) ask with an ioctl. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "cleanup.h"
#include "copyup.h"
#include "op.h"
#include "sys.h"

static const struct {
	unsigned cmd;
	size_t size;
	bool set;
} known[] = {
	{ FS_IOC_GETFLAGS, sizeof(int), false },
	{ FS_IOC_SETFLAGS, sizeof(int), true },
	{ FS_IOC_FSGETXATTR, sizeof(struct fsxattr), false },
	{ FS_IOC_FSSETXATTR, sizeof(struct fsxattr), true },
};

ssize_t ufs_ioctl_size(unsigned cmd)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].cmd == cmd)
			return (ssize_t)known[i].size;
	return -ENOTTY;
}

static bool sets(unsigned cmd)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].cmd == cmd)
			return known[i].set;
	return false;
}

int ufs_ioctl(struct ufs *u, node_id id, unsigned cmd, void *arg)
{
	_close_ int fd = -EBADF;
	struct node *n;
	int r = op_node(u, id, &n);

	if (r < 0)
		return r;
	/* Other objects are never opened. */
	if ((n->type != DT_REG && n->type != DT_DIR) || node_has(n, NODE_VIRTUAL) ||
	    ufs_ioctl_size(cmd) < 0)
		return -ENOTTY;
	r = sets(cmd) ? copyup_node(u, n, -1) : 0;
	if (r < 0)
		return r;
	fd = resolve_open(u, n, node_top(n), O_RDONLY | O_NONBLOCK | O_NOCTTY |
			  (n->type == DT_DIR ? O_DIRECTORY : 0));
	if (fd < 0)
		return fd;
	r = sys_file_ioctl(fd, cmd, arg);
	/* A descriptor for writing was opened under other flags. */
	if (r == 0 && sets(cmd) && n->type == DT_REG)
		fdcache_drop(u->data, id);
	return r;
}
