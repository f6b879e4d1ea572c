/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fdcache.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "cleanup.h"
#include "hash.h"
#include "list.h"

#define SHARDS 16U
#define BUCKETS 64U

struct entry {
	struct entry *next;  /* in its bucket */
	struct list lru;     /* while unpinned and cached */
	struct shard *shard;
	uint64_t id;
	unsigned tag;
	unsigned pins;
	int fd;
	uint32_t used;       /* seconds of the coarse monotonic clock */
	bool stale;          /* out of the table; the last pin closes it */
};

struct shard {
	pthread_mutex_t lock;
	struct entry *buckets[BUCKETS];
	struct list lru;     /* most recently used first */
	unsigned count;
} __attribute__((aligned(64)));

struct fdcache {
	struct shard shards[SHARDS];
	unsigned limit;      /* per shard */
	_Atomic uint64_t count;
};

/* What stands for the entry of a borrowed descriptor. */
static const char borrowed;

void fdref_borrow(struct fdref *ret, int fd)
{
	ret->fd = fd;
	ret->entry = (void *)(uintptr_t)&borrowed;
}

static uint32_t now_seconds(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (uint32_t)ts.tv_sec;
}

static struct shard *shard_of(struct fdcache *c, uint64_t id)
{
	return &c->shards[hash_u64(id) % SHARDS];
}

static struct entry **bucket_of(struct shard *s, uint64_t id)
{
	return &s->buckets[hash_u64(id) / SHARDS % BUCKETS];
}

int fdcache_init(struct fdcache **ret, unsigned limit)
{
	struct fdcache *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->limit = limit / SHARDS ? limit / SHARDS : 1;
	for (unsigned i = 0; i < SHARDS; i++) {
		pthread_mutex_init(&c->shards[i].lock, NULL);
		list_init(&c->shards[i].lru);
	}
	*ret = c;
	return 0;
}

static void entry_free(struct entry *e)
{
	close_fd(&e->fd);
	free(e);
}

/* Free the entries chained by next, outside the lock. */
static void free_chain(struct fdcache *c, struct entry *e)
{
	while (e) {
		struct entry *next = e->next;

		atomic_fetch_sub(&c->count, 1);
		entry_free(e);
		e = next;
	}
}

/* Out of the table; put on *DEAD when nobody uses it. */
static void entry_unlink_locked(struct shard *s, struct entry *e, struct entry **dead)
{
	struct entry **p = bucket_of(s, e->id);

	while (*p != e)
		p = &(*p)->next;
	*p = e->next;
	s->count--;
	list_del(&e->lru);
	e->stale = true;
	if (e->pins == 0) {
		e->next = *dead;
		*dead = e;
	}
}

void fdcache_done(struct fdcache *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < SHARDS; i++) {
		struct shard *s = &c->shards[i];
		struct entry *dead = NULL;

		for (unsigned b = 0; b < BUCKETS; b++)
			while (s->buckets[b])
				entry_unlink_locked(s, s->buckets[b], &dead);
		free_chain(c, dead);
		pthread_mutex_destroy(&s->lock);
	}
	free(c);
}

static struct entry *entry_find_locked(struct shard *s, uint64_t id, unsigned tag)
{
	struct entry *e = *bucket_of(s, id);

	while (e && (e->id != id || e->tag != tag))
		e = e->next;
	return e;
}

static void entry_pin_locked(struct entry *e, struct fdref *ret)
{
	e->pins++;
	list_del(&e->lru);
	ret->fd = e->fd;
	ret->entry = e;
}

bool fdcache_get(struct fdcache *c, uint64_t id, unsigned tag, struct fdref *ret)
{
	struct shard *s = shard_of(c, id);
	struct entry *e;

	pthread_mutex_lock(&s->lock);
	e = entry_find_locked(s, id, tag);
	if (e)
		entry_pin_locked(e, ret);
	pthread_mutex_unlock(&s->lock);
	return e != NULL;
}

/* Above the limit the least recently used go. */
static void trim_locked(struct shard *s, unsigned limit, struct entry **dead)
{
	while (s->count > limit && !list_empty(&s->lru))
		entry_unlink_locked(s, list_item(s->lru.prev, struct entry, lru), dead);
}

void fdcache_add(struct fdcache *c, uint64_t id, unsigned tag, int fd, struct fdref *ret)
{
	struct shard *s = shard_of(c, id);
	struct entry *e = calloc(1, sizeof(*e)), *have, *dead = NULL, **b;

	if (!e) {
		ret->fd = fd;
		ret->entry = NULL;
		return;
	}
	e->id = id;
	e->tag = tag;
	e->fd = fd;
	e->shard = s;
	list_init(&e->lru);
	pthread_mutex_lock(&s->lock);
	have = entry_find_locked(s, id, tag);
	if (have) {
		entry_pin_locked(have, ret);
	} else {
		trim_locked(s, c->limit - 1, &dead);
		b = bucket_of(s, id);
		e->next = *b;
		*b = e;
		s->count++;
		atomic_fetch_add(&c->count, 1);
		entry_pin_locked(e, ret);
	}
	pthread_mutex_unlock(&s->lock);
	free_chain(c, dead);
	if (have)
		entry_free(e);
}

void fdcache_put(struct fdcache *c, struct fdref *ref)
{
	struct entry *e = ref->entry == &borrowed ? NULL : ref->entry, *dead = NULL;
	struct shard *s;

	if (!e) {
		if (ref->entry != &borrowed)
			close_fd(&ref->fd);
		ref->entry = NULL;
		ref->fd = -EBADF;
		return;
	}
	s = e->shard;
	pthread_mutex_lock(&s->lock);
	e->used = now_seconds();
	if (--e->pins == 0) {
		if (e->stale) {
			e->next = NULL;
			dead = e;
		} else {
			list_add(&s->lru, &e->lru);
			trim_locked(s, c->limit, &dead);
		}
	}
	pthread_mutex_unlock(&s->lock);
	free_chain(c, dead);
	ref->entry = NULL;
	ref->fd = -EBADF;
}

static void drop_matching(struct fdcache *c, uint64_t id, bool any, unsigned tag)
{
	struct shard *s = shard_of(c, id);
	struct entry *dead = NULL, *e, *next;

	pthread_mutex_lock(&s->lock);
	for (e = *bucket_of(s, id); e; e = next) {
		next = e->next;
		if (e->id == id && (any || e->tag == tag))
			entry_unlink_locked(s, e, &dead);
	}
	pthread_mutex_unlock(&s->lock);
	free_chain(c, dead);
}

void fdcache_drop(struct fdcache *c, uint64_t id)
{
	drop_matching(c, id, true, 0);
}

void fdcache_drop_tag(struct fdcache *c, uint64_t id, unsigned tag)
{
	drop_matching(c, id, false, tag);
}

void fdcache_shrink(struct fdcache *c)
{
	for (unsigned i = 0; i < SHARDS; i++) {
		struct shard *s = &c->shards[i];
		struct entry *dead = NULL;

		pthread_mutex_lock(&s->lock);
		trim_locked(s, s->count / 2, &dead);
		pthread_mutex_unlock(&s->lock);
		free_chain(c, dead);
	}
}

void fdcache_idle(struct fdcache *c, unsigned bit, unsigned seconds)
{
	uint32_t now = now_seconds();

	for (unsigned i = 0; i < SHARDS; i++) {
		struct shard *s = &c->shards[i];
		struct entry *dead = NULL;
		struct list *l, *prev;

		pthread_mutex_lock(&s->lock);
		for (l = s->lru.prev; l != &s->lru; l = prev) {
			struct entry *e = list_item(l, struct entry, lru);

			prev = l->prev;
			if (now - e->used < seconds)
				break;
			if (e->tag & bit)
				entry_unlink_locked(s, e, &dead);
		}
		pthread_mutex_unlock(&s->lock);
		free_chain(c, dead);
	}
}

uint64_t fdcache_count(const struct fdcache *c)
{
	return atomic_load(&((struct fdcache *)(uintptr_t)c)->count);
}
