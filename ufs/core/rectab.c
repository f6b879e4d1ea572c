/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rectab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

static unsigned char *cell(const struct rectab *t, size_t i)
{
	return t->v + i * t->item;
}

static uint64_t ino_of(const void *key)
{
	uint64_t ino;

	memcpy(&ino, key, sizeof(ino));
	return ino;
}

static size_t home(const struct rectab *t, const void *key)
{
	return hash_u64(ino_of(key)) & (t->cap - 1);
}

/* Where KEY is or would be: linear probing. */
static size_t cell_index(const struct rectab *t, const void *key)
{
	size_t i = home(t, key);

	while (ino_of(cell(t, i)) && memcmp(cell(t, i), key, RECTAB_KEY) != 0)
		i = (i + 1) & (t->cap - 1);
	return i;
}

int rectab_reserve(struct rectab *t)
{
	struct rectab old = *t;

	if ((t->n + 1) * 4 <= t->cap * 3)
		return 0;
	t->cap = old.cap ? old.cap * 2 : 64;
	t->v = calloc(t->cap, t->item);
	if (!t->v) {
		*t = old;
		return -ENOMEM;
	}
	for (size_t i = 0; i < old.cap; i++)
		if (ino_of(cell(&old, i)))
			memcpy(cell(t, cell_index(t, cell(&old, i))), cell(&old, i), t->item);
	free(old.v);
	return 0;
}

void *rectab_find(const struct rectab *t, const void *key)
{
	unsigned char *c;

	if (!t->n)
		return NULL;
	c = cell(t, cell_index(t, key));
	return ino_of(c) ? c : NULL;
}

bool rectab_has_ino(const struct rectab *t, uint64_t ino)
{
	if (!t->n)
		return false;
	for (size_t i = home(t, &ino); ino_of(cell(t, i)); i = (i + 1) & (t->cap - 1))
		if (ino_of(cell(t, i)) == ino)
			return true;
	return false;
}

void *rectab_put(struct rectab *t, const void *key)
{
	unsigned char *c = cell(t, cell_index(t, key));

	if (!ino_of(c)) {
		memcpy(c, key, RECTAB_KEY);
		t->n++;
	}
	return c;
}

/* Close the gap: later items of the run move up where they may. */
void rectab_remove(struct rectab *t, const void *key)
{
	size_t mask = t->cap - 1, i, j;

	if (!rectab_find(t, key))
		return;
	i = cell_index(t, key);
	t->n--;
	for (j = (i + 1) & mask; ino_of(cell(t, j)); j = (j + 1) & mask) {
		if (((j - home(t, cell(t, j))) & mask) >= ((j - i) & mask)) {
			memcpy(cell(t, i), cell(t, j), t->item);
			i = j;
		}
	}
	memset(cell(t, i), 0, t->item);
}

void *rectab_next(const struct rectab *t, size_t *at)
{
	while (*at < t->cap) {
		unsigned char *c = cell(t, (*at)++);

		if (ino_of(c))
			return c;
	}
	return NULL;
}

void rectab_done(struct rectab *t)
{
	free(t->v);
	t->v = NULL;
	t->n = t->cap = 0;
}
