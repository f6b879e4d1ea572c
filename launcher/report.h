/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --try: what changed, and how to see, apply or discard it. */
#ifndef UFS_LAUNCHER_REPORT_H
#define UFS_LAUNCHER_REPORT_H

#include "types.h"

/* PARENT, the daemon ended, the record still there. Prints on standard error. */
void report_down(const struct run_plan *p, struct run_live *live);

#endif
