/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rename_at.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "copyup.h"
#include "durable.h"
#include "format.h"
#include "lend.h"
#include "op.h"
#include "owner.h"
#include "redirect.h"
#include "sys.h"

#define LONG_PATH 1000 /* what may not fit as an attribute where the rest does */

static int count_branches(struct ufs *u, const struct end *x)
{
	int n = 0;

	for (int b = 0; b < u->bs.n; b++)
		n += x->f.mask[b / 64] >> (b % 64) & 1;
	return n;
}

bool end_is_pure(struct ufs *u, const struct end *x)
{
	return count_branches(u, x) == 1 && x->f.redirect < 0;
}

bool end_is_real(struct ufs *u, const struct end *x)
{
	return count_branches(u, x) > 0;
}

static int end_fd(const struct renaming *m, const struct end *x)
{
	return x->set.refs[m->br].fd;
}

/* -- before -------------------------------------------------------------------------- */

/* Is this end on the branch, ready to be moved? */
static bool end_ready(const struct renaming *m, const struct end *x)
{
	return x->f.top == m->br && !found_alias(&x->f);
}

bool target_is_hidden(const struct renaming *m)
{
	const struct found *at = &m->b.f;

	return (at->top >= 0 && at->top < m->br) || (at->white >= 0 && at->white < m->br);
}

/* Is it still as prepared? 0, -EAGAIN or an error. */
static int recheck(struct ufs *u, struct renaming *m)
{
	int r = lookup_name(u, m->a.dir, &m->a.set, m->a.name, 0, &m->a.f);

	if (r == 0)
		r = lookup_name(u, m->b.dir, &m->b.set, m->b.name, 0, &m->b.f);
	if (r < 0)
		return r;
	if (!end_ready(m, &m->a))
		return -EAGAIN;
	if (m->flags & RENAME_EXCHANGE)
		return end_ready(m, &m->b) ? 0 : -EAGAIN;
	if ((m->flags & RENAME_NOREPLACE) && m->b.f.top >= 0)
		return -EEXIST;
	return target_is_hidden(m) ? -EAGAIN : 0;
}

/* What an attribute that cannot be kept means for the caller. */
static int refused(int r, const char *path)
{
	if (r == -EOPNOTSUPP || r == -E2BIG || r == -ERANGE || r == -EPERM ||
	    (r == -ENOSPC && strlen(path) > LONG_PATH))
		return -EXDEV;
	return r;
}

/* The directory X goes on below at the place that it has now. */
static int point_below(struct ufs *u, const struct renaming *m, const struct end *x, int fd)
{
	_free_ char *path = NULL;
	int r;

	if (x->f.redirect == m->br)
		return 0; /* it was renamed before */
	if (!branch_at(u, m->br)->redirects)
		return -EXDEV;
	r = redirect_path(u, x->node, NULL, m->br + 1, &path);
	if (r == 0)
		r = refused(lend_set_redirect(u, m->br, fd, path), path);
	return r < 0 ? r : redirect_fix(u, x->node, m->br, path);
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
	(void)sys_utimens(fd, times); /* looks only */
	return 0;
}

/* The directory at X will stand at TO, and is to show what it shows now. */
static int make_movable(struct ufs *u, struct renaming *m, const struct end *x,
			const struct end *to)
{
	_close_ int fd = -EBADF;
	bool pure;
	int r = 0;

	if (x->f.type != DT_DIR)
		return 0;
	pure = end_is_pure(u, x);
	if (pure) {
		r = lookup_below(u, to->dir, &to->set, to->name, m->br);
		if (r <= 0)
			return r;
	}
	fd = sys_openat(end_fd(m, x), x->name, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	return pure ? set_opaque(u, m->br, fd) : point_below(u, m, x, fd);
}

/* -- the target ------------------------------------------------------------------------ */

/* An empty directory in tmp/ that looks like the one at FD. */
static int make_twin(struct ufs *u, struct renaming *m, int fd, bool sealed)
{
	struct workdir *w = branch_at(u, m->br)->work;
	_close_ int twin = -EBADF;
	int r;

	workdir_name(w, &m->trash);
	r = sys_mkdirat(w->tmp, m->trash.s, 0700);
	if (r < 0)
		return r;
	r = twin = sys_openat(w->tmp, m->trash.s, O_PATH | O_DIRECTORY, 0);
	if (r >= 0)
		r = copyup_looks(u, m->br, fd, twin);
	if (r == 0 && sealed && u->format->whiteout_in_place)
		r = lend_set_opaque(u, m->br, twin);
	return r;
}

/*
 * The directory at the target shows nothing but has marks in it, which keep it
 * from being replaced: an empty one takes its place. A mark beside the name, or
 * on the new one, sees to it that it shows nothing either.
 */
static int empty_target(struct ufs *u, struct renaming *m)
{
	struct workdir *w = branch_at(u, m->br)->work;
	int fb = end_fd(m, &m->b), below, r;
	_close_ int fd = sys_openat(fb, m->b.name, O_PATH | O_DIRECTORY, 0);

	if (fd < 0)
		return fd == -ENOTDIR ? -EAGAIN : fd;
	below = lookup_below(u, m->b.dir, &m->b.set, m->b.name, m->br);
	if (below < 0)
		return below;
	r = make_twin(u, m, fd, below);
	if (r == 0 && below && !u->format->whiteout_in_place)
		r = durable_hide(u, m->br, fb, m->b.name);
	if (r == 0)
		r = lend_rename(u, m->br, &(struct lend_move){
			w->tmp, m->trash.s, fb, m->b.name, RENAME_EXCHANGE });
	return r;
}

/* Back, after a failure behind it. */
static void restore_target(struct ufs *u, const struct renaming *m)
{
	(void)lend_rename(u, m->br, &(struct lend_move){
		branch_at(u, m->br)->work->tmp, m->trash.s, end_fd(m, &m->b), m->b.name,
		RENAME_EXCHANGE });
}

static int move(struct ufs *u, const struct renaming *m, unsigned flags)
{
	return lend_rename(u, m->br, &(struct lend_move){
		end_fd(m, &m->a), m->a.name, end_fd(m, &m->b), m->b.name, flags });
}

/* Step 2 and 4. */
static int move_over(struct ufs *u, struct renaming *m, unsigned flags)
{
	int r = move(u, m, flags);

	if (r != -ENOTEMPTY && r != -EEXIST)
		return r;
	r = empty_target(u, m);
	if (r < 0)
		return r;
	r = move(u, m, flags);
	if (r < 0)
		restore_target(u, m);
	return r;
}

/* Formats whose mark stands beside the name. */
static int rename_beside(struct ufs *u, struct renaming *m, bool white)
{
	int fa = end_fd(m, &m->a), r = 0;

	if (white)
		r = durable_hide(u, m->br, fa, m->a.name);
	if (r == 0)
		r = move_over(u, m, 0);
	if (r < 0) {
		if (white)
			(void)branch_unhide(branch_at(u, m->br), fa, m->a.name); /* it is there */
		return r;
	}
	/* A whiteout beside the entry says nothing; a failure leaves a note. */
	if (m->b.f.white == m->br || m->trash.s[0])
		(void)branch_unhide(branch_at(u, m->br), end_fd(m, &m->b), m->b.name);
	return 0;
}

/* Formats whose mark stands at the name: it may be exchanged with the entry. */
static int rename_in_place(struct ufs *u, struct renaming *m, bool white)
{
	int r;

	if (m->b.f.white == m->br && m->b.f.top < 0) {
		r = move(u, m, RENAME_EXCHANGE);
		if (r == 0 && !white)
			(void)u->format->unhide(end_fd(m, &m->a), m->a.name);
		return r;
	}
	return move_over(u, m, white ? RENAME_WHITEOUT : 0);
}

/* -- both kinds --------------------------------------------------------------------------- */

/* Is a name replaced that led to a file below with others? */
static bool target_counts(const struct renaming *m)
{
	return m->b.f.top >= 0 && m->b.f.type != DT_DIR && m->b.f.named > m->br &&
	       links_count(&m->b.f.is);
}

static int move_counted(struct ufs *u, struct renaming *m, bool white)
{
	bool counts = target_counts(m);
	uint64_t token = 0;
	int r = counts ? links_cover(u, m->br, m->b.dir, m->b.name, &m->b.f.is, &token) : 0;

	if (r < 0)
		return r;
	r = u->format->whiteout_in_place ? rename_in_place(u, m, white) :
					   rename_beside(u, m, white);
	if (counts)
		(void)links_covered(u, m->br, token, r == 0);
	return r;
}

/* What was at the target has lost its name. */
static void target_gone(struct ufs *u, struct renaming *m)
{
	if (m->b.f.top < 0)
		return;
	if (m->b.f.type != DT_DIR && (target_counts(m) || m->b.f.is.indexed))
		links_gone(u, m->br, &m->b.f.is.id);
	if (m->b.node)
		node_drop_name(u->nodes, m->b.node, m->b.dir, m->b.name, &m->b.orphan);
	else if (end_ready(m, &m->b))
		owner_forget(u, m->br, &m->b.f.st);
}

static int rename_plain(struct ufs *u, struct renaming *m)
{
	int white = lookup_below(u, m->a.dir, &m->a.set, m->a.name, m->br);
	int r = white < 0 ? white : make_movable(u, m, &m->a, &m->b);

	/* A lower entry at the target is hidden by the new one, unless that is
	 * a directory, which was made opaque or goes on elsewhere. */
	if (r == 0 && m->b.f.top >= 0)
		r = orphan_make(u, m->b.node, &m->b.set, m->b.name, &m->b.f, &m->b.orphan);
	if (r == 0)
		r = move_counted(u, m, white);
	if (r < 0)
		return r;
	target_gone(u, m);
	node_move(u->nodes, m->a.node, m->a.dir, m->a.name, m->b.dir, m->b.name, &m->b.room);
	return 0;
}

static int rename_exchange(struct ufs *u, struct renaming *m)
{
	int r = make_movable(u, m, &m->a, &m->b);

	if (r == 0)
		r = make_movable(u, m, &m->b, &m->a);
	if (r == 0)
		r = move(u, m, RENAME_EXCHANGE);
	if (r < 0)
		return r;
	node_move(u->nodes, m->a.node, m->a.dir, m->a.name, m->b.dir, m->b.name, &m->b.room);
	node_move(u->nodes, m->b.node, m->b.dir, m->b.name, m->a.dir, m->a.name, &m->a.room);
	return 0;
}

int rename_at(struct ufs *u, struct renaming *m)
{
	int r = recheck(u, m);

	/* From the rename on nothing may fail. */
	if (r == 0)
		r = node_room(u->nodes, m->b.dir, m->b.name, &m->b.room);
	if (r == 0 && (m->flags & RENAME_EXCHANGE))
		r = node_room(u->nodes, m->a.dir, m->a.name, &m->a.room);
	if (r < 0)
		return r;
	r = m->flags & RENAME_EXCHANGE ? rename_exchange(u, m) : rename_plain(u, m);
	if (r < 0)
		return r;
	op_touch(m->a.dir);
	op_touch(m->b.dir);
	return 0;
}
