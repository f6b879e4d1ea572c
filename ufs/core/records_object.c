/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "records_table.h"

#include <errno.h>
#include <string.h>

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

int records_load_object(struct records *t, const struct reclog_entry *x)
{
	struct record_key key;
	struct origin from;
	struct object *o;

	memcpy(&key, x->key, sizeof(key));
	memcpy(&from, x->value, sizeof(from));
	if (key.ino == 0 || (x->type == LOG_ORIGIN && !records_from_log(t, &from)))
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

int records_append_owner(struct reclog *log, const struct record_key *key,
			 const struct record *rec)
{
	struct reclog_entry x = { .type = rec ? LOG_OWNER : LOG_OWNER_DROP };

	memcpy(x.key, key, sizeof(*key));
	if (rec)
		memcpy(x.value, rec, sizeof(*rec));
	return reclog_append(log, &x);
}

/* Locks: write side, as for the others that take the table. */
int records_append_origin(struct records *t, struct reclog *log,
			  const struct record_key *key, const struct origin *from)
{
	struct reclog_entry x = { .type = from ? LOG_ORIGIN : LOG_ORIGIN_DROP };
	int r = 0;

	memcpy(x.key, key, sizeof(*key));
	if (from)
		r = records_to_log(t, from, x.value);
	return r < 0 ? r : reclog_append(log, &x);
}

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
		r = records_append_owner(t->log, key, rec);
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
		r = records_append_origin(t, t->log, key, from);
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
		r = records_append_owner(t->log, key, NULL);
	if (r == 0 && (o.has & flags & HAS_ORIGIN))
		r = records_append_origin(t, t->log, key, NULL);
	if (r == 0)
		object_clear(t, key, flags);
	pthread_rwlock_unlock(&t->lock);
	return r;
}

int records_drop(struct records *t, const struct record_key *key)
{
	int r = drop(t, key, HAS_OWNER | HAS_ORIGIN);

	return r < 0 ? r : records_drop_hides(t, key);
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
