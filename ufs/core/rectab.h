/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hash table of small items that begin with a key of 24 bytes, the first
 * eight of which are an inode number, never 0. Items move when the table
 * changes. Not locked.
 */
#ifndef UFS_RECTAB_H
#define UFS_RECTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECTAB_KEY 24

struct rectab {
	size_t item;    /* bytes of one, a multiple of 8; set before use */
	size_t n, cap;
	unsigned char *v;
};

/* Make room for one more item. Returns 0 or -ENOMEM. */
int rectab_reserve(struct rectab *t);
/* The item with this key, or NULL. */
void *rectab_find(const struct rectab *t, const void *key);
/* Has an item of inode number INO ever come in here and stayed? */
bool rectab_has_ino(const struct rectab *t, uint64_t ino);
/* The item with this key, zeroed but for the key if it is new. Room is reserved. */
void *rectab_put(struct rectab *t, const void *key);
void rectab_remove(struct rectab *t, const void *key);
/* The next item behind position *AT (0 at first), or NULL. */
void *rectab_next(const struct rectab *t, size_t *at);
void rectab_done(struct rectab *t);

#endif
