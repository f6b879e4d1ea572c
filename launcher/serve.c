/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "config.h"
#include "core.h"
#include "log.h"
#include "session.h"
#include "state.h"
#include "sync.h"
#include "sys.h"
#include "view.h"

/*
 * No working directory and no signals of the caller's. Standard error stays
 * until the mount stands, for notices.
 */
static int serve_detach(struct err *e)
{
	_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	if (setsid() < 0 || chdir("/") < 0 || null < 0 || dup2(null, 0) < 0 ||
	    dup2(null, 1) < 0 || sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return err_set(e, -errno, "cannot go into the background");
	(void)signal(SIGPIPE, SIG_IGN);
	umask(0);
	log_init("ufs-run", LOG_SINK_SYSLOG, LOG_LVL_WARN);
	(void)sys_raise_nofile();
	/* Nobody who shares our ids may look into the descriptors. */
	return prctl(PR_SET_DUMPABLE, 0) < 0
		       ? err_set(e, -errno, "cannot hide the daemon")
		       : 0;
}

/* Say what the branches lack, then nothing more. */
static int serve_notices(const char *lines, struct err *e)
{
	_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	while (*lines) {
		size_t n = strcspn(lines, "\n");

		if (n)
			fprintf(stderr, "ufs-run: note: %.*s\n", (int)n, lines);
		lines += n + (lines[n] == '\n');
	}
	if (null < 0 || dup2(null, 2) < 0)
		return err_set(e, -errno, "cannot leave the terminal");
	return 0;
}

static int serve_ranges(const struct plan_map *m, size_t n, struct id_range **ret)
{
	*ret = calloc(n ? n : 1, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		(*ret)[i] = (struct id_range){ m[i].inner, m[i].count };
	return 0;
}

static int serve_ids(const struct plan_ids *ids, struct id_view *v)
{
	if (ids->kind == IDS_HOST)
		return 0;
	v->virt = true;
	v->nuids = ids->nuids;
	v->ngids = ids->ngids;
	if (serve_ranges(ids->uids, ids->nuids, &v->uids) < 0 ||
	    serve_ranges(ids->gids, ids->ngids, &v->gids) < 0)
		return -ENOMEM;
	return 0;
}

static int serve_branches(const struct run_plan *p, const struct state_record *r,
			   int *lowers, struct ufs_config *c)
{
	/* Whiteouts of a lower count where it is a layer, not in the host's files. */
	unsigned attrs = p->host_root ? 0 : BRANCH_WH;
	int upper, code;

	/* As it is mounted, not as a copy: the work directory lies beside it, and
	 * nothing is renamed from one mount to another. */
	upper = open(r->upper, O_PATH | O_DIRECTORY | O_CLOEXEC);
	code = upper < 0 ? -errno : 0;
	if (code == 0)
		code = config_add_branch(c, r->upper, upper, BRANCH_RW, BRANCH_WH);
	for (size_t i = 0; i < r->lowers.n; i++) {
		int fd = take_fd(&lowers[i]);

		if (code == 0)
			code = config_add_branch(c, r->lowers.v[i], fd, BRANCH_RO, attrs);
		else
			close_fd(&fd);
	}
	for (size_t i = 0; code == 0 && i < c->nbranches; i++)
		c->branches[i].perm_given = true;
	return code;
}

int serve_config(const struct run_plan *p, const struct state_record *r,
		  int *lowers, struct ufs_config *ret, struct err *e)
{
	int code = serve_branches(p, r, lowers, ret);

	if (code == 0 && r->work && !(ret->work = strdup(r->work)))
		code = -ENOMEM;
	if (code == 0)
		code = config_add_hide(ret, p->data);
	if (code == 0)
		code = config_add_hide(ret, p->runtime);
	if (code == 0)
		code = serve_ids(&p->ids, &ret->ids);
	if (code == 0)
		code = view_mountpoints(p, ret);
	ret->read_only = p->read_only;
	if (code < 0)
		return err_set(e, code, "cannot set up the union");
	return config_check(ret, e);
}

/* Receive the lower branches, in order. */
static int serve_receive(int sock, int *lowers, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		int r = sync_wait(sock, SYNC_BRANCH, &lowers[i], "the container", e);

		if (r < 0)
			return r;
	}
	return 0;
}

static int serve_open(const struct run_plan *p, const struct state_record *r, int sock,
		       struct ufs_config *cfg, struct ufs **ret, struct err *e)
{
	_free_ int *lowers = calloc(r->lowers.n, sizeof(*lowers));
	int code;

	if (!lowers)
		return err_set(e, -ENOMEM, "cannot open the branches");
	for (size_t i = 0; i < r->lowers.n; i++)
		lowers[i] = -EBADF;
	code = serve_receive(sock, lowers, r->lowers.n, e);
	if (code == 0)
		code = serve_config(p, r, lowers, cfg, e);
	if (code == 0)
		code = ufs_open(cfg, NULL, ret, e);
	for (size_t i = 0; i < r->lowers.n; i++)
		close_fd(&lowers[i]);
	return code;
}

/* Answer, take the mounted /dev/fuse, answer. */
static int serve_connect(int sock, const struct ufs_config *cfg, struct ufs *u,
			  struct session **ret, struct err *e)
{
	int fuse = -EBADF, r;

	r = sync_send(sock, SYNC_GO, -1);
	if (r < 0)
		return err_set(e, r, "the container has ended");
	r = sync_wait(sock, SYNC_FUSE, &fuse, "the container", e);
	return r < 0 ? r : session_open(u, cfg, fuse, ret, e);
}

int serve_main(const struct run_plan *p, const struct state_record *r, int sock)
{
	struct err e = ERR_INIT;
	struct ufs_config cfg;
	struct session *s = NULL;
	struct ufs *u = NULL;
	int code;

	config_init(&cfg);
	code = serve_detach(&e);
	if (code == 0)
		code = serve_open(p, r, sock, &cfg, &u, &e);
	if (code == 0)
		code = serve_notices(ufs_notices(u), &e);
	if (code == 0)
		code = serve_connect(sock, &cfg, u, &s, &e);
	if (code < 0)
		(void)sync_send_err(sock, &e); /* or the container has gone before */
	else
		(void)sync_send(sock, SYNC_GO, -1);
	close_fd(&sock);
	if (code == 0)
		code = session_run(s);
	if (s)
		session_close(s);
	if (u)
		ufs_close(u);
	config_done(&cfg);
	err_done(&e);
	return code < 0 ? 1 : 0;
}
