/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where things are kept, for root and for others (interface: "Where things
 * are kept"). "Root" is who may write to /run: root inside a user's namespace
 * is a user here.
 */
#ifndef UFS_DIRS_H
#define UFS_DIRS_H

/*
 * The directory of sockets, locks and mounts in use: /run/ufs, or
 * $XDG_RUNTIME_DIR/ufs and its stand-ins. Not made. Returns 0 and malloc'ed
 * memory, -ENOENT when a user has no home, or -ENOMEM.
 */
int dirs_run(char **ret);

/* Containers, layers, images: /var/lib/ufs or $XDG_DATA_HOME/ufs. As above. */
int dirs_data(char **ret);

/*
 * Make PATH and the parents it lacks, mode 0700. Returns 0 when it is a
 * directory that belongs to the caller, -EPERM when it is someone else's,
 * else -errno.
 */
int dirs_make(const char *path);

/*
 * The same, opened; what others may write to is -EPERM too. Returns a
 * descriptor or -errno.
 */
int dirs_open(const char *path);

#endif
