/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cleanup.h"
#include "format.h"
#include "sys.h"
#include "xattr.h"

/* What is done with a lent right. */
struct lending {
	struct ufs *u;
	int b;
	int path;                     /* on what: O_PATH, and */
	int dir;                      /* the directory it is moved to, or the one
					 it changes places with; or -EBADF */
	int flags;
	const struct lend_move *move;
	const char *to;               /* of a redirect */
	char **ret;
	int (*call)(const struct lending *l);
};

static int call_open(const struct lending *l)
{
	/* Not as "." or a name, which would ask for the right to search. */
	return sys_reopen(l->path, l->flags);
}

static int call_set_opaque(const struct lending *l)
{
	return l->u->format->set_opaque(l->path);
}

static int call_opaque(const struct lending *l)
{
	return branch_opaque(branch_at(l->u, l->b), l->path);
}

static int call_redirect(const struct lending *l)
{
	return format_redirect(branch_at(l->u, l->b)->format, l->path, l->ret);
}

static int call_set_redirect(const struct lending *l)
{
	return format_set_redirect(l->u->format, l->path, l->to);
}

static int call_rename(const struct lending *l)
{
	const struct lend_move *m = l->move;

	return sys_renameat2(m->from_fd, m->from, m->to_fd, m->to, m->flags);
}

/*
 * Add what the owner lacks to the mode of PATH. Returns whether it was; *RET is
 * the mode to give back.
 */
static bool lend_take(const struct lending *l, int path, mode_t *ret)
{
	struct stat st;
	mode_t lent;

	if (path < 0 || sys_stat(path, "", &st) < 0 || st.st_uid != l->u->euid)
		return false;
	if (!S_ISDIR(st.st_mode) && (!S_ISREG(st.st_mode) || l->move))
		return false;
	lent = S_ISDIR(st.st_mode) ? 0700 : 0600;
	*ret = st.st_mode & 07777;
	return (st.st_mode & lent) != lent && sys_chmod(path, *ret | lent) == 0;
}

static int lend_give_back(int path, mode_t mode)
{
	return sys_chmod(path, mode);
}

/* With the lock held: no other change of the mode comes in between. */
static int lend_locked(const struct lending *l)
{
	mode_t mode = 0, dir_mode = 0;
	bool lent = lend_take(l, l->path, &mode);
	bool dir_lent = lend_take(l, l->dir, &dir_mode);
	int r = lent || dir_lent ? l->call(l) : -EACCES, back = 0;

	if (dir_lent)
		back = lend_give_back(l->dir, dir_mode);
	if (lent && back == 0)
		back = lend_give_back(l->path, mode);
	if (back < 0 && l->call == call_open)
		close_fd(&r);
	return back < 0 ? back : r;
}

/* The call as it is, and again with the right where that was what it lacked. */
static int lend_call(const struct lending *l, unsigned *lent)
{
	struct ufs *u = l->u;
	int r = l->call(l);

	if (r != -EACCES || u->euid == 0 || !branch_at(u, l->b)->writable)
		return r;
	pthread_mutex_lock(&u->lend_lock);
	atomic_fetch_add(&u->lend_seq, 1);
	r = lend_locked(l);
	atomic_fetch_add(&u->lend_seq, 1);
	pthread_mutex_unlock(&u->lend_lock);
	if (lent)
		++*lent;
	return r;
}

int lend_open(struct ufs *u, int b, int path, int flags)
{
	struct lending l = {
		.u = u, .b = b, .path = path, .dir = -EBADF, .flags = flags,
		.call = call_open,
	};

	return lend_call(&l, NULL);
}

int lend_set_opaque(struct ufs *u, int b, int path)
{
	struct lending l = {
		.u = u, .b = b, .path = path, .dir = -EBADF, .call = call_set_opaque,
	};

	return lend_call(&l, NULL);
}

int lend_opaque(struct ufs *u, int b, int path, unsigned *lent)
{
	struct lending l = {
		.u = u, .b = b, .path = path, .dir = -EBADF, .call = call_opaque,
	};

	return lend_call(&l, lent);
}

int lend_redirect(struct ufs *u, int b, int path, char **ret, unsigned *lent)
{
	struct lending l = {
		.u = u, .b = b, .path = path, .dir = -EBADF, .ret = ret,
		.call = call_redirect,
	};

	return lend_call(&l, lent);
}

int lend_set_redirect(struct ufs *u, int b, int path, const char *to)
{
	struct lending l = {
		.u = u, .b = b, .path = path, .dir = -EBADF, .to = to,
		.call = call_set_redirect,
	};

	return lend_call(&l, NULL);
}

int lend_rename(struct ufs *u, int b, const struct lend_move *move)
{
	struct lending l = {
		.u = u, .b = b, .path = -EBADF, .dir = move->to_fd, .move = move,
		.call = call_rename,
	};
	_close_ int target = -EBADF;
	int r;

	if (u->euid != 0) {
		l.path = sys_openat(move->from_fd, move->from, O_PATH, 0);
		if (move->flags & RENAME_EXCHANGE)
			l.dir = target = sys_openat(move->to_fd, move->to, O_PATH, 0);
	}
	r = lend_call(&l, NULL);
	close_fd(&l.path);
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
