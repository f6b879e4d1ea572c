/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command: its words, environment and directory, and becoming it. */
#ifndef UFS_LAUNCHER_EXEC_H
#define UFS_LAUNCHER_EXEC_H

#include "err.h"
#include "types.h"

int exec_plan(const struct run_config *c, const struct run_host *h, struct run_plan *p,
	      struct err *e);

/*
 * PAYLOAD. Does not return but with an error: status 127 when there is no
 * such command, 126 when it cannot be executed, 125 for the rest.
 */
int exec_payload(const struct run_plan *p, struct run_live *live, struct err *e);

#endif
