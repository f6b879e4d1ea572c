/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A union on /dev/fuse: mount it, or take over a descriptor that is mounted
 * already, and serve it until it is unmounted. The only module whose users
 * need no libfuse types.
 */
#ifndef UFS_SESSION_H
#define UFS_SESSION_H

#include <stdbool.h>

#include "config.h"
#include "err.h"

struct ufs;
struct session;

/*
 * Mount U at CFG->mountpoint with CFG->fuse_opts (by mount(2) as root, by
 * fusermount3 else), or, with FUSE_FD >= 0, serve that mounted descriptor
 * (taken over, on error too). On return the mount stands and requests queue.
 */
int session_open(struct ufs *u, const struct ufs_config *cfg, int fuse_fd,
		 struct session **ret, struct err *e);

/*
 * Serve requests in several threads until the filesystem is unmounted or one
 * of SIGTERM, SIGINT, SIGHUP arrives; then it is unmounted. Call it after the
 * last fork. Returns 0 or -errno of the transport.
 */
int session_run(struct session *s);

/* Unmount, if it still stands, and free. Does not close the union. */
void session_close(struct session *s);

#endif
