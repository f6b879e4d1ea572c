/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of the records: what records.c (the log, opening), records_fs.c (its
 * numbers of filesystems), records_object.c (owners, origins), records_link.c
 * and records_hide.c share. Nobody else includes it. Functions that append or
 * take from a table want the lock's write side.
 */
#ifndef UFS_RECORDS_TABLE_H
#define UFS_RECORDS_TABLE_H

#include <pthread.h>
#include <stdatomic.h>

#include "hides.h"
#include "reclog.h"
#include "records.h"
#include "rectab.h"

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
	uint32_t unnoted;      /* covers that are done, and the log could not say so */
};

/* A name that is being covered. */
struct cover {
	struct cover *next;
	uint64_t token;
	struct origin o;
	bool done;             /* it is, and only the log does not say so */
	char *path;            /* only between loading and settling */
};

struct records {
	pthread_rwlock_t lock;
	struct reclog *log;
	struct inums *inums;
	struct rectab objects, links;
	struct hides hides;
	_Atomic size_t nhides; /* for those who ask without the lock */
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

/* -- records_fs.c ------------------------------------------------------------ */

int records_load_fs(struct records *t, const struct reclog_entry *x);
bool records_from_log(const struct records *t, struct origin *o);
int records_to_log(struct records *t, const struct origin *o, void *ret);

/* -- records_object.c -------------------------------------------------------- */

int records_load_object(struct records *t, const struct reclog_entry *x);
int records_append_owner(struct reclog *log, const struct record_key *key,
			 const struct record *rec);
int records_append_origin(struct records *t, struct reclog *log,
			  const struct record_key *key, const struct origin *from);

/* -- records_link.c ---------------------------------------------------------- */

struct cover *records_take_cover(struct records *t, uint64_t token);
void records_free_cover(struct cover *c);
int records_load_link(struct records *t, const struct reclog_entry *x);
int records_load_cover(struct records *t, const struct reclog_entry *x);
int records_append_link(struct records *t, struct reclog *log, const struct origin *o,
			const struct link_record *l, uint64_t covered);

/* -- records_hide.c ---------------------------------------------------------- */

int records_load_hide(struct records *t, const struct reclog_entry *x);
int records_write_hides(const struct records *t, struct reclog *to);
int records_drop_hides(struct records *t, const struct record_key *dir);

#endif
