/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is mounted on the union: the table of defaults (proc, sys, dev, run, …
 * with what is masked and read-only in them), then --volume and --tmpfs.
 *
 * Everything is a detached mount first and then put onto a descriptor that
 * was resolved within the container's root: no path of the host is looked up
 * twice, no link of a branch leads out.
 */
#ifndef UFS_LAUNCHER_MOUNTS_H
#define UFS_LAUNCHER_MOUNTS_H

#include "err.h"
#include "types.h"

/* Also plans the mountpoints that the view must have (plan->virts). */
int mounts_plan(const struct run_config *c, const struct run_host *h, struct run_plan *p,
		struct err *e);
/* CHILD, the union attached at live->root. */
int mounts_apply(const struct run_plan *p, struct run_live *live, struct err *e);
/* CHILD. live->root becomes the root directory, the host's tree goes. */
int mounts_pivot(const struct run_plan *p, struct run_live *live, struct err *e);

#endif
