/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Namespaces: a table of kinds, the clone that makes them, and what is set up
 * in a fresh one (lo, host name, propagation, keyring).
 */
#ifndef UFS_LAUNCHER_NS_H
#define UFS_LAUNCHER_NS_H

#include "err.h"
#include "types.h"

struct ns_kind {
	const char *name; /* for people */
	const char *file; /* in /proc/PID/ns */
	unsigned flag;    /* CLONE_NEW* */
};
const struct ns_kind *ns_kinds(size_t *ret_n);

int ns_plan(const struct run_config *c, const struct run_host *h, struct run_plan *p,
	    struct err *e);

/*
 * PARENT. Clone process 1 of the container. Returns in both processes; the
 * child has live->side SIDE_CHILD and nothing open but 0-2 and its sockets.
 * A host that forbids namespaces is named with what mends it.
 */
int ns_clone(const struct run_plan *p, struct run_live *live, struct err *e);

/* CHILD, with ids mapped. */
int ns_setup(const struct run_plan *p, struct run_live *live, struct err *e);

/* PARENT. End the container and reap its process 1, when it still lives. */
void ns_kill(const struct run_plan *p, struct run_live *live);

#endif
