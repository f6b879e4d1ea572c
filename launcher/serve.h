/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The process that serves a container's union: forked by ufs-run before the
 * namespaces are made, in a session of its own, ended by the end of the
 * mount. It is not bound to ufs-run's life: when that is killed, the
 * container dies, its mount goes, what was written is flushed, and then the
 * daemon ends.
 */
#ifndef UFS_LAUNCHER_SERVE_H
#define UFS_LAUNCHER_SERVE_H

#include "err.h"
#include "types.h"

struct state_record;
struct ufs_config;

/*
 * Serve. SOCK brings the lower branches and then the mounted /dev/fuse, and
 * takes the answers. Returns the exit status of the process.
 */
int serve_main(const struct run_plan *p, const struct state_record *r, int sock);

/*
 * The union's configuration, as far as the plan gives it.
 *   lowers  descriptors, one for each of R's lowers; taken over, on error too
 */
int serve_config(const struct run_plan *p, const struct state_record *r,
		  int *lowers, struct ufs_config *ret, struct err *e);

#endif
