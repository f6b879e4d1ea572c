/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "init.h"
#include "sync.h"
#include "sys.h"
#include "tty.h"

/* How long process 1 may outlive its filesystem when both are ending. */
#define SUPERVISE_GRACE_MS 2000

enum sup_state {
	SUP_RUNNING, /* nobody asked it to end */
	SUP_ASKED,   /* a first SIGTERM or SIGINT was passed on */
	SUP_KILLED,  /* SIGKILL is on its way */
	SUP_STATES,
};

enum sup_event {
	EV_STOP,   /* SIGTERM or SIGINT for ufs-run */
	EV_SIGNAL, /* any other signal that is passed on */
	EV_DAEMON, /* the filesystem's daemon has ended */
	EV_ERROR,  /* a stage inside failed */
	EV_EVENTS,
};

struct sup {
	const struct run_plan *plan;
	struct run_live *live;
	struct err *e;
	struct tty_relay tty;
	enum sup_state state;
	int sigfd;
	int sig;    /* of the event */
	bool failed; /* E came from inside, before the command was there */
};

static void sup_pass(struct sup *s)
{
	(void)sys_pidfd_send_signal(s->live->init_fd, s->sig); /* or it has just ended */
}

static void sup_ask(struct sup *s)
{
	sup_pass(s);
	s->state = SUP_ASKED;
}

static void sup_kill(struct sup *s)
{
	(void)sys_pidfd_send_signal(s->live->init_fd, SIGKILL); /* or it has just ended */
	s->state = SUP_KILLED;
}

/* At a normal end the mount goes a moment before process 1 is seen to. */
static void sup_orphan(struct sup *s)
{
	struct pollfd p = { .fd = s->live->init_fd, .events = POLLIN };

	if (poll(&p, 1, SUPERVISE_GRACE_MS) > 0)
		return;
	(void)err_set(s->e, -ENOTCONN, "the filesystem's daemon of '%s' has ended",
		      s->plan->name);
	sup_kill(s);
}

static void sup_none(struct sup *s _unused_)
{
}

static void (*const sup_do[SUP_STATES][EV_EVENTS])(struct sup *) = {
	[SUP_RUNNING] = {
		[EV_STOP] = sup_ask, [EV_SIGNAL] = sup_pass,
		[EV_DAEMON] = sup_orphan, [EV_ERROR] = sup_kill,
	},
	[SUP_ASKED] = {
		[EV_STOP] = sup_kill, [EV_SIGNAL] = sup_pass,
		[EV_DAEMON] = sup_orphan, [EV_ERROR] = sup_kill,
	},
	[SUP_KILLED] = {
		[EV_STOP] = sup_none, [EV_SIGNAL] = sup_none,
		[EV_DAEMON] = sup_none, [EV_ERROR] = sup_none,
	},
};

static void sup_event(struct sup *s, enum sup_event ev)
{
	sup_do[s->state][ev](s);
}

int supervise_signals(struct run_live *live, struct err *e)
{
	/* Job control and the failures of ufs-run itself stay with the kernel. */
	static const int kept[] = {
		SIGCHLD, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU,
		SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS,
	};
	sigset_t set;

	sigfillset(&set);
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		sigdelset(&set, kept[i]);
	if (sigprocmask(SIG_BLOCK, &set, &live->sigmask) < 0)
		return err_set(e, -errno, "cannot block signals");
	return 0;
}

static void sup_signal(struct sup *s)
{
	struct signalfd_siginfo si;

	if (read(s->sigfd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	s->sig = (int)si.ssi_signo;
	switch (s->sig) {
	case SIGTERM:
	case SIGINT:
		sup_event(s, EV_STOP);
		break;
	case SIGWINCH:
		tty_relay_resize(&s->tty);
		break;
	case SIGPIPE: /* of our own writing */
		break;
	default:
		sup_event(s, EV_SIGNAL);
	}
}

/* One message from inside. Returns false when there will be no more. */
static bool sup_message(struct sup *s)
{
	int fd = -EBADF, r = sync_recv(s->live->sync, &fd, s->failed ? NULL : s->e);

	if (r == SYNC_PTY && fd >= 0 && s->tty.master < 0) {
		tty_relay_start(&s->tty, take_fd(&fd), s->plan->interactive);
	} else if (r < 0 && r != -EPIPE) {
		s->failed = true;
		sup_event(s, EV_ERROR);
	}
	close_fd(&fd);
	return r >= 0;
}

enum { ON_SYNC, ON_SIGNAL, ON_INIT, ON_DAEMON, ON_IN, ON_OUT, ON_N };

static void sup_fill(const struct sup *s, struct pollfd *p)
{
	const struct tty_relay *t = &s->tty;
	bool reading = t->master >= 0 && t->in_open && t->npend == 0;

	p[ON_SYNC] = (struct pollfd){ .fd = s->live->sync, .events = POLLIN };
	p[ON_SIGNAL] = (struct pollfd){ .fd = s->sigfd, .events = POLLIN };
	p[ON_INIT] = (struct pollfd){ .fd = s->live->init_fd, .events = POLLIN };
	p[ON_DAEMON] = (struct pollfd){
		.fd = s->state == SUP_KILLED ? -1 : s->live->daemon_fd, .events = POLLIN,
	};
	p[ON_IN] = (struct pollfd){ .fd = reading ? 0 : -1, .events = POLLIN };
	p[ON_OUT] = (struct pollfd){
		.fd = t->master, .events = (short)(POLLIN | (t->npend ? POLLOUT : 0)),
	};
}

static int sup_loop(struct sup *s)
{
	struct pollfd p[ON_N];

	for (;;) {
		int n;

		sup_fill(s, p);
		/* Killed, the rest is ns_kill()'s, which knows what may hold it. */
		n = poll(p, ON_N, s->state == SUP_KILLED ? SUPERVISE_GRACE_MS : -1);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -ETIMEDOUT;
		if (n < 0)
			continue;
		if (p[ON_SYNC].revents && !sup_message(s))
			close_fd(&s->live->sync);
		if (p[ON_SIGNAL].revents)
			sup_signal(s);
		if (p[ON_OUT].revents & POLLOUT)
			tty_relay_flush(&s->tty);
		if ((p[ON_OUT].revents & ~POLLOUT) && !tty_relay_output(&s->tty))
			close_fd(&s->tty.master);
		if (p[ON_IN].revents)
			tty_relay_input(&s->tty);
		if (p[ON_INIT].revents)
			return 0;
		if (p[ON_DAEMON].revents)
			sup_event(s, EV_DAEMON);
	}
}

/* Process 1 has ended: what it said last, and its status. */
static void sup_reap(struct sup *s)
{
	struct pollfd p = { .fd = s->live->sync, .events = POLLIN };
	int status = 0;

	while (s->live->sync >= 0 && poll(&p, 1, 0) > 0 && sup_message(s))
		;
	while (waitpid(s->live->init, &status, 0) < 0 && errno == EINTR)
		;
	s->live->init_gone = true;
	s->live->status = init_status(status);
	s->live->ran = !s->failed;
}

int supervise_run(const struct run_plan *p, struct run_live *live, struct err *e)
{
	struct sup s = {
		.plan = p, .live = live, .e = e, .sigfd = -EBADF,
		.tty = { .master = -EBADF },
	};
	sigset_t set;
	int r;

	if (sigprocmask(SIG_BLOCK, NULL, &set) < 0)
		return err_set(e, -errno, "cannot read the signal mask");
	s.sigfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s.sigfd < 0)
		return err_set(e, -errno, "cannot watch for signals");
	r = sup_loop(&s);
	if (r == 0)
		sup_reap(&s);
	if (r == -ETIMEDOUT) {
		live->ran = !s.failed;
		live->status = RUN_EXIT_SIGNAL + SIGKILL;
		r = 0;
	}
	tty_relay_stop(&s.tty);
	close_fd(&s.sigfd);
	if (r < 0)
		return err_set(e, r, "cannot watch the container");
	return err_isset(e) ? e->code : 0;
}
