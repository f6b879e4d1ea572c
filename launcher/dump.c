/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dump.h"

#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>

#include "cleanup.h"
#include "idmap.h"
#include "ns.h"
#include "str.h"

/* One "key  value" line; KEY NULL continues the key above. */
static void dump_line(FILE *out, const char *key, const char *value)
{
	fprintf(out, "%-12s %s\n", key ? key : "", value);
}

static void dump_list(FILE *out, const char *key, const struct strv *l)
{
	for (size_t i = 0; i < l->n; i++)
		dump_line(out, i ? NULL : key, l->v[i]);
}

static void dump_branches(const struct run_plan *p, FILE *out)
{
	struct sb b = SB_INIT;

	sb_addf(&b, "%s (%s)", p->name, p->remove ? "removed at exit" : "kept");
	dump_line(out, "container", b.s ? b.s : p->name);
	sb_done(&b);
	if (p->upper)
		sb_add(&b, p->upper);
	else
		sb_addf(&b, "%s/containers/%s/upper", p->data, p->name);
	sb_addf(&b, " (%s)", p->read_only ? "read-only" : "written");
	dump_line(out, "upper", b.s ? b.s : "");
	sb_done(&b);
	dump_list(out, "lower", &p->lowers);
	dump_line(out, "hidden", p->data);
	dump_line(out, NULL, p->runtime);
	dump_list(out, "mountpoints", &p->virts);
}

static void dump_maps(FILE *out, const char *what, const struct plan_map *m, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%-12s %s %u = outside %u, %u of them\n", "", what,
			m[i].inner, m[i].outer, m[i].count);
}

static void dump_ns(const struct run_plan *p, FILE *out)
{
	_free_ char *note = NULL;
	size_t n;
	const struct ns_kind *k = ns_kinds(&n);
	struct sb b = SB_INIT;

	for (size_t i = 0; i < n; i++)
		if (p->clone_flags & k[i].flag)
			sb_addf(&b, "%s%s", b.len ? " " : "", k[i].name);
	dump_line(out, "namespaces", b.s ? b.s : "none");
	sb_done(&b);
	if (idmap_note(&p->ids, &note) == 0)
		dump_line(out, "ids", note);
	dump_maps(out, "user", p->ids.uids, p->ids.nuids);
	dump_maps(out, "group", p->ids.gids, p->ids.ngids);
	dump_line(out, "hostname", p->hostname);
	dump_line(out, "network", p->lo_up ? "none (lo only)" : "the host's");
}

static void dump_attrs(struct sb *b, uint64_t attrs)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} names[] = {
		{ MOUNT_ATTR_RDONLY, "ro" }, { MOUNT_ATTR_NOSUID, "nosuid" },
		{ MOUNT_ATTR_NODEV, "nodev" }, { MOUNT_ATTR_NOEXEC, "noexec" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (attrs & names[i].bit)
			sb_addf(b, "%s%s", b->len && b->s[b->len - 1] != ' ' ? "," : "",
				names[i].name);
}

static void dump_mount(const struct plan_mount *m, FILE *out)
{
	struct sb b = SB_INIT;

	switch (m->kind) {
	case MOUNT_NEW:
		sb_addf(&b, "%s on %s ", m->fstype, m->dst);
		break;
	case MOUNT_BIND:
		sb_addf(&b, "%s of the host on %s ", m->src, m->dst);
		break;
	case MOUNT_MASK:
		sb_addf(&b, "mask %s", m->dst);
		break;
	case MOUNT_RO:
		sb_addf(&b, "read-only %s", m->dst);
		break;
	}
	dump_attrs(&b, m->attrs);
	if (m->opts)
		sb_addf(&b, ",%s", m->opts);
	if (m->flags & PM_OPTIONAL)
		sb_add(&b, " (where the host allows it)");
	while (b.len && b.s[b.len - 1] == ' ')
		b.s[--b.len] = '\0';
	dump_line(out, "mount", b.s ? b.s : "");
	sb_done(&b);
}

static void dump_tree(const struct run_plan *p, FILE *out)
{
	struct sb b = SB_INIT;

	for (size_t i = 0; i < p->nmounts; i++)
		dump_mount(&p->mounts[i], out);
	for (size_t i = 0; i < p->ndevices; i++)
		sb_addf(&b, "%s%s%s", i ? " " : "", p->devices[i].name,
			p->devices[i].how == DEVICE_BIND ? "(host's)" : "");
	dump_line(out, "devices", b.s ? b.s : "");
	sb_done(&b);
	if (p->resolv)
		dump_line(out, "kept", p->resolv);
}

static void dump_limit(struct sb *b, uint64_t v)
{
	if (v == UINT64_MAX)
		sb_add(b, "unlimited");
	else
		sb_addf(b, "%llu", (unsigned long long)v);
}

static void dump_process(const struct run_plan *p, FILE *out)
{
	struct sb b = SB_INIT;

	for (size_t i = 0; i < p->nrlimits; i++) {
		sb_addf(&b, "%s ", p->rlimits[i].name);
		dump_limit(&b, p->rlimits[i].soft);
		sb_add(&b, ", hard at most ");
		dump_limit(&b, p->rlimits[i].hard);
		dump_line(out, "limit", b.s ? b.s : "");
		sb_done(&b);
	}
	for (int cap = 0; cap < 64; cap++) {
		char *name = p->caps >> cap & 1 ? cap_to_name(cap) : NULL;

		if (name)
			sb_addf(&b, "%s%s", b.len ? " " : "", name);
		(void)cap_free(name); /* accepts NULL with an error */
	}
	dump_line(out, "capabilities", b.s ? b.s : "none");
	sb_done(&b);
	dump_line(out, "no_new_privs", "yes");
	dump_line(out, "seccomp", p->seccomp ? "default" : "off");
	dump_line(out, "user", p->user ? p->user : "root of the container");
	dump_line(out, "workdir", p->cwd);
	dump_line(out, "terminal", p->tty ? "its own" : "none");
	dump_line(out, "input", p->interactive ? "passed on" : "empty");
	dump_list(out, "env", &p->env);
	dump_list(out, "command", &p->argv);
}

void plan_print(const struct run_plan *p, FILE *out)
{
	dump_branches(p, out);
	dump_ns(p, out);
	dump_tree(p, out);
	dump_process(p, out);
}

void plan_done(struct run_plan *p)
{
	for (size_t i = 0; i < p->nmounts; i++) {
		free(p->mounts[i].src);
		free(p->mounts[i].dst);
		free(p->mounts[i].opts);
	}
	free(p->mounts);
	free(p->devices);
	free(p->rlimits);
	free(p->ids.uids);
	free(p->ids.gids);
	strv_done(&p->lowers);
	strv_done(&p->virts);
	strv_done(&p->env);
	strv_done(&p->argv);
	free(p->name);
	free(p->data);
	free(p->runtime);
	free(p->upper);
	free(p->hostname);
	free(p->resolv);
	free(p->user);
	free(p->cwd);
	*p = (struct run_plan){ .name = NULL };
}
