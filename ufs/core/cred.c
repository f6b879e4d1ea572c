/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cred.h"

#include <errno.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What this thread is at the moment; each thread has its own. */
static __thread struct {
	bool started;
	uid_t uid;
	gid_t gid;
} cred_now;

static bool has_cap(cap_value_t cap)
{
	cap_t c = cap_get_proc();
	cap_flag_value_t on = CAP_CLEAR;

	if (!c)
		return false;
	if (cap_get_flag(c, cap, CAP_EFFECTIVE, &on) < 0)
		on = CAP_CLEAR;
	(void)cap_free(c);
	return on == CAP_SET;
}

bool cred_setup(void)
{
	int bits;

	(void)umask(0); /* modes are meant as they are given */
	if (!has_cap(CAP_SETUID) || !has_cap(CAP_SETGID))
		return false;
	bits = prctl(PR_GET_SECUREBITS);
	return bits >= 0 && prctl(PR_SET_SECUREBITS, bits | SECBIT_NO_SETUID_FIXUP) == 0;
}

static int cred_start(void)
{
	/* The umask of its own; the directory of its own comes along. */
	if (!cred_now.started) {
		if (unshare(CLONE_FS) < 0)
			return -errno;
		cred_now.uid = geteuid();
		cred_now.gid = getegid();
		cred_now.started = true;
	}
	return 0;
}

static void set_ids(uid_t uid, gid_t gid)
{
	/* The calls of the C library would switch every thread. */
	if (cred_now.gid != gid)
		(void)syscall(SYS_setfsgid, gid);
	if (cred_now.uid != uid)
		(void)syscall(SYS_setfsuid, uid);
	cred_now.gid = gid;
	cred_now.uid = uid;
}

int cred_enter(const struct ufs_cred *c, bool switch_ids)
{
	int r = cred_start();

	if (r < 0)
		return r;
	if (switch_ids) {
		set_ids(c->uid, c->gid);
		/* setfsuid does not report failure, asking again does. */
		if ((uid_t)syscall(SYS_setfsuid, -1) != c->uid ||
		    (gid_t)syscall(SYS_setfsgid, -1) != c->gid) {
			set_ids(geteuid(), getegid());
			return -EPERM;
		}
	}
	(void)umask(c->umask & 0777);
	return 0;
}

void cred_leave(bool switch_ids)
{
	if (switch_ids)
		set_ids(geteuid(), getegid());
	(void)umask(0);
}
