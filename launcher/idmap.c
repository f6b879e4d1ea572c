/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "fdio.h"
#include "str.h"

/* {0 → own id} and, behind it, the ranges as ids 1, 2, … */
static int idmap_maps(uint32_t own, const struct run_ranges *ranges,
		      struct plan_map **ret, size_t *ret_n)
{
	size_t n = 1 + (ranges ? ranges->n : 0);
	struct plan_map *m = calloc(n, sizeof(*m));
	uint64_t inner = 1;
	size_t used = 1;

	if (!m)
		return -ENOMEM;
	m[0] = (struct plan_map){ 0, own, 1 };
	for (size_t i = 0; i + 1 < n; i++) {
		const struct run_range *g = &ranges->v[i];
		uint32_t count = (uint32_t)MIN(g->count, UINT32_MAX - 1 - inner);

		/* The kernel refuses a map that names an id twice. */
		if (count == 0 || (own >= g->first && own - g->first < g->count))
			continue;
		m[used++] = (struct plan_map){ (uint32_t)inner, g->first, count };
		inner += count;
	}
	*ret = m;
	*ret_n = used;
	return 0;
}

int idmap_plan(const struct run_config *c, const struct run_host *h, struct run_plan *p,
	       struct err *e)
{
	struct plan_ids *ids = &p->ids;
	const struct run_ranges *u = NULL, *g = NULL;

	if (c->userns == USERNS_HOST && h->uid != 0) {
		(void)err_set(e, 0, "--userns host needs root");
		err_hint(e, "leave it out: a user's containers have a user namespace");
		return -EINVAL;
	}
	if (c->userns != USERNS_SINGLE && h->uid == 0) {
		ids->kind = IDS_HOST;
		return 0;
	}
	ids->kind = IDS_SINGLE;
	if (c->userns == USERNS_SINGLE) {
		ids->why = "--userns single";
	} else if (h->subuids.n == 0 || h->subgids.n == 0) {
		ids->why = "no ranges for this user in /etc/subuid and /etc/subgid";
	} else if (!h->has_newuidmap) {
		ids->why = "newuidmap and newgidmap are not installed";
	} else {
		ids->kind = IDS_RANGES;
		u = &h->subuids;
		g = &h->subgids;
	}
	if (idmap_maps(h->uid, u, &ids->uids, &ids->nuids) < 0 ||
	    idmap_maps(h->gid, g, &ids->gids, &ids->ngids) < 0)
		return err_set(e, -ENOMEM, "cannot plan the ids");
	return 0;
}

int idmap_note(const struct plan_ids *ids, char **ret)
{
	uint64_t nu = 0, ng = 0;

	for (size_t i = 0; i < ids->nuids; i++)
		nu += ids->uids[i].count;
	for (size_t i = 0; i < ids->ngids; i++)
		ng += ids->gids[i].count;
	switch (ids->kind) {
	case IDS_HOST:
		return str_printf(ret, "the host's own (no user namespace)");
	case IDS_SINGLE:
		return str_printf(ret, "one: root inside is you (%s)", ids->why);
	case IDS_RANGES:
		break;
	}
	return str_printf(ret,
			  "ranges by newuidmap: root inside is you, %llu users and %llu "
			  "groups in all",
			  (unsigned long long)nu, (unsigned long long)ng);
}

static int idmap_file(pid_t pid, const char *name, const char *text, struct err *e)
{
	char path[64];
	_close_ int fd = -EBADF;
	int r = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		r = -errno;
	if (r == 0 || (r == -ENOENT && strcmp(name, "setgroups") == 0))
		return 0;
	(void)err_set(e, r, "cannot write '%s' of the container", name);
	if (r == -EPERM || r == -EACCES)
		err_hint(e, "a security module restricts user namespaces (AppArmor: sudo "
			    "sysctl kernel.apparmor_restrict_unprivileged_userns=0)");
	return r;
}

/* The arguments of newuidmap: PID INNER OUTER COUNT … */
static int idmap_args(const char *helper, pid_t pid, const struct plan_map *m, size_t n,
		      struct strv *ret)
{
	if (strv_add(ret, helper) < 0 || strv_addf(ret, "%d", (int)pid) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (strv_addf(ret, "%u", m[i].inner) < 0 ||
		    strv_addf(ret, "%u", m[i].outer) < 0 ||
		    strv_addf(ret, "%u", m[i].count) < 0)
			return -ENOMEM;
	return 0;
}

/* Run ARGV, gather what it says. Returns 0, 1 when it failed, or -errno. */
static int idmap_spawn(char *const *argv, char *said, size_t size)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin";
	char *env[] = { path, NULL };
	posix_spawn_file_actions_t fa;
	_close_ int out = -EBADF, in = -EBADF;
	int pipefd[2], status, r;
	ssize_t n;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return -errno;
	in = pipefd[0];
	out = pipefd[1];
	r = posix_spawn_file_actions_init(&fa);
	if (r)
		return -r;
	(void)posix_spawn_file_actions_adddup2(&fa, out, 1);
	(void)posix_spawn_file_actions_adddup2(&fa, out, 2);
	r = posix_spawnp(&pid, argv[0], &fa, NULL, argv, env);
	posix_spawn_file_actions_destroy(&fa);
	close_fd(&out);
	if (r)
		return -r;
	n = fd_read_all(in, said, size - 1);
	said[MAX(n, 0)] = '\0';
	said[strcspn(said, "\n")] = '\0';
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}

static int idmap_helper(const char *helper, const char *file, pid_t pid,
			const struct plan_map *m, size_t n, struct err *e)
{
	struct strv argv = { NULL, 0 };
	char said[512] = "";
	int r = idmap_args(helper, pid, m, n, &argv);

	if (r == 0)
		r = idmap_spawn(argv.v, said, sizeof(said));
	strv_done(&argv);
	if (r == 0)
		return 0;
	if (r < 0)
		return err_set(e, r, "cannot run %s", helper);
	(void)err_set(e, -EPERM, "%s refused the ranges of %s: %s", helper, file, said);
	err_hint(e,
		 "--userns single does without ranges; %s must be setuid root or have "
		 "its capability",
		 helper);
	return -EPERM;
}

static int idmap_one(const struct run_live *live, const char *file,
		     const struct plan_map *m, struct err *e)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%u %u %u\n", m->inner, m->outer, m->count);
	return idmap_file(live->init, file, text, e);
}

int idmap_write(const struct run_plan *p, struct run_live *live, struct err *e)
{
	const struct plan_ids *ids = &p->ids;
	int r;

	switch (ids->kind) {
	case IDS_HOST:
		return 0;
	case IDS_SINGLE:
		r = idmap_file(live->init, "setgroups", "deny", e);
		if (r == 0)
			r = idmap_one(live, "uid_map", ids->uids, e);
		return r < 0 ? r : idmap_one(live, "gid_map", ids->gids, e);
	case IDS_RANGES:
		break;
	}
	r = idmap_helper("newuidmap", "/etc/subuid", live->init, ids->uids, ids->nuids,
			 e);
	if (r < 0)
		return r;
	return idmap_helper("newgidmap", "/etc/subgid", live->init, ids->gids, ids->ngids,
			    e);
}
