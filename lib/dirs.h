/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where things are kept: /var/lib/ufs and /run/ufs for root, the places of
 * the XDG base directories for others (interface: "Where things are kept").
 */
#ifndef UFS_DIRS_H
#define UFS_DIRS_H

/*
 * The directory of containers, layers and images. Nothing is created.
 * Returns 0 and a malloc'ed path, -ENOENT when the user has no home, -ENOMEM.
 */
int dirs_data(char **ret);

/*
 * The directory of sockets, locks and mounts in use: $XDG_RUNTIME_DIR/ufs;
 * unset, /run/user/UID/ufs if /run/user/UID is the user's and 0700, else
 * "run" in the data directory. Returns as above.
 */
int dirs_runtime(char **ret);

/*
 * Open PATH, making what is missing with mode 0700. The last directory must
 * belong to the caller and be writable by nobody else: -EPERM otherwise.
 * Returns a descriptor or -errno.
 */
int dirs_open(const char *path);

#endif
