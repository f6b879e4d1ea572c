/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Taking names away. The whiteout comes first where it stands beside the
 * name, and takes the name's place in one step where it stands at it: the
 * name is there until it is gone, and what is below never shows.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "copyup.h"
#include "durable.h"
#include "fileattr.h"
#include "format.h"
#include "lend.h"
#include "links.h"
#include "lookup.h"
#include "op.h"
#include "owner.h"
#include "policy.h"
#include "sys.h"
#include "workdir.h"

/* One removal, decided under the directory's written stripe. */
struct removal {
	struct node *dir;
	const char *name;
	struct dirset set;
	struct found f;
	int dst;             /* branch that is changed */
	bool white;          /* a whiteout has to be left on it */
	bool present;        /* the entry itself is on it */
	bool counted;        /* one of several names of a lower file goes, and */
	uint64_t token;      /* this says so, see links_cover */
	struct work_name trash; /* in tmp/, "" when nothing was put there */
};

static int removal_check(const struct removal *r, bool is_dir)
{
	if (r->f.top < 0)
		return r->f.virt ? -EBUSY : -ENOENT;
	if (fileattr_protects(&r->f.st))
		return -EPERM; /* as the branch itself would say, were it written */
	if (is_dir && r->f.type != DT_DIR)
		return -ENOTDIR;
	if (!is_dir && r->f.type == DT_DIR)
		return -EISDIR;
	return r->f.virt ? -EBUSY : 0; /* a mountpoint is at or below it */
}

/* Lock the directory with the removal decided; copies the directory up. */
static int removal_lock(struct ufs *u, struct removal *m, bool is_dir)
{
	for (;;) {
		int r = dirset_lock(u, m->dir, true, &m->set);

		if (r < 0)
			return r;
		m->white = false;
		r = lookup_name(u, m->dir, &m->set, m->name, 0, &m->f);
		if (r == 0)
			r = removal_check(m, is_dir);
		if (r == 0) {
			bool writable = branch_at(u, m->f.top)->writable;

			m->present = writable && !found_alias(&m->f);
			m->dst = writable ? m->f.top : policy_copyup(u, m->dir, m->f.top);
			m->counted = !m->present && m->f.type != DT_DIR &&
				     links_count(&m->f.is);
			r = m->dst < 0 ? m->dst : 0;
		}
		if (r == 0 && node_mask_test(u->nodes, m->dir, m->dst)) {
			r = m->present ? lookup_below(u, m->dir, &m->set, m->name, m->dst) : 1;
			if (r > 0) {
				m->white = true;
				r = workdir_ready(branch_at(u, m->dst));
			}
			if (r == 0)
				return 0;
		}
		dirset_unlock(u, m->dir, &m->set);
		if (r == 0)
			r = copyup_dir(u, m->dir, m->dst);
		if (r < 0)
			return r;
	}
}

static int removal_fd(const struct removal *m)
{
	return m->set.refs[m->dst].fd;
}

static int hide(struct ufs *u, const struct removal *m)
{
	return durable_hide(u, m->dst, removal_fd(m), m->name);
}

/* Take the whiteout away again after a failure behind it. */
static int undo_hide(struct ufs *u, const struct removal *m, int r)
{
	if (r < 0 && m->white)
		/* A real entry wins. */
		(void)branch_unhide(branch_at(u, m->dst), removal_fd(m), m->name);
	return r;
}

static int remove_file(struct ufs *u, const struct removal *m)
{
	int r = m->white ? hide(u, m) : 0;

	/* In place, the whiteout has replaced the entry already. */
	if (r < 0 || !m->present || (m->white && u->format->whiteout_in_place))
		return r;
	return undo_hide(u, m, sys_unlinkat(removal_fd(m), m->name, 0));
}

/* A directory of this branch moves aside, the marks still in it. */
static int move_aside(struct ufs *u, struct removal *m)
{
	struct workdir *w = branch_at(u, m->dst)->work;
	bool swap = m->white && u->format->whiteout_in_place;
	int r = workdir_ready(branch_at(u, m->dst));

	if (r < 0)
		return r;
	workdir_name(w, &m->trash);
	if (swap)
		r = u->format->hide(w->tmp, w->fd, m->trash.s);
	if (r == 0)
		r = lend_rename(u, m->dst, &(struct lend_move){
			removal_fd(m), m->name, w->tmp, m->trash.s,
			swap ? RENAME_EXCHANGE : 0 });
	return r;
}

static int remove_directory(struct ufs *u, struct removal *m)
{
	bool in_place = m->white && u->format->whiteout_in_place;
	int r = 0;

	if (m->white && (!in_place || !m->present))
		r = hide(u, m);
	if (r < 0 || !m->present)
		return r;
	if (!in_place) {
		r = sys_unlinkat(removal_fd(m), m->name, AT_REMOVEDIR);
		if (r != -ENOTEMPTY && r != -EEXIST)
			return undo_hide(u, m, r);
	}
	return undo_hide(u, m, move_aside(u, m));
}

/* The name is gone: so it is for the nodes. */
static void removal_done(struct ufs *u, struct removal *m, struct node *n,
			 struct orphan **o)
{
	op_touch(m->dir);
	if (m->f.type != DT_DIR && (m->counted || m->f.is.indexed))
		links_gone(u, m->dst, &m->f.is.id);
	if (n)
		node_drop_name(u->nodes, n, m->dir, m->name, o);
	else if (m->present)
		owner_forget(u, m->dst, &m->f.st);
}

/* The node that has this name, be it its first or a further one; referenced. */
static struct node *removal_node(struct ufs *u, const struct removal *m)
{
	struct node *n = node_find(u->nodes, m->dir, m->name);

	if (n || m->f.type == DT_DIR)
		return n;
	n = node_find_object(u->nodes, m->f.type, m->f.is.id.fs, m->f.is.id.ino);
	if (n) {
		node_ref(n);
		node_forget(u->nodes, n, 1);
	}
	return n;
}

static int remove_locked(struct ufs *u, struct removal *m, bool is_dir)
{
	struct node *n = removal_node(u, m);
	struct orphan *o = NULL;
	int r = orphan_make(u, n, &m->set, m->name, &m->f, &o);

	if (r == 0 && m->counted)
		r = links_cover(u, m->dst, m->dir, m->name, &m->f.is, &m->token);
	if (r == 0) {
		r = is_dir ? remove_directory(u, m) : remove_file(u, m);
		if (m->counted)
			(void)links_covered(u, m->dst, m->token, r == 0);
	}
	if (r == 0)
		removal_done(u, m, n, &o);
	if (n)
		node_unref(u->nodes, n);
	orphan_free(u, o);
	return r;
}

/* No space for what hides the name: there is some for that. */
static bool use_reserve(struct ufs *u, const struct removal *m, int r)
{
	return (r == -ENOSPC || r == -EDQUOT) && m->dst >= 0 &&
	       workdir_give(branch_at(u, m->dst));
}

static int remove_name(struct ufs *u, node_id parent, const char *name, bool is_dir)
{
	struct removal m = { .name = name, .dst = -1 };
	bool tried = false;
	int r = op_dir(u, parent, &m.dir);

	if (r == 0)
		r = lookup_check(name);
	if (r == 0 && u->format->reserved(name))
		r = -ENOENT;
	if (r < 0)
		return r;
	do {
		r = removal_lock(u, &m, is_dir);
		if (r < 0)
			continue;
		r = remove_locked(u, &m, is_dir);
		dirset_unlock(u, m.dir, &m.set);
		if (m.trash.s[0]) /* what stays is swept at the next mount */
			(void)workdir_remove_tree(branch_at(u, m.dst)->work->tmp, m.trash.s);
		m.trash.s[0] = '\0';
	} while (resolve_retry(u, r, &tried) || use_reserve(u, &m, r));
	return r;
}

int ufs_unlink(struct ufs *u, node_id parent, const char *name)
{
	return durable_names(u, remove_name(u, parent, name, false), parent, parent);
}

/* May the directory NAME of DIR be removed? */
static int check_directory(struct ufs *u, struct node *dir, const char *name)
{
	struct node *n;
	int r = op_child(u, dir, name, &n);

	if (r < 0)
		return r;
	/* Nothing can be made in it meanwhile: the kernel holds both. */
	if (n->type != DT_DIR)
		r = -ENOTDIR;
	else if (node_has(n, NODE_VIRTUAL))
		r = -EBUSY;
	else
		r = op_check_empty(u, n);
	node_unref(u->nodes, n);
	return r;
}

int ufs_rmdir(struct ufs *u, node_id parent, const char *name)
{
	bool tried = false;
	struct node *dir;
	int r = op_dir(u, parent, &dir);

	if (r == 0)
		r = lookup_check(name);
	if (r == 0 && u->format->reserved(name))
		r = -ENOENT;
	if (r < 0)
		return r;
	do {
		r = check_directory(u, dir, name);
	} while (resolve_retry(u, r, &tried));
	if (r == 0)
		r = remove_name(u, parent, name, true);
	return durable_names(u, r, parent, parent);
}
