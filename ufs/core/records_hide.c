/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "records_table.h"

#include <errno.h>
#include <string.h>

#include "path.h"
#include "sys.h"

int records_load_hide(struct records *t, const struct reclog_entry *x)
{
	struct record_key key;

	memcpy(&key, x->key, sizeof(key));
	if (key.ino == 0 || !x->text || !path_is_component(x->text))
		return 0;
	if (x->type == LOG_HIDE_DROP)
		(void)hides_remove(&t->hides, &key, x->text);
	else if (hides_add(&t->hides, &key, x->text) < 0)
		return -ENOMEM;
	atomic_store(&t->nhides, t->hides.n);
	return 0;
}

static int append_hide(struct reclog *log, uint16_t type, const void *dir,
		       const char *name)
{
	struct reclog_entry x = { .type = type, .text = name };

	memcpy(x.key, dir, sizeof(x.key));
	return reclog_append(log, &x);
}

int records_write_hides(const struct records *t, struct reclog *to)
{
	const char *const *names;
	const void *dir;
	size_t at = 0, n;
	int r = 0;

	while (r == 0 && (dir = hides_next(&t->hides, &at, &names, &n)))
		for (size_t i = 0; i < n && r == 0; i++)
			r = append_hide(to, LOG_HIDE, dir, names[i]);
	return r;
}

int records_hide(struct records *t, int dirfd, const char *name)
{
	struct record_key key;
	struct statx st;
	int r = sys_statx(dirfd, "", &st);

	if (r < 0)
		return r;
	key = record_key(&st);
	pthread_rwlock_wrlock(&t->lock);
	r = hides_add(&t->hides, &key, name);
	if (r == 0) {
		r = append_hide(t->log, LOG_HIDE, &key, name);
		if (r < 0)
			(void)hides_remove(&t->hides, &key, name);
	} else if (r > 0) {
		r = 0;
	}
	atomic_store(&t->nhides, t->hides.n);
	pthread_rwlock_unlock(&t->lock);
	return r;
}

int records_unhide(struct records *t, int dirfd, const char *name)
{
	struct record_key key;
	struct statx st;
	int r;

	if (!records_any_hidden(t))
		return 0;
	r = sys_statx(dirfd, "", &st);
	if (r < 0)
		return r;
	key = record_key(&st);
	pthread_rwlock_wrlock(&t->lock);
	if (hides_has(&t->hides, &key, name)) {
		r = append_hide(t->log, LOG_HIDE_DROP, &key, name);
		if (r == 0)
			(void)hides_remove(&t->hides, &key, name);
	}
	atomic_store(&t->nhides, t->hides.n);
	pthread_rwlock_unlock(&t->lock);
	return r;
}

bool records_any_hidden(struct records *t)
{
	return t && atomic_load(&t->nhides) != 0;
}

int records_hidden(struct records *t, int dirfd, const char *name)
{
	struct record_key key;
	struct statx st;
	int r;

	if (!records_any_hidden(t))
		return 0;
	r = sys_statx(dirfd, "", &st);
	if (r < 0)
		return r;
	key = record_key(&st);
	pthread_rwlock_rdlock(&t->lock);
	r = hides_has(&t->hides, &key, name);
	pthread_rwlock_unlock(&t->lock);
	return r;
}

int records_each_hidden(struct records *t, int dirfd,
			int (*each)(void *ctx, const char *name), void *ctx)
{
	const char *const *names;
	struct record_key key;
	struct statx st;
	size_t n;
	int r;

	if (!records_any_hidden(t))
		return 0;
	r = sys_statx(dirfd, "", &st);
	if (r < 0)
		return r;
	key = record_key(&st);
	pthread_rwlock_rdlock(&t->lock);
	names = hides_in(&t->hides, &key, &n);
	for (size_t i = 0; i < n && r == 0; i++)
		r = each(ctx, names[i]);
	pthread_rwlock_unlock(&t->lock);
	return r;
}

/* All in a directory that is gone. */
int records_drop_hides(struct records *t, const struct record_key *dir)
{
	const char *const *names;
	size_t n;
	int r = 0;

	if (!records_any_hidden(t))
		return 0;
	pthread_rwlock_wrlock(&t->lock);
	while (r == 0 && (names = hides_in(&t->hides, dir, &n))) {
		r = append_hide(t->log, LOG_HIDE_DROP, dir, names[n - 1]);
		if (r == 0)
			(void)hides_remove(&t->hides, dir, names[n - 1]);
	}
	atomic_store(&t->nhides, t->hides.n);
	pthread_rwlock_unlock(&t->lock);
	return r;
}
