/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lend.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cleanup.h"
#include "resolve.h"
#include "sys.h"
#include "xattr.h"

#define LENT 0600

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
	pthread_mutex_lock(&u->lend_lock);
	atomic_fetch_add(&u->lend_seq, 1);
	r = lend_open_locked(u, path, flags);
	atomic_fetch_add(&u->lend_seq, 1);
	pthread_mutex_unlock(&u->lend_lock);
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
