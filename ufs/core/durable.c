/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "durable.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cleanup.h"
#include "lend.h"
#include "records.h"
#include "resolve.h"
#include "sys.h"
#include "workdir.h"

int durable_copy(const struct ufs *u, int fd)
{
	return u->sync == SYNC_VOLATILE ? 0 : sys_fsync(fd, false);
}

int durable_fsync(const struct ufs *u, int fd, bool data_only)
{
	return u->sync == SYNC_VOLATILE ? 0 : sys_fsync(fd, data_only);
}

int durable_records(struct ufs *u, int b)
{
	struct branch *br = branch_at(u, b);

	if (u->sync == SYNC_VOLATILE || !br->work || !br->records)
		return 0;
	return records_sync(br->records);
}

int durable_hide(struct ufs *u, int b, int dirfd, const char *name)
{
	int r = branch_hide(branch_at(u, b), dirfd, name);

	return r > 0 ? durable_records(u, b) : r;
}

int durable_record(struct ufs *u, int b)
{
	return u->sync == SYNC_STRICT ? durable_records(u, b) : 0;
}

int durable_name(struct ufs *u, int b, int dirfd)
{
	_close_ int fd = -EBADF;

	if (u->sync != SYNC_STRICT)
		return 0;
	fd = sys_openat(dirfd, ".", O_RDONLY | O_DIRECTORY, 0);
	if (fd == -EACCES)
		fd = lend_open(u, b, dirfd, O_RDONLY | O_DIRECTORY);
	return fd < 0 ? fd : sys_fsync(fd, false);
}

static int durable_dir(struct ufs *u, node_id id)
{
	struct node *dir = node_get(u->nodes, id);
	int r = 0;

	if (!dir)
		return -ESTALE;
	for (int b = 0; r == 0 && b < u->bs.n; b++) {
		struct fdref ref = FDREF_NONE;

		if (!branch_at(u, b)->writable || !node_mask_test(u->nodes, dir, b))
			continue;
		r = resolve_dir(u, dir, b, &ref);
		if (r < 0)
			break;
		r = durable_name(u, b, ref.fd);
		resolve_put_dir(u, &ref);
		if (r == 0)
			r = durable_record(u, b);
	}
	return r;
}

int durable_names(struct ufs *u, int r, node_id dir, node_id other)
{
	if (r < 0 || u->sync != SYNC_STRICT)
		return r;
	r = durable_dir(u, dir);
	return r < 0 || other == dir ? r : durable_dir(u, other);
}
