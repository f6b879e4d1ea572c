/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report.h"

#include <stdio.h>

#include "state.h"

void report_down(const struct run_plan *p, struct run_live *live)
{
	if (!p->keep_try || !live->ran || !live->record)
		return;
	fprintf(stderr,
		"ufs-run: the changes are kept as '%s'\n"
		"  see:      ufs diff %s\n"
		"  apply:    ufs apply %s\n"
		"  discard:  ufs discard %s\n",
		p->name, p->name, p->name, p->name);
}
