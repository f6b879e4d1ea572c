/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bounded cache of descriptors: directories (O_PATH) of nodes on branches,
 * and the data of files. An entry in use is pinned and outlives its removal.
 * Sharded by node; the shard locks are leaves, descriptors are closed outside.
 */
#ifndef UFS_FDCACHE_H
#define UFS_FDCACHE_H

#include <stdbool.h>
#include <stdint.h>

struct fdcache;

/* A pinned descriptor. */
struct fdref {
	int fd;
	void *entry; /* NULL: not from a cache, nothing to unpin */
};
#define FDREF_NONE { -EBADF, NULL }

/* A reference to FD, which someone else owns: putting it does nothing. */
void fdref_borrow(struct fdref *ret, int fd);

/* LIMIT: descriptors kept while unused. Returns 0 or -ENOMEM. */
int fdcache_init(struct fdcache **ret, unsigned limit);
void fdcache_done(struct fdcache *c);

/*
 * The descriptor under (ID, TAG), pinned. ID is a node id, TAG what of it.
 * Returns true when there is one.
 */
bool fdcache_get(struct fdcache *c, uint64_t id, unsigned tag, struct fdref *ret);

/*
 * Enter FD, which the cache owns from now on, and pin it. When another thread
 * was faster its descriptor is used and FD closed. Without memory FD is
 * returned uncached in *RET, to be closed by fdcache_put.
 */
void fdcache_add(struct fdcache *c, uint64_t id, unsigned tag, int fd, struct fdref *ret);
void fdcache_put(struct fdcache *c, struct fdref *ref);

/* Forget all descriptors of ID, or the one with TAG. */
void fdcache_drop(struct fdcache *c, uint64_t id);
void fdcache_drop_tag(struct fdcache *c, uint64_t id, unsigned tag);

/* Close half of what is unused: something ran out of descriptors. */
void fdcache_shrink(struct fdcache *c);
/* Close unused descriptors whose tag has BIT set and that rested SECONDS. */
void fdcache_idle(struct fdcache *c, unsigned bit, unsigned seconds);
uint64_t fdcache_count(const struct fdcache *c);

#endif
