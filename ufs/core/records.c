/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "records.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "fdio.h"
#include "hash.h"
#include "log.h"
#include "macros.h"
#include "sys.h"

#define LOG_NAME "records"
#define LOG_NEW "records.new"
#define LOG_MAGIC 0x7531u /* format 1 */

/* On disk, in the machine's byte order: a work directory stays on its host. */
struct entry {
	uint32_t magic;
	uint32_t dropped;
	struct record_key key;
	struct record rec;
	uint32_t pad[2];
	uint64_t sum;
};
_Static_assert(sizeof(struct entry) == 64, "the log's entries are 64 bytes");

struct cell {
	struct record_key key; /* ino 0: empty */
	struct record rec;
};

struct records {
	pthread_rwlock_t lock;
	int dirfd;  /* not ours */
	int fd;
	off_t end;
	bool dirty;
	struct cell *v;
	size_t n, cap;  /* cap: power of two or 0 */
	size_t entries; /* in the log */
};

struct record_key record_key(const struct statx *st)
{
	struct record_key k;

	memset(&k, 0, sizeof(k)); /* padding is hashed and written */
	k.ino = st->stx_ino;
	if (st->stx_mask & STATX_BTIME) {
		k.btime_sec = st->stx_btime.tv_sec;
		k.btime_nsec = st->stx_btime.tv_nsec;
	}
	return k;
}

static bool same_key(const struct record_key *a, const struct record_key *b)
{
	return a->ino == b->ino && a->btime_sec == b->btime_sec &&
	       a->btime_nsec == b->btime_nsec;
}

static uint64_t entry_sum(const struct entry *x)
{
	return hash_bytes(x, offsetof(struct entry, sum), LOG_MAGIC);
}

/* -- the table: open addressing, linear probing ------------------------------------ */

static size_t cell_index(const struct records *t, const struct record_key *key)
{
	size_t i = hash_u64(key->ino) & (t->cap - 1);

	while (t->v[i].key.ino && !same_key(&t->v[i].key, key))
		i = (i + 1) & (t->cap - 1);
	return i;
}

static int table_grow(struct records *t)
{
	size_t cap = t->cap ? t->cap * 2 : 64, oldcap = t->cap;
	struct cell *v, *old = t->v;

	if ((t->n + 1) * 4 <= t->cap * 3)
		return 0;
	v = calloc(cap, sizeof(*v));
	if (!v)
		return -ENOMEM;
	t->v = v;
	t->cap = cap;
	for (size_t i = 0; i < oldcap; i++)
		if (old[i].key.ino)
			t->v[cell_index(t, &old[i].key)] = old[i];
	free(old);
	return 0;
}

/* Locks: write side. There is room. */
static void table_put(struct records *t, const struct record_key *key,
		      const struct record *rec)
{
	size_t i = cell_index(t, key);

	if (!t->v[i].key.ino)
		t->n++;
	t->v[i].key = *key;
	t->v[i].rec = *rec;
}

static void table_remove(struct records *t, const struct record_key *key)
{
	size_t i, j;

	if (!t->cap)
		return;
	i = cell_index(t, key);
	if (!t->v[i].key.ino)
		return;
	t->n--;
	/* Close the gap: move back what probing would no longer reach. */
	for (j = (i + 1) & (t->cap - 1); t->v[j].key.ino; j = (j + 1) & (t->cap - 1)) {
		size_t home = hash_u64(t->v[j].key.ino) & (t->cap - 1);

		if (((j - home) & (t->cap - 1)) >= ((j - i) & (t->cap - 1))) {
			t->v[i] = t->v[j];
			i = j;
		}
	}
	memset(&t->v[i], 0, sizeof(t->v[i]));
}

/* -- the log -------------------------------------------------------------------------- */

static void entry_fill(struct entry *x, const struct record_key *key,
		       const struct record *rec)
{
	memset(x, 0, sizeof(*x));
	x->magic = LOG_MAGIC;
	x->key = *key;
	if (rec)
		x->rec = *rec;
	else
		x->dropped = 1;
	x->sum = entry_sum(x);
}

/* Locks: write side. On error the log ends where it did. */
static int log_append(struct records *t, const struct record_key *key,
		      const struct record *rec)
{
	struct entry x;
	ssize_t n;

	entry_fill(&x, key, rec);
	n = sys_pwrite(t->fd, &x, sizeof(x), t->end);
	if (n != (ssize_t)sizeof(x)) {
		(void)sys_ftruncate(t->fd, t->end); /* a torn entry would be cut off too */
		return n < 0 ? (int)n : -ENOSPC;
	}
	t->end += (off_t)sizeof(x);
	t->entries++;
	t->dirty = true;
	return 0;
}

static int log_load(struct records *t)
{
	struct entry buf[128];
	ssize_t n;
	int r;

	for (;;) {
		n = sys_pread(t->fd, buf, sizeof(buf), t->end);
		if (n < (ssize_t)sizeof(buf[0]))
			break;
		for (size_t i = 0; i < (size_t)n / sizeof(buf[0]); i++) {
			const struct entry *x = &buf[i];

			if (x->sum != entry_sum(x) || x->magic != LOG_MAGIC)
				goto torn;
			r = table_grow(t);
			if (r < 0)
				return r;
			if (x->dropped)
				table_remove(t, &x->key);
			else
				table_put(t, &x->key, &x->rec);
			t->end += (off_t)sizeof(*x);
			t->entries++;
		}
	}
	if (n < 0)
		return (int)n;
	if (n == 0)
		return 0;
torn:
	log_warn("the last change of an owner was cut off by a crash");
	return sys_ftruncate(t->fd, t->end);
}

/* Rewrite a log that is mostly history. Failing is no harm: the old one stands. */
static void log_compact(struct records *t)
{
	_close_ int fd = -EBADF;
	off_t end = 0;

	if (t->entries < 1024 || t->entries < t->n * 2)
		return;
	fd = sys_openat(t->dirfd, LOG_NEW, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		return;
	for (size_t i = 0; i < t->cap; i++) {
		struct entry x;

		if (!t->v[i].key.ino)
			continue;
		entry_fill(&x, &t->v[i].key, &t->v[i].rec);
		if (sys_pwrite(fd, &x, sizeof(x), end) != (ssize_t)sizeof(x))
			return;
		end += (off_t)sizeof(x);
	}
	if (sys_fsync(fd, false) < 0 ||
	    sys_renameat2(t->dirfd, LOG_NEW, t->dirfd, LOG_NAME, 0) < 0)
		return;
	close_fd(&t->fd);
	t->fd = take_fd(&fd);
	t->end = end;
	t->entries = t->n;
}

int records_open(struct records **ret, int dirfd)
{
	struct records *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return -ENOMEM;
	pthread_rwlock_init(&t->lock, NULL);
	t->dirfd = dirfd;
	r = t->fd = sys_openat(dirfd, LOG_NAME, O_RDWR | O_CREAT, 0600);
	if (r >= 0)
		r = log_load(t);
	if (r < 0) {
		records_close(t);
		return r;
	}
	log_compact(t);
	*ret = t;
	return 0;
}

void records_close(struct records *t)
{
	if (!t)
		return;
	close_fd(&t->fd);
	pthread_rwlock_destroy(&t->lock);
	free(t->v);
	free(t);
}

bool records_get(struct records *t, const struct record_key *key, struct record *ret)
{
	bool found = false;

	pthread_rwlock_rdlock(&t->lock);
	if (t->cap) {
		const struct cell *c = &t->v[cell_index(t, key)];

		found = c->key.ino != 0;
		if (found)
			*ret = c->rec;
	}
	pthread_rwlock_unlock(&t->lock);
	return found;
}

int records_set(struct records *t, const struct record_key *key, const struct record *rec)
{
	int r;

	pthread_rwlock_wrlock(&t->lock);
	r = table_grow(t);
	if (r == 0)
		r = log_append(t, key, rec);
	if (r == 0)
		table_put(t, key, rec);
	pthread_rwlock_unlock(&t->lock);
	return r;
}

int records_drop(struct records *t, const struct record_key *key)
{
	struct record rec;
	int r = 0;

	if (!records_get(t, key, &rec))
		return 0;
	pthread_rwlock_wrlock(&t->lock);
	r = log_append(t, key, NULL);
	if (r == 0)
		table_remove(t, key);
	pthread_rwlock_unlock(&t->lock);
	return r;
}

int records_sync(struct records *t)
{
	bool dirty;
	int r;

	pthread_rwlock_wrlock(&t->lock);
	dirty = t->dirty;
	t->dirty = false;
	pthread_rwlock_unlock(&t->lock);
	r = dirty ? sys_fsync(t->fd, true) : 0;
	if (r < 0) {
		pthread_rwlock_wrlock(&t->lock);
		t->dirty = true;
		pthread_rwlock_unlock(&t->lock);
	}
	return r;
}
