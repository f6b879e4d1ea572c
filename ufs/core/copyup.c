/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "copyup_job.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "durable.h"
#include "fileattr.h"
#include "lend.h"
#include "links.h"
#include "ovlorigin.h"
#include "owner.h"
#include "policy.h"
#include "sys.h"
#include "workdir.h"

/* A node that is being copied, in its shard's list. */
struct copying {
	struct copying *next;
	struct node *node;
	int dst;
};

/* -- single flight ------------------------------------------------------------------- */

static struct copy_shard *copy_shard_of(struct ufs *u, const struct node *n)
{
	return &u->copies[n->slot % COPY_SHARDS];
}

static bool is_copied_locked(const struct copy_shard *s, const struct node *n)
{
	for (const struct copying *c = s->list; c; c = c->next)
		if (c->node == n)
			return true;
	return false;
}

/* Does directory or file N need nothing any more for branch DST? */
static bool is_there(struct ufs *u, const struct node *n, int dst)
{
	if (n->type == DT_DIR && !node_has(n, NODE_DEAD))
		return node_mask_test(u->nodes, n, dst);
	return node_top(n) <= dst;
}

/* Returns 1 when it is done already, 0 when the job is ours. */
static int copyup_begin(struct ufs *u, struct copying *c)
{
	struct copy_shard *s = copy_shard_of(u, c->node);
	int r;

	pthread_mutex_lock(&s->lock);
	while (is_copied_locked(s, c->node))
		pthread_cond_wait(&s->done, &s->lock);
	r = is_there(u, c->node, c->dst);
	if (!r) {
		c->next = s->list;
		s->list = c;
	}
	pthread_mutex_unlock(&s->lock);
	return r;
}

static void copyup_end(struct ufs *u, struct copying *c)
{
	struct copy_shard *s = copy_shard_of(u, c->node);
	struct copying **p;

	pthread_mutex_lock(&s->lock);
	for (p = &s->list; *p != c; p = &(*p)->next)
		;
	*p = c->next;
	pthread_cond_broadcast(&s->done);
	pthread_mutex_unlock(&s->lock);
}

/* -- putting it into place ------------------------------------------------------------------ */

/* Do other names lead to it? */
static bool is_shared(const struct copyup_job *j)
{
	return j->node->type != DT_DIR && j->is.nlink > 1;
}

static int publish_orphan(struct copyup_job *j, int tmp)
{
	struct orphan *o = j->node->orphan;
	int r = sys_unlinkat(tmp, j->tmp.s, j->node->type == DT_DIR ? AT_REMOVEDIR : 0);

	if (r < 0)
		return r;
	if (!o)
		return -ESTALE;
	o->upper_b = j->dst;
	atomic_store(&o->upper, take_fd(&j->to));
	return 0;
}

/* Rename the copy to its name; the directory's times stay. Stripe: written. */
static int publish_name(struct ufs *u, const struct copyup_job *j, int tmp, int dirfd,
			const char *name)
{
	struct lend_move move = { tmp, j->tmp.s, dirfd, name, RENAME_NOREPLACE };
	struct timespec times[2];
	struct stat dir;
	int r = sys_stat(dirfd, "", &dir);

	if (j->node->type != DT_DIR && ovlorigin_used(u, j->dst))
		ovlorigin_mark(dirfd);
	if (r == 0)
		r = lend_rename(u, j->dst, &move);
	/* Some filesystems know no flags; the place is known to be free. */
	if (r == -EINVAL) {
		move.flags = 0;
		r = lend_rename(u, j->dst, &move);
	}
	if (r < 0)
		return r;
	times[0] = dir.st_atim;
	times[1] = dir.st_mtim;
	(void)sys_utimens(dirfd, times); /* looks only */
	return 0;
}

/* From now on the copy serves. Stripe of the parent: written. */
static void serve_copy(struct ufs *u, const struct copyup_job *j, const struct statx *st)
{
	uint16_t fs;

	/* A directory may get a copy below the branch that shows its attributes. */
	if (j->dst >= node_top(j->node))
		return;
	if (j->kept) {
		node_set_flag(j->node, NODE_INDEXED);
	} else if (is_shared(j)) {
		/* Its other names below are another file from now on: with one number
		 * for both, mv(1) would take them for the same and remove one. */
		fs = inum_fs(u->inums, makedev(st->stx_dev_major, st->stx_dev_minor));
		node_part(u->nodes, j->node, fs, st->stx_ino, inum_show(fs, st->stx_ino));
	}
	node_set_top(j->node, j->dst);
}

/* The copy takes the place of one of several names: both count as one step. */
static int publish_shared(struct ufs *u, const struct copyup_job *j, int tmp, int dirfd,
			  const struct node_place *p)
{
	uint64_t token;
	int r = links_cover(u, j->dst, p->parent, p->name, &j->is, &token);

	if (r < 0)
		return r;
	/* With the copy there and not the record its names would have parted. */
	r = durable_records(u, j->dst);
	if (r == 0)
		r = publish_name(u, j, tmp, dirfd, p->name);
	(void)links_covered(u, j->dst, token, r == 0);
	return r;
}

/* One try at the place where N is now. 1: published, 0: it moved, -errno. */
static int publish_at(struct ufs *u, struct copyup_job *j, int tmp,
		      const struct node_place *p, const struct statx *st)
{
	pthread_rwlock_t *lock = stripe_of(u, p->parent);
	struct fdref dir = FDREF_NONE;
	int r = resolve_dir(u, p->parent, j->dst, &dir);

	if (r < 0)
		return r;
	pthread_rwlock_wrlock(lock);
	if (node_is_at(u->nodes, j->node, p)) {
		r = is_shared(j) ? publish_shared(u, j, tmp, dir.fd, p) :
				   publish_name(u, j, tmp, dir.fd, p->name);
		if (r == 0) {
			serve_copy(u, j, st);
			r = 1;
		}
	}
	pthread_rwlock_unlock(lock);
	if (r == 1)
		j->late = durable_name(u, j->dst, dir.fd);
	resolve_put_dir(u, &dir);
	return r;
}

/*
 * Note what the copy is a copy of, and, where other names lead to that, let it
 * stand for them. Before it is visible: a note without a copy says nothing.
 */
static int note_identity(struct ufs *u, struct copyup_job *j, int tmp,
			 const struct statx *st)
{
	struct records *t = branch_at(u, j->dst)->records;
	struct record_key key = record_key(st);
	bool dead = node_has(j->node, NODE_DEAD);
	/* A name that the kernel does not know may be left to one without a name. */
	bool left = dead ? j->st.stx_nlink > 1 && j->is.nlink : is_shared(j);
	int r;

	if (j->node->type == DT_DIR || !t || (dead && !left))
		return 0;
	if (left) {
		r = links_keep(u, j->dst, tmp, j->tmp.s, st, &j->is);
		j->kept = r > 0;
		if (r <= 0)
			return r;
		return dead ? durable_records(u, j->dst) : 0;
	}
	if (ovlorigin_used(u, j->dst))
		ovlorigin_set(u, inum_fs(u->inums, j->shown.st_dev), j->from, j->to);
	r = records_set_origin(t, &key, &j->is.id);
	return r == -ENODATA ? 0 : r;
}

/* It did not become visible. */
static void forget_identity(struct ufs *u, struct copyup_job *j)
{
	struct statx st;

	if (j->kept)
		links_unkeep(u, j->dst, &j->is);
	if (j->to >= 0 && branch_at(u, j->dst)->records && sys_statx(j->to, "", &st) == 0) {
		struct record_key key = record_key(&st);

		(void)records_drop(branch_at(u, j->dst)->records, &key);
	}
}

static int publish(struct ufs *u, struct copyup_job *j, int tmp)
{
	struct node_place p;
	struct statx st;
	int r = sys_statx(j->to, "", &st);

	if (r == 0)
		r = note_identity(u, j, tmp, &st);
	while (r == 0) {
		r = node_place(u->nodes, j->node, &p);
		if (r == -ESTALE) {
			r = publish_orphan(j, tmp);
			if (r == 0)
				serve_copy(u, j, &st);
			return r;
		}
		if (r == 0) {
			r = publish_at(u, j, tmp, &p, &st);
			node_unref(u->nodes, p.parent);
		}
	}
	if (r == 1 && j->node->type == DT_DIR) {
		pthread_rwlock_wrlock(stripe_of(u, j->node));
		node_mask_set(u->nodes, j->node, j->dst);
		pthread_rwlock_unlock(stripe_of(u, j->node));
	}
	return r < 0 ? r : 0;
}

/* -- the job ----------------------------------------------------------------------------------- */

static int copyup_run(struct ufs *u, struct copyup_job *j)
{
	struct branch *dst = branch_at(u, j->dst);
	int r = workdir_ready(dst);

	if (r < 0)
		return r;
	j->from = resolve_open(u, j->node, j->src, O_PATH);
	if (j->from < 0)
		return j->from;
	r = sys_statx(j->from, "", &j->st);
	if (r < 0)
		return r;
	if (fileattr_protects(&j->st))
		return -EPERM;
	owner_show(u, j->src, &j->st, &j->shown);
	links_look(u, j->src, &j->st, &j->is);
	if (!is_shared(j)) { /* overlayfs's note says the same of a file, if there is one */
		j->is.id.fs = j->node->obj_fs;
		j->is.id.ino = j->node->obj_ino;
	}
	workdir_name(dst->work, &j->tmp);
	r = copyup_object(u, j, dst->work->tmp);
	if (r == 0)
		r = copyup_metadata(u, j);
	/* Durable before it hides the old one: a power cut leaves one of the two. */
	if (r == 0 && S_ISREG(j->st.stx_mode) && j->len != 0 && j->st.stx_size > 0)
		r = durable_copy(u, j->to);
	if (r == 0)
		r = publish(u, j, dst->work->tmp);
	if (r == 0) {
		if (!j->kept && !is_shared(j)) /* its last name counts itself now */
			links_alone(u, j->dst, &j->is.id);
		atomic_fetch_add(&u->copyups, 1);
		if (j->late == 0 && j->kept)
			j->late = durable_name(u, j->dst, branch_links(dst, false));
		/* Visible it is; whoever asked has to know that it may be lost. */
		return j->late < 0 ? j->late : durable_record(u, j->dst);
	}
	forget_identity(u, j);
	(void)workdir_remove_tree(dst->work->tmp, j->tmp.s); /* swept at mount */
	return r;
}

/* The parents of N get a copy on DST first, the highest before the lower. */
static int copyup_parents(struct ufs *u, struct node *n, int dst)
{
	struct node_place p;
	int r = node_place(u->nodes, n, &p);

	if (r == -ESTALE)
		return 0; /* it has no name: its copy needs no place */
	if (r < 0)
		return r;
	r = copyup_dir(u, p.parent, dst);
	node_unref(u->nodes, p.parent);
	return r;
}

/* The copy itself, the parents being there. */
static int copyup_single(struct ufs *u, struct node *n, int dst, off_t len)
{
	struct copying c = { .node = n, .dst = dst };
	struct copyup_job j = {
		.node = n, .dst = dst, .len = len, .from = -EBADF, .to = -EBADF,
	};
	int r;

	if (node_has(n, NODE_VIRTUAL))
		return -EROFS;
	if (copyup_begin(u, &c) != 0)
		return 0;
	j.src = node_top(n);
	r = copyup_run(u, &j);
	copyup_end(u, &c);
	close_fd(&j.from);
	close_fd(&j.to);
	if (r == 0) /* descriptors of the lower file are of no more use */
		fdcache_drop_tag(u->data, node_id_of(n), (unsigned)j.src << 1);
	return r;
}

int copyup_to(struct ufs *u, struct node *n, int dst, off_t len)
{
	bool tried = false;
	int r;

	do {
		if (n->type == DT_DIR) {
			r = copyup_dir(u, n, dst);
		} else {
			r = copyup_parents(u, n, dst);
			if (r == 0)
				r = copyup_single(u, n, dst, len);
		}
	} while (resolve_retry(u, r, &tried));
	return r;
}

/* The nearest writable branch above TOP. */
static int above(struct ufs *u, int top)
{
	while (--top >= 0 && !branch_at(u, top)->writable)
		;
	return top < 0 ? -EROFS : top;
}

int copyup_node(struct ufs *u, struct node *n, off_t len)
{
	struct node_place p;
	int dst, r, top = node_top(n);

	if (top < 0)
		return -EROFS;
	if (branch_at(u, top)->writable)
		return 0;
	r = node_place(u->nodes, n, &p);
	if (r < 0) {
		dst = r == -ESTALE ? above(u, top) : r; /* it has no name any more */
	} else {
		dst = p.parent == n ? above(u, top) : policy_copyup(u, p.parent, top);
		node_unref(u->nodes, p.parent);
	}
	return dst < 0 ? dst : copyup_to(u, n, dst, len);
}

/* -- directories ------------------------------------------------------------------------------- */

int copyup_dir(struct ufs *u, struct node *dir, int dst)
{
	struct node *up, *at;
	struct node_place p;
	int r = 0;

	/* Without a name, but open: its attributes may still be changed. */
	if (node_has(dir, NODE_DEAD))
		return copyup_single(u, dir, dst, -1);
	/* From the highest ancestor that lacks a copy down, one at a time. */
	while (r == 0 && !node_mask_test(u->nodes, dir, dst)) {
		at = dir;
		node_ref(at);
		for (;;) {
			r = node_place(u->nodes, at, &p);
			if (r == -ESTALE)
				r = -ENOENT; /* it was removed */
			if (r < 0)
				break;
			up = p.parent;
			if (up == at || node_mask_test(u->nodes, up, dst)) {
				node_unref(u->nodes, up);
				break;
			}
			node_unref(u->nodes, at);
			at = up;
		}
		if (r == 0)
			r = node_has(at, NODE_DEAD) ? -ENOENT :
			    copyup_single(u, at, dst, -1);
		node_unref(u->nodes, at);
	}
	return r;
}
