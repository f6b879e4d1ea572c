/* SPDX-License-Identifier: GPL-3.0-or-later */
/* config.json of a container's record, in and out. Only state.c uses it. */
#ifndef UFS_LAUNCHER_STATE_JSON_H
#define UFS_LAUNCHER_STATE_JSON_H

struct state_record;

/* Write R to config.json at DIRFD, atomically. Returns 0 or -errno. */
int state_json_write(int dirfd, const struct state_record *r);

/*
 * Read it. Fills everything but dir, running and pid.
 * Returns 0, -ENOENT when there is none, -EBADMSG when it makes no sense.
 */
int state_json_read(int dirfd, struct state_record *ret);

#endif
