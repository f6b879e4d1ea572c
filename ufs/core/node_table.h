/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of the node table: what node.c (memory, counts), node_shard.c (the
 * indexes), node_intern.c (finding and making) and node_name.c (names that
 * come and go) share. Nobody else includes it.
 */
#ifndef UFS_NODE_TABLE_H
#define UFS_NODE_TABLE_H

#include <pthread.h>
#include <string.h>

#include "hash.h"
#include "node.h"

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

static inline struct node *node_at(struct nodes *t, uint32_t slot)
{
	struct node *chunk = atomic_load_explicit(&t->chunks[slot / CHUNK_NODES],
						  memory_order_acquire);

	return chunk ? &chunk[slot % CHUNK_NODES] : NULL;
}

static inline const char *node_name(const struct node *n)
{
	return n->namelen < sizeof(n->name.here) ? n->name.here : n->name.heap;
}

static inline uint32_t name_hash(const struct node *parent, const char *name)
{
	return (uint32_t)hash_bytes(name, strlen(name), parent->slot);
}

static inline uint32_t obj_hash(uint16_t fs, uint64_t ino)
{
	return (uint32_t)hash_u64(ino ^ hash_u64(fs));
}

static inline struct shard *shard_of_name(struct nodes *t, uint32_t hash)
{
	return &t->names[hash % NAME_SHARDS];
}

static inline struct shard *shard_of_obj(struct nodes *t, uint32_t hash)
{
	return &t->objs[hash % OBJ_SHARDS];
}

/* -- node_shard.c: all but shard_lock_node want the shard locked ------------------ */

/* The name shard that N is in now, locked. Its hash may change while we wait. */
struct shard *shard_lock_node(struct nodes *t, struct node *n);
/* Make room for one more entry in a shard of names or, with OBJ, of objects. */
int shard_grow(struct nodes *t, struct shard *s, bool obj);
void shard_insert_name(struct shard *s, struct node *n);
/* Nothing when it is not in. */
void shard_remove_name(struct nodes *t, struct shard *s, struct node *n);
struct node *shard_search_name(struct nodes *t, struct shard *s, uint32_t hash,
			       const struct node *parent, const char *name);
/* Without memory the names of an object are separate inodes for a while. */
void shard_insert_obj(struct nodes *t, struct shard *s, struct node *n, uint32_t hash);
/* Locks the object's shard itself. */
void shard_remove_obj(struct nodes *t, struct node *n);
/* The live node of an object with several names, one lookup counted; or NULL. */
struct node *shard_search_obj(struct nodes *t, struct shard *s, uint32_t hash,
			      const struct node_found *f);

/* -- node.c ---------------------------------------------------------------------- */

int nodes_alloc(struct nodes *t, struct node **ret);
/* A slot that was never entered anywhere goes back. */
void nodes_discard(struct nodes *t, struct node *n);
int node_store_name(struct node *n, const char *name);
void node_free_name(struct node *n);
int node_set_mask(struct nodes *t, struct node *n, const uint64_t *mask);

/* -- node_name.c: the node's shard is locked --------------------------------------- */

bool node_is_first_name(struct node *n, const struct node *parent, const char *name);

#endif
