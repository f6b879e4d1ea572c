/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys.h"

static struct {
	bool armed;
	enum fault_kind kind;
	unsigned at, seen;
	int code;
	const char *where;
	unsigned lack;
} fault = { .where = "" };

void fault_arm(enum fault_kind kind, unsigned at, int code)
{
	fault.kind = kind;
	fault.at = at;
	fault.code = code;
	fault.seen = 0;
	fault.where = "";
	fault.armed = true;
}

bool fault_disarm(void)
{
	fault.armed = false;
	return fault.seen >= fault.at;
}

const char *fault_where(void)
{
	return fault.where;
}

void fault_lack(unsigned lack)
{
	fault.lack = lack;
}

/* 0 to go on, or the error to give. LACK: what it needs, LACKING: the answer. */
static int hit(const char *name, bool changes, unsigned lack, int lacking)
{
	if (fault.lack & lack)
		return lacking;
	if (!fault.armed || fault.kind == FAULT_MEMORY ||
	    (fault.kind == FAULT_STOP && !changes) || ++fault.seen != fault.at)
		return 0;
	fault.where = name;
	if (fault.kind == FAULT_STOP)
		_exit(FAULT_STATUS);
	return fault.code;
}

/*
 * One row for each call: its type, name, parameters and arguments, whether it
 * changes what lies on a branch, what it needs of the filesystem and what
 * one that lacks that answers.
 */
#define CALLS(ROW) \
	ROW(int, sys_open_beneath, (int d, const char *n, int fl, mode_t m), \
	    (d, n, fl, m), fl & O_CREAT, 0, 0) \
	ROW(int, sys_openat, (int d, const char *n, int fl, mode_t m), \
	    (d, n, fl, m), fl & (O_CREAT | O_TRUNC), 0, 0) \
	ROW(int, sys_reopen, (int fd, int fl), (fd, fl), fl & O_TRUNC, 0, 0) \
	ROW(int, sys_dup, (int fd), (fd), false, 0, 0) \
	ROW(int, sys_stat, (int d, const char *n, struct stat *st), \
	    (d, n, st), false, 0, 0) \
	ROW(int, sys_statx, (int d, const char *n, struct statx *st), \
	    (d, n, st), false, 0, 0) \
	ROW(int, sys_renameat2, (int od, const char *o, int nd, const char *n, unsigned fl), \
	    (od, o, nd, n, fl), true, \
	    (fl ? LACK_FLAGS : 0) | (fl & RENAME_WHITEOUT ? LACK_WHITEOUT : 0), -EINVAL) \
	ROW(int, sys_linkat, (int od, const char *o, int nd, const char *n, int fl), \
	    (od, o, nd, n, fl), true, LACK_LINKS, -EPERM) \
	ROW(int, sys_unlinkat, (int d, const char *n, int fl), (d, n, fl), true, 0, 0) \
	ROW(int, sys_mkdirat, (int d, const char *n, mode_t m), (d, n, m), true, 0, 0) \
	ROW(int, sys_mknodat, (int d, const char *n, mode_t m, dev_t dev), \
	    (d, n, m, dev), true, 0, 0) \
	ROW(int, sys_symlinkat, (const char *to, int d, const char *n), \
	    (to, d, n), true, 0, 0) \
	ROW(int, sys_ftruncate, (int fd, off_t size), (fd, size), true, 0, 0) \
	ROW(int, sys_fallocate, (int fd, int mode, off_t off, off_t len), \
	    (fd, mode, off, len), true, 0, 0) \
	ROW(ssize_t, sys_pread, (int fd, void *buf, size_t len, off_t off), \
	    (fd, buf, len, off), false, 0, 0) \
	ROW(ssize_t, sys_pwrite, (int fd, const void *buf, size_t len, off_t off), \
	    (fd, buf, len, off), true, 0, 0) \
	ROW(ssize_t, sys_copy_file_range, \
	    (int in, off_t *io, int out, off_t *oo, size_t len), \
	    (in, io, out, oo, len), true, LACK_RANGE, -EOPNOTSUPP) \
	ROW(int, sys_clone_file, (int in, int out), (in, out), true, LACK_RANGE, \
	    -EOPNOTSUPP) \
	ROW(off_t, sys_seek, (int fd, off_t off, int wh), (fd, off, wh), false, 0, 0) \
	ROW(ssize_t, sys_getdents, (int fd, void *buf, size_t size), \
	    (fd, buf, size), false, 0, 0) \
	ROW(ssize_t, sys_readlink, (int fd, char *buf, size_t size), \
	    (fd, buf, size), false, 0, 0) \
	ROW(int, sys_chmod, (int fd, mode_t mode), (fd, mode), true, 0, 0) \
	ROW(int, sys_chown, (int fd, uid_t u, gid_t g), (fd, u, g), true, 0, 0) \
	ROW(int, sys_utimens, (int fd, const struct timespec t[2]), (fd, t), true, 0, 0) \
	ROW(ssize_t, sys_getxattr, (int fd, const char *n, void *v, size_t size), \
	    (fd, n, v, size), false, 0, 0) \
	ROW(ssize_t, sys_listxattr, (int fd, char *buf, size_t size), \
	    (fd, buf, size), false, 0, 0) \
	ROW(int, sys_setxattr, (int fd, const char *n, const void *v, size_t size, int fl), \
	    (fd, n, v, size, fl), true, 0, 0) \
	ROW(int, sys_get_flags, (int fd, unsigned *fl), (fd, fl), false, 0, 0) \
	ROW(int, sys_set_flags, (int fd, unsigned fl), (fd, fl), true, 0, 0) \
	ROW(int, sys_removexattr, (int fd, const char *n), (fd, n), true, 0, 0)

#define WRAP(type, name, params, args, changes, lack, lacking) \
	type __real_##name params; \
	type __wrap_##name params; \
	type __wrap_##name params \
	{ \
		int r = hit(#name, (changes) != 0, lack, lacking); \
		return r ? r : __real_##name args; \
	}
CALLS(WRAP)

/* No power is cut here: what is fsynced is only counted. */
int __wrap_sys_fsync(int fd, bool data_only);
int __wrap_sys_fsync(int fd, bool data_only)
{
	(void)fd;
	(void)data_only;
	return hit("sys_fsync", false, 0, 0);
}

/* -- allocations ---------------------------------------------------------------- */

static bool no_memory(const char *name)
{
	if (!fault.armed || fault.kind != FAULT_MEMORY || ++fault.seen != fault.at)
		return false;
	fault.where = name;
	errno = ENOMEM;
	return true;
}

#define WRAP_MEMORY(name, params, args) \
	void *__real_##name params; \
	void *__wrap_##name params; \
	void *__wrap_##name params \
	{ \
		return no_memory(#name) ? NULL : __real_##name args; \
	}
WRAP_MEMORY(malloc, (size_t n), (n))
WRAP_MEMORY(calloc, (size_t n, size_t size), (n, size))
WRAP_MEMORY(realloc, (void *p, size_t n), (p, n))
WRAP_MEMORY(strdup, (const char *s), (s))
WRAP_MEMORY(strndup, (const char *s, size_t n), (s, n))
