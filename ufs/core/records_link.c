/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "records_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

struct cover *records_take_cover(struct records *t, uint64_t token)
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

void records_free_cover(struct cover *c)
{
	if (!c)
		return;
	free(c->path);
	free(c);
}

int records_load_link(struct records *t, const struct reclog_entry *x)
{
	struct origin key;
	struct link_value v;
	struct linked *l;

	memcpy(&key, x->key, sizeof(key));
	memcpy(&v, x->value, sizeof(v));
	if (!records_from_log(t, &key))
		return 0;
	if (v.covered && x->type == LOG_LINK)
		records_free_cover(records_take_cover(t, v.covered - 1));
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

int records_load_cover(struct records *t, const struct reclog_entry *x)
{
	struct origin o;
	struct cover *c;
	uint64_t token;

	memcpy(&token, x->value, sizeof(token));
	if (x->type == LOG_COVER_DONE) {
		records_free_cover(records_take_cover(t, token));
		return 0;
	}
	memcpy(&o, x->key, sizeof(o));
	if (!x->text || !records_from_log(t, &o))
		return 0;
	c = calloc(1, sizeof(*c));
	if (c)
		c->path = strdup(x->text);
	if (!c || !c->path) {
		records_free_cover(c);
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

/* L, NULL: it goes. COVERED: see struct link_value. */
int records_append_link(struct records *t, struct reclog *log, const struct origin *o,
			const struct link_record *l, uint64_t covered)
{
	struct reclog_entry x = { .type = l ? LOG_LINK : LOG_LINK_DROP };
	struct link_value v = { 0 };
	int r = records_to_log(t, o, x.key);

	if (l)
		v = (struct link_value){ .upper = l->upper, .nlink = l->nlink,
					 .gone = l->gone, .covered = covered };
	memcpy(x.value, &v, sizeof(v));
	return r < 0 ? r : reclog_append(log, &x);
}

bool records_any_link(struct records *t)
{
	bool any;

	pthread_rwlock_rdlock(&t->lock);
	any = t->links.n != 0;
	pthread_rwlock_unlock(&t->lock);
	return any;
}

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
static int append_cover(struct records *t, uint16_t type, const struct cover *c,
			const char *path)
{
	struct reclog_entry x = { .type = type, .text = path };
	int r = records_to_log(t, &c->o, x.key);

	memcpy(x.value, &c->token, sizeof(c->token));
	return r < 0 ? r : reclog_append(t->log, &x);
}

static struct cover *find_done(struct records *t, const struct origin *o)
{
	for (struct cover *c = t->covers; c; c = c->next)
		if (c->done && memcmp(&c->o, o, sizeof(*o)) == 0)
			return c;
	return NULL;
}

/*
 * Let the log say of X which covers are done: before anything else is said of
 * it, or the next mount would count one that is still open there once more. One
 * entry for the count and the end of the cover: a stop comes before or behind.
 */
static int note_covers(struct records *t, struct linked *x)
{
	struct cover *c;
	int r = 0;

	while (r == 0 && (c = find_done(t, &x->key))) {
		struct link_record l = x->l;

		l.gone -= x->unnoted - 1;
		r = records_append_link(t, t->log, &x->key, &l, c->token + 1);
		if (r == 0) {
			x->unnoted--;
			records_free_cover(records_take_cover(t, c->token));
		}
	}
	return r;
}

static int set_link_locked(struct records *t, const struct origin *o,
			   const struct link_record *l)
{
	struct linked *x = rectab_find(&t->links, o);
	int r = x ? note_covers(t, x) : rectab_reserve(&t->links);

	if (r == 0)
		r = records_append_link(t, t->log, o, l, 0);
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
	struct cover *c;
	int r = 0;

	pthread_rwlock_wrlock(&t->lock);
	if (rectab_find(&t->links, o)) {
		r = records_append_link(t, t->log, o, NULL, 0);
		if (r == 0)
			rectab_remove(&t->links, o);
		while (r == 0 && (c = find_done(t, o))) {
			r = append_cover(t, LOG_COVER_DONE, c, NULL);
			records_free_cover(records_take_cover(t, c->token));
		}
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
	c = records_take_cover(t, token);
	x = c ? rectab_find(&t->links, &c->o) : NULL;
	if (x && done && x->l.gone < x->l.nlink) {
		x->l.gone++; /* so it is, noted or not */
		x->unnoted++;
		c->done = true;
		c->next = t->covers;
		t->covers = c;
		r = note_covers(t, x);
		c = NULL;
	} else if (c) {
		r = append_cover(t, LOG_COVER_DONE, c, NULL);
	}
	if (x && ret)
		*ret = x->l;
	pthread_rwlock_unlock(&t->lock);
	records_free_cover(c);
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

bool records_unsettled(struct records *t)
{
	return t->covers;
}

int records_put_link(struct records *t, const struct origin *o, const struct link_record *l)
{
	int r;

	pthread_rwlock_wrlock(&t->lock);
	r = set_link_locked(t, o, l);
	pthread_rwlock_unlock(&t->lock);
	return r;
}
