/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Renaming. The source is brought to a writable branch first; then, with both
 * directories locked, one rename on that branch does it (rename_at.c). What has
 * to go with it is written before and means nothing until then.
 */
#include "rename_at.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "copyup.h"
#include "durable.h"
#include "fileattr.h"
#include "format.h"
#include "op.h"
#include "policy.h"
#include "workdir.h"

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

/* May a directory be given a redirect on branch B, or, with -1, on any? */
static bool may_redirect(struct ufs *u, int b)
{
	if (b >= 0)
		return branch_at(u, b)->redirects;
	for (b = 0; b < u->bs.n; b++)
		if (branch_at(u, b)->writable && branch_at(u, b)->redirects)
			return true;
	return false;
}

/* The alias at X becomes a name on its branch. 1, or an error. */
static int end_show(struct ufs *u, struct end *x)
{
	int b = x->f.top, r = copyup_dir(u, x->dir, b);

	if (r == 0)
		r = dirset_lock(u, x->dir, true, &x->set);
	if (r < 0)
		return r;
	r = lookup_name(u, x->dir, &x->set, x->name, 0, &x->f);
	if (r == 0 && x->f.top == b && found_alias(&x->f))
		r = links_show(u, b, x->dir, x->set.refs[b].fd, x->name, &x->f.is);
	dirset_unlock(u, x->dir, &x->set);
	return r < 0 ? r : 1;
}

/*
 * Make the end X such that it can be moved on a branch: a copy of it is there,
 * and a directory that others have as well may get a redirect. 1: something
 * changed, look again.
 */
static int end_prepare(struct ufs *u, struct end *x)
{
	bool writable;
	int r;

	if (x->f.top < 0)
		return x->f.virt ? -EBUSY : -ENOENT;
	if (x->f.virt)
		return -EBUSY;
	if (fileattr_protects(&x->f.st))
		return -EPERM;
	writable = branch_at(u, x->f.top)->writable;
	if (x->f.type == DT_DIR && !(writable && end_is_pure(u, x)) &&
	    (!may_redirect(u, writable ? x->f.top : -1) || !end_is_real(u, x)))
		return -EXDEV;
	if (writable)
		return found_alias(&x->f) ? end_show(u, x) : 0;
	r = copyup_node(u, x->node, -1);
	return r < 0 ? r : 1;
}

/* With several writable branches the source may have to go further up. */
static int lift(struct ufs *u, struct renaming *m)
{
	int dst = policy_copyup(u, m->b.dir, m->br);

	if (dst < 0)
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
	if (m->b.f.top >= 0 && fileattr_protects(&m->b.f.st))
		return -EPERM;
	return target_is_hidden(m) ? lift(u, m) : 0;
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
		r = rename_at(u, m);
		unlock_both(u, m);
	}
out:
	orphan_free(u, m->b.orphan);
	m->b.orphan = NULL;
	node_room_done(&m->a.room);
	node_room_done(&m->b.room);
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
		r = rename_once(u, &m);
		if (m.trash.s[0]) /* what stays is swept at the next mount */
			(void)workdir_remove_tree(branch_at(u, m.br)->work->tmp, m.trash.s);
		m.trash.s[0] = '\0';
	} while (r == 1 || r == -EAGAIN || resolve_retry(u, r, &tried));
	return durable_names(u, r, parent, newparent);
}
