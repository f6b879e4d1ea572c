/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "xattr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/xattr.h>

#include "cleanup.h"

const char *fd_path(struct fd_path *p, int fd)
{
	(void)snprintf(p->s, sizeof(p->s), "/proc/self/fd/%d", fd);
	return p->s;
}

ssize_t xattr_get(int fd, const char *name, void *buf, size_t size)
{
	struct fd_path p;
	ssize_t n = getxattr(fd_path(&p, fd), name, buf, size);

	return n < 0 ? -errno : n;
}

ssize_t xattr_list(int fd, char *buf, size_t size)
{
	struct fd_path p;
	ssize_t n = listxattr(fd_path(&p, fd), buf, size);

	return n < 0 ? -errno : n;
}

int xattr_set(int fd, const char *name, const void *value, size_t size, int flags)
{
	struct fd_path p;

	return setxattr(fd_path(&p, fd), name, value, size, flags) < 0 ? -errno : 0;
}

int xattr_remove(int fd, const char *name)
{
	struct fd_path p;

	return removexattr(fd_path(&p, fd), name) < 0 ? -errno : 0;
}

ssize_t xattr_list_all(int fd, char **ret)
{
	for (int tries = 0; tries < 8; tries++) {
		_free_ char *buf = NULL;
		ssize_t n = xattr_list(fd, NULL, 0);

		if (n == -EOPNOTSUPP)
			n = 0;
		if (n < 0)
			return n;
		buf = malloc((size_t)n + 1);
		if (!buf)
			return -ENOMEM;
		if (n)
			n = xattr_list(fd, buf, (size_t)n);
		if (n == -ERANGE)
			continue; /* it grew in between */
		if (n >= 0)
			*ret = take_ptr(buf);
		return n;
	}
	return -EBUSY;
}

ssize_t xattr_get_all(int fd, const char *name, char **ret)
{
	for (int tries = 0; tries < 8; tries++) {
		_free_ char *buf = NULL;
		ssize_t n = xattr_get(fd, name, NULL, 0);

		if (n < 0)
			return n;
		buf = malloc((size_t)n + 1);
		if (!buf)
			return -ENOMEM;
		if (n)
			n = xattr_get(fd, name, buf, (size_t)n);
		if (n == -ERANGE)
			continue;
		if (n >= 0)
			*ret = take_ptr(buf);
		return n;
	}
	return -EBUSY;
}
