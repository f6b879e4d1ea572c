/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node_table.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

bool node_is_first_name(struct node *n, const struct node *parent, const char *name)
{
	return !node_has(n, NODE_DEAD) && atomic_load(&n->parent) == parent->slot &&
	       strcmp(node_name(n), name) == 0;
}

static bool node_called(struct node *n, const struct node *parent, const char *name)
{
	if (node_is_first_name(n, parent, name))
		return true;
	for (const struct node_name *x = n->type == DT_DIR ? NULL : n->extra; x; x = x->next)
		if (x->parent == parent && strcmp(x->name, name) == 0)
			return true;
	return false;
}

static void extra_free(struct nodes *t, struct node_name *x)
{
	node_unref(t, x->parent);
	free(x);
}

void node_part(struct nodes *t, struct node *n, uint16_t fs, uint64_t ino,
	       uint64_t shown)
{
	struct node_name *x;
	struct shard *s;

	if (node_has(n, NODE_LINKED))
		shard_remove_obj(t, n);
	s = shard_lock_node(t, n);
	atomic_fetch_and(&n->flags, (uint16_t)~NODE_LINKED);
	x = take_ptr(n->extra);
	n->obj_fs = fs;
	n->obj_ino = ino;
	atomic_store(&n->ino, shown);
	pthread_mutex_unlock(&s->lock);
	while (x) {
		struct node_name *next = x->next;

		extra_free(t, x);
		x = next;
	}
}

void node_set_top(struct node *n, int top)
{
	atomic_store_explicit(&n->top, (int16_t)top, memory_order_release);
}

void node_set_flag(struct node *n, uint16_t flag)
{
	atomic_fetch_or(&n->flags, flag);
}

/* -- places ------------------------------------------------------------------------ */

int node_place(struct nodes *t, struct node *n, struct node_place *ret)
{
	struct shard *s = shard_lock_node(t, n);
	int r = 0;

	if (node_has(n, NODE_DEAD)) {
		r = -ESTALE;
	} else {
		ret->parent = node_at(t, atomic_load(&n->parent));
		node_ref(ret->parent);
		if (n->slot == NODE_ROOT)
			memcpy(ret->name, ".", 2);
		else
			memcpy(ret->name, node_name(n), (size_t)n->namelen + 1);
	}
	pthread_mutex_unlock(&s->lock);
	return r;
}

bool node_is_at(struct nodes *t, struct node *n, const struct node_place *p)
{
	struct shard *s;
	bool same;

	if (n->slot == NODE_ROOT)
		return true;
	s = shard_lock_node(t, n);
	same = !node_has(n, NODE_DEAD) && atomic_load(&n->parent) == p->parent->slot &&
	       strcmp(node_name(n), p->name) == 0;
	pthread_mutex_unlock(&s->lock);
	return same;
}

/* Lock the shards of two hashes in the order of their addresses. */
static void lock_two(struct nodes *t, uint32_t a, uint32_t b)
{
	struct shard *x = shard_of_name(t, a), *y = shard_of_name(t, b);

	if (x > y) {
		struct shard *z = x;

		x = y;
		y = z;
	}
	pthread_mutex_lock(&x->lock);
	if (y != x)
		pthread_mutex_lock(&y->lock);
}

static void unlock_two(struct nodes *t, uint32_t a, uint32_t b)
{
	struct shard *x = shard_of_name(t, a), *y = shard_of_name(t, b);

	pthread_mutex_unlock(&x->lock);
	if (y != x)
		pthread_mutex_unlock(&y->lock);
}

/*
 * Make (PARENT, NAME) the first name of N, which is in the index or DEAD.
 * Takes a reference of PARENT; the old parent's is left to the caller. With
 * HEAP, a copy of NAME in the room that was made for it, it does not fail.
 */
static int node_rename_first(struct nodes *t, struct node *n, struct node *parent,
			     const char *name, char **heap)
{
	uint32_t newh = name_hash(parent, name);
	uint32_t oldh;
	struct node tmp;
	int r;

	memset(&tmp, 0, sizeof(tmp));
	if (heap && *heap) {
		tmp.namelen = (uint8_t)strlen(name);
		tmp.name.heap = take_ptr(*heap);
	} else {
		r = node_store_name(&tmp, name);
		if (r < 0)
			return r;
	}
	for (;;) {
		oldh = atomic_load(&n->hash);
		lock_two(t, oldh, newh);
		if (atomic_load(&n->hash) == oldh)
			break;
		unlock_two(t, oldh, newh);
	}
	r = shard_grow(t, shard_of_name(t, newh), false);
	if (r == 0) {
		struct node *stale = shard_search_name(t, shard_of_name(t, newh), newh, parent, name);

		if (stale && stale != n)
			shard_remove_name(t, shard_of_name(t, newh), stale);
		shard_remove_name(t, shard_of_name(t, oldh), n);
		node_free_name(n);
		n->name = tmp.name;
		n->namelen = tmp.namelen;
		atomic_store(&n->parent, parent->slot);
		atomic_store(&n->hash, newh);
		atomic_fetch_and(&n->flags, (uint16_t)~NODE_DEAD);
		node_ref(parent);
		shard_insert_name(shard_of_name(t, newh), n);
	}
	unlock_two(t, oldh, newh);
	if (r < 0)
		node_free_name(&tmp);
	return r;
}

static struct node_name *extra_take(struct node *n, const struct node *parent,
				    const char *name)
{
	for (struct node_name **p = &n->extra; *p; p = &(*p)->next) {
		struct node_name *x = *p;

		if (!parent || (x->parent == parent && strcmp(x->name, name) == 0)) {
			*p = x->next;
			return x;
		}
	}
	return NULL;
}

static int extra_make(struct node *parent, const char *name, struct node_name **ret)
{
	size_t len = strlen(name) + 1;
	struct node_name *x = malloc(sizeof(*x) + len);

	if (!x)
		return -ENOMEM;
	memcpy(x->name, name, len);
	x->parent = parent;
	x->next = NULL;
	*ret = x;
	return 0;
}

/* *X becomes a further name of N, if it is not called so. */
static void extra_add(struct nodes *t, struct node *n, struct node_name **x)
{
	struct shard *s = shard_lock_node(t, n);

	if (!node_called(n, (*x)->parent, (*x)->name)) {
		node_ref((*x)->parent);
		(*x)->next = n->extra;
		n->extra = take_ptr(*x);
	}
	pthread_mutex_unlock(&s->lock);
}

int node_add_name(struct nodes *t, struct node *n, struct node *parent, const char *name)
{
	struct node_name *x;
	int r;

	if (node_has(n, NODE_DEAD)) /* its names were unlinked, this one is left */
		return node_rename_first(t, n, parent, name, NULL);
	r = extra_make(parent, name, &x);
	if (r < 0)
		return r;
	extra_add(t, n, &x);
	free(x);
	return 0;
}

int node_room(struct nodes *t, struct node *parent, const char *name,
	      struct node_room *room)
{
	struct shard *s = shard_of_name(t, name_hash(parent, name));
	struct node tmp;
	int r;

	memset(&tmp, 0, sizeof(tmp));
	if (strlen(name) >= sizeof(tmp.name.here)) {
		room->heap = strdup(name);
		if (!room->heap)
			return -ENOMEM;
	}
	r = extra_make(parent, name, &room->extra);
	if (r < 0)
		return r;
	pthread_mutex_lock(&s->lock);
	r = shard_grow(t, s, false); /* it does not shrink again */
	pthread_mutex_unlock(&s->lock);
	return r;
}

void node_room_done(struct node_room *room)
{
	free(room->heap);
	free(room->extra);
	*room = (struct node_room)NODE_ROOM_NONE;
}

void node_move(struct nodes *t, struct node *n, struct node *op, const char *oname,
	       struct node *np, const char *nname, struct node_room *room)
{
	struct node_name *x = NULL;
	struct shard *s = shard_lock_node(t, n);
	bool first = node_is_first_name(n, op, oname);

	if (!first && n->type != DT_DIR)
		x = extra_take(n, op, oname);
	pthread_mutex_unlock(&s->lock);
	if (x)
		extra_free(t, x);
	if (!first && !node_has(n, NODE_DEAD))
		extra_add(t, n, &room->extra);
	else if (node_rename_first(t, n, np, nname, &room->heap) == 0 && first)
		node_unref(t, op);
}

void node_drop_name(struct nodes *t, struct node *n, struct node *parent,
		    const char *name, struct orphan **orphan)
{
	struct node_name *x = NULL, *heir = NULL;
	struct shard *s = shard_lock_node(t, n);
	bool died = false;

	if (n->type != DT_DIR)
		x = extra_take(n, parent, name);
	if (!x && node_is_first_name(n, parent, name)) {
		heir = n->type == DT_DIR ? NULL : extra_take(n, NULL, NULL);
		if (!heir) {
			shard_remove_name(t, s, n);
			if (!n->orphan)
				n->orphan = take_ptr(*orphan);
			atomic_fetch_or(&n->flags, NODE_DEAD);
			died = true;
		}
	}
	pthread_mutex_unlock(&s->lock);
	if (x)
		extra_free(t, x);
	if (heir) {
		if (node_rename_first(t, n, heir->parent, heir->name, NULL) == 0)
			node_unref(t, parent);
		extra_free(t, heir);
	}
	if (died)
		node_unref(t, parent);
}


bool node_rotate(struct nodes *t, struct node *n)
{
	struct node_name *x = NULL, **tail;
	struct node_place old;
	struct shard *s;
	bool done = false;

	if (n->type == DT_DIR || node_place(t, n, &old) < 0)
		return false;
	s = shard_lock_node(t, n);
	x = extra_take(n, NULL, NULL);
	pthread_mutex_unlock(&s->lock);
	if (x && node_rename_first(t, n, x->parent, x->name, NULL) == 0) {
		/* The entry that became free keeps the old first name, at the end,
		 * with the reference that the first name had. */
		struct node_name *y = malloc(sizeof(*y) + strlen(old.name) + 1);

		node_unref(t, x->parent);
		free(x);
		if (y) {
			strcpy(y->name, old.name);
			y->parent = old.parent;
			y->next = NULL;
			s = shard_lock_node(t, n);
			for (tail = &n->extra; *tail; tail = &(*tail)->next)
				;
			*tail = y;
			pthread_mutex_unlock(&s->lock);
		} else {
			node_unref(t, old.parent);
		}
		done = true;
	} else if (x) {
		extra_free(t, x);
	}
	node_unref(t, old.parent);
	return done;
}
