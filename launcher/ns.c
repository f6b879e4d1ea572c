/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "fdio.h"
#include "sys.h"

/* How long a killed container may wait for its filesystem. */
#define NS_KILL_MS 10000

static const struct ns_kind kinds[] = {
	{ "user", "user", CLONE_NEWUSER },
	{ "mount", "mnt", CLONE_NEWNS },
	{ "pid", "pid", CLONE_NEWPID },
	{ "ipc", "ipc", CLONE_NEWIPC },
	{ "uts", "uts", CLONE_NEWUTS },
	{ "network", "net", CLONE_NEWNET },
	{ "cgroup", "cgroup", CLONE_NEWCGROUP },
};

const struct ns_kind *ns_kinds(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(kinds);
	return kinds;
}

int ns_plan(const struct run_config *c, const struct run_host *h _unused_,
	    struct run_plan *p, struct err *e)
{
	unsigned flags = 0;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		flags |= kinds[i].flag;
	if (p->ids.kind == IDS_HOST)
		flags &= ~(unsigned)CLONE_NEWUSER;
	if (c->net_host)
		flags &= ~(unsigned)CLONE_NEWNET;
	p->clone_flags = flags;
	p->lo_up = !c->net_host;
	p->hostname = strdup(c->hostname ? c->hostname : p->name);
	return p->hostname ? 0 : err_set(e, -ENOMEM, "cannot plan the namespaces");
}

/* The number in a file below /proc/sys, or -1. */
static long ns_sysctl(const char *name)
{
	_free_ char *text = NULL;
	_close_ int dir = open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 || fd_read_file(dir, name, 64, &text) < 0)
		return -1;
	return strtol(text, NULL, 10);
}

/* Say which of the host's switches forbids namespaces. */
static int ns_explain(const struct run_plan *p, int code, struct err *e)
{
	if (!(p->clone_flags & CLONE_NEWUSER)) {
		(void)err_set(e, code, "cannot make namespaces");
		if (code == -EPERM)
			err_hint(e, "run as an ordinary user, or with CAP_SYS_ADMIN");
	} else if (ns_sysctl("kernel/unprivileged_userns_clone") == 0) {
		(void)err_set(e, code,
			      "this host forbids user namespaces: "
			      "kernel.unprivileged_userns_clone is 0");
		err_hint(e, "sudo sysctl kernel.unprivileged_userns_clone=1");
	} else if (ns_sysctl("user/max_user_namespaces") == 0) {
		(void)err_set(e, code,
			      "this host forbids user namespaces: "
			      "user.max_user_namespaces is 0");
		err_hint(e, "sudo sysctl user.max_user_namespaces=15000");
	} else if (code == -ENOSPC || code == -EUSERS) {
		(void)err_set(e, code,
			      "cannot make namespaces: a limit of theirs is reached");
		err_hint(e, "see user.max_*_namespaces in sysctl(8); they nest 32 deep "
			    "at most");
	} else if (ns_sysctl("kernel/apparmor_restrict_unprivileged_userns") == 1) {
		(void)err_set(e, code, "AppArmor forbids user namespaces on this host");
		err_hint(e, "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0");
	} else {
		(void)err_set(e, code, "cannot make a user namespace");
		if (code == -EPERM)
			err_hint(e, "inside a container or a chroot the kernel forbids "
				    "it; run ufs-run on the host");
	}
	return code;
}

int ns_clone(const struct run_plan *p, struct run_live *live, struct err *e)
{
	long pid = syscall(SYS_clone, (unsigned long)(p->clone_flags | SIGCHLD), NULL,
			   NULL, NULL, NULL);

	if (pid < 0)
		return ns_explain(p, -errno, e);
	if (pid == 0) {
		int keep[] = { live->sync_child, live->daemon_sock };

		/* Before anything else: the end of ufs-run ends the container. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		live->side = SIDE_CHILD;
		sys_close_others(keep, ARRAY_LEN(keep));
		live->sync = live->sync_child;
		live->sync_child = live->daemon_fd = -EBADF;
		return 0;
	}
	live->init = (pid_t)pid;
	close_fd(&live->sync_child);
	close_fd(&live->daemon_sock);
	live->init_fd = sys_pidfd_open(live->init);
	if (live->init_fd < 0)
		return err_set(e, live->init_fd, "cannot watch the container");
	return 0;
}

static int ns_lo_up(struct err *e)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	_close_ int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (s < 0 && errno == EAFNOSUPPORT)
		return 0; /* a kernel without IPv4 has no lo to bring up */
	if (s < 0 || ioctl(s, SIOCGIFFLAGS, &ifr) < 0)
		return err_set(e, -errno, "cannot look at the network device 'lo'");
	ifr.ifr_flags |= IFF_UP;
	if (ioctl(s, SIOCSIFFLAGS, &ifr) < 0)
		return err_set(e, -errno, "cannot bring the network device 'lo' up");
	return 0;
}

int ns_setup(const struct run_plan *p, struct run_live *live, struct err *e)
{
	int r;

	/* From here on nobody who shares our ids may look into us (/proc/1). */
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_set(e, -errno, "cannot hide process 1");
	/* Keys of the caller's terminal reach us through ufs-run only, once. */
	if (setsid() < 0)
		return err_set(e, -errno, "cannot start a session");
	live->umask = umask(0);
	if (p->ids.kind == IDS_RANGES && setgroups(0, NULL) < 0)
		return err_set(e, -errno, "cannot drop the caller's groups");
	/* A failure leaves the caller's keyring, which the seccomp profile closes. */
	(void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		r = err_set(e, -errno, "cannot make the mounts private");
		if (r == -EACCES || r == -EPERM)
			err_hint(e, "a security module restricts user namespaces "
				    "(AppArmor: sudo sysctl "
				    "kernel.apparmor_restrict_unprivileged_userns=0)");
		return r;
	}
	if (sethostname(p->hostname, strlen(p->hostname)) < 0)
		return err_set(e, -errno, "cannot set the host name '%s'", p->hostname);
	return p->lo_up ? ns_lo_up(e) : 0;
}

/*
 * A process that waits for an answer of the filesystem cannot die before it
 * comes. A daemon that does not answer any more is ended: that answers all.
 */
static void ns_unblock(const struct run_live *live)
{
	struct pollfd p = { .fd = live->init_fd, .events = POLLIN };

	if (live->init_fd >= 0 && live->daemon_fd >= 0 && poll(&p, 1, NS_KILL_MS) == 0)
		(void)sys_pidfd_send_signal(live->daemon_fd, SIGKILL);
}

void ns_kill(const struct run_plan *p _unused_, struct run_live *live)
{
	if (live->init > 0 && !live->init_gone) {
		if (live->init_fd >= 0)
			(void)sys_pidfd_send_signal(live->init_fd, SIGKILL);
		else
			(void)kill(live->init, SIGKILL); /* ours, not reaped: no reuse */
		ns_unblock(live);
		while (waitpid(live->init, NULL, 0) < 0 && errno == EINTR)
			;
		live->init_gone = true;
	}
	close_fd(&live->init_fd);
	close_fd(&live->sync_child);
	close_fd(&live->sync);
}
