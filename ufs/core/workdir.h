/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the union keeps about a writable branch: the lock, temporary files,
 * the shared whiteout, the records. It lies in the directory that was named,
 * else in .wh..wh.ufs inside the branch (mode 0700).
 *
 *   lock      held with flock(2) while a daemon lives: "PID MOUNTPOINT"
 *   tmp/      objects on their way to their place; swept at mount
 *   whiteout  what whiteouts are linked to
 *   records   what is known of objects beside themselves, see records.h
 *   reserve/  room for deletions on a full filesystem, see reserve.h
 *   links/    files with several names, see links.h
 */
#ifndef UFS_WORKDIR_H
#define UFS_WORKDIR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include "config.h"

struct format;
struct branch;
struct inums;
struct records;

#define WORKDIR_NAME ".wh..wh.ufs"
#define LINKS_NAME "links"
#define LOCK_NAME "lock"
#define TMP_NAME "tmp"

struct workdir {
	int fd;             /* the directory, readable; -EBADF until ready */
	int tmp;            /* tmp/ in it */
	int lock;           /* the file, and the branch's root: both are locked */
	int root_lock;
	_Atomic bool ready;
	_Atomic unsigned long next;
	_Atomic bool spent;     /* the reserve is not complete */
	pthread_mutex_t mutex;  /* for becoming ready */
	const struct format *format;
	char *path;         /* or NULL: inside the branch */
	char *mountpoint;
	struct records *records;
	struct inums *inums;    /* not ours */
	bool must_record;       /* nothing can be changed without records */
};

/* The name of a temporary object in tmp/. */
struct work_name {
	char s[40];
};

/*
 * Open or make the work directory of B, take its lock, sweep tmp/, load the
 * records. It is B->work then.
 *   path     given by the person, or NULL
 *   cfg      for the mountpoint, whether owners are kept in records, and
 *            lazy_work: then nothing is locked, made or touched yet
 * On a full filesystem, where it cannot be made, it is made later.
 * Errors: -EBUSY with the holder named and status 6; -EXDEV when it lies on
 * another filesystem than the branch.
 */
int workdir_open(struct branch *b, const char *path, const struct ufs_config *cfg,
		 struct inums *inums, struct err *e);
void workdir_close(struct workdir *w);

/*
 * Before the first use of a branch's work directory in an operation: make it
 * now if it was not made at mount. Returns 0, -ENOSPC, -EDQUOT, -EROFS when
 * another union has taken the branch meanwhile, -errno.
 */
int workdir_ready(struct branch *b);

/* Make links/ and enter it in B. Returns its descriptor or -errno. */
int workdir_links(struct branch *b);

/* A deletion finds no space on B: give up some of the reserve. Returns whether
 * there was any; then it is worth trying again. */
bool workdir_give(struct branch *b);
/* Once a second: make a reserve good that was given up, when there is room. */
void workdir_refill(struct branch *b);

/* A name in tmp/ that nothing of this daemon has. */
void workdir_name(struct workdir *w, struct work_name *ret);

/*
 * Remove the entry NAME in DIRFD with all beneath it, crossing no mount.
 * Returns 0 or the first error.
 */
int workdir_remove_tree(int dirfd, const char *name);

#endif
