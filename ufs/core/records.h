/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Owners and modes that the daemon may not put on the files themselves: a
 * table keyed by inode number and birth time, so that a reused number is not
 * mistaken, kept as a log of fixed-size entries with checksums in the work
 * directory. A torn entry at the end is what a crash left of a change that
 * was not acknowledged; it is cut off when the log is opened.
 */
#ifndef UFS_RECORDS_H
#define UFS_RECORDS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct records;

struct record_key {
	uint64_t ino;
	int64_t btime_sec;
	uint32_t btime_nsec;
};

struct record {
	uint32_t uid, gid;
	uint32_t mode; /* permission and special bits, without the type */
};

/* The key of the object that ST describes. */
struct record_key record_key(const struct statx *st);

/*
 * Load the log in directory DIRFD, made when it is missing.
 * Returns 0, -EINVAL for a log of another version, or -errno.
 */
int records_open(struct records **ret, int dirfd);
void records_close(struct records *t);

/* Returns whether there is one. Safe from all threads, as are the others. */
bool records_get(struct records *t, const struct record_key *key, struct record *ret);
/* Write through to the log; -errno when it cannot grow, the table is as before. */
int records_set(struct records *t, const struct record_key *key, const struct record *rec);
/* Forget; nothing when there is none. */
int records_drop(struct records *t, const struct record_key *key);
/* Make the log durable. */
int records_sync(struct records *t);

#endif
