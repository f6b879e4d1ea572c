/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Renaming. The source is brought to a writable branch first; then, with both
 * directories locked, one rename on that branch does it. The whiteout for the
 * old name stands before that step, or comes into being with it: at no moment
 * does what lies below show through.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "copyup.h"
#include "format.h"
#include "lend.h"
#include "lookup.h"
#include "op.h"
#include "owner.h"
#include "policy.h"
#include "sys.h"
#include "workdir.h"

/* One end of the rename: a name and what was found there. */
struct end {
	struct node *dir;
	const char *name;
	struct dirset set;
	struct found f;
	struct node *node;       /* referenced; NULL where nothing is */
	struct orphan *orphan;   /* of what is replaced */
};

struct renaming {
	struct end a, b;         /* from, to */
	unsigned flags;
	int br;                  /* the branch on which it happens */
	struct work_name trash;
};

/* -- looking, without locks held afterwards --------------------------------------------- */

static int end_look(struct ufs *u, struct end *x)
{
	int r = dirset_lock(u, x->dir, false, &x->set);

	if (r < 0)
		return r;
	r = lookup_name(u, x->dir, &x->set, x->name, 0, &x->f);
	dirset_unlock(u, x->dir, &x->set);
	return r;
}

/* A directory that the writable branch BR alone has, as far as it shows. */
static bool is_pure(struct ufs *u, const struct found *f)
{
	int seen = 0;

	for (int b = 0; b < u->bs.n; b++)
		seen += f->mask[b / 64] >> (b % 64) & 1;
	return seen == 1 && branch_at(u, f->top)->writable;
}

/*
 * Make the end X such that it can be moved on a branch: a file is copied up,
 * a directory has to be pure. 1: something changed, look again.
 */
static int end_prepare(struct ufs *u, struct end *x)
{
	int r;

	if (x->f.top < 0)
		return x->f.virt ? -EBUSY : -ENOENT;
	if (x->f.virt)
		return -EBUSY;
	if (x->f.type == DT_DIR)
		return is_pure(u, &x->f) ? 0 : -EXDEV;
	if (branch_at(u, x->f.top)->writable)
		return 0;
	r = copyup_node(u, x->node, -1);
	return r < 0 ? r : 1;
}

/*
 * Does what is found at the target keep the source's branch from being used?
 * Something above would hide the result.
 */
static bool is_hidden_there(const struct found *at, int br)
{
	return (at->top >= 0 && at->top < br) || (at->white >= 0 && at->white < br);
}

/* With several writable branches the source may have to go further up. */
static int lift(struct ufs *u, struct renaming *m)
{
	int dst = policy_copyup(u, m->b.dir, m->br);

	if (dst < 0 || m->a.f.type == DT_DIR)
		return -EXDEV;
	dst = copyup_to(u, m->a.node, dst, -1);
	return dst < 0 ? dst : 1;
}

/* Everything that copies or waits. Returns 0 when ready to lock, 1: again. */
static int prepare(struct ufs *u, struct renaming *m)
{
	int r = end_look(u, &m->a);

	if (r == 0)
		r = end_prepare(u, &m->a);
	if (r != 0)
		return r;
	m->br = m->a.f.top;
	r = copyup_dir(u, m->b.dir, m->br);
	if (r == 0)
		r = workdir_ready(branch_at(u, m->br));
	if (r == 0)
		r = end_look(u, &m->b);
	if (r < 0)
		return r;
	if (m->flags & RENAME_EXCHANGE) {
		r = end_prepare(u, &m->b);
		if (r == 0 && m->b.f.top != m->br)
			r = -EXDEV;
		return r;
	}
	if (m->b.f.top >= 0 && (m->flags & RENAME_NOREPLACE))
		return -EEXIST;
	if (m->b.f.virt)
		return -EBUSY;
	return is_hidden_there(&m->b.f, m->br) ? lift(u, m) : 0;
}

/* -- with both directories locked ------------------------------------------------------- */

static void unlock_both(struct ufs *u, struct renaming *m)
{
	pthread_rwlock_t *x = stripe_of(u, m->a.dir), *y = stripe_of(u, m->b.dir);

	pthread_rwlock_unlock(x);
	if (y != x)
		pthread_rwlock_unlock(y);
	dirset_close(u, &m->a.set);
	dirset_close(u, &m->b.set);
}

static int lock_both(struct ufs *u, struct renaming *m)
{
	pthread_rwlock_t *x = stripe_of(u, m->a.dir), *y = stripe_of(u, m->b.dir);
	pthread_rwlock_t *first = x < y ? x : y, *second = x < y ? y : x;

	for (;;) {
		int r = dirset_open(u, m->a.dir, &m->a.set);

		if (r < 0)
			return r;
		r = dirset_open(u, m->b.dir, &m->b.set);
		if (r < 0) {
			dirset_close(u, &m->a.set);
			return r;
		}
		pthread_rwlock_wrlock(first);
		if (second != first)
			pthread_rwlock_wrlock(second);
		if (m->a.set.ver == atomic_load(&m->a.dir->maskver) &&
		    m->b.set.ver == atomic_load(&m->b.dir->maskver))
			return 0;
		unlock_both(u, m);
	}
}

static int end_fd(const struct renaming *m, const struct end *x)
{
	return x->set.refs[m->br].fd;
}

/* Is it still as prepared? 0, -EAGAIN or an error. */
static int recheck(struct ufs *u, struct renaming *m)
{
	int r = lookup_name(u, m->a.dir, &m->a.set, m->a.name, 0, &m->a.f);

	if (r == 0)
		r = lookup_name(u, m->b.dir, &m->b.set, m->b.name, 0, &m->b.f);
	if (r < 0)
		return r;
	if (m->a.f.top != m->br || (m->a.f.type == DT_DIR && !is_pure(u, &m->a.f)))
		return -EAGAIN;
	if (m->flags & RENAME_EXCHANGE)
		return m->b.f.top == m->br &&
		       (m->b.f.type != DT_DIR || is_pure(u, &m->b.f)) ? 0 : -EAGAIN;
	if ((m->flags & RENAME_NOREPLACE) && m->b.f.top >= 0)
		return -EEXIST;
	return is_hidden_there(&m->b.f, m->br) ? -EAGAIN : 0;
}

/* With the mark in it: putting it there is no change that its times tell of. */
static int set_opaque(struct ufs *u, int b, int fd)
{
	struct timespec times[2];
	struct stat st;
	int r = sys_stat(fd, "", &st);

	if (r == 0)
		r = lend_set_opaque(u, b, fd);
	if (r < 0)
		return r;
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	(void)utimensat(fd, "", times, AT_EMPTY_PATH); /* looks only */
	return 0;
}

/* The directory at X will stand at TO: what is below there must not show. */
static int seal(struct ufs *u, struct renaming *m, const struct end *x,
		const struct end *to)
{
	_close_ int fd = -EBADF;
	int r;

	if (x->f.type != DT_DIR)
		return 0;
	r = lookup_below(u, to->dir, &to->set, to->name, m->br);
	if (r <= 0)
		return r;
	fd = sys_openat(end_fd(m, x), x->name, O_PATH | O_DIRECTORY, 0);
	return fd < 0 ? fd : set_opaque(u, m->br, fd);
}

/* What stood at the target, a directory with nothing but marks, goes aside. */
static int move_aside(struct ufs *u, struct renaming *m, int dirfd, const char *name)
{
	struct workdir *w = branch_at(u, m->br)->work;

	workdir_name(w, &m->trash);
	return lend_rename(u, m->br, &(struct lend_move){ dirfd, name, w->tmp, m->trash.s, 0 });
}

/*
 * Replace what is at B. An exchange keeps the target whole at each moment where
 * a plain rename cannot replace it; what it leaves at A is then put away.
 */
static int rename_over(struct ufs *u, struct renaming *m)
{
	int fa = end_fd(m, &m->a), fb = end_fd(m, &m->b), r;

	r = sys_renameat2(fa, m->a.name, fb, m->b.name, 0);
	if (r != -ENOTEMPTY && r != -EEXIST && r != -ENOTDIR)
		return r;
	r = lend_rename(u, m->br, &(struct lend_move){
		fa, m->a.name, fb, m->b.name, RENAME_EXCHANGE });
	if (r < 0)
		return r;
	return move_aside(u, m, fa, m->a.name);
}

/* Formats whose mark stands beside the name. */
static int rename_beside(struct ufs *u, struct renaming *m, bool white)
{
	int fa = end_fd(m, &m->a), fb = end_fd(m, &m->b), r = 0;

	if (white)
		r = u->format->hide(fa, branch_at(u, m->br)->work->fd, m->a.name);
	if (r == 0)
		r = rename_over(u, m);
	if (r < 0) {
		if (white)
			(void)u->format->unhide(fa, m->a.name); /* the entry is still there */
		return r;
	}
	/* A whiteout beside the entry says nothing; a failure leaves a note. */
	if (m->b.f.white == m->br)
		(void)u->format->unhide(fb, m->b.name);
	return 0;
}

/* Formats whose mark stands at the name: it may be exchanged with the entry. */
static int rename_in_place(struct ufs *u, struct renaming *m, bool white)
{
	int fa = end_fd(m, &m->a), fb = end_fd(m, &m->b), r;
	int work = branch_at(u, m->br)->work->fd;

	if (m->b.f.white == m->br && m->b.f.top < 0) {
		r = sys_renameat2(fa, m->a.name, fb, m->b.name, RENAME_EXCHANGE);
		if (r == 0 && !white)
			r = u->format->unhide(fa, m->a.name);
		return r;
	}
	if (!white)
		return rename_over(u, m);
	r = sys_renameat2(fa, m->a.name, fb, m->b.name, RENAME_WHITEOUT);
	if (r == -EPERM || r == -EINVAL || r == -ENOTEMPTY || r == -EEXIST) {
		r = rename_over(u, m);
		if (r == 0)
			r = u->format->hide(fa, work, m->a.name);
	}
	return r;
}

static int rename_plain(struct ufs *u, struct renaming *m)
{
	int white = lookup_below(u, m->a.dir, &m->a.set, m->a.name, m->br);
	int r = white < 0 ? white : seal(u, m, &m->a, &m->b);

	/* A lower entry at the target is hidden by the new one, unless that is
	 * a directory, which was sealed. */
	if (r < 0)
		return r;
	if (m->b.node && m->b.f.top >= 0) {
		r = orphan_make(u, m->b.node, m->b.set.refs[m->b.f.top].fd, m->b.name,
				&m->b.orphan);
		if (r < 0)
			return r;
	}
	r = u->format->whiteout_in_place ? rename_in_place(u, m, white) :
					   rename_beside(u, m, white);
	if (r < 0)
		return r;
	if (m->b.node)
		node_drop_name(u->nodes, m->b.node, m->b.dir, m->b.name, &m->b.orphan);
	else if (m->b.f.top == m->br)
		owner_forget(u, m->br, &m->b.f.st);
	if (m->a.node)
		r = node_move(u->nodes, m->a.node, m->a.dir, m->a.name, m->b.dir, m->b.name);
	return r;
}

static int rename_exchange(struct ufs *u, struct renaming *m)
{
	int r = seal(u, m, &m->a, &m->b);

	if (r == 0)
		r = seal(u, m, &m->b, &m->a);
	if (r == 0)
		r = sys_renameat2(end_fd(m, &m->a), m->a.name, end_fd(m, &m->b), m->b.name,
				  RENAME_EXCHANGE);
	if (r < 0)
		return r;
	r = node_move(u->nodes, m->a.node, m->a.dir, m->a.name, m->b.dir, m->b.name);
	if (r == 0)
		r = node_move(u->nodes, m->b.node, m->b.dir, m->b.name, m->a.dir,
			      m->a.name);
	return r;
}

static int rename_locked(struct ufs *u, struct renaming *m)
{
	int r = recheck(u, m);

	if (r < 0)
		return r;
	r = m->flags & RENAME_EXCHANGE ? rename_exchange(u, m) : rename_plain(u, m);
	if (r < 0)
		return r;
	op_touch(m->a.dir);
	op_touch(m->b.dir);
	return 0;
}

/* -- the call ------------------------------------------------------------------------------ */

/* A directory may only take the place of one that shows nothing. */
static int check_target(struct ufs *u, const struct renaming *m)
{
	if (!m->b.node || (m->flags & RENAME_EXCHANGE))
		return 0;
	if (node_has(m->b.node, NODE_VIRTUAL))
		return -EBUSY;
	if (m->b.node->type == DT_DIR)
		return m->a.node->type == DT_DIR ? op_check_empty(u, m->b.node) : -EISDIR;
	return m->a.node->type == DT_DIR ? -ENOTDIR : 0;
}

static int rename_once(struct ufs *u, struct renaming *m)
{
	int r = op_child(u, m->a.dir, m->a.name, &m->a.node);

	if (r == 0) {
		r = op_child(u, m->b.dir, m->b.name, &m->b.node);
		if (r == -ENOENT)
			r = 0;
	}
	if (r == 0)
		r = check_target(u, m);
	if (r == 0 && m->b.node && (m->flags & RENAME_NOREPLACE))
		r = -EEXIST;
	if (r == 0 && m->a.node == m->b.node)
		goto out; /* two names of one file: nothing is done */
	if (r == 0)
		r = prepare(u, m);
	if (r == 0)
		r = lock_both(u, m);
	if (r == 0) {
		r = rename_locked(u, m);
		unlock_both(u, m);
	}
out:
	orphan_free(u, m->b.orphan);
	m->b.orphan = NULL;
	if (m->a.node)
		node_unref(u->nodes, m->a.node);
	if (m->b.node)
		node_unref(u->nodes, m->b.node);
	m->a.node = m->b.node = NULL;
	return r;
}

int ufs_rename(struct ufs *u, node_id parent, const char *name, node_id newparent,
	       const char *newname, unsigned flags)
{
	struct renaming m = {
		.a.name = name, .b.name = newname, .flags = flags,
	};
	bool tried = false;
	int r;

	if ((flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE)) ||
	    flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	r = op_dir(u, parent, &m.a.dir);
	if (r == 0)
		r = op_dir(u, newparent, &m.b.dir);
	if (r == 0)
		r = lookup_check(name);
	if (r == 0 && u->format->reserved(name))
		r = -ENOENT;
	if (r == 0)
		r = lookup_check_new(u, newname);
	if (r < 0)
		return r;
	do {
		m.trash.s[0] = '\0';
		r = rename_once(u, &m);
	} while (r == 1 || r == -EAGAIN || resolve_retry(u, r, &tried));
	if (m.trash.s[0])
		(void)workdir_remove_tree(branch_at(u, m.br)->work->tmp, m.trash.s);
	return r;
}
