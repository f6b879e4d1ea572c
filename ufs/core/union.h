/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The state of one union, shared by the modules of the core.
 *
 * Locks, in this order:
 *   1. stripes of directories (by slot; two in the order of their index):
 *      read side while a name in the directory is resolved, write side while
 *      names in it change; held over system calls on the branches
 *   2. lend_lock: while the mode of a file changes
 *   3. leaves: shards of nodes, descriptor caches, snapshots, records
 * Never held over a copy of data or a reply. A stripe is not taken while
 * another is held, but for the two of a rename. Copy-up of a node is single:
 * a flag in `copies`, its mutex is not held while copying.
 */
#ifndef UFS_UNION_H
#define UFS_UNION_H

#include <pthread.h>
#include <stdatomic.h>

#include "branch.h"
#include "core.h"
#include "fdcache.h"
#include "inum.h"
#include "node.h"

#define STRIPES 1024U
#define COPY_SHARDS 64U

struct dirsnaps;
struct virt;
struct copying;

/* Nodes that are being copied up, and those who wait for them. */
struct copy_shard {
	pthread_mutex_t lock;
	pthread_cond_t done;
	struct copying *list;
};

struct ufs {
	struct branches bs;
	const struct format *format; /* written by this union */
	struct nodes *nodes;
	struct fdcache *dirs;        /* tag: branch */
	struct fdcache *data;        /* tag: branch << 1 | writable */
	struct inums *inums;
	struct dirsnaps *snaps;
	struct virt *virt;           /* root of the mountpoints in the view, or NULL */
	struct id_view ids;
	enum ufs_sync sync;
	bool switch_ids;             /* create as the requester */
	uid_t euid;
	gid_t egid;
	const struct ufs_notify *notify;
	char *notices;
	pthread_rwlock_t stripes[STRIPES];
	struct copy_shard copies[COPY_SHARDS];
	pthread_mutex_t lend_lock;   /* see lend.h */
	_Atomic unsigned lend_seq;   /* odd while a mode is lent */
	_Atomic uint64_t copyups, copyup_bytes, orphans;
};

/*
 * How an object without a name is reached: descriptors (O_PATH) of it, on
 * branch B that it was on and, after a copy-up, on a writable one, UPPER_B (then
 * upper is not -EBADF).
 */
struct orphan {
	int fd;
	int b;
	int upper_b;
	_Atomic int upper;
};

static inline pthread_rwlock_t *stripe_of(struct ufs *u, const struct node *dir)
{
	return &u->stripes[dir->slot % STRIPES];
}

static inline struct branch *branch_at(struct ufs *u, int b)
{
	return &u->bs.v[b];
}

#endif
