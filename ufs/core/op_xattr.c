/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "cleanup.h"
#include "copyup.h"
#include "format.h"
#include "op.h"
#include "str.h"
#include "xattr.h"

/* Entries of an ACL are ids, which mean nothing where owners are virtual. */
static bool unsupported(const struct ufs *u, const struct node *n, const char *name)
{
	return node_has((struct node *)(uintptr_t)n, NODE_VIRTUAL) ||
	       (u->ids.virt && str_has_prefix(name, "system.posix_acl_"));
}

static int open_node(struct ufs *u, node_id id, bool write, struct node **ret)
{
	int r = op_node(u, id, ret);

	if (r == 0 && write)
		r = copyup_node(u, *ret, -1);
	return r < 0 ? r : resolve_open(u, *ret, node_top(*ret), O_PATH);
}

ssize_t ufs_getxattr(struct ufs *u, node_id id, const char *name, void *buf, size_t size)
{
	_close_ int fd = -EBADF;
	struct node *n;
	int r = op_node(u, id, &n);

	if (r < 0)
		return r;
	if (unsupported(u, n, name))
		return -EOPNOTSUPP;
	if (format_private_xattr(name))
		return -ENODATA;
	fd = open_node(u, id, false, &n);
	return fd < 0 ? fd : xattr_get(fd, name, buf, size);
}

ssize_t ufs_listxattr(struct ufs *u, node_id id, char *buf, size_t size)
{
	_close_ int fd = -EBADF;
	_free_ char *all = NULL;
	struct node *n;
	ssize_t len, used = 0;
	int r = op_node(u, id, &n);

	if (r < 0)
		return r;
	if (node_has(n, NODE_VIRTUAL))
		return 0;
	fd = open_node(u, id, false, &n);
	len = fd < 0 ? fd : xattr_list_all(fd, &all);
	if (len < 0)
		return len;
	for (const char *x = all; x < all + len; x += strlen(x) + 1) {
		size_t one = strlen(x) + 1;

		if (format_private_xattr(x) || unsupported(u, n, x))
			continue;
		if (size) {
			if ((size_t)used + one > size)
				return -ERANGE;
			memcpy(buf + used, x, one);
		}
		used += (ssize_t)one;
	}
	return used;
}

int ufs_setxattr(struct ufs *u, node_id id, const char *name, const void *value,
		 size_t size, int flags)
{
	_close_ int fd = -EBADF;
	struct node *n;
	int r = op_node(u, id, &n);

	if (r < 0)
		return r;
	if (unsupported(u, n, name))
		return -EOPNOTSUPP;
	if (format_private_xattr(name))
		return -EPERM;
	fd = open_node(u, id, true, &n);
	return fd < 0 ? fd : xattr_set(fd, name, value, size, flags);
}

int ufs_removexattr(struct ufs *u, node_id id, const char *name)
{
	_close_ int fd = -EBADF;
	struct node *n;
	ssize_t have;

	if (u->bs.read_only)
		return -EROFS;
	if (format_private_xattr(name))
		return -ENODATA;
	/* What is not there needs no copy to be removed from. */
	have = ufs_getxattr(u, id, name, NULL, 0);
	if (have < 0)
		return (int)have;
	fd = open_node(u, id, true, &n);
	return fd < 0 ? fd : xattr_remove(fd, name);
}
