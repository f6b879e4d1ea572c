/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The devices and links of the container's own /dev: one table. */
#ifndef UFS_LAUNCHER_DEVICES_H
#define UFS_LAUNCHER_DEVICES_H

#include "err.h"
#include "types.h"

int devices_plan(const struct run_config *c, const struct run_host *h,
		 struct run_plan *p, struct err *e);
/* CHILD, /dev and /dev/pts mounted, the host's tree still there. */
int devices_apply(const struct run_plan *p, struct run_live *live, struct err *e);

#endif
