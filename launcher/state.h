/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records of containers: one directory each, DATA/containers/NAME (0700), with
 *
 *   config.json  what it runs on; written once
 *   upper/       its writable branch, unless --upper named another
 *   work/        the work directory of that branch
 *   lock         held (flock) while it runs, by ufs-run and by the daemon of
 *                its union; holds the host's pid of its process 1
 *
 * A dead holder's lock is free, so nothing blocks after a crash; what an
 * ended container with --rm left is swept by whoever looks next. Making,
 * finding to sweep, and taking away a record happen under a lock on the
 * directory of all of them.
 * A record under removal has a name that no container can have.
 */
#ifndef UFS_LAUNCHER_STATE_H
#define UFS_LAUNCHER_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "strv.h"

struct state_record {
	char *name;
	char *dir;          /* of the record, absolute */
	char *upper;        /* the writable branch, absolute */
	char *work;         /* its work directory, or NULL: within UPPER */
	bool own_upper;     /* UPPER belongs to the record and goes with it */
	bool remove;        /* it goes when the container ends */
	bool running;
	pid_t pid;          /* host's pid of process 1 while it runs, else 0 */
	int64_t created;    /* seconds since 1970 */
	struct strv lowers; /* top first; "/" is the host's own root */
	struct strv command;
	int lock;           /* held descriptor, or -EBADF */
};

#define STATE_INIT { .lock = -EBADF }

/*
 * Make the record that R describes (name, upper or NULL, lowers, command,
 * remove) in the data directory DATA, hold its lock, fill in the rest.
 * Sweeps first. -EEXIST: the name is taken, with a hint.
 */
int state_create(const char *data, struct state_record *r, struct err *e);

/* Note the host's pid of process 1, for others to read. */
int state_set_pid(struct state_record *r, pid_t pid);

/*
 * The record called NAME of this user. Looks only, takes no lock.
 * Returns 0, or -ENOENT with E set and status 7.
 */
int state_find(const char *name, struct state_record *ret, struct err *e);

/*
 * Every record of this user, by name, after sweeping. FN returns 0 to go on;
 * anything else ends the walk and is returned.
 */
int state_each(int (*fn)(void *ctx, const struct state_record *r), void *ctx,
	       struct err *e);

/*
 * Take the record R away, with its upper and work directory when they are its
 * own. R's lock is held by the caller, or is taken here: -EBUSY (status 6)
 * when the container runs.
 */
int state_remove(struct state_record *r, struct err *e);

/* Free R and give its lock back; the record stays. */
void state_done(struct state_record *r);

#endif
