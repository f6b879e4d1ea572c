/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Resource limits of the container's processes: a table, set on the child. */
#ifndef UFS_LAUNCHER_RLIMIT_H
#define UFS_LAUNCHER_RLIMIT_H

#include "err.h"
#include "types.h"

int rlimit_plan(const struct run_config *c, const struct run_host *h, struct run_plan *p,
		struct err *e);
/* PARENT. A soft limit above the hard one in force is lowered to it. */
int rlimit_apply(const struct run_plan *p, struct run_live *live, struct err *e);

#endif
