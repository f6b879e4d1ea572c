/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "caps.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cleanup.h"
#include "fdio.h"
#include "macros.h"

/*
 * The usual set: enough for packages' scripts and servers. MKNOD is not in
 * it: without a device cgroup it would open the host's disks to root.
 */
static const unsigned char defaults[] = {
	CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_KILL, CAP_SETGID,
	CAP_SETUID, CAP_SETPCAP, CAP_SETFCAP, CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT,
};

int caps_plan(const struct run_config *c _unused_, const struct run_host *h _unused_,
	      struct run_plan *p, struct err *e _unused_)
{
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
		p->caps |= 1ULL << defaults[i];
	return 0;
}

static int caps_bound(uint64_t keep, struct err *e)
{
	for (int cap = 0; cap < 64; cap++) {
		if (keep >> cap & 1)
			continue;
		if (prctl(PR_CAPBSET_READ, cap) < 0)
			break; /* the kernel knows no more */
		if (prctl(PR_CAPBSET_DROP, cap) < 0)
			return err_set(e, -errno, "cannot drop capability %d", cap);
	}
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return err_set(e, -errno, "cannot drop the ambient capabilities");
	return 0;
}

/* Permitted and effective become KEEP, as far as they are held; the rest empty. */
static int caps_set(uint64_t keep, struct err *e)
{
	cap_t now = cap_get_proc(), new = cap_init();
	int r = now && new ? 0 : -ENOMEM;

	for (cap_value_t cap = 0; r == 0 && cap < cap_max_bits(); cap++) {
		cap_flag_value_t held;

		if (!(keep >> cap & 1) ||
		    cap_get_flag(now, cap, CAP_PERMITTED, &held) < 0 || held == CAP_CLEAR)
			continue;
		if (cap_set_flag(new, CAP_PERMITTED, 1, &cap, CAP_SET) < 0 ||
		    cap_set_flag(new, CAP_EFFECTIVE, 1, &cap, CAP_SET) < 0)
			r = -errno;
	}
	if (r == 0 && cap_set_proc(new) < 0)
		r = -errno;
	(void)cap_free(now); /* accepts NULL with an error that is ours already */
	(void)cap_free(new);
	return r < 0 ? err_set(e, r, "cannot reduce the capabilities") : 0;
}

/* A user namespace around us may forbid setgroups(2) for good. */
static bool caps_groups_denied(void)
{
	_free_ char *text = NULL;

	return fd_read_file(AT_FDCWD, "/proc/self/setgroups", 64, &text) >= 0 &&
	       strncmp(text, "deny", 4) == 0;
}

static int caps_ids(const struct run_plan *p, struct run_live *live, struct err *e)
{
	/* With one id the kernel forbids setgroups(2); the groups stay, unnamed. */
	if (p->ids.kind != IDS_SINGLE && setgroups(live->ngroups, live->groups) < 0 &&
	    !(errno == EPERM && caps_groups_denied()))
		return err_set(e, -errno, "cannot set the groups of user %u", live->uid);
	if (live->pty_slave >= 0 && fchown(live->pty_slave, live->uid, (gid_t)-1) < 0)
		return err_set(e, -errno, "cannot give the terminal to user %u",
			       live->uid);
	if (setresgid(live->gid, live->gid, live->gid) < 0) {
		(void)err_set(e, -errno, "group %u does not exist inside", live->gid);
		goto hint;
	}
	if (setresuid(live->uid, live->uid, live->uid) < 0) {
		(void)err_set(e, -errno, "user %u does not exist inside", live->uid);
		goto hint;
	}
	return 0;
hint:
	if (p->ids.kind != IDS_HOST)
		err_hint(e, "only mapped ids exist: 'ufs-run --dry-run' lists them; "
			    "/etc/subuid and /etc/subgid give more");
	return e->code;
}

int caps_apply(const struct run_plan *p, struct run_live *live, struct err *e)
{
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(e, -errno, "cannot set no_new_privs");
	r = caps_bound(p->caps, e);
	if (r == 0)
		r = caps_ids(p, live, e);
	if (r == 0)
		r = caps_set(live->uid == 0 ? p->caps : 0, e);
	return r;
}
