/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rlimit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "macros.h"

/* What is not here stays as the caller has it. */
static const struct plan_rlimit defaults[] = {
	/* No core dumps into the view, nor to the host's core_pattern program. */
	{ RLIMIT_CORE, "core", 0, RLIM_INFINITY },
	/* What most programs expect; they may raise it to the hard limit. */
	{ RLIMIT_NOFILE, "nofile", 1024, RLIM_INFINITY },
};

int rlimit_plan(const struct run_config *c _unused_, const struct run_host *h _unused_,
		struct run_plan *p, struct err *e)
{
	p->rlimits = malloc(sizeof(defaults));
	if (!p->rlimits)
		return err_set(e, -ENOMEM, "cannot plan the limits");
	memcpy(p->rlimits, defaults, sizeof(defaults));
	p->nrlimits = ARRAY_LEN(defaults);
	return 0;
}

int rlimit_apply(const struct run_plan *p, struct run_live *live, struct err *e)
{
	for (size_t i = 0; i < p->nrlimits; i++) {
		const struct plan_rlimit *l = &p->rlimits[i];
		struct rlimit old, new;

		if (prlimit(live->init, (__rlimit_resource_t)l->resource, NULL, &old) < 0)
			return err_set(e, -errno, "cannot read the limit '%s'", l->name);
		new.rlim_max = MIN(old.rlim_max, (rlim_t)l->hard);
		new.rlim_cur = MIN(new.rlim_max, (rlim_t)l->soft);
		if (prlimit(live->init, (__rlimit_resource_t)l->resource, &new, NULL) < 0)
			return err_set(e, -errno, "cannot set the limit '%s'", l->name);
	}
	return 0;
}
