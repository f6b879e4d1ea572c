/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>

#include "cleanup.h"
#include "links.h"
#include "redirect.h"
#include "sys.h"
#include "xattr.h"

#define RACE_TRIES 64
#define ROOM_STEPS 20
#define ROOM_STEP_NS 5000000

/*
 * The space of a file that was unlinked is free when the last descriptor goes,
 * ours with the kernel's FORGET. On a full filesystem the next request may
 * overtake that.
 */
bool ufs_make_room(struct ufs *u, ssize_t r)
{
	const struct timespec step = { .tv_nsec = ROOM_STEP_NS };
	uint64_t before = atomic_load(&u->orphans);

	if (r != -ENOSPC && r != -EDQUOT)
		return false;
	for (int i = 0; i < ROOM_STEPS && atomic_load(&u->orphans) > 0; i++)
		(void)nanosleep(&step, NULL);
	return atomic_load(&u->orphans) < before;
}

bool resolve_retry(struct ufs *u, int r, bool *tried)
{
	if (*tried)
		return false;
	if (r == -ENOSPC || r == -EDQUOT) {
		*tried = true;
		return ufs_make_room(u, r);
	}
	if (r != -EMFILE && r != -ENFILE)
		return false;
	*tried = true;
	fdcache_shrink(u->dirs);
	fdcache_shrink(u->data);
	return true;
}

void resolve_put_dir(struct ufs *u, struct fdref *ref)
{
	if (ref->fd >= 0)
		fdcache_put(u->dirs, ref);
}

static bool dir_cached(struct ufs *u, struct node *dir, int b, struct fdref *ret)
{
	if (node_id_of(dir) == NODE_ROOT) {
		fdref_borrow(ret, branch_at(u, b)->fd);
		return true;
	}
	return fdcache_get(u->dirs, node_id_of(dir), (unsigned)b, ret);
}

/*
 * Open DIR by its name P in its parent, whose descriptor on B is UP.
 * -EAGAIN: it was renamed meanwhile.
 */
static int open_step(struct ufs *u, struct node *dir, const struct node_place *p, int b,
		     const struct fdref *up, struct fdref *ret)
{
	bool tried = false;
	int fd;

	do {
		pthread_rwlock_t *lock = stripe_of(u, p->parent);

		pthread_rwlock_rdlock(lock);
		fd = node_is_at(u->nodes, dir, p) ?
		     sys_openat(up->fd, p->name, O_PATH | O_DIRECTORY, 0) : -EAGAIN;
		pthread_rwlock_unlock(lock);
	} while (resolve_retry(u, fd, &tried));
	if (fd < 0)
		return fd == -ELOOP || fd == -ENOTDIR ? -ENOENT : fd;
	fdcache_add(u->dirs, node_id_of(dir), (unsigned)b, fd, ret);
	return 0;
}

/* Is DIR found by a redirect on B? 1: then it is open in RET, 0, -errno. */
static int open_redirected(struct ufs *u, struct node *dir, int b, struct fdref *ret)
{
	const char *path = redirect_at(dir, b);
	bool tried = false;
	int fd;

	if (!path)
		return 0;
	do {
		fd = redirect_open(u, b, path);
	} while (resolve_retry(u, fd, &tried));
	if (fd < 0)
		return fd == -ELOOP || fd == -ENOTDIR ? -ENOENT : fd;
	fdcache_add(u->dirs, node_id_of(dir), (unsigned)b, fd, ret);
	return 1;
}

/* The chain of places from a directory up to the nearest cached one. */
struct climb {
	struct node **nodes;       /* referenced, deepest first */
	struct node_place *places; /* of each */
	size_t n, cap;
};

static void climb_done(struct ufs *u, struct climb *c)
{
	for (size_t i = 0; i < c->n; i++) {
		node_unref(u->nodes, c->nodes[i]);
		node_unref(u->nodes, c->places[i].parent);
	}
	free(c->nodes);
	free(c->places);
}

static int climb_add(struct ufs *u, struct climb *c, struct node *n)
{
	int r;

	if (c->n == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 8;
		struct node **nodes = realloc(c->nodes, cap * sizeof(*nodes));
		struct node_place *places;

		if (!nodes)
			return -ENOMEM;
		c->nodes = nodes;
		places = realloc(c->places, cap * sizeof(*places));
		if (!places)
			return -ENOMEM;
		c->places = places;
		c->cap = cap;
	}
	r = node_place(u->nodes, n, &c->places[c->n]);
	if (r < 0)
		return r;
	node_ref(n);
	c->nodes[c->n++] = n;
	return 0;
}

/* The last one that was added is not needed. */
static void climb_drop(struct ufs *u, struct climb *c)
{
	c->n--;
	node_unref(u->nodes, c->places[c->n].parent);
	node_unref(u->nodes, c->nodes[c->n]);
}

static int dir_walk(struct ufs *u, struct node *dir, int b, struct fdref *ret)
{
	struct climb c = { .n = 0 };
	struct fdref at = FDREF_NONE;
	int r;

	do {
		struct node *next = c.n ? c.places[c.n - 1].parent : dir;

		r = climb_add(u, &c, next);
		if (r == 0) {
			/* After the place: a directory gets its path before it moves. */
			r = open_redirected(u, next, b, &at);
			if (r > 0)
				climb_drop(u, &c);
		}
	} while (r == 0 && !dir_cached(u, c.places[c.n - 1].parent, b, &at));
	if (r > 0)
		r = 0;
	for (size_t i = c.n; r == 0 && i-- > 0;) {
		struct fdref next = FDREF_NONE;

		r = open_step(u, c.nodes[i], &c.places[i], b, &at, &next);
		resolve_put_dir(u, &at);
		at = next;
	}
	climb_done(u, &c);
	if (r == 0)
		*ret = at;
	return r;
}

int resolve_dir(struct ufs *u, struct node *dir, int b, struct fdref *ret)
{
	int r = -EAGAIN;

	if (dir_cached(u, dir, b, ret))
		return 0;
	for (int i = 0; i < RACE_TRIES && r == -EAGAIN; i++)
		r = dir_walk(u, dir, b, ret);
	return r == -EAGAIN ? -ESTALE : r;
}

/* -- sets of directories ------------------------------------------------------------ */

int dirset_open(struct ufs *u, struct node *dir, struct dirset *s)
{
	s->ver = atomic_load(&dir->maskver);
	s->n = u->bs.n;
	s->refs = s->in;
	if (s->n > DIRSET_INLINE) {
		s->refs = malloc((size_t)s->n * sizeof(*s->refs));
		if (!s->refs)
			return -ENOMEM;
	}
	for (int b = 0; b < s->n; b++) {
		int r = -ENOENT;

		if (node_mask_test(u->nodes, dir, b))
			r = resolve_dir(u, dir, b, &s->refs[b]);
		if (r < 0)
			s->refs[b] = (struct fdref){ r, NULL };
	}
	return 0;
}

void dirset_close(struct ufs *u, struct dirset *s)
{
	for (int b = 0; s->refs && b < s->n; b++)
		resolve_put_dir(u, &s->refs[b]);
	if (s->refs != s->in)
		free(s->refs);
	s->refs = NULL;
}

int dirset_lock(struct ufs *u, struct node *dir, bool write, struct dirset *s)
{
	pthread_rwlock_t *lock = stripe_of(u, dir);

	for (;;) {
		int r = dirset_open(u, dir, s);

		if (r < 0)
			return r;
		if (write)
			pthread_rwlock_wrlock(lock);
		else
			pthread_rwlock_rdlock(lock);
		if (s->ver == atomic_load(&dir->maskver))
			return 0;
		pthread_rwlock_unlock(lock);
		dirset_close(u, s);
	}
}

void dirset_unlock(struct ufs *u, struct node *dir, struct dirset *s)
{
	pthread_rwlock_unlock(stripe_of(u, dir));
	dirset_close(u, s);
}

/* -- objects ---------------------------------------------------------------------------- */

/* The descriptor that an object without a name is reached by on branch B. */
static int orphan_fd(struct ufs *u, const struct node *n, int b)
{
	int upper = n->orphan ? atomic_load(&n->orphan->upper) : -EBADF;

	if (upper >= 0 && branch_at(u, b)->writable)
		return upper;
	return n->orphan ? n->orphan->fd : -ESTALE;
}

static int orphan_open(struct ufs *u, struct node *n, int b, int flags)
{
	int base = orphan_fd(u, n, b);

	if (base < 0)
		return -ESTALE;
	return flags & O_PATH ? sys_dup(base) : sys_reopen(base, flags);
}

/*
 * A name may lie where the daemon may not go, and the caller came by another.
 * -EAGAIN when there is another to try; *ROUNDS counts them.
 */
static int other_name(struct ufs *u, struct node *n, int r, int *rounds)
{
	if (r != -EACCES || u->euid == 0 || !node_has(n, NODE_LINKED) ||
	    ++*rounds > RACE_TRIES / 2)
		return r;
	return node_rotate(u->nodes, n) ? -EAGAIN : r;
}

/* As at_place, by the name in the work directory; -ENOENT: it is not there. */
static int at_index(struct ufs *u, struct node *n, int b, int flags, struct statx *st)
{
	if (!node_has(n, NODE_INDEXED) || b != node_top(n))
		return -ENOENT;
	return st ? links_statx(u, b, n->obj_fs, n->obj_ino, st) :
		    links_open(u, b, n->obj_fs, n->obj_ino, flags);
}

/* One try to run the open or statx at the place of N; -EAGAIN: it moved. */
static int at_place(struct ufs *u, struct node *n, int b, int flags, struct statx *st)
{
	struct fdref dir = FDREF_NONE;
	struct node_place p;
	int r = at_index(u, n, b, flags, st);

	if (r != -ENOENT)
		return r;
	r = node_place(u->nodes, n, &p);
	if (r < 0)
		return -EAGAIN; /* it just died: the orphan serves */
	r = resolve_dir(u, p.parent, b, &dir);
	if (r == 0) {
		pthread_rwlock_t *lock = stripe_of(u, p.parent);

		pthread_rwlock_rdlock(lock);
		if (!node_is_at(u->nodes, n, &p))
			r = -EAGAIN;
		else if (st)
			r = sys_statx(dir.fd, p.name, st);
		else
			r = sys_openat(dir.fd, p.name, flags, 0);
		pthread_rwlock_unlock(lock);
		resolve_put_dir(u, &dir);
	}
	node_unref(u->nodes, p.parent);
	return r;
}

int resolve_open(struct ufs *u, struct node *n, int b, int flags)
{
	bool tried = false;
	int r = -EAGAIN, rounds = 0;

	for (int i = 0; i < RACE_TRIES && r == -EAGAIN; i++) {
		do {
			r = node_has(n, NODE_DEAD) ? orphan_open(u, n, b, flags) :
			    at_place(u, n, b, flags, NULL);
		} while (resolve_retry(u, r, &tried));
		r = other_name(u, n, r, &rounds);
	}
	return r == -EAGAIN ? -ESTALE : r;
}

int resolve_statx(struct ufs *u, struct node *n, int *ret_top, struct statx *ret)
{
	int r = -EAGAIN, top = 0, rounds = 0;

	for (int i = 0; i < RACE_TRIES && r == -EAGAIN; i++) {
		top = node_top(n);
		if (top < 0)
			return -ESTALE;
		if (node_has(n, NODE_DEAD)) {
			int fd = orphan_fd(u, n, top);

			r = fd < 0 ? -ESTALE : sys_statx(fd, "", ret);
		} else {
			r = at_place(u, n, top, 0, ret);
		}
		r = other_name(u, n, r, &rounds);
		/* It was copied up in between: then ask the copy. */
		if (r == -ENOENT && node_top(n) != top)
			r = -EAGAIN;
	}
	if (r == 0)
		*ret_top = top;
	return r == -EAGAIN ? -ESTALE : r;
}
