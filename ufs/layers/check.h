/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a crash or another program left in a branch that is not mounted, and
 * mending it. Nothing is written unless it is asked for, no link is followed and
 * no other mount is entered. Each thing is mended in one step or in steps that
 * leave the view as it was, so that a stop in between leaves at worst a thing to
 * be found again.
 *
 * A fault is what the union would show wrongly, could mistake later, or has to
 * sweep; a note is what says nothing or is not known.
 */
#ifndef UFS_LAYERS_CHECK_H
#define UFS_LAYERS_CHECK_H

#include "diff.h"

struct check_finding {
	const char *path;   /* in the branch, from "/"; or of the work directory */
	const char *what;
	bool note;
	bool mended;
};

struct layer_check {
	struct layer branch;        /* records: filled in while it runs */
	int work;                   /* its work directory, or -EBADF: none */
	const char *work_name;      /* as findings name it, "/.wh..wh.ufs" */
	struct layer *lowers;       /* top first; none: not known */
	size_t nlowers;
	bool fix;
	/* Called for each finding. Anything but 0 ends the check and is returned. */
	int (*found)(void *ctx, const struct check_finding *f);
	void *ctx;
	size_t faults, mended, notes; /* mended: of the faults */
	size_t unread;                /* directories that could not be looked into */
};

/*
 * Take the branch, that no union takes it meanwhile: -EBUSY with E naming who
 * has it. The locks are held as long as the descriptors are.
 */
int layer_take(const struct layer_check *c, int ret_locks[2], struct err *e);

/* Returns 0, what found() returned, or -errno with E saying where. */
int layer_check(struct layer_check *c, struct err *e);

#endif
