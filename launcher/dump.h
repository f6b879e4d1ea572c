/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plan as text, for --dry-run and for tests; and its end. */
#ifndef UFS_LAUNCHER_DUMP_H
#define UFS_LAUNCHER_DUMP_H

#include <stdio.h>

#include "types.h"

void plan_print(const struct run_plan *p, FILE *out);
void plan_done(struct run_plan *p);

#endif
