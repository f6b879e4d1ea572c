/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names that are hidden in directories of a branch without a mark beside them,
 * because the mark's name would be too long. In memory; what keeps them is the
 * log of the records (records.h). Not locked.
 */
#ifndef UFS_HIDES_H
#define UFS_HIDES_H

#include "rectab.h"

struct hides {
	struct rectab dirs; /* by the directory's key */
	size_t n;           /* names in all of them */
};

void hides_init(struct hides *h);
void hides_done(struct hides *h);

/* Returns 0, 1 when it is hidden already, or -ENOMEM. */
int hides_add(struct hides *h, const void *dir, const char *name);
bool hides_has(const struct hides *h, const void *dir, const char *name);
/* Returns whether there was one. */
bool hides_remove(struct hides *h, const void *dir, const char *name);

/*
 * The names hidden in DIR, sorted by their bytes, and how many; NULL for none.
 * Good until the next change.
 */
const char *const *hides_in(const struct hides *h, const void *dir, size_t *ret_n);

/*
 * The next directory with hidden names behind position *AT (0 at first), or
 * NULL: its key, with the names as hides_in has them.
 */
const void *hides_next(const struct hides *h, size_t *at, const char *const **ret,
		       size_t *ret_n);

#endif
