/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dirsnap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "format.h"
#include "lend.h"
#include "hash.h"
#include "list.h"
#include "macros.h"
#include "ovlorigin.h"
#include "path.h"
#include "records.h"
#include "resolve.h"
#include "sys.h"
#include "virt.h"
#include "xattr.h"

#define SHARDS 16U
#define KEEP_BYTES (48U << 20)   /* of all unused snapshots together */
#define KEEP_COUNT 1024U
#define FIRST_OFFSET 16          /* below are "." and ".." */

struct snap_entry {
	uint64_t off;      /* hash of the name, made unique */
	uint64_t ino;
	uint32_t name;     /* in names */
	uint8_t type;
	uint8_t hides : 1; /* while building: a whiteout, not an entry */
	uint8_t ask : 1;   /* see struct dirent_snap */
	int16_t branch;    /* that shows it */
};

struct dirsnap {
	_Atomic unsigned refs;
	struct list lru;
	node_id id;
	uint32_t ver;
	size_t n, cap;
	struct snap_entry *v;
	char *names;
	size_t names_len, names_cap;
};

struct snap_shard {
	pthread_mutex_t lock;
	struct list lru;   /* newest first; holds one reference each */
	size_t bytes;
	unsigned count;
} __attribute__((aligned(64)));

struct dirsnaps {
	struct snap_shard shards[SHARDS];
};

/* What one build needs besides the snapshot. */
struct build {
	struct dirsnap *s;
	uint32_t *table;   /* index + 1 by hash, open addressing */
	size_t cap;
	bool origins;      /* the branch at hand has overlayfs's notes in here */
};

/* -- the cache ------------------------------------------------------------------------ */

int dirsnaps_init(struct dirsnaps **ret)
{
	struct dirsnaps *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	for (unsigned i = 0; i < SHARDS; i++) {
		pthread_mutex_init(&t->shards[i].lock, NULL);
		list_init(&t->shards[i].lru);
	}
	*ret = t;
	return 0;
}

void dirsnap_put(struct dirsnap *s)
{
	if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	free(s->v);
	free(s->names);
	free(s);
}

static size_t snap_bytes(const struct dirsnap *s)
{
	return sizeof(*s) + s->cap * sizeof(*s->v) + s->names_cap;
}

static struct snap_shard *shard_of(struct ufs *u, node_id id)
{
	return &u->snaps->shards[hash_u64(id) % SHARDS];
}

static void evict_locked(struct snap_shard *h, struct dirsnap *s)
{
	list_del(&s->lru);
	h->bytes -= snap_bytes(s);
	h->count--;
	dirsnap_put(s);
}

void dirsnaps_done(struct dirsnaps *t)
{
	for (unsigned i = 0; t && i < SHARDS; i++) {
		struct snap_shard *h = &t->shards[i];

		while (!list_empty(&h->lru))
			evict_locked(h, list_item(h->lru.next, struct dirsnap, lru));
		pthread_mutex_destroy(&h->lock);
	}
	free(t);
}

static struct dirsnap *find_locked(struct snap_shard *h, node_id id)
{
	for (struct list *l = h->lru.next; l != &h->lru; l = l->next) {
		struct dirsnap *s = list_item(l, struct dirsnap, lru);

		if (s->id == id)
			return s;
	}
	return NULL;
}

void dirsnap_drop(struct ufs *u, node_id id)
{
	struct snap_shard *h = shard_of(u, id);
	struct dirsnap *s;

	pthread_mutex_lock(&h->lock);
	s = find_locked(h, id);
	if (s)
		evict_locked(h, s);
	pthread_mutex_unlock(&h->lock);
}

static struct dirsnap *cached(struct ufs *u, struct node *dir, off_t off)
{
	struct snap_shard *h = shard_of(u, node_id_of(dir));
	struct dirsnap *s;

	pthread_mutex_lock(&h->lock);
	s = find_locked(h, node_id_of(dir));
	if (s && off == 0 && s->ver != atomic_load(&dir->dirver))
		s = NULL;
	if (s) {
		atomic_fetch_add(&s->refs, 1);
		list_del(&s->lru);
		list_add(&h->lru, &s->lru);
	}
	pthread_mutex_unlock(&h->lock);
	return s;
}

static void keep(struct ufs *u, struct dirsnap *s)
{
	struct snap_shard *h = shard_of(u, s->id);
	struct dirsnap *old;

	pthread_mutex_lock(&h->lock);
	old = find_locked(h, s->id);
	if (old)
		evict_locked(h, old);
	atomic_fetch_add(&s->refs, 1);
	list_add(&h->lru, &s->lru);
	h->bytes += snap_bytes(s);
	h->count++;
	/* The newest stays, whatever its size: someone is reading it. */
	while (h->lru.prev != &s->lru &&
	       (h->bytes > KEEP_BYTES / SHARDS || h->count > KEEP_COUNT / SHARDS))
		evict_locked(h, list_item(h->lru.prev, struct dirsnap, lru));
	pthread_mutex_unlock(&h->lock);
}

/* -- building --------------------------------------------------------------------------- */

static uint64_t name_offset(const char *name)
{
	uint64_t h = hash_bytes(name, strlen(name), 0) >> 2; /* a positive off_t */

	return MAX(h, (uint64_t)FIRST_OFFSET);
}

static int table_grow(struct build *b)
{
	size_t cap = b->cap ? b->cap * 2 : 256;
	uint32_t *t;

	if (b->s->n * 2 < b->cap)
		return 0;
	t = calloc(cap, sizeof(*t));
	if (!t)
		return -ENOMEM;
	for (size_t i = 0; i < b->s->n; i++) {
		size_t k = b->s->v[i].off & (cap - 1);

		while (t[k])
			k = (k + 1) & (cap - 1);
		t[k] = (uint32_t)i + 1;
	}
	free(b->table);
	b->table = t;
	b->cap = cap;
	return 0;
}

static struct snap_entry *build_find(struct build *b, const char *name, uint64_t off,
				     size_t *ret_cell)
{
	size_t k = off & (b->cap - 1);

	for (; b->table[k]; k = (k + 1) & (b->cap - 1)) {
		struct snap_entry *e = &b->s->v[b->table[k] - 1];

		if (e->off == off && strcmp(b->s->names + e->name, name) == 0)
			return e;
	}
	*ret_cell = k;
	return NULL;
}

static int store_name(struct dirsnap *s, const char *name, uint32_t *ret)
{
	size_t len = strlen(name) + 1;

	if (s->names_len + len > s->names_cap) {
		size_t cap = MAX(s->names_cap * 2, s->names_len + len + 1024);
		char *p = cap > UINT32_MAX ? NULL : realloc(s->names, cap);

		if (!p)
			return -ENOMEM;
		s->names = p;
		s->names_cap = cap;
	}
	memcpy(s->names + s->names_len, name, len);
	*ret = (uint32_t)s->names_len;
	s->names_len += len;
	return 0;
}

static int append(struct build *b, size_t cell, const struct snap_entry *e)
{
	struct dirsnap *s = b->s;

	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 32;
		struct snap_entry *v = realloc(s->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		s->v = v;
		s->cap = cap;
	}
	s->v[s->n++] = *e;
	b->table[cell] = (uint32_t)s->n;
	return 0;
}

/*
 * Enter NAME as ADD says; HIDES: a whiteout for it. The first that
 * was entered stays; a whiteout beside a real entry of its own branch only
 * hides what comes below, which the entry does as well.
 */
static int build_add(struct build *b, const char *name, struct snap_entry add)
{
	struct snap_entry *e;
	size_t cell = 0;
	int r = table_grow(b);

	if (r < 0)
		return r;
	add.off = name_offset(name);
	e = build_find(b, name, add.off, &cell);
	if (e) {
		if (e->hides && !add.hides && e->branch == add.branch) {
			e->hides = 0;
			e->ino = add.ino;
			e->type = add.type;
			e->ask = add.ask;
		}
		return 0;
	}
	r = store_name(b->s, name, &add.name);
	return r < 0 ? r : append(b, cell, &add);
}

struct linux_dirent64 {
	uint64_t d_ino;
	int64_t d_off;
	unsigned short d_reclen;
	unsigned char d_type;
	char d_name[];
};

/*
 * May the object with this number on branch BR show another one? A directory
 * goes on below perhaps, a file is a copy or was copied under another name.
 */
static bool may_differ(struct ufs *u, int br, uint16_t fs, uint64_t ino, uint8_t type)
{
	struct records *own = branch_at(u, br)->records;

	if (type == DT_DIR)
		return br + 1 < u->bs.n;
	if (own && records_has_origin(own, ino))
		return true;
	for (int b = 0; b < br; b++) {
		struct records *t = branch_at(u, b)->records;

		if (t && records_has_link(t, fs, ino))
			return true;
	}
	return false;
}

/* One raw entry of branch BR, whose directory DIRFD is on DEV. */
static int build_raw(struct ufs *u, struct build *b, int br, int dirfd, dev_t dev,
		     const struct linux_dirent64 *d)
{
	struct branch *bp = branch_at(u, br);
	const char *victim = NULL;
	uint8_t type = d->d_type;
	uint16_t fs;
	int mark;

	if (!path_is_component(d->d_name))
		return 0;
	mark = branch_classify(bp, dirfd, d->d_name, d->d_type, &victim);
	if (mark < 0)
		return mark;
	if (mark == MARK_HIDES)
		return build_add(b, victim, (struct snap_entry){
			.type = DT_UNKNOWN, .hides = 1, .branch = (int16_t)br });
	if (mark != MARK_NONE || branch_hides(bp, dirfd, d->d_name))
		return 0;
	if (type == DT_UNKNOWN) {
		struct stat st;

		if (sys_stat(dirfd, d->d_name, &st) == 0)
			type = (uint8_t)IFTODT(st.st_mode);
	}
	fs = inum_fs(u->inums, dev);
	return build_add(b, d->d_name, (struct snap_entry){
		.ino = inum_show(fs, d->d_ino), .type = type, .branch = (int16_t)br,
		.ask = b->origins || may_differ(u, br, fs, d->d_ino, type) });
}

struct build_hidden {
	struct build *b;
	int br;
};

/* A name that is hidden by a record. */
static int build_hidden(void *ctx, const char *name)
{
	const struct build_hidden *h = ctx;

	return build_add(h->b, name, (struct snap_entry){
		.type = DT_UNKNOWN, .hides = 1, .branch = (int16_t)h->br });
}

static int build_branch(struct ufs *u, struct build *b, int br, const struct fdref *ref)
{
	struct build_hidden hidden = { b, br };
	_close_ int fd = -EBADF;
	_free_ char *buf = NULL;
	struct stat st;
	int r;

	if (ref->fd < 0)
		return ref->fd == -ENOENT ? 0 : ref->fd;
	fd = lend_open(u, br, ref->fd, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fd;
	r = sys_stat(fd, "", &st);
	if (r < 0)
		return r;
	b->origins = ovlorigin_used(u, br) && ovlorigin_marked(ref->fd);
	if (branch_at(u, br)->marks)
		r = records_each_hidden(branch_at(u, br)->records, ref->fd, build_hidden,
					&hidden);
	if (r < 0)
		return r;
	buf = malloc(65536);
	if (!buf)
		return -ENOMEM;
	for (;;) {
		ssize_t n = sys_getdents(fd, buf, 65536);

		if (n <= 0)
			return (int)n;
		for (ssize_t at = 0; at < n;) {
			const void *p = buf + at;
			const struct linux_dirent64 *d = p;

			r = build_raw(u, b, br, ref->fd, st.st_dev, d);
			if (r < 0)
				return r;
			at += d->d_reclen;
		}
	}
}

static int build_virtual(struct node *dir, struct build *b, int last)
{
	int r = 0;

	for (const struct virt *v = dir->virt ? dir->virt->children : NULL; v && r == 0;
	     v = v->next) {
		struct snap_entry *e;
		size_t cell;

		r = table_grow(b);
		if (r < 0)
			break;
		e = build_find(b, v->name, name_offset(v->name), &cell);
		if (e && e->hides) {
			e->hides = 0;
			e->ino = v->ino;
			e->type = v->is_dir ? DT_DIR : DT_REG;
			e->ask = 0;
		} else if (!e) {
			r = build_add(b, v->name, (struct snap_entry){
				.ino = v->ino, .type = v->is_dir ? DT_DIR : DT_REG,
				.branch = (int16_t)last });
		}
	}
	return r;
}

static int by_offset(const void *a, const void *b, void *names)
{
	const struct snap_entry *x = a, *y = b;

	if (x->off != y->off)
		return x->off < y->off ? -1 : 1;
	return strcmp((const char *)names + x->name, (const char *)names + y->name);
}

/* Drop whiteouts, sort, and part names whose hashes are equal. */
static void build_finish(struct dirsnap *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (!s->v[i].hides)
			s->v[n++] = s->v[i];
	s->n = n;
	if (n)
		qsort_r(s->v, n, sizeof(*s->v), by_offset, s->names);
	for (size_t i = 1; i < n; i++)
		if (s->v[i].off <= s->v[i - 1].off)
			s->v[i].off = s->v[i - 1].off + 1;
}

static int build_all(struct ufs *u, struct node *dir, struct dirsnap *s)
{
	struct build b = { .s = s };
	struct dirset set;
	int r = dirset_open(u, dir, &set);

	if (r < 0)
		return r;
	for (int i = 0; i < u->bs.n && r == 0; i++)
		r = build_branch(u, &b, i, &set.refs[i]);
	if (r == 0)
		r = build_virtual(dir, &b, u->bs.n);
	dirset_close(u, &set);
	free(b.table);
	if (r == 0)
		build_finish(s);
	return r;
}

int dirsnap_get(struct ufs *u, struct node *dir, off_t off, struct dirsnap **ret)
{
	struct dirsnap *s = cached(u, dir, off);
	int r = 0;

	if (s) {
		*ret = s;
		return 0;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	atomic_init(&s->refs, 1);
	list_init(&s->lru);
	s->id = node_id_of(dir);
	s->ver = atomic_load(&dir->dirver);
	if (!node_has(dir, NODE_DEAD)) /* a removed directory is empty */
		r = build_all(u, dir, s);
	if (r < 0) {
		dirsnap_put(s);
		return r;
	}
	if (!node_has(dir, NODE_DEAD))
		keep(u, s);
	*ret = s;
	return 0;
}

/* -- reading ------------------------------------------------------------------------------ */

size_t dirsnap_seek(const struct dirsnap *s, off_t off)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->v[mid].off <= (uint64_t)off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool dirsnap_at(const struct dirsnap *s, size_t i, struct dirent_snap *ret)
{
	if (i >= s->n)
		return false;
	ret->name = s->names + s->v[i].name;
	ret->ino = s->v[i].ino;
	ret->type = s->v[i].type;
	ret->ask = s->v[i].ask;
	ret->next = (off_t)s->v[i].off;
	return true;
}

size_t dirsnap_count(const struct dirsnap *s)
{
	return s->n;
}
