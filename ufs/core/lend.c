/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lend.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cleanup.h"
#include "format.h"
#include "resolve.h"
#include "sys.h"
#include "xattr.h"

#define LENT 0600
#define LENT_DIR 0700

static void lend_lock(struct ufs *u)
{
	pthread_mutex_lock(&u->lend_lock);
	atomic_fetch_add(&u->lend_seq, 1);
}

static void lend_unlock(struct ufs *u)
{
	atomic_fetch_add(&u->lend_seq, 1);
	pthread_mutex_unlock(&u->lend_lock);
}

/* With the lock held: no other change of the mode comes in between. */
static int lend_open_locked(struct ufs *u, int path, int flags)
{
	struct fd_path p;
	struct stat st;
	int fd, r = sys_stat(path, "", &st);

	if (r < 0)
		return r;
	if (st.st_uid != u->euid || !S_ISREG(st.st_mode) || (st.st_mode & LENT) == LENT)
		return -EACCES;
	if (chmod(fd_path(&p, path), (st.st_mode & 07777) | LENT) < 0)
		return -errno;
	fd = open(p.s, flags | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	if (chmod(p.s, st.st_mode & 07777) < 0) {
		r = -errno;
		close_fd(&fd);
		return r;
	}
	return fd;
}

int lend_open(struct ufs *u, struct node *n, int b, int flags)
{
	_close_ int path = -EBADF;
	int r;

	if (u->euid == 0 || !branch_at(u, b)->writable)
		return -EACCES;
	path = resolve_open(u, n, b, O_PATH);
	if (path < 0)
		return path;
	lend_lock(u);
	r = lend_open_locked(u, path, flags);
	lend_unlock(u);
	return r;
}

/* Directories whose mode was widened, and what it was. */
struct lent {
	int fd[3];
	mode_t mode[3];
	int n;
};

/* Lend all rights on directory FD (O_PATH). Nothing where it is no use. */
static int lent_add(struct ufs *u, struct lent *l, int fd)
{
	struct fd_path p;
	struct stat st;
	int r = sys_stat(fd, "", &st);

	if (r < 0 || st.st_uid != u->euid || !S_ISDIR(st.st_mode) ||
	    (st.st_mode & LENT_DIR) == LENT_DIR)
		return r;
	if (chmod(fd_path(&p, fd), (st.st_mode & 07777) | LENT_DIR) < 0)
		return -errno;
	l->fd[l->n] = fd;
	l->mode[l->n++] = st.st_mode & 07777;
	return 0;
}

/* Take everything back. Returns R, or what failed. */
static int lent_return(struct lent *l, int r)
{
	while (l->n-- > 0) {
		struct fd_path p;

		if (chmod(fd_path(&p, l->fd[l->n]), l->mode[l->n]) < 0 && r == 0)
			r = -errno;
	}
	return r;
}

int lend_rename(struct ufs *u, int od, const char *o, int nd, const char *n,
		unsigned flags)
{
	struct lent l = { .n = 0 };
	_close_ int fd = -EBADF;
	int r = sys_renameat2(od, o, nd, n, flags);

	if (r != -EACCES || u->euid == 0)
		return r;
	lend_lock(u);
	r = lent_add(u, &l, od);
	if (r == 0)
		r = lent_add(u, &l, nd);
	if (r == 0)
		r = fd = sys_openat(od, o, O_PATH, 0);
	if (r >= 0)
		r = lent_add(u, &l, fd); /* a directory's ".." is written */
	if (r == 0)
		r = sys_renameat2(od, o, nd, n, flags);
	r = lent_return(&l, r);
	lend_unlock(u);
	return r;
}

int lend_set_opaque(struct ufs *u, int dirfd)
{
	struct lent l = { .n = 0 };
	int r = u->format->set_opaque(dirfd);

	if (r != -EACCES || u->euid == 0)
		return r;
	lend_lock(u);
	r = lent_add(u, &l, dirfd);
	if (r == 0)
		r = u->format->set_opaque(dirfd);
	r = lent_return(&l, r);
	lend_unlock(u);
	return r;
}

unsigned lend_begin(struct ufs *u)
{
	unsigned seq = atomic_load(&u->lend_seq);

	if (seq % 2) { /* something is lent just now: wait for its end */
		pthread_mutex_lock(&u->lend_lock);
		seq = atomic_load(&u->lend_seq);
		pthread_mutex_unlock(&u->lend_lock);
	}
	return seq;
}
