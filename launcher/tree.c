/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "path.h"
#include "strv.h"
#include "sys.h"

/*
 * Depth comes from the program that ran, so the walk does not recurse: one
 * directory is open at a time, reached from its parent by "..", which nobody
 * else moves (the tree is ours and in a 0700 directory).
 */
struct tree_walk {
	int fd;          /* current directory of the walk */
	struct strv way; /* names from the start down to it */
	dev_t dev;
	int first;       /* first error */
};

static void tree_fail(struct tree_walk *w, int code)
{
	if (w->first == 0)
		w->first = code;
}

/* Open NAME in DIRFD as a directory to empty, forcing its owner's rights. */
static int tree_open(int dirfd, const char *name)
{
	struct stat st;
	int r = sys_stat(dirfd, name, &st);

	if (r < 0)
		return r;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if ((st.st_mode & 0700) != 0700 && fchmodat(dirfd, name, 0700, 0) < 0)
		return -errno;
	return sys_openat(dirfd, name, O_RDONLY | O_DIRECTORY, 0);
}

/*
 * Remove what is no directory from the current one. Returns 1 with the name
 * of a sub-directory that stops it, 0 when all is gone or given up.
 */
static int tree_files(struct tree_walk *w, char **ret_sub)
{
	_dir_ DIR *d = NULL;
	struct dirent *ent;
	int fd = openat(w->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		tree_fail(w, -errno);
		close_fd(&fd);
		return 0;
	}
	while ((ent = readdir(d))) {
		int r;

		if (!path_is_component(ent->d_name))
			continue;
		r = sys_unlinkat(w->fd, ent->d_name, 0);
		if (r == 0 || r == -ENOENT)
			continue;
		if (r == -EISDIR || r == -EPERM)
			r = sys_unlinkat(w->fd, ent->d_name, AT_REMOVEDIR);
		if (r == -ENOTEMPTY || r == -EEXIST || r == -EACCES) {
			*ret_sub = strdup(ent->d_name);
			if (*ret_sub)
				return 1;
			r = -ENOMEM;
		}
		if (r < 0 && r != -ENOENT)
			tree_fail(w, r);
	}
	return 0;
}

/* Go into NAME. */
static int tree_down(struct tree_walk *w, const char *name)
{
	_close_ int fd = tree_open(w->fd, name);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_dev != w->dev)
		return -EXDEV;
	if (strv_add(&w->way, name) < 0)
		return -ENOMEM;
	close_fd(&w->fd);
	w->fd = take_fd(&fd);
	return 0;
}

/* Go up and remove the directory that was left. */
static int tree_up(struct tree_walk *w)
{
	char *name = w->way.v[w->way.n - 1];
	int fd = openat(w->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	close_fd(&w->fd);
	w->fd = fd;
	r = sys_unlinkat(w->fd, name, AT_REMOVEDIR);
	w->way.v[--w->way.n] = NULL;
	free(name);
	return r;
}

/* -ENOENT: something vanished on the way, as somebody else removes it too. */
static int tree_pass(int dirfd, const char *name)
{
	struct tree_walk w = { .fd = -EBADF };
	struct stat st;
	int r;

	w.fd = tree_open(dirfd, name);
	if (w.fd == -ENOENT)
		return 0;
	if (w.fd == -ENOTDIR)
		return sys_unlinkat(dirfd, name, 0);
	if (w.fd < 0 || fstat(w.fd, &st) < 0) {
		r = w.fd < 0 ? w.fd : -errno;
		close_fd(&w.fd);
		return r;
	}
	w.dev = st.st_dev;
	for (;;) {
		_free_ char *sub = NULL;

		r = tree_files(&w, &sub) ? tree_down(&w, sub) : w.way.n ? tree_up(&w) : 1;
		if (r < 0)
			tree_fail(&w, r);
		/* What cannot be emptied would be met again for ever. */
		if (r == 1 || w.first < 0)
			break;
	}
	close_fd(&w.fd);
	strv_done(&w.way);
	return w.first < 0 ? w.first : sys_unlinkat(dirfd, name, AT_REMOVEDIR);
}

int tree_remove(int dirfd, const char *name)
{
	int r = -ENOENT;

	for (int tries = 0; tries < 100 && r == -ENOENT; tries++)
		r = tree_pass(dirfd, name);
	return r;
}
