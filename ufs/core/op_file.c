/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Data. The kernel sends no OPEN: a descriptor belongs to the node and lives
 * in a bounded cache, read-only until something is written, so that the file
 * can be executed on the branch itself. The first write copies up.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cleanup.h"
#include "copyup.h"
#include "durable.h"
#include "lend.h"
#include "op.h"
#include "sys.h"

#define RACE_TRIES 16

_Static_assert(sizeof(struct fdref) == sizeof(struct ufs_data), "one handed out as the other");

/* A file whose mode does not let the daemon in, though it let the caller. */
static int open_shut(struct ufs *u, struct node *n, int top, int flags)
{
	_close_ int path = resolve_open(u, n, top, O_PATH);

	return path < 0 ? path : lend_open(u, top, path, flags);
}

static int open_data(struct ufs *u, struct node *n, bool write, struct fdref *ret)
{
	int flags = (write ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_NOCTTY;

	for (int i = 0; i < RACE_TRIES; i++) {
		int top = node_top(n), fd;
		unsigned tag = (unsigned)top << 1 | write;

		if (fdcache_get(u->data, node_id_of(n), tag, ret))
			return 0;
		fd = resolve_open(u, n, top, flags);
		if (fd == -EACCES)
			fd = open_shut(u, n, top, flags);
		if (fd >= 0) {
			fdcache_add(u->data, node_id_of(n), tag, fd, ret);
			return 0;
		}
		if (node_top(n) == top)
			return fd;
	}
	return -ESTALE;
}

int ufs_data_get(struct ufs *u, node_id id, bool write, struct ufs_data *ret)
{
	struct fdref ref = FDREF_NONE;
	struct node *n;
	int r = op_node(u, id, &n);

	if (r < 0)
		return r;
	if (n->type != DT_REG)
		return n->type == DT_DIR ? -EISDIR : -EINVAL;
	if (node_has(n, NODE_VIRTUAL)) {
		if (write)
			return -EROFS;
		ref.fd = sys_openat(AT_FDCWD, "/dev/null", O_RDONLY, 0);
		r = ref.fd < 0 ? ref.fd : 0;
	} else {
		if (write)
			r = copyup_node(u, n, -1);
		if (r == 0)
			r = open_data(u, n, write, &ref);
	}
	if (r < 0)
		return r;
	ret->fd = ref.fd;
	ret->priv = ref.entry;
	return 0;
}

/* Not cached: another write must not find it. */
int ufs_data_append(struct ufs *u, node_id id, struct ufs_data *ret)
{
	struct node *n;
	int r = op_node(u, id, &n);

	if (r == 0 && (node_top(n) < 0 || !branch_at(u, node_top(n))->writable))
		r = -EPERM;
	if (r < 0)
		return r;
	r = resolve_open(u, n, node_top(n), O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY);
	if (r < 0)
		return r;
	*ret = (struct ufs_data){ .fd = r };
	return 0;
}

void ufs_data_put(struct ufs *u, struct ufs_data *d)
{
	struct fdref ref = { d->fd, d->priv };

	fdcache_put(u->data, &ref);
	d->fd = -EBADF;
	d->priv = NULL;
}

int ufs_fsync(struct ufs *u, node_id id, bool data_only)
{
	struct ufs_data d;
	struct node *n;
	int r = op_node(u, id, &n);

	if (r < 0)
		return r;
	/* Nothing was written to what still lies on a read-only branch. */
	if (node_top(n) < 0 || !branch_at(u, node_top(n))->writable || n->type != DT_REG)
		return 0;
	r = ufs_data_get(u, id, false, &d);
	if (r < 0)
		return r;
	r = durable_fsync(u, d.fd, data_only);
	ufs_data_put(u, &d);
	return r < 0 ? r : durable_records(u, node_top(n));
}

int ufs_fsyncdir(struct ufs *u, node_id id, bool data_only)
{
	struct node *dir;
	int r = op_node(u, id, &dir);

	for (int b = 0; r == 0 && b < u->bs.n; b++) {
		int fd;

		if (!branch_at(u, b)->writable || !node_mask_test(u->nodes, dir, b))
			continue;
		fd = resolve_open(u, dir, b, O_RDONLY | O_DIRECTORY);
		if (fd < 0)
			return fd;
		r = durable_fsync(u, fd, data_only);
		(void)close(fd);
		if (r == 0)
			r = durable_records(u, b);
	}
	return r;
}

int ufs_fallocate(struct ufs *u, node_id id, int mode, off_t off, off_t len)
{
	struct ufs_data d;
	int r = ufs_data_get(u, id, true, &d);

	if (r < 0)
		return r;
	r = sys_fallocate(d.fd, mode, off, len);
	if (ufs_make_room(u, r))
		r = sys_fallocate(d.fd, mode, off, len);
	ufs_data_put(u, &d);
	return r;
}

off_t ufs_lseek(struct ufs *u, node_id id, off_t off, int whence)
{
	struct ufs_data d;
	off_t at;
	int r;

	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return -EINVAL;
	r = ufs_data_get(u, id, false, &d);
	if (r < 0)
		return r;
	at = sys_seek(d.fd, off, whence);
	ufs_data_put(u, &d);
	return at;
}

ssize_t ufs_copy_range(struct ufs *u, node_id in, off_t in_off, node_id out,
		       off_t out_off, size_t len, int flags)
{
	struct ufs_data from, to;
	ssize_t n;
	int r;

	if (flags)
		return -EINVAL;
	/* The target first: if it is the source as well, it is then copied up. */
	r = ufs_data_get(u, out, true, &to);
	if (r < 0)
		return r;
	r = ufs_data_get(u, in, false, &from);
	if (r < 0) {
		ufs_data_put(u, &to);
		return r;
	}
	n = sys_copy_file_range(from.fd, &in_off, to.fd, &out_off, len);
	ufs_data_put(u, &from);
	ufs_data_put(u, &to);
	return n;
}
