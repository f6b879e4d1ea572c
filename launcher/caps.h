/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who the payload is and what it may: no_new_privs, bounding set, groups and
 * ids, then the capability sets. Inheritable and ambient sets end up empty.
 */
#ifndef UFS_LAUNCHER_CAPS_H
#define UFS_LAUNCHER_CAPS_H

#include "err.h"
#include "types.h"

int caps_plan(const struct run_config *c, const struct run_host *h, struct run_plan *p,
	      struct err *e);
/* PAYLOAD. live->uid, gid and groups were found by the stage before. */
int caps_apply(const struct run_plan *p, struct run_live *live, struct err *e);

#endif
