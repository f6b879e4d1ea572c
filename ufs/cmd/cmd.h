/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The verbs of `ufs`. Each takes its arguments with the verb as argv[0],
 * talks to the person, and returns the exit status (interface: "Exit status").
 */
#ifndef UFS_CMD_H
#define UFS_CMD_H

#include "err.h"

int cmd_mount(int argc, char **argv);
int cmd_umount(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_version(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_ps(int argc, char **argv);
int cmd_discard(int argc, char **argv);

/* mount.fuse.ufs: mount(8)'s helper, with mount(8)'s exit statuses. */
int cmd_helper(int argc, char **argv);

/* Print E as "ufs: …" on standard error, release it, return its exit status. */
int cmd_fail(struct err *e);

#endif
