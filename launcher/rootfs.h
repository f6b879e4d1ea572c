/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The union that a container runs on: its record and branches, the daemon
 * that serves it from outside the container, and the mount inside.
 *
 * The child opens what must belong to its namespaces (clones of the lower
 * trees, /dev/fuse) and hands the descriptors to the daemon, which keeps the
 * caller's real ids and its place outside: the payload can neither see nor
 * reach it. The lock of the record is held by the daemon too, so a container
 * counts as running until its last write is down.
 */
#ifndef UFS_LAUNCHER_ROOTFS_H
#define UFS_LAUNCHER_ROOTFS_H

#include "err.h"
#include "types.h"

int rootfs_plan(const struct run_config *c, const struct run_host *h, struct run_plan *p,
		struct err *e);

/* PARENT. Make the record; start the daemon. */
int rootfs_open(const struct run_plan *p, struct run_live *live, struct err *e);
int rootfs_serve(const struct run_plan *p, struct run_live *live, struct err *e);
/* PARENT. Note the process 1 in the record. */
int rootfs_started(const struct run_plan *p, struct run_live *live, struct err *e);

/* CHILD. Mount the union over the record's directory; sets live->root. */
int rootfs_mount(const struct run_plan *p, struct run_live *live, struct err *e);

/* PARENT, reverse: wait for the daemon (killed when it hangs), end the record. */
void rootfs_stop(const struct run_plan *p, struct run_live *live);
void rootfs_down(const struct run_plan *p, struct run_live *live);

#endif
