/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The unions of this user that are mounted: one file each, written by the
 * daemon once the mount stands and removed at its end, in the directory
 * "mounts" of the run directory. The name is the daemon's process id; the
 * start time in it tells a dead daemon's entry from a later process. Entries
 * of dead daemons are dropped by whoever reads them.
 */
#ifndef UFS_MOUNTS_H
#define UFS_MOUNTS_H

#include <stdint.h>
#include <sys/types.h>

#include "config.h"

struct json_object;
struct ufs;

struct mounts_entry {
	struct ufs_config cfg; /* mountpoint, branches, work, format, items */
	pid_t pid;
	uint64_t start;        /* of the daemon, clock ticks since boot */
	struct json_object *json;
};

/* What is told of a union, for the registry and `ufs status --json`. */
int mounts_describe(const struct ufs_config *cfg, const struct ufs *u,
		    struct json_object **ret);

/* Write the entry of this process; U may be NULL. Returns 0 or -errno. */
int mounts_write(const struct ufs_config *cfg, const struct ufs *u);
/* Remove the entry of this process, if it is there. */
void mounts_remove(void);

/*
 * Call FN for each live entry, in no order, until it returns non-zero, which
 * is then returned. FN may keep the contents of *ENTRY by setting it to zero.
 * Returns 0 also when there is no registry, or -errno.
 */
int mounts_each(int (*fn)(void *ctx, struct mounts_entry *entry), void *ctx);

/*
 * The entry of the union at MOUNTPOINT (resolved); the latest, when one is
 * mounted over another. Returns 0 or -ENOENT; release with mounts_done.
 */
int mounts_find(const char *mountpoint, struct mounts_entry *ret);
void mounts_done(struct mounts_entry *entry);

#endif
