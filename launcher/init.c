/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "sys.h"

int init_status(int wait_status)
{
	if (WIFSIGNALED(wait_status))
		return RUN_EXIT_SIGNAL + WTERMSIG(wait_status);
	return WEXITSTATUS(wait_status);
}

/* Reap all that is dead. Returns true with the status once PAYLOAD is among them. */
static bool init_reap(pid_t payload, int *ret_status)
{
	bool done = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == payload) {
			*ret_status = init_status(status);
			done = true;
		}
	return done;
}

/* What a keyboard sends goes to the whole job, as a terminal would do it. */
static void init_pass(pid_t payload, int sig)
{
	bool job = sig == SIGINT || sig == SIGQUIT;

	if (job && kill(-payload, sig) == 0)
		return;
	(void)kill(payload, sig); /* a zombie or a child of ours: never another */
}

static _noreturn_ void init_run(pid_t payload)
{
	_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t all;
	int status = RUN_EXIT_FAILED;

	/* Hold nothing: the end of a pipe is the payload's to give. */
	if (null >= 0)
		for (int fd = 0; fd < 3; fd++)
			(void)dup2(null, fd);
	sys_close_others(NULL, 0);
	sigfillset(&all);
	for (;;) {
		int sig = sigwaitinfo(&all, NULL);

		if (sig > 0 && sig != SIGCHLD)
			init_pass(payload, sig);
		if (init_reap(payload, &status))
			_exit(status);
	}
}

int init_fork(const struct run_plan *p _unused_, struct run_live *live, struct err *e)
{
	sigset_t all;
	pid_t pid;

	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) < 0)
		return err_set(e, -errno, "cannot block signals");
	pid = fork();
	if (pid < 0)
		return err_set(e, -errno, "cannot start the command");
	if (pid > 0)
		init_run(pid);
	live->side = SIDE_PAYLOAD;
	return 0;
}
