/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ordered table of stages, and its runner. Planning walks every row; a
 * run walks the same rows in three processes, each executing those of its
 * side. A failing stage inside reports to ufs-run, which undoes its own side
 * in reverse order; so does the normal end.
 */
#ifndef UFS_LAUNCHER_STAGE_H
#define UFS_LAUNCHER_STAGE_H

#include "err.h"
#include "types.h"

struct stage {
	const char *name;
	const char *what; /* for --explain */
	unsigned sides;   /* enum run_side, ORed */
	int (*plan)(const struct run_config *c, const struct run_host *h,
		    struct run_plan *p, struct err *e);
	int (*up)(const struct run_plan *p, struct run_live *live, struct err *e);
	void (*down)(const struct run_plan *p, struct run_live *live);
};
const struct stage *stages(size_t *ret_n);

/* No side effects. On error P is as far as it came; plan_done() frees it. */
int stages_plan(const struct run_config *c, const struct run_host *h,
		struct run_plan *p, struct err *e);

/*
 * Run. Returns in ufs-run only: 0 with the command's exit status in
 * *RET_STATUS, or an error; nothing of the run is left then but a kept record.
 */
int stages_run(const struct run_plan *p, int *ret_status, struct err *e);

#endif
