/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mountpoints that the view must show though no branch has them. A planned
 * one may lie behind symbolic links of the branches (/var/run/x): the links
 * are followed within the view before a mountpoint is added.
 */
#ifndef UFS_LAUNCHER_VIEW_H
#define UFS_LAUNCHER_VIEW_H

#include "types.h"

struct ufs_config;

/* Add each of P's mountpoints to C, whose branches are there. 0 or -errno. */
int view_mountpoints(const struct run_plan *p, struct ufs_config *c);

#endif
