/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "hash.h"
#include "log.h"
#include "macros.h"

#define CHUNK_NODES 4096U
#define MAX_CHUNKS 65536U /* 268 million nodes */
#define NAME_SHARDS 256U
#define OBJ_SHARDS 16U
#define NO_SLOT 0U        /* slot 0 is never handed out */

struct node_name {
	struct node_name *next;
	struct node *parent; /* referenced */
	char name[];
};

/* A hash table of slots, guarded by its own mutex, growing by itself. */
struct shard {
	pthread_mutex_t lock;
	uint32_t *heads;
	uint32_t cap;   /* power of two, 0 while empty */
	uint32_t count;
} __attribute__((aligned(64)));

struct nodes {
	struct node *_Atomic chunks[MAX_CHUNKS];
	pthread_mutex_t alloc_lock;
	uint32_t free_head;
	uint32_t used;            /* slots handed out so far, incl. slot 0 */
	_Atomic uint64_t count;
	_Atomic uint64_t linked;  /* in the object index */
	size_t words;
	void (*on_free)(void *ctx, struct node *n);
	void *on_free_ctx;
	struct shard names[NAME_SHARDS];
	struct shard objs[OBJ_SHARDS];
};

static struct node *node_at(struct nodes *t, uint32_t slot)
{
	struct node *chunk = atomic_load_explicit(&t->chunks[slot / CHUNK_NODES],
						  memory_order_acquire);

	return chunk ? &chunk[slot % CHUNK_NODES] : NULL;
}

static const char *node_name(const struct node *n)
{
	return n->namelen < sizeof(n->name.here) ? n->name.here : n->name.heap;
}

static uint32_t name_hash(const struct node *parent, const char *name)
{
	return (uint32_t)hash_bytes(name, strlen(name), parent->slot);
}

static uint32_t obj_hash(dev_t dev, uint64_t ino)
{
	return (uint32_t)hash_u64(ino ^ hash_u64(dev));
}

/* -- shards ------------------------------------------------------------------ */

static struct shard *name_shard(struct nodes *t, uint32_t hash)
{
	return &t->names[hash % NAME_SHARDS];
}

static struct shard *obj_shard(struct nodes *t, uint32_t hash)
{
	return &t->objs[hash % OBJ_SHARDS];
}

/* The shard that N is in now, locked. Its hash may change while we wait. */
static struct shard *node_lock(struct nodes *t, struct node *n)
{
	for (;;) {
		uint32_t h = atomic_load(&n->hash);
		struct shard *s = name_shard(t, h);

		pthread_mutex_lock(&s->lock);
		if (name_shard(t, atomic_load(&n->hash)) == s)
			return s;
		pthread_mutex_unlock(&s->lock);
	}
}

static uint32_t *shard_head(struct shard *s, uint32_t hash, uint32_t div)
{
	return &s->heads[hash / div & (s->cap - 1)];
}

/* Make room for one more entry. NEXT and HASH say how entries are chained. */
static int shard_grow(struct nodes *t, struct shard *s, bool obj)
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
			uint32_t h = obj ? obj_hash(n->obj_dev, n->obj_ino) :
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

static void name_insert(struct nodes *t, struct shard *s, struct node *n)
{
	uint32_t *head = shard_head(s, atomic_load(&n->hash), NAME_SHARDS);

	(void)t;
	n->next = *head;
	*head = n->slot;
	s->count++;
}

static void name_remove(struct nodes *t, struct shard *s, struct node *n)
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

static struct node *name_search(struct nodes *t, struct shard *s, uint32_t hash,
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

/* -- memory ------------------------------------------------------------------- */

static int node_alloc(struct nodes *t, struct node **ret)
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

static int node_set_name(struct node *n, const char *name)
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

static void node_free_name(struct node *n)
{
	if (n->namelen >= sizeof(n->name.here))
		free(n->name.heap);
	n->namelen = 0;
	n->name.here[0] = '\0';
}

static int node_set_mask(struct nodes *t, struct node *n, const uint64_t *mask)
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

/* Give the slot back; nothing refers to N, it is in no chain. */
static void node_release(struct nodes *t, struct node *n)
{
	if (t->on_free)
		t->on_free(t->on_free_ctx, n);
	node_free_name(n);
	if (n->type == DT_DIR && t->words > 1)
		free(n->mask.words);
	atomic_fetch_sub(&t->count, 1);
	pthread_mutex_lock(&t->alloc_lock);
	n->gen++;
	n->next = t->free_head;
	t->free_head = n->slot;
	pthread_mutex_unlock(&t->alloc_lock);
}

static void obj_remove(struct nodes *t, struct node *n)
{
	struct shard *s = obj_shard(t, obj_hash(n->obj_dev, n->obj_ino));
	uint32_t *p;

	pthread_mutex_lock(&s->lock);
	p = shard_head(s, obj_hash(n->obj_dev, n->obj_ino), OBJ_SHARDS);
	while (*p != NO_SLOT && *p != n->slot)
		p = &node_at(t, *p)->obj_next;
	if (*p != NO_SLOT) {
		*p = n->obj_next;
		s->count--;
		atomic_fetch_sub(&t->linked, 1);
	}
	pthread_mutex_unlock(&s->lock);
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

	name_remove(t, s, n);
	atomic_fetch_or(&n->flags, NODE_FREED);
	if (n->type != DT_DIR)
		extra = take_ptr(n->extra);
	pthread_mutex_unlock(&s->lock);
	if (node_has(n, NODE_LINKED))
		obj_remove(t, n);
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
		struct shard *s = node_lock(t, n);
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
	r = node_alloc(t, &root);
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
		if (t->words > 1)
			free(n->mask.words);
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

/* -- finding and making ----------------------------------------------------------- */

static bool node_matches(const struct node *n, const struct node_found *f)
{
	if (n->type != f->type || node_has(n, NODE_VIRTUAL) != !!(f->flags & NODE_VIRTUAL))
		return false;
	/* A directory stays itself when an upper copy was put on top of it. */
	if (n->type == DT_DIR)
		return true;
	return n->obj_ino == f->obj_ino && n->obj_dev == f->obj_dev &&
	       node_top(n) == f->top;
}

static int node_fill(struct nodes *t, struct node *n, struct node *parent,
		     const char *name, const struct node_found *f)
{
	int r = node_set_name(n, name);

	if (r < 0)
		return r;
	if (f->type == DT_DIR) {
		r = node_set_mask(t, n, f->mask);
		if (r < 0) {
			node_free_name(n);
			return r;
		}
		n->virt = f->virt;
	}
	n->type = f->type;
	n->ino = f->ino;
	n->obj_dev = f->obj_dev;
	n->obj_ino = f->obj_ino;
	atomic_store(&n->top, f->top);
	atomic_store(&n->flags, f->flags);
	atomic_store(&n->hash, name_hash(parent, name));
	atomic_store(&n->parent, parent->slot);
	atomic_store(&n->nlookup, 1);
	return 0;
}

/* A slot that was never entered anywhere goes back. */
static void node_discard(struct nodes *t, struct node *n)
{
	if (n->type == DT_DIR && t->words > 1)
		free(n->mask.words);
	n->type = 0;
	node_release(t, n);
}

/*
 * The live node of an object with several names, with one lookup counted and
 * (PARENT, NAME) among its names; or NULL. S: the object's shard, locked.
 */
static struct node *obj_search(struct nodes *t, struct shard *s, uint32_t hash,
			       const struct node_found *f)
{
	if (!s->cap)
		return NULL;
	for (uint32_t slot = *shard_head(s, hash, OBJ_SHARDS); slot != NO_SLOT;) {
		struct node *n = node_at(t, slot);

		if (n->obj_ino == f->obj_ino && n->obj_dev == f->obj_dev &&
		    n->type == f->type) {
			struct shard *ns = node_lock(t, n);
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

static bool is_first_name(struct node *n, const struct node *parent, const char *name)
{
	return !node_has(n, NODE_DEAD) && atomic_load(&n->parent) == parent->slot &&
	       strcmp(node_name(n), name) == 0;
}

static bool node_called(struct node *n, const struct node *parent, const char *name)
{
	if (is_first_name(n, parent, name))
		return true;
	for (const struct node_name *x = n->type == DT_DIR ? NULL : n->extra; x; x = x->next)
		if (x->parent == parent && strcmp(x->name, name) == 0)
			return true;
	return false;
}

static struct node *intern_known(struct nodes *t, struct node *parent, const char *name,
				 const struct node_found *f)
{
	uint32_t h = name_hash(parent, name);
	struct shard *s = name_shard(t, h);
	struct node *n;

	pthread_mutex_lock(&s->lock);
	n = name_search(t, s, h, parent, name);
	if (n && node_matches(n, f)) {
		atomic_fetch_add(&n->nlookup, 1);
	} else if (n) {
		/* Changed underneath: this name leads elsewhere now. The node
		 * stays for those who have it open. */
		name_remove(t, s, n);
		n = NULL;
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

static int intern_new(struct nodes *t, struct node *parent, const char *name,
		      const struct node_found *f, struct node **ret)
{
	struct shard *s;
	struct node *n, *other;
	int r = node_alloc(t, &n);

	if (r < 0)
		return r;
	r = node_fill(t, n, parent, name, f);
	if (r < 0) {
		node_discard(t, n);
		return r;
	}
	s = name_shard(t, atomic_load(&n->hash));
	pthread_mutex_lock(&s->lock);
	other = name_search(t, s, atomic_load(&n->hash), parent, name);
	if (other && node_matches(other, f)) {
		atomic_fetch_add(&other->nlookup, 1);
		pthread_mutex_unlock(&s->lock);
		node_discard(t, n);
		*ret = other;
		return 0;
	}
	r = shard_grow(t, s, false);
	if (r < 0) {
		pthread_mutex_unlock(&s->lock);
		node_discard(t, n);
		return r;
	}
	if (other)
		name_remove(t, s, other);
	node_ref(parent);
	name_insert(t, s, n);
	pthread_mutex_unlock(&s->lock);
	*ret = n;
	return 0;
}

bool nodes_any_linked(const struct nodes *t)
{
	return atomic_load(&((struct nodes *)(uintptr_t)t)->linked) != 0;
}

static void linked_insert(struct nodes *t, struct shard *s, struct node *n, uint32_t hash)
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

void node_set_linked(struct nodes *t, struct node *n)
{
	uint32_t h = obj_hash(n->obj_dev, n->obj_ino);
	struct shard *s = obj_shard(t, h);

	pthread_mutex_lock(&s->lock);
	linked_insert(t, s, n, h);
	pthread_mutex_unlock(&s->lock);
}

/* As node_intern, for an object with several names: found by any of them. */
static int intern_linked(struct nodes *t, struct node *parent, const char *name,
			 const struct node_found *f, struct node **ret)
{
	uint32_t h = obj_hash(f->obj_dev, f->obj_ino);
	struct shard *s = obj_shard(t, h);
	struct node *n;
	int r = 0;

	pthread_mutex_lock(&s->lock);
	n = obj_search(t, s, h, f);
	if (!n) {
		r = intern_new(t, parent, name, f, ret);
		if (r == 0)
			linked_insert(t, s, *ret, h);
		pthread_mutex_unlock(&s->lock);
		return r;
	}
	pthread_mutex_unlock(&s->lock);
	r = node_add_name(t, n, parent, name);
	if (r < 0)
		node_forget(t, n, 1);
	else
		*ret = n;
	return r;
}

int node_intern(struct nodes *t, struct node *parent, const char *name,
		const struct node_found *f, struct node **ret)
{
	struct node *n = intern_known(t, parent, name, f);

	if (n) {
		if (f->linked)
			node_set_linked(t, n);
		*ret = n;
		return 0;
	}
	return f->linked ? intern_linked(t, parent, name, f, ret) :
			   intern_new(t, parent, name, f, ret);
}

struct node *node_find(struct nodes *t, struct node *parent, const char *name)
{
	uint32_t h = name_hash(parent, name);
	struct shard *s = name_shard(t, h);
	struct node *n;

	pthread_mutex_lock(&s->lock);
	n = name_search(t, s, h, parent, name);
	if (n)
		node_ref(n);
	pthread_mutex_unlock(&s->lock);
	return n;
}

struct node *node_find_object(struct nodes *t, uint8_t type, dev_t dev, uint64_t ino)
{
	struct node_found f = { .type = type, .obj_dev = dev, .obj_ino = ino };
	uint32_t h = obj_hash(dev, ino);
	struct shard *s = obj_shard(t, h);
	struct node *n;

	if (!nodes_any_linked(t))
		return NULL;
	pthread_mutex_lock(&s->lock);
	n = obj_search(t, s, h, &f);
	pthread_mutex_unlock(&s->lock);
	return n;
}

static void extra_free(struct nodes *t, struct node_name *x)
{
	node_unref(t, x->parent);
	free(x);
}

/* From a lower writable branch: the other names stay with what is there. */
static void node_part(struct nodes *t, struct node *n)
{
	struct node_name *x;
	struct shard *s;

	obj_remove(t, n);
	atomic_fetch_and(&n->flags, (uint16_t)~NODE_LINKED);
	s = node_lock(t, n);
	x = take_ptr(n->extra);
	pthread_mutex_unlock(&s->lock);
	while (x) {
		struct node_name *next = x->next;

		extra_free(t, x);
		x = next;
	}
}

void node_set_top(struct nodes *t, struct node *n, int top, dev_t dev, uint64_t ino)
{
	struct shard *s;

	if (node_has(n, NODE_LINKED))
		node_part(t, n);
	s = node_lock(t, n);
	n->obj_dev = dev;
	n->obj_ino = ino;
	atomic_store_explicit(&n->top, (int16_t)top, memory_order_release);
	pthread_mutex_unlock(&s->lock);
}

/* -- places ------------------------------------------------------------------------ */

int node_place(struct nodes *t, struct node *n, struct node_place *ret)
{
	struct shard *s = node_lock(t, n);
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
	s = node_lock(t, n);
	same = !node_has(n, NODE_DEAD) && atomic_load(&n->parent) == p->parent->slot &&
	       strcmp(node_name(n), p->name) == 0;
	pthread_mutex_unlock(&s->lock);
	return same;
}

/* Lock the shards of two hashes in the order of their addresses. */
static void lock_two(struct nodes *t, uint32_t a, uint32_t b)
{
	struct shard *x = name_shard(t, a), *y = name_shard(t, b);

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
	struct shard *x = name_shard(t, a), *y = name_shard(t, b);

	pthread_mutex_unlock(&x->lock);
	if (y != x)
		pthread_mutex_unlock(&y->lock);
}

/*
 * Make (PARENT, NAME) the first name of N, which is in the index or DEAD.
 * Takes a reference of PARENT; the old parent's is left to the caller.
 */
static int node_rename_first(struct nodes *t, struct node *n, struct node *parent,
			     const char *name)
{
	uint32_t newh = name_hash(parent, name);
	uint32_t oldh;
	struct node tmp;
	int r;

	memset(&tmp, 0, sizeof(tmp));
	r = node_set_name(&tmp, name);
	if (r < 0)
		return r;
	for (;;) {
		oldh = atomic_load(&n->hash);
		lock_two(t, oldh, newh);
		if (atomic_load(&n->hash) == oldh)
			break;
		unlock_two(t, oldh, newh);
	}
	r = shard_grow(t, name_shard(t, newh), false);
	if (r == 0) {
		struct node *stale = name_search(t, name_shard(t, newh), newh, parent, name);

		if (stale && stale != n)
			name_remove(t, name_shard(t, newh), stale);
		name_remove(t, name_shard(t, oldh), n);
		node_free_name(n);
		n->name = tmp.name;
		n->namelen = tmp.namelen;
		atomic_store(&n->parent, parent->slot);
		atomic_store(&n->hash, newh);
		atomic_fetch_and(&n->flags, (uint16_t)~NODE_DEAD);
		node_ref(parent);
		name_insert(t, name_shard(t, newh), n);
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

int node_add_name(struct nodes *t, struct node *n, struct node *parent, const char *name)
{
	size_t len = strlen(name) + 1;
	struct node_name *x;
	struct shard *s;

	if (node_has(n, NODE_DEAD)) /* its names were unlinked, this one is left */
		return node_rename_first(t, n, parent, name);
	x = malloc(sizeof(*x) + len);
	if (!x)
		return -ENOMEM;
	memcpy(x->name, name, len);
	x->parent = parent;
	s = node_lock(t, n);
	if (node_called(n, parent, name)) {
		pthread_mutex_unlock(&s->lock);
		free(x);
		return 0;
	}
	node_ref(parent);
	x->next = n->extra;
	n->extra = x;
	pthread_mutex_unlock(&s->lock);
	return 0;
}

int node_move(struct nodes *t, struct node *n, struct node *op, const char *oname,
	      struct node *np, const char *nname)
{
	struct node_name *x = NULL;
	struct shard *s = node_lock(t, n);
	bool first = is_first_name(n, op, oname);
	int r;

	if (!first && n->type != DT_DIR)
		x = extra_take(n, op, oname);
	pthread_mutex_unlock(&s->lock);
	if (x)
		extra_free(t, x);
	if (!first)
		return node_add_name(t, n, np, nname);
	r = node_rename_first(t, n, np, nname);
	if (r == 0)
		node_unref(t, op);
	return r;
}

void node_drop_name(struct nodes *t, struct node *n, struct node *parent,
		    const char *name, struct orphan **orphan)
{
	struct node_name *x = NULL, *heir = NULL;
	struct shard *s = node_lock(t, n);
	bool died = false;

	if (n->type != DT_DIR)
		x = extra_take(n, parent, name);
	if (!x && is_first_name(n, parent, name)) {
		heir = n->type == DT_DIR ? NULL : extra_take(n, NULL, NULL);
		if (!heir) {
			name_remove(t, s, n);
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
		if (node_rename_first(t, n, heir->parent, heir->name) == 0)
			node_unref(t, parent);
		extra_free(t, heir);
	}
	if (died)
		node_unref(t, parent);
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
