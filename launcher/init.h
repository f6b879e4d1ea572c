/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Process 1 of the container: starts the payload, reaps what is orphaned,
 * passes signals on, ends with the payload and so ends all that is left.
 */
#ifndef UFS_LAUNCHER_INIT_H
#define UFS_LAUNCHER_INIT_H

#include "err.h"
#include "types.h"

/*
 * CHILD. Returns in the payload alone, with live->side SIDE_PAYLOAD; process
 * 1 stays inside until the end.
 */
int init_fork(const struct run_plan *p, struct run_live *live, struct err *e);

/* The exit status that stands for a wait(2) status: its own, or 128+N. */
int init_status(int wait_status);

#endif
