/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "records.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "reclog.h"
#include "rectab.h"

#define FS_MAX 4096

/* What is known of one object of the branch. */
struct object {
	struct record_key key;
	struct record rec;
	uint32_t has;          /* HAS_* */
	struct origin from;
};

enum { HAS_OWNER = 1, HAS_ORIGIN = 2 };

struct linked {
	struct origin key;
	struct link_record l;
};

/* A name that is being covered. */
struct cover {
	struct cover *next;
	uint64_t token;
	struct origin o;
	char *path;            /* only between loading and settling */
};

struct records {
	pthread_rwlock_t lock;
	struct reclog *log;
	struct inums *inums;
	struct rectab objects, links;
	struct cover *covers;
	uint64_t tokens;
	uint16_t *fs;          /* by number in the log: as the mount counts them */
	size_t nfs;
};

_Static_assert(sizeof(struct record_key) == RECTAB_KEY, "a key of the table");
_Static_assert(sizeof(struct origin) == RECTAB_KEY, "a key of the table");

/* As LOG_LINK keeps it. */
struct link_value {
	uint64_t upper;
	uint32_t nlink, gone;
	uint64_t covered; /* the cover that ends with this, plus 1; 0: none */
};
_Static_assert(sizeof(struct link_value) == 24, "fits an entry");

struct record_key record_key(const struct statx *st)
{
	struct record_key k = { .ino = st->stx_ino };

	if (st->stx_mask & STATX_BTIME) {
		k.btime_sec = st->stx_btime.tv_sec;
		k.btime_nsec = st->stx_btime.tv_nsec;
	}
	return k;
}

struct origin origin_of(const struct statx *st, uint16_t fs)
{
	struct record_key k = record_key(st);

	return (struct origin){
		.ino = k.ino, .btime_sec = k.btime_sec, .btime_nsec = k.btime_nsec,
		.fs = fs,
	};
}

/* -- filesystems: the log counts them for itself -------------------------------------- */

static int fs_store(struct records *t, size_t own, uint16_t fs)
{
	uint16_t *v;

	if (own >= FS_MAX)
		return -EINVAL;
	if (own >= t->nfs) {
		v = realloc(t->fs, (own + 1) * sizeof(*v));
		if (!v)
			return -ENOMEM;
		for (size_t i = t->nfs; i <= own; i++)
			v[i] = INUM_NONE;
		t->fs = v;
		t->nfs = own + 1;
	}
	t->fs[own] = fs;
	return 0;
}

static int fs_find(const struct records *t, uint16_t fs)
{
	for (size_t i = 0; i < t->nfs; i++)
		if (t->fs[i] == fs)
			return (int)i;
	return -1;
}

/* Give FS a number in the log. Locks: write side. */
static int fs_enter(struct records *t, uint16_t fs)
{
	struct reclog_entry x = { .type = LOG_FS };
	struct inum_id id;
	int r, own;

	if (!inum_identity(t->inums, fs, &id))
		return -ENODATA;
	memcpy(x.key, &id, sizeof(x.key));
	own = (int)t->nfs;
	x.value[0] = (unsigned char)(own & 0xff);
	x.value[1] = (unsigned char)(own >> 8);
	r = own >= FS_MAX ? -ENODATA : reclog_append(t->log, &x);
	if (r == 0)
		r = fs_store(t, (size_t)own, fs);
	return r < 0 ? r : own;
}

/*
 * The number of FS in the log, entered when it is new, and those of a lower index
 * before it: the next mount takes the indices in the order of the log, and the
 * inode numbers that are shown have them.
 */
static int fs_own(struct records *t, uint16_t fs)
{
	int own = fs_find(t, fs);

	for (uint16_t i = 0; own < 0 && i < fs; i++)
		if (fs_find(t, i) < 0)
			(void)fs_enter(t, i); /* one without an identity has none to keep */
	return own < 0 ? fs_enter(t, fs) : own;
}

static int load_fs(struct records *t, const struct reclog_entry *x)
{
	struct inum_id id;
	int fs;

	memcpy(&id, x->key, sizeof(id));
	fs = inum_reserve(t->inums, &id);
	if (fs < 0)
		return fs == -ENOMEM ? fs : 0;
	return fs_store(t, (size_t)x->value[0] | (size_t)x->value[1] << 8, (uint16_t)fs);
}

/* From the log's numbers to the mount's; false for one that is not known. */
static bool from_log(const struct records *t, struct origin *o)
{
	if (o->ino == 0 || o->fs >= t->nfs || t->fs[o->fs] == INUM_NONE)
		return false;
	o->fs = t->fs[o->fs];
	o->pad = 0;
	return true;
}

/* The other way. Locks: write side. Returns 0 or -errno. */
static int to_log(struct records *t, const struct origin *o, void *ret)
{
	struct origin x = *o;
	int own = fs_own(t, o->fs);

	if (own < 0)
		return own;
	x.fs = (uint16_t)own;
	memcpy(ret, &x, sizeof(x));
	return 0;
}

bool records_link_name(struct records *t, uint16_t fs, uint64_t ino, struct links_name *ret)
{
	int own;

	pthread_rwlock_rdlock(&t->lock);
	own = fs_find(t, fs);
	pthread_rwlock_unlock(&t->lock);
	(void)snprintf(ret->s, sizeof(ret->s), "%x.%llx", (unsigned)own,
		       (unsigned long long)ino);
	return own >= 0;
}

/* -- loading -------------------------------------------------------------------------- */

/* Forget what FLAG stands for; the object too when nothing is left. */
static void object_clear(struct records *t, const struct record_key *key, uint32_t flag)
{
	struct object *o = rectab_find(&t->objects, key);

	if (!o)
		return;
	o->has &= ~flag;
	if (!o->has)
		rectab_remove(&t->objects, key);
}

static int load_object(struct records *t, const struct reclog_entry *x)
{
	struct record_key key;
	struct origin from;
	struct object *o;

	memcpy(&key, x->key, sizeof(key));
	memcpy(&from, x->value, sizeof(from));
	if (key.ino == 0 || (x->type == LOG_ORIGIN && !from_log(t, &from)))
		return 0; /* of no use here */
	if (x->type == LOG_OWNER_DROP || x->type == LOG_ORIGIN_DROP) {
		object_clear(t, &key, x->type == LOG_OWNER_DROP ? HAS_OWNER : HAS_ORIGIN);
		return 0;
	}
	if (rectab_reserve(&t->objects) < 0)
		return -ENOMEM;
	o = rectab_put(&t->objects, &key);
	if (x->type == LOG_OWNER) {
		memcpy(&o->rec, x->value, sizeof(o->rec));
		o->has |= HAS_OWNER;
	} else {
		o->from = from;
		o->has |= HAS_ORIGIN;
	}
	return 0;
}

static struct cover *cover_take(struct records *t, uint64_t token)
{
	for (struct cover **p = &t->covers; *p; p = &(*p)->next) {
		struct cover *c = *p;

		if (c->token == token) {
			*p = c->next;
			return c;
		}
	}
	return NULL;
}

static void cover_free(struct cover *c)
{
	if (!c)
		return;
	free(c->path);
	free(c);
}

static int load_link(struct records *t, const struct reclog_entry *x)
{
	struct origin key;
	struct link_value v;
	struct linked *l;

	memcpy(&key, x->key, sizeof(key));
	memcpy(&v, x->value, sizeof(v));
	if (!from_log(t, &key))
		return 0;
	if (v.covered && x->type == LOG_LINK)
		cover_free(cover_take(t, v.covered - 1));
	if (x->type == LOG_LINK_DROP) {
		rectab_remove(&t->links, &key);
		return 0;
	}
	if (rectab_reserve(&t->links) < 0)
		return -ENOMEM;
	l = rectab_put(&t->links, &key);
	l->l = (struct link_record){ v.upper, v.nlink, v.gone };
	return 0;
}

static int load_cover(struct records *t, const struct reclog_entry *x)
{
	struct origin o;
	struct cover *c;
	uint64_t token;

	memcpy(&token, x->value, sizeof(token));
	if (x->type == LOG_COVER_DONE) {
		cover_free(cover_take(t, token));
		return 0;
	}
	memcpy(&o, x->key, sizeof(o));
	if (!x->text || !from_log(t, &o))
		return 0;
	c = calloc(1, sizeof(*c));
	if (c)
		c->path = strdup(x->text);
	if (!c || !c->path) {
		cover_free(c);
		return -ENOMEM;
	}
	c->token = token;
	c->o = o;
	c->next = t->covers;
	t->covers = c;
	if (token >= t->tokens)
		t->tokens = token + 1;
	return 0;
}

static int load_one(void *ctx, const struct reclog_entry *x)
{
	struct records *t = ctx;

	switch (x->type) {
	case LOG_FS:
		return load_fs(t, x);
	case LOG_OWNER:
	case LOG_OWNER_DROP:
	case LOG_ORIGIN:
	case LOG_ORIGIN_DROP:
		return load_object(t, x);
	case LOG_LINK:
	case LOG_LINK_DROP:
		return load_link(t, x);
	case LOG_COVER:
	case LOG_COVER_DONE:
		return load_cover(t, x);
	default:
		return 0; /* of a later version */
	}
}

/* -- writing -------------------------------------------------------------------------- */

static int append_owner(struct reclog *log, const struct record_key *key,
			const struct record *rec)
{
	struct reclog_entry x = { .type = rec ? LOG_OWNER : LOG_OWNER_DROP };

	memcpy(x.key, key, sizeof(*key));
	if (rec)
		memcpy(x.value, rec, sizeof(*rec));
	return reclog_append(log, &x);
}

/* Locks: write side, as for the others that take the table. */
static int append_origin(struct records *t, struct reclog *log,
			 const struct record_key *key, const struct origin *from)
{
	struct reclog_entry x = { .type = from ? LOG_ORIGIN : LOG_ORIGIN_DROP };
	int r = 0;

	memcpy(x.key, key, sizeof(*key));
	if (from)
		r = to_log(t, from, x.value);
	return r < 0 ? r : reclog_append(log, &x);
}

/* L, NULL: it goes. COVERED: see struct link_value. */
static int append_link(struct records *t, struct reclog *log, const struct origin *o,
		       const struct link_record *l, uint64_t covered)
{
	struct reclog_entry x = { .type = l ? LOG_LINK : LOG_LINK_DROP };
	struct link_value v = { 0 };
	int r = to_log(t, o, x.key);

	if (l)
		v = (struct link_value){ .upper = l->upper, .nlink = l->nlink,
					 .gone = l->gone, .covered = covered };
	memcpy(x.value, &v, sizeof(v));
	return r < 0 ? r : reclog_append(log, &x);
}

/* All that stands in the tables, into a new log. */
static int write_all(void *ctx, struct reclog *to)
{
	struct records *t = ctx;
	const struct object *o;
	const struct linked *l;
	size_t at = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < t->nfs; i++) {
		struct reclog_entry x = { .type = LOG_FS };
		struct inum_id id;

		if (t->fs[i] == INUM_NONE || !inum_identity(t->inums, t->fs[i], &id))
			continue;
		memcpy(x.key, &id, sizeof(x.key));
		x.value[0] = (unsigned char)(i & 0xff);
		x.value[1] = (unsigned char)(i >> 8);
		r = reclog_append(to, &x);
	}
	while (r == 0 && (o = rectab_next(&t->objects, &at))) {
		if (o->has & HAS_OWNER)
			r = append_owner(to, &o->key, &o->rec);
		if (r == 0 && (o->has & HAS_ORIGIN))
			r = append_origin(t, to, &o->key, &o->from);
	}
	at = 0;
	while (r == 0 && (l = rectab_next(&t->links, &at)))
		r = append_link(t, to, &l->key, &l->l, 0);
	return r;
}

/* Rewrite a log that is mostly history. Failing is no harm: the old one stands. */
static void compact(struct records *t)
{
	size_t n = t->nfs + t->objects.n * 2 + t->links.n;

	if (t->covers || reclog_count(t->log) < 1024 || reclog_count(t->log) < n * 2)
		return;
	(void)reclog_rewrite(t->log, write_all, t);
}

int records_open(struct records **ret, int dirfd, bool write, struct inums *inums)
{
	struct records *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return -ENOMEM;
	pthread_rwlock_init(&t->lock, NULL);
	t->inums = inums;
	t->objects.item = sizeof(struct object);
	t->links.item = sizeof(struct linked);
	r = reclog_open(&t->log, dirfd, write);
	if (r == 0)
		r = reclog_load(t->log, load_one, t);
	if (r < 0) {
		records_close(t);
		return r;
	}
	if (write)
		compact(t);
	*ret = t;
	return 0;
}

void records_close(struct records *t)
{
	if (!t)
		return;
	while (t->covers)
		cover_free(cover_take(t, t->covers->token));
	reclog_close(t->log);
	rectab_done(&t->objects);
	rectab_done(&t->links);
	pthread_rwlock_destroy(&t->lock);
	free(t->fs);
	free(t);
}

int records_sync(struct records *t)
{
	return reclog_sync(t->log);
}

/* -- owners and origins --------------------------------------------------------------- */

/* Copies the object out; false when it has nothing of FLAG. */
static bool object_get(struct records *t, const struct record_key *key, uint32_t flag,
		       struct object *ret)
{
	const struct object *o;
	bool found;

	pthread_rwlock_rdlock(&t->lock);
	o = rectab_find(&t->objects, key);
	found = o && (o->has & flag);
	if (found)
		*ret = *o;
	pthread_rwlock_unlock(&t->lock);
	return found;
}

bool records_get(struct records *t, const struct record_key *key, struct record *ret)
{
	struct object o;
	bool found = object_get(t, key, HAS_OWNER, &o);

	if (found)
		*ret = o.rec;
	return found;
}

bool records_origin(struct records *t, const struct record_key *key, struct origin *ret)
{
	struct object o;
	bool found = object_get(t, key, HAS_ORIGIN, &o);

	if (found)
		*ret = o.from;
	return found;
}

int records_set(struct records *t, const struct record_key *key, const struct record *rec)
{
	struct object *o;
	int r;

	pthread_rwlock_wrlock(&t->lock);
	r = rectab_reserve(&t->objects);
	if (r == 0)
		r = append_owner(t->log, key, rec);
	if (r == 0) {
		o = rectab_put(&t->objects, key);
		o->rec = *rec;
		o->has |= HAS_OWNER;
	}
	pthread_rwlock_unlock(&t->lock);
	return r;
}

int records_set_origin(struct records *t, const struct record_key *key,
		       const struct origin *from)
{
	struct object *o;
	int r;

	pthread_rwlock_wrlock(&t->lock);
	r = rectab_reserve(&t->objects);
	if (r == 0)
		r = append_origin(t, t->log, key, from);
	if (r == 0) {
		o = rectab_put(&t->objects, key);
		o->from = *from;
		o->has |= HAS_ORIGIN;
	}
	pthread_rwlock_unlock(&t->lock);
	return r;
}

static int drop(struct records *t, const struct record_key *key, uint32_t flags)
{
	struct object o;
	int r = 0;

	if (!object_get(t, key, flags, &o))
		return 0;
	pthread_rwlock_wrlock(&t->lock);
	if (o.has & flags & HAS_OWNER)
		r = append_owner(t->log, key, NULL);
	if (r == 0 && (o.has & flags & HAS_ORIGIN))
		r = append_origin(t, t->log, key, NULL);
	if (r == 0)
		object_clear(t, key, flags);
	pthread_rwlock_unlock(&t->lock);
	return r;
}

int records_drop(struct records *t, const struct record_key *key)
{
	return drop(t, key, HAS_OWNER | HAS_ORIGIN);
}

int records_drop_origin(struct records *t, const struct record_key *key)
{
	return drop(t, key, HAS_ORIGIN);
}

int records_drop_owner(struct records *t, const struct record_key *key)
{
	return drop(t, key, HAS_OWNER);
}

bool records_has_origin(struct records *t, uint64_t ino)
{
	bool has;

	pthread_rwlock_rdlock(&t->lock);
	has = rectab_has_ino(&t->objects, ino);
	pthread_rwlock_unlock(&t->lock);
	return has;
}

/* -- links ---------------------------------------------------------------------------- */

bool records_link(struct records *t, const struct origin *o, struct link_record *ret)
{
	const struct linked *l;

	pthread_rwlock_rdlock(&t->lock);
	l = rectab_find(&t->links, o);
	if (l)
		*ret = l->l;
	pthread_rwlock_unlock(&t->lock);
	return l;
}

/* Locks: write side. */
static int set_link_locked(struct records *t, const struct origin *o,
			   const struct link_record *l)
{
	struct linked *x;
	int r = rectab_reserve(&t->links);

	if (r == 0)
		r = append_link(t, t->log, o, l, 0);
	if (r < 0)
		return r;
	x = rectab_put(&t->links, o);
	x->l = *l;
	return 0;
}

int records_set_upper(struct records *t, const struct origin *o, uint32_t nlink,
		      uint64_t upper)
{
	struct link_record l = { .nlink = nlink };
	const struct linked *x;
	int r;

	pthread_rwlock_wrlock(&t->lock);
	x = rectab_find(&t->links, o);
	if (x)
		l = x->l;
	l.upper = upper;
	r = set_link_locked(t, o, &l);
	pthread_rwlock_unlock(&t->lock);
	return r;
}

int records_drop_link(struct records *t, const struct origin *o)
{
	int r = 0;

	pthread_rwlock_wrlock(&t->lock);
	if (rectab_find(&t->links, o)) {
		r = append_link(t, t->log, o, NULL, 0);
		if (r == 0)
			rectab_remove(&t->links, o);
	}
	pthread_rwlock_unlock(&t->lock);
	return r;
}

bool records_has_link(struct records *t, uint16_t fs, uint64_t ino)
{
	bool has;

	(void)fs; /* a number that is the same elsewhere costs a lookup */
	pthread_rwlock_rdlock(&t->lock);
	has = rectab_has_ino(&t->links, ino);
	pthread_rwlock_unlock(&t->lock);
	return has;
}

int records_each_link(struct records *t,
		      int (*each)(void *ctx, const struct origin *o,
				  const struct link_record *l), void *ctx)
{
	const struct linked *l;
	size_t at = 0;
	int r = 0;

	pthread_rwlock_rdlock(&t->lock);
	while (r == 0 && (l = rectab_next(&t->links, &at)))
		r = each(ctx, &l->key, &l->l);
	pthread_rwlock_unlock(&t->lock);
	return r;
}

/* -- covering a name ------------------------------------------------------------------ */

static int append_cover(struct records *t, uint16_t type, const struct cover *c,
			const char *path)
{
	struct reclog_entry x = { .type = type, .text = path };
	int r = to_log(t, &c->o, x.key);

	memcpy(x.value, &c->token, sizeof(c->token));
	return r < 0 ? r : reclog_append(t->log, &x);
}

int records_cover(struct records *t, const struct origin *o, uint32_t nlink,
		  const char *path, uint64_t *ret_token)
{
	struct cover *c = calloc(1, sizeof(*c));
	struct link_record fresh = { .nlink = nlink };
	int r = 0;

	if (!c)
		return -ENOMEM;
	pthread_rwlock_wrlock(&t->lock);
	c->token = t->tokens++;
	c->o = *o;
	if (!rectab_find(&t->links, o))
		r = set_link_locked(t, o, &fresh);
	if (r == 0)
		r = append_cover(t, LOG_COVER, c, path);
	if (r == 0) {
		*ret_token = c->token;
		c->next = t->covers;
		t->covers = c;
		c = NULL;
	}
	pthread_rwlock_unlock(&t->lock);
	free(c);
	return r;
}

int records_covered(struct records *t, uint64_t token, bool done,
		    struct link_record *ret)
{
	struct linked *x;
	struct cover *c;
	int r = 0;

	pthread_rwlock_wrlock(&t->lock);
	c = cover_take(t, token);
	x = c ? rectab_find(&t->links, &c->o) : NULL;
	if (x && done) {
		struct link_record l = x->l;

		l.gone += l.gone < l.nlink;
		/* One entry for both: between two a stop would count it twice. */
		r = append_link(t, t->log, &c->o, &l, c->token + 1);
		x->l = l; /* so it is, noted or not */
	} else if (c) {
		r = append_cover(t, LOG_COVER_DONE, c, NULL);
	}
	if (x && ret)
		*ret = x->l;
	pthread_rwlock_unlock(&t->lock);
	cover_free(c);
	return r;
}

int records_settle(struct records *t, int (*ask)(void *ctx, const char *path), void *ctx)
{
	int r = 0;

	while (t->covers && r >= 0) {
		struct cover *c = t->covers;

		r = ask(ctx, c->path);
		if (r >= 0)
			r = records_covered(t, c->token, r > 0, NULL);
	}
	return r;
}
