/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A daemon that was started inside a user namespace. What its map lacks it
 * sees as the overflow id; where that id is not mapped either, the kernel
 * refuses to change such files through the union, so owners are shown and
 * kept as struct id_view says, unmapped ones as 0.
 */
#ifndef UFS_CMD_USERNS_H
#define UFS_CMD_USERNS_H

#include "config.h"

/* Fill C->ids from this process's own maps. Returns 0 or -errno. */
int userns_ids(struct ufs_config *c);

/* One map as in /proc/PID/uid_map; *RET is malloc'ed. For tests, too. */
int userns_parse(const char *text, struct id_range **ret, size_t *ret_n);

#endif
