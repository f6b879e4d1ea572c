/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The default system-call profile, as two filters of which the kernel takes
 * the stricter answer: a list of calls that exist for the payload (any other
 * is ENOSYS, a few known ones EPERM), and a table of arguments that are
 * denied. Two, because libseccomp cannot mix "always" and "unless" for one
 * call. Foreign entry points (x32) do not exist either.
 */
#ifndef UFS_LAUNCHER_FILTER_H
#define UFS_LAUNCHER_FILTER_H

#include "err.h"
#include "types.h"

int filter_plan(const struct run_config *c, const struct run_host *h,
		 struct run_plan *p, struct err *e);
/* PAYLOAD, the last step before the command. */
int filter_apply(const struct run_plan *p, struct run_live *live, struct err *e);

/* The tables, for tests; each ends with NULL. filter_list.c */
extern const char *const filter_allowed[];
extern const char *const filter_denied[];

#endif
