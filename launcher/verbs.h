/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Verbs of `ufs` that are about containers. argv[0] is the verb; each prints
 * its own messages and returns the exit status of `ufs`.
 */
#ifndef UFS_LAUNCHER_VERBS_H
#define UFS_LAUNCHER_VERBS_H

int cmd_ps(int argc, char **argv);
int cmd_discard(int argc, char **argv);

#endif
