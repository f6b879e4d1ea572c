/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "xattr.h"

#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"

ssize_t xattr_get(int fd, const char *name, void *buf, size_t size)
{
	return sys_getxattr(fd, name, buf, size);
}

ssize_t xattr_list(int fd, char *buf, size_t size)
{
	return sys_listxattr(fd, buf, size);
}

int xattr_set(int fd, const char *name, const void *value, size_t size, int flags)
{
	return sys_setxattr(fd, name, value, size, flags);
}

int xattr_remove(int fd, const char *name)
{
	return sys_removexattr(fd, name);
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
