/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "cleanup.h"
#include "dirsnap.h"
#include "format.h"
#include "lend.h"
#include "log.h"
#include "lookup.h"
#include "op.h"
#include "owner.h"
#include "sys.h"

int op_dir(struct ufs *u, node_id id, struct node **ret)
{
	struct node *n;
	int r = op_node(u, id, &n);

	if (r < 0)
		return r;
	if (n->type != DT_DIR)
		return -ENOTDIR;
	if (node_has(n, NODE_DEAD))
		return -ENOENT;
	*ret = n;
	return 0;
}

static int lookup_in(struct ufs *u, struct node *dir, const char *name,
		     struct node **ret_node, struct ufs_entry *ret, unsigned *ret_lent)
{
	struct dirset s;
	struct found f;
	int r = dirset_lock(u, dir, false, &s);

	if (r < 0)
		return r;
	r = lookup_name(u, dir, &s, name, 0, &f);
	/* A mountpoint of the view is there even where a branch may not be read. */
	if (r == -EACCES && f.virt) {
		f.top = -1;
		r = 0;
	}
	if (r == 0)
		r = lookup_follow(u, dir, &s, name, &f);
	*ret_lent = f.lent;
	if (r == 0)
		r = lookup_intern(u, dir, name, &f, ret_node, ret);
	dirset_unlock(u, dir, &s);
	return r;
}

int ufs_lookup(struct ufs *u, node_id parent, const char *name, struct ufs_entry *ret)
{
	struct node *dir, *n;
	bool tried = false, again;
	unsigned seq, lent = 0;
	int r = op_dir(u, parent, &dir);

	if (r == 0)
		r = lookup_check(name);
	if (r == 0 && u->format->reserved(name))
		r = -ENOENT;
	if (r < 0)
		return r;
	do {
		seq = lend_begin(u);
		r = lookup_in(u, dir, name, &n, ret, &lent);
		again = r == 0 && lend_again(u, seq, lent);
		if (again)
			node_forget(u->nodes, n, 1);
	} while (again || resolve_retry(u, r, &tried));
	return r;
}

void ufs_forget(struct ufs *u, node_id id, uint64_t count)
{
	struct node *n = node_get(u->nodes, id);

	if (!n) {
		log_warn("the kernel forgot a node that is not known: %#llx",
			 (unsigned long long)id);
		return;
	}
	node_forget(u->nodes, n, count);
}

int op_child(struct ufs *u, struct node *dir, const char *name, struct node **ret)
{
	struct ufs_entry e;
	struct node *n = node_find(u->nodes, dir, name);
	unsigned lent;
	int r;

	if (!n) {
		r = lookup_in(u, dir, name, &n, &e, &lent);
		if (r < 0)
			return r;
		node_ref(n);
		node_forget(u->nodes, n, 1);
	}
	*ret = n;
	return 0;
}

int op_check_empty(struct ufs *u, struct node *n)
{
	struct dirsnap *s;
	int r = dirsnap_get(u, n, 0, &s);

	if (r < 0)
		return r;
	r = dirsnap_count(s) ? -ENOTEMPTY : 0;
	dirsnap_put(s);
	return r;
}

int orphan_make(struct ufs *u, struct node *n, const struct dirset *s, const char *name,
		const struct found *f, struct orphan **ret)
{
	bool tried = false;
	int fd;

	if (!n)
		return 0;
	do {
		fd = found_alias(f) ?
		     links_open(u, f->top, f->is.id.fs, f->is.id.ino, O_PATH) :
		     sys_openat(s->refs[f->top].fd, name, O_PATH, 0);
	} while (resolve_retry(u, fd, &tried));
	return fd < 0 ? fd : orphan_take(u, fd, f->top, ret);
}

int orphan_take(struct ufs *u, int fd, int b, struct orphan **ret)
{
	struct orphan *o = malloc(sizeof(*o));

	if (!o) {
		close_fd(&fd);
		return -ENOMEM;
	}
	o->fd = fd;
	o->b = o->upper_b = b;
	atomic_init(&o->upper, -EBADF);
	atomic_fetch_add(&u->orphans, 1);
	*ret = o;
	return 0;
}

void orphan_free(struct ufs *u, struct orphan *o)
{
	struct statx st;
	int upper, b;

	if (!o)
		return;
	upper = atomic_load(&o->upper);
	b = upper >= 0 ? o->upper_b : o->b;
	if (branch_at(u, b)->writable && branch_at(u, b)->records &&
	    sys_statx(upper >= 0 ? upper : o->fd, "", &st) == 0 && st.stx_nlink == 0)
		owner_forget(u, b, &st);
	close_fd(&upper);
	close_fd(&o->fd);
	free(o);
	atomic_fetch_sub(&u->orphans, 1);
}
