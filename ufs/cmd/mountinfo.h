/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mount table of this process, as the kernel shows it. */
#ifndef UFS_MOUNTINFO_H
#define UFS_MOUNTINFO_H

#include <stdbool.h>

struct mountinfo {
	char *target, *type, *source;
	char *options;       /* of the mount: "rw,nosuid,relatime" */
	char *super_options; /* of the filesystem: "rw,user_id=0,…" */
};

/* Is NAME among the comma-separated LIST? "name=value" matches whole. */
bool mountinfo_has(const char *list, const char *name);

/*
 * The absolute path of PATH without symbolic links. Works for the root of a
 * filesystem whose daemon is dead too. Returns 0 or -errno.
 */
int mountinfo_resolve(const char *path, char **ret);

/*
 * The topmost mount whose root stands at TARGET (resolved). Asks no
 * filesystem. Returns 0, -ENOENT, or -errno.
 */
int mountinfo_find(const char *target, struct mountinfo *ret);
void mountinfo_done(struct mountinfo *m);

/* It is one of ours. */
bool mountinfo_is_ufs(const struct mountinfo *m);

#endif
