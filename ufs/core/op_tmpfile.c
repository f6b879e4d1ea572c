/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files without a name (O_TMPFILE). The file is made without one on the branch
 * too, in the directory's own copy there, so that it inherits what a file in it
 * would; nothing has to be swept after a crash. Its node starts as one whose
 * last name was removed, and link(2) gives it its first.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "cleanup.h"
#include "copyup.h"
#include "cred.h"
#include "lookup.h"
#include "op.h"
#include "owner.h"
#include "policy.h"
#include "sys.h"
#include "workdir.h"
#include "xattr.h"

/* Under which the node is made; no name has a slash. */
#define NO_NAME "/"

/* As the requester, with his umask where the branch's owners are real. */
static int open_unnamed(struct ufs *u, const struct ufs_cred *cred, int dirfd, mode_t mode)
{
	int fd, r;

	if (u->ids.virt)
		return sys_openat(dirfd, ".", O_TMPFILE | O_RDWR,
				  owner_real_mode(u, mode & ~(cred->umask & 0777)) & 07777);
	r = cred_enter(cred, u->switch_ids);
	if (r < 0)
		return r;
	fd = sys_openat(dirfd, ".", O_TMPFILE | O_RDWR, mode & 07777);
	cred_leave(u->switch_ids);
	return fd;
}

/* Owner and mode, where they are virtual. */
static int record_unnamed(struct ufs *u, const struct ufs_cred *cred, int dst, int dirfd,
			  int fd, mode_t mode)
{
	struct stat dir, want;
	struct statx st;
	int r;

	if (!u->ids.virt)
		return 0;
	r = sys_statx(dirfd, "", &st);
	if (r < 0)
		return r;
	owner_show(u, dst, &st, &dir);
	owner_inherit(cred, &dir, mode, &want);
	return owner_record(u, dst, fd, want.st_uid, want.st_gid, want.st_mode);
}

/* The node of FD, which has no name. Stripe of DIR: written. */
static int intern_unnamed(struct ufs *u, struct node *dir, int dst, int fd,
			  struct ufs_entry *ret)
{
	struct found f = { .top = dst, .white = -1 };
	struct orphan *o = NULL;
	struct node *n;
	int path, r = sys_statx(fd, "", &f.st);

	if (r < 0)
		return r;
	/* Not FD itself: while it is open for writing nobody can execute it. */
	path = sys_reopen(fd, O_PATH);
	if (path < 0)
		return path;
	r = orphan_take(u, path, dst, &o);
	lookup_made(u, &f);
	if (r == 0)
		r = lookup_intern(u, dir, NO_NAME, &f, &n, ret);
	if (r == 0)
		node_drop_name(u->nodes, n, dir, NO_NAME, &o);
	orphan_free(u, o);
	return r;
}

static int make_unnamed(struct ufs *u, const struct ufs_cred *cred, struct node *dir,
			mode_t mode, struct ufs_entry *ret)
{
	struct fdref ref = FDREF_NONE;
	_close_ int fd = -EBADF;
	int r, dst = policy_create(u, dir, u->bs.n - 1);

	if (dst < 0)
		return dst;
	if (branch_at(u, dst)->no_tmpfile)
		return -EOPNOTSUPP;
	r = copyup_dir(u, dir, dst);
	if (r == 0)
		r = workdir_ready(branch_at(u, dst));
	if (r == 0)
		r = resolve_dir(u, dir, dst, &ref);
	if (r < 0)
		return r;
	r = fd = open_unnamed(u, cred, ref.fd, mode);
	if (r >= 0)
		r = record_unnamed(u, cred, dst, ref.fd, fd, mode);
	resolve_put_dir(u, &ref);
	if (r < 0)
		return r;
	pthread_rwlock_wrlock(stripe_of(u, dir));
	r = node_has(dir, NODE_DEAD) ? -ENOENT : intern_unnamed(u, dir, dst, fd, ret);
	pthread_rwlock_unlock(stripe_of(u, dir));
	return r;
}

int ufs_tmpfile(struct ufs *u, const struct ufs_cred *cred, node_id parent, mode_t mode,
		struct ufs_entry *ret)
{
	bool tried = false;
	struct node *dir;
	int r = op_dir(u, parent, &dir);

	if (r < 0)
		return r;
	do {
		r = make_unnamed(u, cred, dir, S_IFREG | (mode & 07777), ret);
	} while (resolve_retry(u, r, &tried));
	return r;
}
