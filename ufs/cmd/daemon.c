/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "core.h"
#include "fdio.h"
#include "log.h"
#include "mounts.h"
#include "session.h"
#include "str.h"
#include "sys.h"

#define REPORT_MAX 8192 /* bytes of a packed error */

enum { REPORT_STANDS = 'S', REPORT_ERROR = 'E' };

static void daemon_notices(const char *lines)
{
	while (*lines) {
		size_t n = strcspn(lines, "\n");

		if (n)
			fprintf(stderr, "ufs: note: %.*s\n", (int)n, lines);
		lines += n + (lines[n] == '\n');
	}
}

/* The terminal and what else the parent's caller gave us is not ours. */
static int daemon_detach(void)
{
	_close_ int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	for (int i = 0; i <= 2; i++)
		if (dup2(fd, i) < 0)
			return -errno;
	if (fd <= 2)
		(void)take_fd(&fd); /* our caller had closed some of them */
	log_init("ufs", LOG_SINK_SYSLOG, LOG_LVL_WARN);
	return 0;
}

/*
 * Tell the parent that the mount stands, and let go of the terminal. A parent
 * that was interrupted is not there to be told: the mount goes with it.
 */
static int daemon_report(int report, struct err *e)
{
	static const char stands = REPORT_STANDS;
	int r;

	if (report < 0)
		return 0;
	r = daemon_detach();
	if (r < 0)
		return err_set(e, r, "cannot let go of the terminal");
	r = fd_write_all(report, &stands, 1);
	return r < 0 ? err_set(e, r, "the caller has gone") : 0;
}

/* From the branches to the end of the mount. Closes REPORT once it was told. */
static int daemon_run(struct ufs_config *cfg, int report, struct err *e)
{
	_close_ int owned = report;
	struct session *s = NULL;
	struct ufs *u = NULL;
	int r;

	(void)umask(0); /* the modes are the callers' */
	(void)sys_raise_nofile();
	/* With -o ro the kernel alone refuses changes, until remount,rw. */
	if (cfg->read_only) {
		cfg->read_only = false;
		cfg->lazy_work = true;
		r = config_add_fuse_opt(cfg, "ro");
		if (r < 0)
			return err_set(e, r, "cannot keep the mount options");
	}
	r = ufs_open(cfg, NULL, &u, e);
	if (r < 0)
		return r;
	daemon_notices(ufs_notices(u));
	r = session_open(u, cfg, -EBADF, &s, e);
	if (r < 0) {
		ufs_close(u);
		return r;
	}
	r = mounts_write(cfg, u);
	if (r < 0) /* the union is as good without; umount does without too */
		fprintf(stderr, "ufs: note: 'ufs status' will not show this union: %s\n",
			err_name(r));
	r = daemon_report(owned, e);
	if (r == 0) {
		close_fd(&owned);
		r = session_run(s);
		if (r < 0) {
			(void)err_set(e, r, "the connection to the kernel failed");
			log_error("'%s': the connection to the kernel failed (%s)",
				  cfg->mountpoint, err_name(r));
		}
	}
	session_close(s);
	ufs_close(u);
	mounts_remove();
	return r;
}

int daemon_serve(struct ufs_config *cfg, bool debug, struct err *e)
{
	log_init("ufs", LOG_SINK_STDERR, debug ? LOG_LVL_DEBUG : LOG_LVL_WARN);
	return daemon_run(cfg, -EBADF, e);
}

/* A shell's background job, or nohup, left some signals ignored or blocked. */
static void daemon_signals(void)
{
	static const int ours[] = {SIGTERM, SIGINT, SIGHUP};
	sigset_t none;

	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		(void)signal(ours[i], SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

_noreturn_ static void daemon_child(struct ufs_config *cfg, int report)
{
	_close_ int keep = -EBADF;
	struct err e = ERR_INIT;
	char buf[1 + REPORT_MAX];
	size_t len;

	/* A caller may have left locks and pipes open in us (podman does). */
	if (report != 3) {
		(void)dup3(report, 3, O_CLOEXEC);
		report = 3;
	}
	(void)close_range(4, ~0U, 0);
	(void)setsid();
	daemon_signals();
	if (chdir("/") < 0)
		(void)err_set(&e, -errno, "cannot enter the root directory");
	/* daemon_run closes its report; on an error this one tells the parent */
	keep = fcntl(report, F_DUPFD_CLOEXEC, 4);
	if (!err_isset(&e) && daemon_run(cfg, report, &e) == 0)
		_exit(EXIT_OK);
	buf[0] = REPORT_ERROR;
	len = err_pack(&e, buf + 1, sizeof(buf) - 1);
	(void)fd_write_all(keep, buf, len + 1); /* nobody listens once it stood */
	_exit(err_exit(&e, EXIT_FAILED));
}

/* The child said nothing: tell how it ended. */
static int daemon_silent(int status, struct err *e)
{
	if (WIFSIGNALED(status))
		return err_set(e, -EIO, "the daemon was ended by signal %d (%s)",
			       WTERMSIG(status), strsignal(WTERMSIG(status)));
	return err_set(e, -EIO, "the daemon ended without a reason, status %d",
		       WEXITSTATUS(status));
}

int daemon_start(struct ufs_config *cfg, struct err *e)
{
	_close_ int out = -EBADF, in = -EBADF;
	char buf[1 + REPORT_MAX];
	int fds[2], status = 0;
	ssize_t n;
	pid_t pid;

	(void)fflush(NULL);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_set(e, -errno, "cannot make a pipe");
	in = fds[0];
	out = fds[1];
	pid = fork();
	if (pid < 0)
		return err_set(e, -errno, "cannot start the daemon");
	if (pid == 0)
		daemon_child(cfg, out);
	close_fd(&out);
	do {
		n = read(in, buf, 1);
	} while (n < 0 && errno == EINTR);
	if (n == 1 && buf[0] == REPORT_STANDS)
		return 0;
	if (n == 1)
		n = fd_read_all(in, buf + 1, sizeof(buf) - 1);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (n <= 0)
		return daemon_silent(status, e);
	return err_unpack(e, buf + 1, (size_t)n);
}
