/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The planning half of mounts.h: tables, order, no side effects. */
#include "mounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "path.h"
#include "str.h"

#define SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
#define SAFEX (SAFE | MOUNT_ATTR_NOEXEC)

struct mount_row {
	enum mount_kind kind;
	const char *fstype, *dst, *opts;
	uint64_t attrs;
	unsigned flags;
};

static const struct mount_row rows[] = {
	{MOUNT_NEW, "proc", "/proc", NULL, SAFEX, PM_DIR | PM_NOFOLLOW},
	{MOUNT_RO, NULL, "/proc/bus", NULL, 0, 0},
	{MOUNT_RO, NULL, "/proc/fs", NULL, 0, 0},
	{MOUNT_RO, NULL, "/proc/irq", NULL, 0, 0},
	{MOUNT_RO, NULL, "/proc/sys", NULL, 0, 0},
	{MOUNT_RO, NULL, "/proc/sysrq-trigger", NULL, 0, 0},
	{MOUNT_MASK, NULL, "/proc/acpi", NULL, 0, 0},
	{MOUNT_MASK, NULL, "/proc/asound", NULL, 0, 0},
	{MOUNT_MASK, NULL, "/proc/kcore", NULL, 0, 0},
	{MOUNT_MASK, NULL, "/proc/keys", NULL, 0, 0},
	{MOUNT_MASK, NULL, "/proc/latency_stats", NULL, 0, 0},
	{MOUNT_MASK, NULL, "/proc/sched_debug", NULL, 0, 0},
	{MOUNT_MASK, NULL, "/proc/scsi", NULL, 0, 0},
	{MOUNT_MASK, NULL, "/proc/timer_list", NULL, 0, 0},
	{MOUNT_MASK, NULL, "/proc/timer_stats", NULL, 0, 0},
	{MOUNT_NEW, "sysfs", "/sys", NULL, SAFEX | MOUNT_ATTR_RDONLY,
	 PM_DIR | PM_NOFOLLOW},
	{MOUNT_MASK, NULL, "/sys/firmware", NULL, 0, 0},
	{MOUNT_MASK, NULL, "/sys/devices/virtual/powercap", NULL, 0, 0},
	{MOUNT_NEW, "cgroup2", "/sys/fs/cgroup", NULL, SAFEX | MOUNT_ATTR_RDONLY,
	 PM_DIR | PM_OPTIONAL},
	{MOUNT_NEW, "tmpfs", "/dev", "mode=0755,size=64k",
	 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, PM_DIR | PM_NOFOLLOW | PM_SCRATCH},
	{MOUNT_NEW, "devpts", "/dev/pts", "newinstance,ptmxmode=0666,mode=0620",
	 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, PM_DIR},
	{MOUNT_NEW, "tmpfs", "/dev/shm", "mode=1777,size=64m", SAFEX,
	 PM_DIR | PM_SCRATCH},
	{MOUNT_NEW, "mqueue", "/dev/mqueue", NULL, SAFEX, PM_DIR | PM_OPTIONAL},
	{MOUNT_NEW, "tmpfs", "/run", "mode=0755,size=20%", SAFE, PM_DIR | PM_SCRATCH},
};

/* Mount N+1 of P, of one kind and at one place. NULL: out of memory. */
static struct plan_mount *plan_add(struct run_plan *p, enum mount_kind kind,
				   const char *fstype, const char *dst, unsigned flags)
{
	struct plan_mount *v = realloc(p->mounts, (p->nmounts + 1) * sizeof(*v));

	if (!v)
		return NULL;
	p->mounts = v;
	v += p->nmounts;
	*v = (struct plan_mount){ .kind = kind, .fstype = fstype, .flags = flags };
	v->dst = strdup(dst);
	if (!v->dst)
		return NULL;
	p->nmounts++;
	return v;
}

/* Is DST inside something that is mounted before? Then that holds its target. */
static bool plan_is_covered(const struct run_plan *p, const char *dst)
{
	for (size_t i = 0; i < p->nmounts; i++)
		if (strcmp(p->mounts[i].dst, dst) != 0 &&
		    path_is_beneath(dst, p->mounts[i].dst))
			return true;
	return false;
}

static int plan_virt(struct run_plan *p, const struct plan_mount *m)
{
	if (plan_is_covered(p, m->dst))
		return 0;
	return strv_addf(&p->virts, "%s%s", m->dst, m->flags & PM_DIR ? "/" : "");
}

/* Host's /sys, for those who may not mount a sysfs: it needs a network of ours. */
static bool plan_sys_is_bound(const struct run_plan *p, const struct mount_row *row)
{
	return row->fstype && strcmp(row->fstype, "sysfs") == 0 &&
	       p->ids.kind != IDS_HOST && !p->lo_up;
}

/* Does group tty (5) exist inside? */
static bool plan_has_tty(const struct run_plan *p, const struct run_host *h)
{
	switch (p->ids.kind) {
	case IDS_HOST:
		return h->has_tty_gid;
	case IDS_SINGLE:
		return false;
	case IDS_RANGES:
		break;
	}
	return p->ids.ngids > 1 && p->ids.gids[1].count >= 5;
}

static int plan_row(const struct run_host *h, struct run_plan *p,
		    const struct mount_row *row)
{
	bool bound = plan_sys_is_bound(p, row);
	struct plan_mount *m = plan_add(p, bound ? MOUNT_BIND : row->kind, row->fstype,
					row->dst, row->flags);
	const char *opts = row->opts;

	if (!m)
		return -ENOMEM;
	m->attrs = row->attrs;
	if (bound && !(m->src = strdup(row->dst)))
		return -ENOMEM;
	/* Group tty owns terminals where that group exists inside. */
	if (row->fstype && strcmp(row->fstype, "devpts") == 0 && plan_has_tty(p, h))
		return str_printf(&m->opts, "%s,gid=5", opts) < 0 ? -ENOMEM
								  : plan_virt(p, m);
	if (opts && !(m->opts = strdup(opts)))
		return -ENOMEM;
	return row->kind == MOUNT_NEW ? plan_virt(p, m) : 0;
}

static int plan_by_dst(const void *a, const void *b)
{
	return strcmp(((const struct plan_mount *)a)->dst,
		      ((const struct plan_mount *)b)->dst);
}

/* Volumes and tmpfs, parents before what lies in them. */
static int plan_user(const struct run_config *c, struct run_plan *p)
{
	size_t first = p->nmounts;

	for (size_t i = 0; i < c->nvolumes; i++) {
		const struct run_volume *v = &c->volumes[i];
		struct plan_mount *m = plan_add(p, MOUNT_BIND, NULL, v->dst,
						v->is_dir ? PM_DIR : 0);

		if (!m || !(m->src = strdup(v->src)))
			return -ENOMEM;
		m->attrs = MOUNT_ATTR_NODEV | (v->ro ? MOUNT_ATTR_RDONLY : 0);
	}
	for (size_t i = 0; i < c->ntmpfs; i++) {
		const struct run_tmpfs *t = &c->tmpfs[i];
		struct plan_mount *m = plan_add(p, MOUNT_NEW, "tmpfs", t->dst,
						PM_DIR | PM_SCRATCH);

		if (!m || str_printf(&m->opts, "mode=1777%s%s", t->size ? ",size=" : "",
				     t->size ? t->size : "") < 0)
			return -ENOMEM;
		m->attrs = SAFE;
	}
	if (p->nmounts > first)
		qsort(p->mounts + first, p->nmounts - first, sizeof(*p->mounts),
		      plan_by_dst);
	for (size_t i = first; i < p->nmounts; i++)
		if (plan_virt(p, &p->mounts[i]) < 0)
			return -ENOMEM;
	return 0;
}

int mounts_plan(const struct run_config *c, const struct run_host *h, struct run_plan *p,
		struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(rows); i++)
		r = plan_row(h, p, &rows[i]);
	if (r == 0)
		r = plan_user(c, p);
	/* What lies outside /run is in the view as it is. */
	if (r == 0 && p->host_root && h->resolv && path_is_beneath(h->resolv, "/run")) {
		p->resolv = strdup(h->resolv);
		r = p->resolv ? 0 : -ENOMEM;
	}
	return r < 0 ? err_set(e, r, "cannot plan the mounts") : 0;
}
