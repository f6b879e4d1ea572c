/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "userns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "fdio.h"

#define MAP_MAX 65536
#define OVERFLOW_ID 65534U

int userns_parse(const char *text, struct id_range **ret, size_t *ret_n)
{
	_free_ struct id_range *v = NULL;
	size_t n = 0;
	int used;

	for (unsigned first, outside, count;
	     sscanf(text, "%u %u %u%n", &first, &outside, &count, &used) == 3; text += used) {
		struct id_range *more = realloc(v, (n + 1) * sizeof(*v));

		if (!more)
			return -ENOMEM;
		v = more;
		v[n++] = (struct id_range){ .first = first, .count = count };
	}
	*ret = take_ptr(v);
	*ret_n = n;
	return 0;
}

static int read_map(const char *path, struct id_range **ret, size_t *ret_n)
{
	_free_ char *text = NULL;
	ssize_t len = fd_read_file(AT_FDCWD, path, MAP_MAX, &text);

	/* Without /proc or user namespaces there is nothing to map. */
	if (len < 0)
		return len == -ENOENT ? 0 : (int)len;
	return userns_parse(text, ret, ret_n);
}

static bool has_id(const struct id_range *v, size_t n, uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (id - v[i].first < v[i].count)
			return true;
	return n == 0;
}

int userns_ids(struct ufs_config *c)
{
	struct id_view *ids = &c->ids;
	int r = read_map("/proc/self/uid_map", &ids->uids, &ids->nuids);

	if (r == 0)
		r = read_map("/proc/self/gid_map", &ids->gids, &ids->ngids);
	if (r < 0)
		return r;
	ids->virt = !has_id(ids->uids, ids->nuids, OVERFLOW_ID);
	ids->own_uid = geteuid();
	ids->own_gid = getegid();
	return 0;
}
