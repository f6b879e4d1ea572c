/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "core.h"
#include "fuse_ops.h"
#include "log.h"
#include "str.h"

#define IDLE_THREADS 8
#define MAX_THREADS 16

struct session {
	struct fuse_side side;
	struct fuse_session *se;
	bool mounted;
	bool signals;
	pthread_t keeper;       /* runs ufs_idle once a second */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
};

/* What libfuse said last, for the message at the edge; it prints otherwise. */
static struct {
	pthread_mutex_t lock;
	char text[256];
} fuse_said = { PTHREAD_MUTEX_INITIALIZER, "" };

static void _printf_(2, 0) keep_message(enum fuse_log_level level, const char *fmt,
					va_list ap)
{
	char line[sizeof(fuse_said.text)];
	size_t n;

	(void)vsnprintf(line, sizeof(line), fmt, ap);
	n = strlen(line);
	while (n && line[n - 1] == '\n')
		line[--n] = '\0';
	pthread_mutex_lock(&fuse_said.lock);
	memcpy(fuse_said.text, line, n + 1);
	pthread_mutex_unlock(&fuse_said.lock);
	if (level <= FUSE_LOG_ERR)
		log_info("libfuse: %s", line);
	else
		log_debug("libfuse: %s", line);
}

static void add_option(struct sb *b, const char *opt)
{
	sb_add(b, b->len ? "," : "-o");
	for (const char *p = opt; *p; p++) {
		if (*p == ',' || *p == '\\')
			sb_addc(b, '\\'); /* of libfuse's own syntax */
		sb_addc(b, *p);
	}
}

static int add_args(struct fuse_args *args, const struct ufs *u,
		    const struct ufs_config *cfg)
{
	struct sb b = SB_INIT;
	_free_ char *opts = NULL;
	int r;

	/* Nothing could be written: the kernel refuses it at open already. */
	if (ufs_is_read_only(u))
		add_option(&b, "ro");
	for (size_t i = 0; i < cfg->nfuse_opts; i++)
		add_option(&b, cfg->fuse_opts[i]);
	r = sb_take(&b, &opts);
	if (r < 0)
		return r;
	if (fuse_opt_add_arg(args, "ufs") < 0 ||
	    (*opts && fuse_opt_add_arg(args, opts) < 0))
		return -ENOMEM;
	return 0;
}

static int mount_error(int code, struct err *e)
{
	char text[sizeof(fuse_said.text)];

	pthread_mutex_lock(&fuse_said.lock);
	memcpy(text, fuse_said.text, sizeof(text));
	pthread_mutex_unlock(&fuse_said.lock);
	(void)err_set(e, code, "the mount was refused%s%s", *text ? ": " : "", text);
	if (strstr(text, "user_allow_other"))
		err_hint(e, "root can allow it: echo user_allow_other >> /etc/fuse.conf; "
			 "or leave allow_other out");
	return code;
}

static int session_mount(struct session *s, const struct ufs_config *cfg, int fuse_fd,
			 struct err *e)
{
	_free_ char *path = NULL;
	int r = 0;

	if (fuse_fd >= 0) {
		r = str_printf(&path, "/dev/fd/%d", fuse_fd);
		if (r < 0)
			return err_set(e, r, "cannot serve the mounted union");
	}
	errno = 0;
	if (fuse_session_mount(s->se, path ? path : cfg->mountpoint) < 0)
		return mount_error(errno ? -errno : -EIO, e);
	s->mounted = true;
	return 0;
}

int session_open(struct ufs *u, const struct ufs_config *cfg, int fuse_fd,
		 struct session **ret, struct err *e)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct session *s = calloc(1, sizeof(*s));
	int r = -ENOMEM;

	fuse_set_log_func(keep_message);
	if (s) {
		s->side.u = u;
		s->side.posix_acl = !cfg->ids.virt;
		pthread_mutex_init(&s->lock, NULL);
		pthread_cond_init(&s->wake, NULL);
		r = add_args(&args, u, cfg);
	}
	if (r == 0) {
		s->se = fuse_session_new(&args, &fuse_ops, sizeof(fuse_ops), &s->side);
		if (!s->se)
			r = -EINVAL;
	}
	fuse_opt_free_args(&args);
	if (r < 0) {
		if (fuse_fd >= 0)
			(void)close(fuse_fd);
		(void)(r == -EINVAL ? mount_error(r, e) :
		       err_set(e, r, "cannot mount"));
	} else {
		r = session_mount(s, cfg, fuse_fd, e);
	}
	if (r < 0) {
		session_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

static void *keeper_run(void *arg)
{
	struct session *s = arg;

	pthread_mutex_lock(&s->lock);
	while (!s->stop) {
		struct timespec t;

		(void)clock_gettime(CLOCK_REALTIME, &t);
		t.tv_sec++;
		(void)pthread_cond_timedwait(&s->wake, &s->lock, &t);
		pthread_mutex_unlock(&s->lock);
		ufs_idle(s->side.u);
		pthread_mutex_lock(&s->lock);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static int keeper_start(struct session *s)
{
	sigset_t all, old;
	int r;

	/* Signals are for the thread that waits for them. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&s->keeper, NULL, keeper_run, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -r;
}

static void keeper_stop(struct session *s)
{
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->keeper, NULL);
}

int session_run(struct session *s)
{
	struct fuse_loop_config *loop = fuse_loop_cfg_create();
	int r;

	if (!loop)
		return -ENOMEM;
	fuse_loop_cfg_set_max_threads(loop, MAX_THREADS);
	fuse_loop_cfg_set_idle_threads(loop, IDLE_THREADS);
	r = fuse_set_signal_handlers(s->se) < 0 ? -EINVAL : 0;
	if (r == 0) {
		s->signals = true;
		r = keeper_start(s);
	}
	if (r == 0) {
		r = fuse_session_loop_mt(s->se, loop);
		keeper_stop(s);
		if (r > 0) /* a signal: what was asked for */
			r = 0;
	}
	fuse_loop_cfg_destroy(loop);
	return r;
}

void session_close(struct session *s)
{
	if (!s)
		return;
	if (s->se) {
		if (s->signals)
			fuse_remove_signal_handlers(s->se);
		if (s->mounted)
			fuse_session_unmount(s->se);
		fuse_session_destroy(s->se);
	}
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->wake);
	free(s);
}
