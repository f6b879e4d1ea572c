/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ufs-run while the container lives: one loop over its process 1, its daemon,
 * their messages, signals and the terminal.
 */
#ifndef UFS_LAUNCHER_SUPERVISE_H
#define UFS_LAUNCHER_SUPERVISE_H

#include "err.h"
#include "types.h"

/* PARENT, before anything is started: signals are kept for the loop. */
int supervise_signals(struct run_live *live, struct err *e);

/*
 * PARENT. Returns 0 when the command ran, with its exit status in
 * live->status, or the error that a stage inside met.
 */
int supervise_run(const struct run_plan *p, struct run_live *live, struct err *e);

#endif
