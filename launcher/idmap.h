/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * User and group ids inside: the host's own, one (root inside is the caller),
 * or the caller's and the ranges that /etc/subuid and /etc/subgid give.
 */
#ifndef UFS_LAUNCHER_IDMAP_H
#define UFS_LAUNCHER_IDMAP_H

#include <stdio.h>

#include "err.h"
#include "types.h"

int idmap_plan(const struct run_config *c, const struct run_host *h, struct run_plan *p,
	       struct err *e);

/* One line that says which ids there are and why not more. */
int idmap_note(const struct plan_ids *ids, char **ret);

/* PARENT. Write the maps of the child, ranges by newuidmap and newgidmap. */
int idmap_write(const struct run_plan *p, struct run_live *live, struct err *e);

#endif
