/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node_table.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "macros.h"

/* -- memory ------------------------------------------------------------------- */

int nodes_alloc(struct nodes *t, struct node **ret)
{
	struct node *n;
	uint32_t slot, gen;

	pthread_mutex_lock(&t->alloc_lock);
	slot = t->free_head;
	if (slot == NO_SLOT) {
		slot = t->used;
		if (slot / CHUNK_NODES >= MAX_CHUNKS)
			goto full;
		if (!node_at(t, slot)) {
			struct node *chunk = calloc(CHUNK_NODES, sizeof(*chunk));

			if (!chunk)
				goto full;
			atomic_store_explicit(&t->chunks[slot / CHUNK_NODES], chunk,
					      memory_order_release);
		}
		t->used++;
		n = node_at(t, slot);
	} else {
		n = node_at(t, slot);
		t->free_head = n->next;
	}
	pthread_mutex_unlock(&t->alloc_lock);
	gen = n->gen;
	memset(n, 0, sizeof(*n));
	n->gen = gen;
	n->slot = slot;
	atomic_fetch_add(&t->count, 1);
	*ret = n;
	return 0;
full:
	pthread_mutex_unlock(&t->alloc_lock);
	return -ENOMEM;
}

int node_store_name(struct node *n, const char *name)
{
	size_t len = strlen(name);

	if (len < sizeof(n->name.here)) {
		memcpy(n->name.here, name, len + 1);
	} else {
		char *p = strdup(name);

		if (!p)
			return -ENOMEM;
		n->name.heap = p;
	}
	n->namelen = (uint8_t)len;
	return 0;
}

void node_free_name(struct node *n)
{
	if (n->namelen >= sizeof(n->name.here))
		free(n->name.heap);
	n->namelen = 0;
	n->name.here[0] = '\0';
}

int node_set_mask(struct nodes *t, struct node *n, const uint64_t *mask)
{
	if (t->words == 1) {
		n->mask.bits = mask[0];
		return 0;
	}
	n->mask.words = malloc(t->words * sizeof(uint64_t));
	if (!n->mask.words)
		return -ENOMEM;
	memcpy(n->mask.words, mask, t->words * sizeof(uint64_t));
	return 0;
}

static void node_free_dir(struct nodes *t, struct node *n)
{
	struct redirect *x = atomic_load(&n->redirect);

	if (n->type != DT_DIR)
		return;
	if (t->words > 1)
		free(n->mask.words);
	while (x) {
		struct redirect *older = x->older;

		free(x);
		x = older;
	}
}

/* Give the slot back; nothing refers to N, it is in no chain. */
static void node_release(struct nodes *t, struct node *n)
{
	if (t->on_free)
		t->on_free(t->on_free_ctx, n);
	node_free_name(n);
	node_free_dir(t, n);
	atomic_fetch_sub(&t->count, 1);
	pthread_mutex_lock(&t->alloc_lock);
	n->gen++;
	n->next = t->free_head;
	t->free_head = n->slot;
	pthread_mutex_unlock(&t->alloc_lock);
}

void nodes_discard(struct nodes *t, struct node *n)
{
	node_free_dir(t, n);
	n->type = 0;
	node_release(t, n);
}

/* -- counts -------------------------------------------------------------------- */

/*
 * Both counts are zero under the shard S of N: take it out, unlock, free it,
 * and give up its parent. Returns the parent, whose reference is still to be
 * dropped, so that a long chain is freed in a loop.
 */
static struct node *node_reap(struct nodes *t, struct node *n, struct shard *s)
{
	struct node_name *extra = NULL;
	struct node *parent;

	shard_remove_name(t, s, n);
	atomic_fetch_or(&n->flags, NODE_FREED);
	if (n->type != DT_DIR)
		extra = take_ptr(n->extra);
	pthread_mutex_unlock(&s->lock);
	if (node_has(n, NODE_LINKED))
		shard_remove_obj(t, n);
	while (extra) {
		struct node_name *x = extra;

		extra = x->next;
		node_unref(t, x->parent);
		free(x);
	}
	parent = node_has(n, NODE_DEAD) ? NULL : node_at(t, atomic_load(&n->parent));
	node_release(t, n);
	return parent;
}

static void node_drop(struct nodes *t, struct node *n, uint64_t lookups, uint32_t refs)
{
	while (n) {
		struct shard *s = shard_lock_node(t, n);
		uint64_t have = atomic_load(&n->nlookup);

		if (lookups > have) {
			log_warn("the kernel gave back %llu lookups of a node with %llu",
				 (unsigned long long)lookups, (unsigned long long)have);
			lookups = have;
		}
		have = atomic_fetch_sub(&n->nlookup, lookups) - lookups;
		if (atomic_fetch_sub(&n->refs, refs) - refs == 0 && have == 0 &&
		    n->slot != NODE_ROOT) {
			n = node_reap(t, n, s);
		} else {
			pthread_mutex_unlock(&s->lock);
			n = NULL;
		}
		lookups = 0;
		refs = 1; /* the child's hold on its parent */
	}
}

void node_ref(struct node *n)
{
	atomic_fetch_add(&n->refs, 1);
}

void node_unref(struct nodes *t, struct node *n)
{
	node_drop(t, n, 0, 1);
}

void node_forget(struct nodes *t, struct node *n, uint64_t count)
{
	node_drop(t, n, count, 0);
}

/* -- the table ------------------------------------------------------------------ */

int nodes_init(struct nodes **ret, size_t words)
{
	struct nodes *t = calloc(1, sizeof(*t));
	struct node *root;
	int r;

	if (!t)
		return -ENOMEM;
	t->used = 1;
	t->words = words;
	pthread_mutex_init(&t->alloc_lock, NULL);
	for (size_t i = 0; i < NAME_SHARDS; i++)
		pthread_mutex_init(&t->names[i].lock, NULL);
	for (size_t i = 0; i < OBJ_SHARDS; i++)
		pthread_mutex_init(&t->objs[i].lock, NULL);
	r = nodes_alloc(t, &root);
	if (r == 0) {
		root->type = DT_DIR;
		atomic_store(&root->parent, root->slot);
		atomic_store(&root->refs, 1);
		if (words > 1) {
			root->mask.words = calloc(words, sizeof(uint64_t));
			if (!root->mask.words)
				r = -ENOMEM;
		}
	}
	if (r < 0) {
		nodes_done(t, NULL, NULL);
		return r;
	}
	*ret = t;
	return 0;
}

static void node_destroy(struct nodes *t, struct node *n,
			 void (*free_orphan)(void *ctx, struct orphan *o), void *ctx)
{
	if (n->type == DT_DIR) {
		node_free_dir(t, n);
	} else {
		while (n->extra) {
			struct node_name *x = n->extra;

			n->extra = x->next;
			free(x);
		}
	}
	node_free_name(n);
	if (n->orphan && free_orphan)
		free_orphan(ctx, n->orphan);
}

void nodes_done(struct nodes *t, void (*free_orphan)(void *ctx, struct orphan *o),
		void *ctx)
{
	if (!t)
		return;
	/* Slots on the free list own nothing: mark them by type 0. */
	for (uint32_t slot = t->free_head; slot != NO_SLOT; slot = node_at(t, slot)->next)
		node_at(t, slot)->type = 0;
	for (uint32_t slot = 1; slot < t->used; slot++) {
		struct node *n = node_at(t, slot);

		if (n && n->type)
			node_destroy(t, n, free_orphan, ctx);
	}
	for (size_t i = 0; i < NAME_SHARDS; i++) {
		free(t->names[i].heads);
		pthread_mutex_destroy(&t->names[i].lock);
	}
	for (size_t i = 0; i < OBJ_SHARDS; i++) {
		free(t->objs[i].heads);
		pthread_mutex_destroy(&t->objs[i].lock);
	}
	for (size_t i = 0; i < MAX_CHUNKS && t->chunks[i]; i++)
		free(t->chunks[i]);
	pthread_mutex_destroy(&t->alloc_lock);
	free(t);
}

uint64_t nodes_count(const struct nodes *t)
{
	return atomic_load(&((struct nodes *)(uintptr_t)t)->count);
}

void nodes_on_free(struct nodes *t, void (*cb)(void *ctx, struct node *n), void *ctx)
{
	t->on_free = cb;
	t->on_free_ctx = ctx;
}

struct node *node_get(struct nodes *t, node_id id)
{
	uint32_t slot = (uint32_t)id;
	struct node *n;

	if (slot == NO_SLOT || slot / CHUNK_NODES >= MAX_CHUNKS)
		return NULL;
	n = node_at(t, slot);
	if (!n || n->gen != id >> 32 || n->type == 0 || node_has(n, NODE_FREED))
		return NULL;
	return n;
}

struct node *node_root(struct nodes *t)
{
	return node_at(t, (uint32_t)NODE_ROOT);
}

/* -- masks -------------------------------------------------------------------------- */

static const uint64_t *mask_words(const struct nodes *t, const struct node *n)
{
	return t->words == 1 ? &n->mask.bits : n->mask.words;
}

bool node_mask_test(const struct nodes *t, const struct node *n, int b)
{
	return __atomic_load_n(&mask_words(t, n)[b / 64], __ATOMIC_ACQUIRE) >> (b % 64) & 1;
}

void node_mask_set(struct nodes *t, struct node *n, int b)
{
	uint64_t *w = t->words == 1 ? &n->mask.bits : n->mask.words;

	__atomic_fetch_or(&w[b / 64], UINT64_C(1) << (b % 64), __ATOMIC_ACQ_REL);
	atomic_fetch_add(&n->maskver, 1);
}

int node_mask_next(const struct nodes *t, const struct node *n, int b)
{
	const uint64_t *w = mask_words(t, n);

	for (size_t i = (size_t)b / 64; i < t->words; i++) {
		uint64_t bits = __atomic_load_n(&w[i], __ATOMIC_ACQUIRE);

		if (i == (size_t)b / 64)
			bits &= ~UINT64_C(0) << (b % 64);
		if (bits)
			return (int)(i * 64) + __builtin_ctzll(bits);
	}
	return -1;
}
