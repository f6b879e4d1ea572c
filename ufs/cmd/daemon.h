/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The process that serves a union, and the parent that waits until the mount
 * stands.
 */
#ifndef UFS_DAEMON_H
#define UFS_DAEMON_H

#include <stdbool.h>

#include "config.h"
#include "err.h"

/*
 * Mount CFG and serve it in this process until it is unmounted. CFG is
 * checked; its mountpoint is resolved.
 *   debug  log everything to standard error
 * Returns 0 when it was unmounted, or -errno with E set; then nothing is
 * mounted.
 */
int daemon_serve(struct ufs_config *cfg, bool debug, struct err *e);

/*
 * The same in a child that goes on alone. Returns 0 when the mount stands, or
 * -errno with the child's own error in E; then the child has ended.
 */
int daemon_start(struct ufs_config *cfg, struct err *e);

#endif
