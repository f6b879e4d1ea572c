/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the union keeps about objects of a branch beside the objects themselves,
 * in the log of its work directory (reclog.h) and in memory:
 *
 *   owners    owner and mode that the daemon may not put on the file itself
 *   origins   of a copied-up object: the object whose inode number it goes on
 *             showing
 *   links     of a file with several names on a lower branch: how many of them
 *             do not lead to it any more, and, once it was copied up, which
 *             inode they all lead to
 *   hidden    names that are hidden in a directory of the branch as by a
 *             whiteout, the mark of which would have too long a name
 *
 * Everything is keyed by inode number and birth time, so that a reused number
 * is not mistaken, and never by a path.
 *
 * All functions may be called from any thread. Those that write return -errno
 * when the log cannot grow, with everything as before; -EROFS for records
 * that were opened for reading only.
 */
#ifndef UFS_RECORDS_H
#define UFS_RECORDS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "inum.h"

struct records;

/* An object of the branch. */
struct record_key {
	uint64_t ino;
	int64_t btime_sec;
	uint32_t btime_nsec;
	uint32_t pad; /* 0: keys are compared as bytes */
};

/* An object of any branch: the filesystem as the mount counts it (inum.h). */
struct origin {
	uint64_t ino;
	int64_t btime_sec;
	uint32_t btime_nsec;
	uint16_t fs;
	uint16_t pad;
};

struct record {
	uint32_t uid, gid;
	uint32_t mode; /* permission and special bits, without the type */
};

/* A file with several names below the branch. */
struct link_record {
	uint64_t upper;  /* inode on this branch that has its data now, 0: none */
	uint32_t nlink;  /* names that it had when this record was made */
	uint32_t gone;   /* of them, those that do not lead there from below any
			    more: deleted, renamed or present on this branch */
};

struct record_key record_key(const struct statx *st);
/* The object that ST describes, on filesystem FS. */
struct origin origin_of(const struct statx *st, uint16_t fs);

/*
 * Load the log in directory DIRFD.
 *   write   make it when it is missing, and write to it later
 *   inums   where its filesystems are entered; kept by reference
 * Returns 0, -ENOENT without WRITE, or -errno.
 */
int records_open(struct records **ret, int dirfd, bool write, struct inums *inums);
void records_close(struct records *t);
/* Make the log durable. */
int records_sync(struct records *t);

/* -- owners ------------------------------------------------------------------- */

/* Returns whether there is one. */
bool records_get(struct records *t, const struct record_key *key, struct record *ret);
int records_set(struct records *t, const struct record_key *key, const struct record *rec);
/* Forget all that has this key, or the one or the other; nothing when there is
 * none. */
int records_drop(struct records *t, const struct record_key *key);
int records_drop_origin(struct records *t, const struct record_key *key);
int records_drop_owner(struct records *t, const struct record_key *key);

/* -- origins ------------------------------------------------------------------ */

/* Returns whether there is one. */
bool records_origin(struct records *t, const struct record_key *key, struct origin *ret);
/* -ENODATA when the filesystem of FROM cannot be told from others later. */
int records_set_origin(struct records *t, const struct record_key *key,
		       const struct origin *from);
/* May an object with inode number INO have an origin? */
bool records_has_origin(struct records *t, uint64_t ino);

/* -- hidden names -------------------------------------------------------------- */

/*
 * Hide NAME in the directory DIRFD of the branch (O_PATH will do) from the
 * branches below. And the opposite; 0 also when it was not hidden. A real entry wins, as it does over a whiteout.
 */
int records_hide(struct records *t, int dirfd, const char *name);
int records_unhide(struct records *t, int dirfd, const char *name);
/* Is it? 1, 0 or -errno. T may be NULL. */
int records_hidden(struct records *t, int dirfd, const char *name);
/* Is there any? A cheap question. T may be NULL. */
bool records_any_hidden(struct records *t);
/* Call EACH for every name hidden in DIRFD, with the lock held for reading. */
int records_each_hidden(struct records *t, int dirfd,
			int (*each)(void *ctx, const char *name), void *ctx);

/* -- links -------------------------------------------------------------------- */

bool records_any_link(struct records *t);
bool records_link(struct records *t, const struct origin *o, struct link_record *ret);
/*
 * Inode UPPER on this branch has the data of O now, or with 0 none has. Names that
 * went stay counted; a record is made when there is none, with NLINK names.
 */
int records_set_upper(struct records *t, const struct origin *o, uint32_t nlink,
		      uint64_t upper);
int records_drop_link(struct records *t, const struct origin *o);
/* May a lower object with this number on filesystem FS have a link record? */
bool records_has_link(struct records *t, uint16_t fs, uint64_t ino);
/* The name in links/ for file INO of filesystem FS; false when it has none. */
struct links_name {
	char s[40];
};
bool records_link_name(struct records *t, uint16_t fs, uint64_t ino, struct links_name *ret);

/*
 * A name that leads to the lower file O is about to be covered on this branch,
 * by a whiteout or an entry. Until records_covered() says how it ended, a crash
 * leaves the question open: the next mount looks whether PATH (in the branch)
 * is there. A record is made when there is none, with NLINK names.
 */
int records_cover(struct records *t, const struct origin *o, uint32_t nlink,
		  const char *path, uint64_t *ret_token);
/* DONE: it is covered, one name less. *RET, if not NULL: the record now. */
int records_covered(struct records *t, uint64_t token, bool done,
		    struct link_record *ret);
/*
 * Right after records_open: end what a crash left open. ASK tells whether PATH
 * is covered in the branch: 1, 0 or -errno.
 */
int records_settle(struct records *t, int (*ask)(void *ctx, const char *path), void *ctx);

/* Call EACH for every link record, with the lock held for reading. */
int records_each_link(struct records *t,
		      int (*each)(void *ctx, const struct origin *o,
				  const struct link_record *l), void *ctx);

/* -- checking ------------------------------------------------------------------- */

/* Did a crash leave something open (records_settle)? */
bool records_unsettled(struct records *t);
/* Call EACH for the key of every object that has an owner, an origin or hidden
 * names (then perhaps twice), with the lock held for reading. */
int records_each_key(struct records *t, int (*each)(void *ctx, const struct record_key *key),
		     void *ctx);
int records_put_link(struct records *t, const struct origin *o, const struct link_record *l);
/* Replace the log by a new one without history; durable. -EBUSY: unsettled. */
int records_rewrite(struct records *t);

#endif
