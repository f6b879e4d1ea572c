/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "view.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "config.h"
#include "path.h"
#include "str.h"
#include "sys.h"

#define VIEW_LINKS_MAX 40

/*
 * The link at PATH ("/a/b") in the topmost branch that has such a name.
 * Whiteouts are not asked: a link that is hidden only adds a mountpoint that
 * nobody meets. Returns 1 with its target, 0 when it is none, -errno.
 */
static int view_readlink(const struct ufs_config *c, const char *path, char **ret)
{
	for (size_t i = 0; i < c->nbranches; i++) {
		const struct branch_spec *b = &c->branches[i];
		_close_ int root = -EBADF, fd = -EBADF;
		char buf[PATH_MAX];
		struct stat st;
		ssize_t n;

		root = b->fd >= 0 ? sys_openat(b->fd, ".", O_PATH | O_DIRECTORY, 0) :
		       open(b->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (root < 0)
			continue; /* ufs_open tells what is wrong with the branch */
		fd = sys_open_beneath(root, path + 1, O_PATH, 0);
		if (fd < 0 || fstat(fd, &st) < 0)
			continue;
		if (!S_ISLNK(st.st_mode))
			return 0;
		n = readlinkat(fd, "", buf, sizeof(buf) - 1);
		if (n < 0)
			return -errno;
		buf[n] = '\0';
		*ret = strdup(buf);
		return *ret ? 1 : -ENOMEM;
	}
	return 0;
}

/* PATH with the first link in it replaced. Returns 1, 0 when there is none. */
static int view_step(const struct ufs_config *c, const char *path, char **ret)
{
	for (const char *end = path + 1;; end++) {
		_free_ char *head = NULL, *target = NULL, *dir = NULL, *joined = NULL;
		int r;

		end += strcspn(end, "/");
		head = strndup(path, (size_t)(end - path));
		if (!head)
			return -ENOMEM;
		r = view_readlink(c, head, &target);
		if (r > 0) {
			dir = strndup(head, (size_t)(strrchr(head, '/') - head));
			/* ".." of a link's text may stand behind another link; then the
			 * text misleads, and the mount reports what it misses. */
			if (!dir || str_printf(&joined, "%s%s", target, end) < 0 ||
			    path_clean(*dir ? dir : "/", joined, ret) < 0)
				return -ENOMEM;
			return 1;
		}
		if (r < 0 || !*end)
			return r;
	}
}

int view_mountpoints(const struct run_plan *p, struct ufs_config *c)
{
	for (size_t i = 0; i < p->virts.n; i++) {
		_free_ char *path = strdup(p->virts.v[i]);
		size_t len = strlen(p->virts.v[i]);
		bool is_dir = p->virts.v[i][len - 1] == '/';
		int r = path ? 1 : -ENOMEM;

		if (path && is_dir)
			path[len - 1] = '\0';
		/* /proc, /sys, /dev and /run are never reached through a link. */
		for (int links = 0; r > 0 && links < VIEW_LINKS_MAX; links++) {
			char *next = NULL;

			r = view_step(c, path, &next);
			if (r > 0) {
				free(path);
				path = next;
			}
		}
		if (r >= 0 && strcmp(path, "/") != 0)
			r = config_add_virt(c, path, is_dir);
		if (r < 0)
			return r;
	}
	return 0;
}
