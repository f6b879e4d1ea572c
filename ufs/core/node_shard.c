/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node_table.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct shard *shard_lock_node(struct nodes *t, struct node *n)
{
	for (;;) {
		uint32_t h = atomic_load(&n->hash);
		struct shard *s = shard_of_name(t, h);

		pthread_mutex_lock(&s->lock);
		if (shard_of_name(t, atomic_load(&n->hash)) == s)
			return s;
		pthread_mutex_unlock(&s->lock);
	}
}

static uint32_t *shard_head(struct shard *s, uint32_t hash, uint32_t div)
{
	return &s->heads[hash / div & (s->cap - 1)];
}

int shard_grow(struct nodes *t, struct shard *s, bool obj)
{
	uint32_t cap = s->cap ? s->cap * 2 : 16;
	uint32_t *heads, *old = s->heads, oldcap = s->cap;

	if (s->count < s->cap)
		return 0;
	heads = calloc(cap, sizeof(*heads));
	if (!heads)
		return s->cap ? 0 : -ENOMEM; /* longer chains will do */
	s->heads = heads;
	s->cap = cap;
	for (uint32_t i = 0; i < oldcap; i++) {
		for (uint32_t slot = old[i]; slot != NO_SLOT;) {
			struct node *n = node_at(t, slot);
			uint32_t *link = obj ? &n->obj_next : &n->next;
			uint32_t following = *link;
			uint32_t h = obj ? obj_hash(n->obj_fs, n->obj_ino) :
					   atomic_load(&n->hash);
			uint32_t *head = shard_head(s, h, obj ? OBJ_SHARDS : NAME_SHARDS);

			*link = *head;
			*head = slot;
			slot = following;
		}
	}
	free(old);
	return 0;
}

void shard_insert_name(struct shard *s, struct node *n)
{
	uint32_t *head = shard_head(s, atomic_load(&n->hash), NAME_SHARDS);

	n->next = *head;
	*head = n->slot;
	s->count++;
}

void shard_remove_name(struct nodes *t, struct shard *s, struct node *n)
{
	uint32_t *p;

	if (!s->cap)
		return;
	p = shard_head(s, atomic_load(&n->hash), NAME_SHARDS);
	while (*p != NO_SLOT && *p != n->slot)
		p = &node_at(t, *p)->next;
	if (*p == NO_SLOT)
		return;
	*p = n->next;
	n->next = NO_SLOT;
	s->count--;
}

struct node *shard_search_name(struct nodes *t, struct shard *s, uint32_t hash,
				const struct node *parent, const char *name)
{
	if (!s->cap)
		return NULL;
	for (uint32_t slot = *shard_head(s, hash, NAME_SHARDS); slot != NO_SLOT;) {
		struct node *n = node_at(t, slot);

		if (atomic_load(&n->hash) == hash &&
		    atomic_load(&n->parent) == parent->slot &&
		    strcmp(node_name(n), name) == 0)
			return n;
		slot = n->next;
	}
	return NULL;
}

void shard_remove_obj(struct nodes *t, struct node *n)
{
	struct shard *s = shard_of_obj(t, obj_hash(n->obj_fs, n->obj_ino));
	uint32_t *p;

	pthread_mutex_lock(&s->lock);
	p = shard_head(s, obj_hash(n->obj_fs, n->obj_ino), OBJ_SHARDS);
	while (*p != NO_SLOT && *p != n->slot)
		p = &node_at(t, *p)->obj_next;
	if (*p != NO_SLOT) {
		*p = n->obj_next;
		s->count--;
		atomic_fetch_sub(&t->linked, 1);
	}
	pthread_mutex_unlock(&s->lock);
}

void shard_insert_obj(struct nodes *t, struct shard *s, struct node *n, uint32_t hash)
{
	uint32_t *head;

	if (node_has(n, NODE_LINKED) || shard_grow(t, s, true) < 0)
		return; /* without memory the names are separate inodes for a while */
	head = shard_head(s, hash, OBJ_SHARDS);
	n->obj_next = *head;
	*head = n->slot;
	s->count++;
	atomic_fetch_add(&t->linked, 1);
	atomic_fetch_or(&n->flags, NODE_LINKED);
}

struct node *shard_search_obj(struct nodes *t, struct shard *s, uint32_t hash,
			       const struct node_found *f)
{
	if (!s->cap)
		return NULL;
	for (uint32_t slot = *shard_head(s, hash, OBJ_SHARDS); slot != NO_SLOT;) {
		struct node *n = node_at(t, slot);

		if (n->obj_ino == f->obj_ino && n->obj_fs == f->obj_fs &&
		    n->type == f->type) {
			struct shard *ns = shard_lock_node(t, n);
			bool live = !node_has(n, NODE_FREED);

			if (live)
				atomic_fetch_add(&n->nlookup, 1);
			pthread_mutex_unlock(&ns->lock);
			if (live)
				return n;
		}
		slot = n->obj_next;
	}
	return NULL;
}

