/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One mount, as asked for by `ufs mount`, mount(8) or podman. */
#ifndef UFS_MOUNT_H
#define UFS_MOUNT_H

#include <stdbool.h>

#include "config.h"
#include "err.h"

struct mount_request {
	struct ufs_config cfg;
	char *options;     /* what stood behind every -o, joined by commas */
	const char *spec;  /* the word before the mountpoint, or NULL */
	const char *point; /* the mountpoint as given */
	bool foreground, debug;
	bool fake;         /* check everything, mount nothing */
	bool help;         /* show the help instead */
};

void mount_init(struct mount_request *rq);
void mount_done(struct mount_request *rq);

/* Add TEXT behind an -o. Returns 0 or -ENOMEM. */
int mount_add_options(struct mount_request *rq, const char *text);

/*
 * Do it: parse, check, mount, or change a standing mount when "remount" is
 * among the options. In the foreground it returns when it was unmounted.
 * Returns 0 or -errno with E set, which then names the mountpoint.
 */
int mount_do(struct mount_request *rq, struct err *e);

#endif
