/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the files of the check (check.h) alone. */
#ifndef UFS_LAYERS_CHECK_INTERN_H
#define UFS_LAYERS_CHECK_INTERN_H

#include "check.h"
#include "inum.h"
#include "records.h"
#include "rectab.h"
#include "stack.h"
#include "str.h"

/* An object that has a record. */
struct check_known {
	struct record_key key;
	uint64_t seen;
};

/* A file with several names below, and what was found of it. */
struct check_link {
	struct origin id;
	struct link_record l;
	char *path;           /* in the branch: a name of the copy, or NULL */
	bool indexed;         /* it has its name in links/ */
	uint64_t below, left; /* names that the branches below show, and the view */
};

struct check {
	struct layer_check *c;
	struct records *records;  /* or NULL */
	struct inums *inums;
	struct rectab known;      /* objects that have records */
	struct check_link *links; /* link records, sorted by the inode number */
	size_t nlinks;
	struct sb path;           /* of the directory at hand, "" for the root */
	uint64_t mount;           /* id of the mount that the branch is on */
	struct stat work_st;      /* st_ino 0 without a work directory */
	bool partial;             /* some objects were not seen */
	struct err *e;
};

enum { CHECK_FAULT, CHECK_NOTE };

/* R < 0: it could not be mended, 0: it was. Only with FIX. */
int check_tell(struct check *k, const char *dir, const char *name, int kind, int r,
	       const char *fmt, ...) _printf_(6, 7);
/* For R of check_tell: there is no way to mend it. */
#define CHECK_NOT_MENDED (-1)
int check_error(struct check *k, int r, const char *name);

/* An object of the branch. */
void check_see(struct check *k, const struct statx *st);

/* The work directory before the walk, and what the walk tells after it. */
int check_work(struct check *k);
int check_records(struct check *k);
/* Names in links/ and records of links; with the branches below, their counts. */
int check_links(struct check *k);
int check_counts(struct check *k);
/* The link record whose copy has this number, or NULL. */
struct check_link *check_link_of(struct check *k, uint64_t upper);

#endif
