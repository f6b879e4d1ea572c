/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hides.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A directory. Items move in the table; the names do not. */
struct dir {
	unsigned char key[RECTAB_KEY];
	char **names; /* sorted */
	size_t n, cap;
};

void hides_init(struct hides *h)
{
	*h = (struct hides){ .dirs.item = sizeof(struct dir) };
}

static void dir_done(struct dir *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->names[i]);
	free(d->names);
}

void hides_done(struct hides *h)
{
	struct dir *d;
	size_t at = 0;

	while ((d = rectab_next(&h->dirs, &at)))
		dir_done(d);
	rectab_done(&h->dirs);
	h->n = 0;
}

/* Where NAME is or would be. */
static size_t place(const struct dir *d, const char *name, bool *ret_there)
{
	size_t lo = 0, hi = d->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(d->names[mid], name);

		if (c == 0) {
			*ret_there = true;
			return mid;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*ret_there = false;
	return lo;
}

static int dir_insert(struct dir *d, size_t at, const char *name)
{
	char *copy;

	if (d->n == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 4;
		char **v = realloc(d->names, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		d->names = v;
		d->cap = cap;
	}
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	memmove(&d->names[at + 1], &d->names[at], (d->n - at) * sizeof(*d->names));
	d->names[at] = copy;
	d->n++;
	return 0;
}

int hides_add(struct hides *h, const void *dir, const char *name)
{
	struct dir *d;
	bool there;
	size_t at;

	if (rectab_reserve(&h->dirs) < 0)
		return -ENOMEM;
	d = rectab_put(&h->dirs, dir);
	at = place(d, name, &there);
	if (there)
		return 1;
	if (dir_insert(d, at, name) < 0) {
		if (!d->n) {
			free(d->names);
			rectab_remove(&h->dirs, dir);
		}
		return -ENOMEM;
	}
	h->n++;
	return 0;
}

bool hides_has(const struct hides *h, const void *dir, const char *name)
{
	const struct dir *d = rectab_find(&h->dirs, dir);
	bool there = false;

	if (d)
		(void)place(d, name, &there);
	return there;
}

bool hides_remove(struct hides *h, const void *dir, const char *name)
{
	struct dir *d = rectab_find(&h->dirs, dir);
	bool there = false;
	size_t at = d ? place(d, name, &there) : 0;

	if (!there)
		return false;
	free(d->names[at]);
	d->n--;
	h->n--;
	memmove(&d->names[at], &d->names[at + 1], (d->n - at) * sizeof(*d->names));
	if (!d->n) {
		free(d->names);
		rectab_remove(&h->dirs, dir);
	}
	return true;
}

const char *const *hides_in(const struct hides *h, const void *dir, size_t *ret_n)
{
	const struct dir *d = rectab_find(&h->dirs, dir);

	*ret_n = d ? d->n : 0;
	return d ? (const char *const *)d->names : NULL;
}

const void *hides_next(const struct hides *h, size_t *at, const char *const **ret,
		       size_t *ret_n)
{
	const struct dir *d = rectab_next(&h->dirs, at);

	if (!d)
		return NULL;
	*ret = (const char *const *)d->names;
	*ret_n = d->n;
	return d->key;
}
