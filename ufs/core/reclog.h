/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log in which a work directory keeps its records: entries of 64 bytes
 * with a checksum, some with a string behind them. It only grows while a union
 * is mounted; a torn entry at the end is what a crash left of a change that was
 * not acknowledged, and is cut off when the log is opened for writing.
 */
#ifndef UFS_RECLOG_H
#define UFS_RECLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reclog;

#define LOG_NAME "records"
#define LOG_NEW "records.new"         /* while the log is rewritten */
#define LOG_FOREIGN "records.foreign" /* what was not a log of ours */

/* On disk; numbers are never given another meaning. */
enum {
	LOG_OWNER = 0,
	LOG_OWNER_DROP = 1,
	LOG_FS = 2,          /* a filesystem and its number in this log */
	LOG_ORIGIN = 3,      /* whose inode number an object shows */
	LOG_ORIGIN_DROP = 4,
	LOG_LINK = 5,        /* a file with several names below */
	LOG_LINK_DROP = 6,
	LOG_COVER = 7,       /* a name of such a file is about to be covered */
	LOG_COVER_DONE = 8,
	LOG_HIDE = 9,        /* a whiteout for a name that no mark fits beside */
	LOG_HIDE_DROP = 10,
};

struct reclog_entry {
	uint16_t type;            /* LOG_* */
	unsigned char key[24];
	unsigned char value[24];
	const char *text;         /* or NULL */
};

/*
 * Open the log in directory DIRFD (kept, not owned).
 *   write  make it when it is missing; a foreign file of its name is put aside
 * Returns 0, -ENOENT without WRITE, or -errno.
 */
int reclog_open(struct reclog **ret, int dirfd, bool write);
void reclog_close(struct reclog *l);

/* What lies in DIRFD as the log, looked at and left as it is; or -errno. */
enum { RECLOG_NONE, RECLOG_WHOLE, RECLOG_TORN, RECLOG_FOREIGN };
int reclog_state(int dirfd);

/* Call EACH for every entry, oldest first, until it returns a negative value. */
int reclog_load(struct reclog *l, int (*each)(void *ctx, const struct reclog_entry *x),
		void *ctx);
/* On error the log ends where it did. Not locked. */
int reclog_append(struct reclog *l, const struct reclog_entry *x);
/* Make what was appended durable. Safe while another thread appends. */
int reclog_sync(struct reclog *l);
/* Entries in it. */
size_t reclog_count(const struct reclog *l);
/*
 * Replace the log by what ALL appends to the new one; durable before the old one
 * goes. On error the old one stands.
 */
int reclog_rewrite(struct reclog *l, int (*all)(void *ctx, struct reclog *to), void *ctx);

#endif
