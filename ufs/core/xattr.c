/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "xattr.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "fdio.h"

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

static pthread_once_t trusted_once = PTHREAD_ONCE_INIT;
static bool trusted;

/* It takes CAP_SYS_ADMIN in the first user namespace, which maps all ids. */
static void ask_trusted(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	_free_ char *map = NULL;
	unsigned long first, outer, count;

	if (syscall(SYS_capget, &head, data) < 0 ||
	    !(data[0].effective & (1U << CAP_SYS_ADMIN)))
		return;
	trusted = fd_read_file(AT_FDCWD, "/proc/self/uid_map", 4096, &map) < 0 ||
		  (sscanf(map, "%lu %lu %lu", &first, &outer, &count) == 3 &&
		   first == 0 && outer == 0 && count == 4294967295UL);
}

bool xattr_trusted(void)
{
	(void)pthread_once(&trusted_once, ask_trusted);
	return trusted;
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
