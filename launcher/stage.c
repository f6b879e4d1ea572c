/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stage.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "caps.h"
#include "cleanup.h"
#include "devices.h"
#include "exec.h"
#include "idmap.h"
#include "init.h"
#include "mounts.h"
#include "ns.h"
#include "report.h"
#include "rlimit.h"
#include "rootfs.h"
#include "filter.h"
#include "supervise.h"
#include "sync.h"
#include "tty.h"
#include "user.h"

static int stage_signals(const struct run_plan *p _unused_, struct run_live *live,
			 struct err *e)
{
	return supervise_signals(live, e);
}

static int stage_channel(const struct run_plan *p _unused_, struct run_live *live,
			 struct err *e)
{
	int pair[2], r = sync_pair(pair);

	if (r < 0)
		return err_set(e, r, "cannot talk to the container");
	live->sync = pair[0];
	live->sync_child = pair[1];
	return 0;
}

/* Both sides: the child goes on when its ids are there. */
static int stage_meet(const struct run_plan *p _unused_, struct run_live *live,
		      struct err *e)
{
	int r;

	if (live->side == SIDE_CHILD) {
		r = sync_wait(live->sync, SYNC_GO, NULL, "ufs-run", e);
		/* It may have been killed before its end was bound to ours. */
		if (r == 0 && sync_ended(live->sync))
			r = err_set(e, -EPIPE, "ufs-run has ended");
		return r;
	}
	r = sync_send(live->sync, SYNC_GO, -1);
	return r < 0 ? err_set(e, r, "the container has ended at its start") : 0;
}

#define PARENT SIDE_PARENT
#define CHILD SIDE_CHILD
#define PAYLOAD SIDE_PAYLOAD

static const struct stage table[] = {
	{"ids", "choose the ids that exist inside", 0, idmap_plan, NULL, NULL},
	{"signals", "keep signals for the container", PARENT, NULL, stage_signals, NULL},
	{"record", "make the container's record and writable branch", PARENT, rootfs_plan,
	 rootfs_open, rootfs_down},
	{"report", "say at the end what changed", PARENT, NULL, NULL, report_down},
	{"serve", "start the filesystem's daemon outside", PARENT, NULL, rootfs_serve,
	 rootfs_stop},
	{"channel", "open a channel to the container", PARENT, NULL, stage_channel, NULL},
	{"clone", "make the namespaces and process 1", PARENT, ns_plan, ns_clone,
	 ns_kill},
	{"started", "note process 1 in the record", PARENT, NULL, rootfs_started, NULL},
	{"rlimit", "set resource limits", PARENT, rlimit_plan, rlimit_apply, NULL},
	{"idmap", "write the id maps", PARENT, NULL, idmap_write, NULL},
	{"sync:maps", "meet: the ids are there", PARENT | CHILD, NULL, stage_meet, NULL},
	{"ns", "set up session, host name, network, propagation", CHILD, NULL, ns_setup,
	 NULL},
	{"rootfs", "mount the union", CHILD, NULL, rootfs_mount, NULL},
	{"mounts", "mount proc, sys, dev, run, volumes on it", CHILD, mounts_plan,
	 mounts_apply, NULL},
	{"devices", "make the devices", CHILD, devices_plan, devices_apply, NULL},
	{"tty", "make the terminal", CHILD, NULL, tty_open, NULL},
	{"pivot", "make the union the root, leave the host's", CHILD, NULL, mounts_pivot,
	 NULL},
	{"init", "start the command's process", CHILD, NULL, init_fork, NULL},
	{"session", "enter session and terminal", PAYLOAD, NULL, tty_enter, NULL},
	{"user", "look the user up", PAYLOAD, NULL, user_apply, NULL},
	{"caps", "drop privileges", PAYLOAD, caps_plan, caps_apply, NULL},
	{"seccomp", "load the system-call profile", PAYLOAD, filter_plan, filter_apply,
	 NULL},
	{"exec", "become the command", PAYLOAD, exec_plan, exec_payload, NULL},
	{"supervise", "watch until it ends", PARENT, NULL, supervise_run, NULL},
};

const struct stage *stages(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(table);
	return table;
}

int stages_plan(const struct run_config *c, const struct run_host *h,
		struct run_plan *p, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(table); i++)
		if (table[i].plan)
			r = table[i].plan(c, h, p, e);
	return r;
}

/* Inside: tell ufs-run what failed and end. */
static _noreturn_ void stage_give_up(const struct run_live *live, struct err *e)
{
	(void)sync_send_err(live->sync, e); /* or nobody is left to hear it */
	_exit(err_exit(e, RUN_EXIT_FAILED));
}

static void stages_down(const struct run_plan *p, struct run_live *live, size_t n)
{
	while (n-- > 0)
		if (table[n].down && (table[n].sides & SIDE_PARENT))
			table[n].down(p, live);
	close_fd(&live->sync);
	close_fd(&live->sync_child);
	free(live->scratch);
}

int stages_run(const struct run_plan *p, int *ret_status, struct err *e)
{
	struct run_live live = {
		.side = SIDE_PARENT, .sync = -EBADF, .sync_child = -EBADF,
		.daemon_fd = -EBADF, .init_fd = -EBADF, .daemon_sock = -EBADF,
		.root = -EBADF, .null = -EBADF, .pty_master = -EBADF, .pty_slave = -EBADF,
	};
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < ARRAY_LEN(table); i++) {
		const struct stage *s = &table[i];

		if (!(s->sides & live.side) || !s->up)
			continue;
		if (p->explain)
			fprintf(stderr, "ufs-run: %s: %s\n", s->name, s->what);
		r = s->up(p, &live, e);
		if (r < 0 && live.side != SIDE_PARENT)
			stage_give_up(&live, e);
	}
	stages_down(p, &live, i);
	*ret_status = live.status;
	return r;
}
