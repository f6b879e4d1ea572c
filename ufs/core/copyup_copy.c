/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "copyup_job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "copydata.h"
#include "fileattr.h"
#include "format.h"
#include "owner.h"
#include "str.h"
#include "sys.h"
#include "xattr.h"

static bool may_be_lost(struct ufs *u, const char *name, int r)
{
	if (r == -EOPNOTSUPP)
		return true; /* said at mount */
	if (str_has_prefix(name, "user.") || str_has_prefix(name, "system.posix_acl_"))
		return false;
	return u->euid != 0 && (r == -EPERM || r == -EACCES);
}

int copyup_xattrs(struct ufs *u, int from, int to)
{
	_free_ char *names = NULL;
	ssize_t len = xattr_list_all(from, &names);

	if (len < 0)
		return len == -EACCES && u->euid != 0 ? 0 : (int)len;
	for (const char *n = names; n < names + len; n += strlen(n) + 1) {
		_free_ char *value = NULL;
		ssize_t size;
		int r;

		if (format_private_xattr(n))
			continue;
		/* Entries of an ACL are ids, which a virtual owner's are not. */
		if (u->ids.virt && str_has_prefix(n, "system.posix_acl_"))
			continue;
		size = xattr_get_all(from, n, &value);
		if (size == -ENODATA)
			continue;
		r = size < 0 ? (int)size : xattr_set(to, n, value, (size_t)size, 0);
		if (r < 0 && !may_be_lost(u, n, r) &&
		    !(size == -EACCES && u->euid != 0))
			return r;
	}
	return 0;
}

static int copy_owner(struct ufs *u, const struct copyup_job *j)
{
	int r = sys_chown(j->to, j->st.stx_uid, j->st.stx_gid);

	/* A user's daemon owns the copy itself. */
	return r == -EPERM && u->euid != 0 ? 0 : r;
}

/* Order: owner (drops special bits), attributes (an ACL changes the mode),
 * mode, record, and the times last. */
int copyup_metadata(struct ufs *u, const struct copyup_job *j)
{
	const struct timespec now_time = { .tv_nsec = UTIME_NOW };
	/* One that is cut is changed with that: no stop shows it cut and old. */
	struct timespec times[2] = {
		j->shown.st_atim, j->len < 0 ? j->shown.st_mtim : now_time,
	};
	mode_t mode = u->ids.virt ? owner_real_mode(u, j->shown.st_mode) : j->st.stx_mode;
	struct statx now;
	int r;

	r = u->ids.virt ? 0 : copy_owner(u, j);
	if (r == 0)
		r = copyup_xattrs(u, j->from, j->to);
	/* Not truly its owner's any more: the special bits would be ours. */
	if (r == 0 && !u->ids.virt && u->euid != 0) {
		r = sys_statx(j->to, "", &now);
		if (r == 0 && (now.stx_uid != j->st.stx_uid))
			mode &= ~(mode_t)(S_ISUID | S_ISGID);
	}
	if (r == 0 && !S_ISLNK(mode))
		r = sys_chmod(j->to, mode & 07777);
	if (r == 0)
		r = owner_record(u, j->dst, j->to, j->shown.st_uid, j->shown.st_gid,
				 j->shown.st_mode);
	return r < 0 ? r : sys_utimens(j->to, times);
}

int copyup_looks(struct ufs *u, int b, int from, int to)
{
	struct copyup_job j = {
		.src = b, .dst = b, .len = -1, .from = from, .to = to,
	};
	int r = sys_statx(from, "", &j.st);

	if (r < 0)
		return r;
	owner_show(u, b, &j.st, &j.shown);
	return copyup_metadata(u, &j);
}

static int copy_regular(struct ufs *u, struct copyup_job *j, int tmp)
{
	off_t size = (off_t)j->st.stx_size;
	off_t len = j->len < 0 ? size : j->len;
	_close_ int in = -EBADF;
	uint64_t copied = 0;
	int r = 0;

	if (size > 0 && len > 0) {
		in = resolve_open(u, j->node, j->src, O_RDONLY | O_NONBLOCK);
		if (in < 0)
			return in;
	}
	j->to = sys_openat(tmp, j->tmp.s, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (j->to < 0)
		return j->to;
	fileattr_copy(j->from, j->to);
	if (in >= 0)
		r = copydata(in, j->to, size, len, &copied);
	else if (len > 0)
		r = sys_ftruncate(j->to, len);
	atomic_fetch_add(&u->copyup_bytes, copied);
	return r;
}

static int copy_symlink(struct copyup_job *j, int tmp)
{
	_free_ char *target = malloc(PATH_MAX);
	ssize_t n;

	if (!target)
		return -ENOMEM;
	n = sys_readlink(j->from, target, PATH_MAX - 1);
	if (n < 0)
		return (int)n;
	target[n] = '\0';
	return sys_symlinkat(target, tmp, j->tmp.s);
}

/* Make the copy under its temporary name; j->to is open afterwards. */
int copyup_object(struct ufs *u, struct copyup_job *j, int tmp)
{
	mode_t type = j->st.stx_mode & S_IFMT;
	int r;

	if (S_ISREG(type))
		return copy_regular(u, j, tmp);
	if (S_ISDIR(type))
		r = sys_mkdirat(tmp, j->tmp.s, 0700);
	else if (S_ISLNK(type))
		r = copy_symlink(j, tmp);
	else
		r = sys_mknodat(tmp, j->tmp.s, type | 0600,
				makedev(j->st.stx_rdev_major, j->st.stx_rdev_minor));
	if (r == 0)
		r = j->to = sys_openat(tmp, j->tmp.s, O_PATH, 0);
	if (r >= 0 && S_ISDIR(type))
		fileattr_copy(j->from, j->to);
	return r < 0 ? r : 0;
}
