/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tty.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "fdio.h"
#include "sync.h"
#include "sys.h"
#include "sysmount.h"

/* The slave becomes /dev/console too. */
static int tty_console(const struct run_live *live)
{
	_close_ int file = -EBADF, fd = -EBADF;
	int r = 0;

	file = sys_open_beneath(live->root, "dev/console",
				O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (file < 0)
		return file;
	fd = sysmount_clone(live->pty_slave, "", false);
	if (fd >= 0)
		r = sysmount_attach(fd, file, "");
	return fd < 0 ? fd : r;
}

int tty_open(const struct run_plan *p, struct run_live *live, struct err *e)
{
	_close_ int master = -EBADF;
	struct statfs fs;
	int unlock = 0, r;

	if (!p->tty)
		return 0;
	master = sys_open_beneath(live->root, "dev/pts/ptmx", O_RDWR | O_NOCTTY, 0);
	if (master < 0 || fstatfs(master, &fs) < 0 || fs.f_type != DEVPTS_SUPER_MAGIC ||
	    ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return err_set(e, master < 0 ? master : -errno, "cannot make a terminal");
	live->pty_slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (live->pty_slave < 0)
		return err_set(e, -errno, "cannot open the container's terminal");
	r = tty_console(live);
	if (r == 0)
		r = sync_send(live->sync, SYNC_PTY, master);
	return r < 0 ? err_set(e, r, "cannot set up the container's terminal") : 0;
}

int tty_enter(const struct run_plan *p, struct run_live *live, struct err *e)
{
	_close_ int null = -EBADF;

	/* A session of its own: no way back to the caller's terminal. */
	if (setsid() < 0)
		return err_set(e, -errno, "cannot start a session");
	if (p->tty) {
		if (ioctl(live->pty_slave, TIOCSCTTY, 0) < 0 ||
		    dup2(live->pty_slave, 0) < 0 || dup2(live->pty_slave, 1) < 0 ||
		    dup2(live->pty_slave, 2) < 0)
			return err_set(e, -errno,
				       "cannot enter the container's terminal");
		return 0;
	}
	if (p->interactive)
		return 0;
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null < 0 || dup2(null, 0) < 0)
		return err_set(e, -errno, "cannot close the standard input");
	return 0;
}

void tty_relay_start(struct tty_relay *t, int master, bool interactive)
{
	struct termios raw;

	t->master = master;
	(void)fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK); /* cannot fail on a pty */
	t->in_open = interactive;
	if (interactive && tcgetattr(0, &t->saved) == 0) {
		raw = t->saved;
		cfmakeraw(&raw);
		t->raw = tcsetattr(0, TCSADRAIN, &raw) == 0;
	}
	tty_relay_resize(t);
}

void tty_relay_resize(const struct tty_relay *t)
{
	struct winsize ws;

	if (t->master >= 0 &&
	    (ioctl(1, TIOCGWINSZ, &ws) == 0 || ioctl(0, TIOCGWINSZ, &ws) == 0))
		(void)ioctl(t->master, TIOCSWINSZ, &ws); /* a wrong size is no failure */
}

void tty_relay_flush(struct tty_relay *t)
{
	ssize_t n = write(t->master, t->pend, t->npend);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0)
		n = (ssize_t)t->npend; /* the payload is gone: nobody will read it */
	t->npend -= (size_t)n;
	memmove(t->pend, t->pend + n, t->npend);
}

void tty_relay_input(struct tty_relay *t)
{
	ssize_t n = read(0, t->pend, sizeof(t->pend));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		/* The end of a file or pipe: ^D, as typed at a line's start. */
		t->pend[0] = 4;
		n = 1;
		t->in_open = false;
	}
	t->npend = (size_t)n;
	tty_relay_flush(t);
}

bool tty_relay_output(struct tty_relay *t)
{
	char buf[8192];
	ssize_t n = read(t->master, buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0) /* EIO: no slave is open any more */
		return false;
	(void)fd_write_all(1, buf, (size_t)n); /* nobody left to read it */
	return true;
}

void tty_relay_stop(struct tty_relay *t)
{
	struct pollfd p = { .fd = t->master, .events = POLLIN };

	while (t->master >= 0 && poll(&p, 1, 0) > 0 && tty_relay_output(t))
		;
	if (t->raw)
		(void)tcsetattr(0, TCSADRAIN, &t->saved);
	t->raw = false;
	close_fd(&t->master);
}
