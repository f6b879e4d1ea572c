/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "records_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

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

static int load_one(void *ctx, const struct reclog_entry *x)
{
	struct records *t = ctx;

	switch (x->type) {
	case LOG_FS:
		return records_load_fs(t, x);
	case LOG_OWNER:
	case LOG_OWNER_DROP:
	case LOG_ORIGIN:
	case LOG_ORIGIN_DROP:
		return records_load_object(t, x);
	case LOG_LINK:
	case LOG_LINK_DROP:
		return records_load_link(t, x);
	case LOG_COVER:
	case LOG_COVER_DONE:
		return records_load_cover(t, x);
	case LOG_HIDE:
	case LOG_HIDE_DROP:
		return records_load_hide(t, x);
	default:
		return 0; /* of a later version */
	}
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
			r = records_append_owner(to, &o->key, &o->rec);
		if (r == 0 && (o->has & HAS_ORIGIN))
			r = records_append_origin(t, to, &o->key, &o->from);
	}
	at = 0;
	while (r == 0 && (l = rectab_next(&t->links, &at)))
		r = records_append_link(t, to, &l->key, &l->l, 0);
	return r < 0 ? r : records_write_hides(t, to);
}

/* Rewrite a log that is mostly history. Failing is no harm: the old one stands. */
static void compact(struct records *t)
{
	size_t n = t->nfs + t->objects.n * 2 + t->links.n + t->hides.n;

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
	hides_init(&t->hides);
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
		records_free_cover(records_take_cover(t, t->covers->token));
	reclog_close(t->log);
	rectab_done(&t->objects);
	rectab_done(&t->links);
	hides_done(&t->hides);
	pthread_rwlock_destroy(&t->lock);
	free(t->fs);
	free(t);
}

int records_sync(struct records *t)
{
	return reclog_sync(t->log);
}

int records_each_key(struct records *t, int (*each)(void *ctx, const struct record_key *key),
		     void *ctx)
{
	const char *const *names;
	const struct object *o;
	const void *dir;
	size_t at = 0, n;
	int r = 0;

	pthread_rwlock_rdlock(&t->lock);
	while (r == 0 && (o = rectab_next(&t->objects, &at)))
		r = each(ctx, &o->key);
	at = 0;
	while (r == 0 && (dir = hides_next(&t->hides, &at, &names, &n))) {
		struct record_key key;

		memcpy(&key, dir, sizeof(key));
		r = each(ctx, &key);
	}
	pthread_rwlock_unlock(&t->lock);
	return r;
}

int records_rewrite(struct records *t)
{
	int r;

	pthread_rwlock_wrlock(&t->lock);
	r = t->covers ? -EBUSY : reclog_rewrite(t->log, write_all, t);
	pthread_rwlock_unlock(&t->lock);
	return r;
}
