/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the kernel knows: one node for each inode that it was given, found by
 * id without a lock, by (directory, name), and, for files with several names,
 * by the object itself.
 *
 * Lifetime. A node lives while the kernel holds lookups on it or something of
 * ours refers to it: a child (each holds its parent), a thread at work. Ids
 * carry a generation and are not reused.
 *
 * Locks. A shard, chosen by the hash of (directory, name), guards the chain
 * that a node is in, its parent, name, further names, both counts' fall to
 * zero, and its state DEAD. Shards are leaves: nothing is locked and no
 * system call is made under one. Object shards come before name shards.
 */
#ifndef UFS_NODE_H
#define UFS_NODE_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "types.h"

enum {
	NODE_DEAD = 1 << 0,     /* has no name any more */
	NODE_VIRTUAL = 1 << 1,  /* exists in the view only */
	NODE_LINKED = 1 << 2,   /* is in the object index */
	NODE_FREED = 1 << 3,
	NODE_INDEXED = 1 << 4,  /* is reached in the work directory, see links.h */
};

struct node_name;
struct virt;
struct node_name;
struct orphan;

/*
 * Where a directory is in the branches below those that it was renamed on: on
 * branch B at the path of the last step with after < B. Immutable; a newer one
 * keeps the one before it. One block of memory each.
 */
struct redirect {
	struct redirect *older;
	size_t n;
	struct redirect_step {
		int after;
		const char *path; /* from the branch's root, in this block */
	} v[];
};

struct node {
	_Atomic uint64_t nlookup;   /* held by the kernel; > 0 counts as one ref */
	_Atomic uint32_t refs;      /* held by us */
	uint32_t slot;
	uint32_t gen;
	uint32_t next;              /* in the name chain, by slot; or free list */
	uint32_t obj_next;          /* in the object chain, by slot */
	_Atomic uint32_t hash;      /* of (parent, name) */
	_Atomic uint32_t parent;    /* slot; the root is its own parent */
	_Atomic uint32_t dirver;    /* directories: changes of the listing */
	_Atomic uint32_t maskver;   /* directories: changes of the mask */
	_Atomic uint16_t flags;     /* NODE_* */
	_Atomic int16_t top;        /* branch that serves it now, -1: none */
	uint8_t type;               /* DT_* */
	uint8_t namelen;
	uint16_t obj_fs;            /* the object that it was when it was first */
	_Atomic uint64_t ino;       /* as shown */
	uint64_t obj_ino;           /* seen, which copy-up does not change */
	struct redirect *_Atomic redirect; /* directories, see redirect.h */
	union {
		uint64_t bits;      /* directories: branches to search, */
		uint64_t *words;    /* or their words where 64 are not enough */
	} mask;
	union {
		struct virt *virt;        /* directories: mountpoints below */
		struct node_name *extra;  /* others: further names */
	};
	struct orphan *orphan;      /* DEAD: how the object is still reached */
	union {
		char here[24];
		char *heap;
	} name;
};

struct nodes;

/* WORDS: 64-bit words that a branch mask takes. Returns 0 or -ENOMEM. */
int nodes_init(struct nodes **ret, size_t words);
/* Frees every node; FREE_ORPHAN is called for the orphans met. */
void nodes_done(struct nodes *t, void (*free_orphan)(void *ctx, struct orphan *o),
		void *ctx);
uint64_t nodes_count(const struct nodes *t);

/* Called when a node is freed, without locks: descriptors are dropped there. */
void nodes_on_free(struct nodes *t, void (*cb)(void *ctx, struct node *n), void *ctx);

static inline node_id node_id_of(const struct node *n)
{
	return (uint64_t)n->gen << 32 | n->slot;
}

/* The node of an id that the kernel holds, or NULL for one it cannot hold. */
struct node *node_get(struct nodes *t, node_id id);
struct node *node_root(struct nodes *t);

/* What a lookup found; see node_intern. */
struct node_found {
	uint8_t type;
	int16_t top;
	bool linked;          /* several names */
	uint16_t flags;       /* NODE_VIRTUAL, NODE_INDEXED */
	uint64_t ino;
	uint16_t obj_fs;
	uint64_t obj_ino;
	const uint64_t *mask; /* directories */
	struct virt *virt;
	struct redirect **redirect; /* directories: taken over, then NULL */
};

/*
 * The node for NAME in PARENT as found, made when it is not known, with one
 * lookup counted. A node of that name that is another object is taken out of
 * the index (the branch was changed underneath). Returns 0 or -ENOMEM.
 * Locks: the caller holds the directory's stripe.
 */
int node_intern(struct nodes *t, struct node *parent, const char *name,
		const struct node_found *f, struct node **ret);

/* The node known under NAME in PARENT, with one reference, or NULL. */
struct node *node_find(struct nodes *t, struct node *parent, const char *name);

/*
 * The node of an object that has several names, with one lookup counted (to be
 * given back with node_forget), or NULL.
 */
struct node *node_find_object(struct nodes *t, uint8_t type, uint16_t fs, uint64_t ino);

/* Take a reference of a node that someone keeps alive; give it back. */
void node_ref(struct node *n);
void node_unref(struct nodes *t, struct node *n);
/* Take COUNT lookups off; the node may be gone afterwards. */
void node_forget(struct nodes *t, struct node *n, uint64_t count);

/* Room for the name of a node. */
struct node_place {
	struct node *parent;       /* referenced */
	char name[NAME_MAX + 1];   /* "." for the root */
};

/*
 * Where N is: its parent, referenced, and its name. Returns 0, or -ESTALE for
 * a dead node. Give back with node_unref(parent).
 */
int node_place(struct nodes *t, struct node *n, struct node_place *ret);
/* Is N still called NAME in PARENT? */
bool node_is_at(struct nodes *t, struct node *n, const struct node_place *p);

/* Memory for a name that a node is to get. */
struct node_room {
	char *heap;                /* what is too long for the node itself */
	struct node_name *extra;
};
#define NODE_ROOM_NONE { NULL, NULL }
/* Make room for NAME in PARENT. Returns 0 or -ENOMEM. What is left in ROOM is
 * given back with node_room_done. */
int node_room(struct nodes *t, struct node *parent, const char *name,
	      struct node_room *room);
void node_room_done(struct node_room *room);

/*
 * Namespace changes; the caller holds the stripes of the directories.
 *   node_move     the name (OP, ONAME) of N becomes (NP, NNAME), with ROOM for
 *                 that made before, so that it cannot fail
 *   node_add_name a further name of N, which enters the object index
 *   node_drop_name takes a name away; with the last one the node is DEAD and
 *                  takes *ORPHAN over, if it has none yet (then it is NULL)
 */
void node_move(struct nodes *t, struct node *n, struct node *op, const char *oname,
	       struct node *np, const char *nname, struct node_room *room);
int node_add_name(struct nodes *t, struct node *n, struct node *parent, const char *name);
void node_drop_name(struct nodes *t, struct node *n, struct node *parent,
		    const char *name, struct orphan **orphan);

/* N is served by branch TOP from now on (copy-up); all its names lead there. */
void node_set_top(struct node *n, int top);
/*
 * N, copied up, parts from its other names, which stay with what is below: it
 * is object INO on filesystem FS from now on, shown as SHOWN.
 */
void node_part(struct nodes *t, struct node *n, uint16_t fs, uint64_t ino,
	       uint64_t shown);
/*
 * Make another name of N its first one, so that it is reached that way from
 * now on. Returns whether there was one.
 */
bool node_rotate(struct nodes *t, struct node *n);
void node_set_flag(struct node *n, uint16_t flag);
/* Enter N into the object index: it has several names. */
void node_set_linked(struct nodes *t, struct node *n);
/* Is anything in that index? */
bool nodes_any_linked(const struct nodes *t);

static inline int node_top(const struct node *n)
{
	return atomic_load_explicit(&n->top, memory_order_acquire);
}

static inline bool node_has(const struct node *n, uint16_t flag)
{
	return atomic_load_explicit(&n->flags, memory_order_acquire) & flag;
}

/* Branch masks of directories; changed under the directory's write stripe. */
bool node_mask_test(const struct nodes *t, const struct node *n, int b);
void node_mask_set(struct nodes *t, struct node *n, int b);
/* First branch >= B in the mask, or -1. */
int node_mask_next(const struct nodes *t, const struct node *n, int b);

#endif
