/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a TARGET on the command line means: the branch whose changes are asked
 * for and the branches below it, opened. A word without '/' is a container's
 * name; one with '/' is a mountpoint of this user's, or, when branches below
 * it are named, a branch directory.
 */
#ifndef UFS_DIFF_TARGET_H
#define UFS_DIFF_TARGET_H

#include "diff.h"

struct names;

struct diff_target {
	struct layer_diff diff; /* upper, lowers and any_owner are filled in */
	struct layer *lowers;
	int work; /* the upper branch's work directory; -EBADF: the one in it */
};

#define DIFF_TARGET_INIT { .diff = { .upper = { .fd = -EBADF } }, .work = -EBADF }

/*
 * LOWERS: of --lower, in its order; WORK: of --work, or NULL. An error says what
 * was not found.
 */
int diff_target_open(struct diff_target *t, const char *target,
		     const struct names *lowers, const char *work, struct err *e);
void diff_target_close(struct diff_target *t);

#endif
