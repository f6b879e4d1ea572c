/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What can be said before anything is mounted: about the mountpoint, the FUSE
 * device, and what the host allows to this user.
 */
#ifndef UFS_MOUNT_CHECK_H
#define UFS_MOUNT_CHECK_H

#include "config.h"
#include "err.h"

/*
 * Resolve CFG->mountpoint and look whether a union can be mounted there.
 * Returns 0 or -errno with E and its status set.
 */
int mount_check_point(struct ufs_config *cfg, struct err *e);

/* The device, fusermount3 and /etc/fuse.conf. As above, status 3. */
int mount_check_host(const struct ufs_config *cfg, struct err *e);

#endif
