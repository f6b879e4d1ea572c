/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cached data without open: OPEN and OPENDIR are answered ENOSYS, after which
 * the kernel sends neither them nor RELEASE, keeps data and listings in its
 * cache, and fi->fh is never set. Nothing here knows of branches; no lock is
 * held and nothing of a node is touched once a reply was sent.
 */
#include "fuse_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "core.h"
#include "macros.h"

/* Nobody else changes the branches: what the kernel knows stays true. */
#define FOREVER (365.0 * 86400)

static struct ufs *req_ufs(fuse_req_t req)
{
	const struct fuse_side *c = fuse_req_userdata(req);

	return c->u;
}

static struct ufs_cred req_cred(fuse_req_t req)
{
	const struct fuse_ctx *c = fuse_req_ctx(req);

	return (struct ufs_cred){ .uid = c->uid, .gid = c->gid, .umask = c->umask };
}

static void reply_err(fuse_req_t req, int r)
{
	(void)fuse_reply_err(req, -r); /* a request that is gone needs none */
}

static void entry_param(const struct ufs_entry *e, struct fuse_entry_param *p)
{
	*p = (struct fuse_entry_param){
		.ino = e->id,
		.attr = e->attr,
		.attr_timeout = FOREVER,
		.entry_timeout = FOREVER,
	};
}

/* Reply with E or the error R; a lookup the kernel did not take is given back. */
static void reply_entry(fuse_req_t req, int r, const struct ufs_entry *e)
{
	struct ufs *u = req_ufs(req);
	struct fuse_entry_param p;

	if (r < 0) {
		reply_err(req, r);
		return;
	}
	entry_param(e, &p);
	if (fuse_reply_entry(req, &p) == -ENOENT)
		ufs_forget(u, e->id, 1);
}

/* -- session ----------------------------------------------------------------------- */

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	const struct fuse_side *c = userdata;

	compat_want(conn, FUSE_CAP_NO_OPEN_SUPPORT, true);
	compat_want(conn, FUSE_CAP_NO_OPENDIR_SUPPORT, true);
	compat_want(conn, FUSE_CAP_READDIRPLUS, true);
	compat_want(conn, FUSE_CAP_READDIRPLUS_AUTO, true);
	compat_want(conn, FUSE_CAP_PARALLEL_DIROPS, true);
	compat_want(conn, FUSE_CAP_ASYNC_READ, true);
	compat_want(conn, FUSE_CAP_CACHE_SYMLINKS, true);
	compat_want(conn, FUSE_CAP_DONT_MASK, true);
	compat_want(conn, FUSE_CAP_POSIX_ACL, c->posix_acl);
	compat_want(conn, FUSE_CAP_SPLICE_READ, true);
	compat_want(conn, FUSE_CAP_SPLICE_WRITE, true);
	compat_want(conn, FUSE_CAP_SPLICE_MOVE, true);
	/* Without OPEN an O_TRUNC would be lost: a SETATTR comes instead. */
	compat_want(conn, FUSE_CAP_ATOMIC_O_TRUNC, false);
	/* The kernel takes setuid and setgid away itself. */
	compat_want(conn, FUSE_CAP_HANDLE_KILLPRIV, false);
	compat_want(conn, FUSE_CAP_HANDLE_KILLPRIV_V2, false);
	/* A write that does not fit fails at the write. */
	compat_want(conn, FUSE_CAP_WRITEBACK_CACHE, false);
	/* A changed mtime is our own write's. */
	compat_want(conn, FUSE_CAP_AUTO_INVAL_DATA, false);
	compat_want(conn, FUSE_CAP_FLOCK_LOCKS, false);
	compat_want(conn, FUSE_CAP_POSIX_LOCKS, false);
	conn->time_gran = 1;
	conn->max_background = 64;
	conn->congestion_threshold = 48;
}

/* -- names --------------------------------------------------------------------------- */

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct ufs_entry e;
	int r = ufs_lookup(req_ufs(req), parent, name, &e);

	if (r == -ENOENT) {
		struct fuse_entry_param none = { .entry_timeout = FOREVER };

		(void)fuse_reply_entry(req, &none); /* ino 0: known not to be there */
		return;
	}
	reply_entry(req, r, &e);
}

static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
	ufs_forget(req_ufs(req), ino, count);
	fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t n, struct fuse_forget_data *v)
{
	struct ufs *u = req_ufs(req);

	for (size_t i = 0; i < n; i++)
		ufs_forget(u, v[i].ino, v[i].nlookup);
	fuse_reply_none(req);
}

static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		     dev_t rdev)
{
	struct ufs_cred c = req_cred(req);
	struct ufs_entry e;
	int r = ufs_mknod(req_ufs(req), &c, parent, name, mode, rdev, &e);

	reply_entry(req, r, &e);
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct ufs_cred c = req_cred(req);
	struct ufs_entry e;
	int r = ufs_mkdir(req_ufs(req), &c, parent, name, mode, &e);

	reply_entry(req, r, &e);
}

static void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent,
		       const char *name)
{
	struct ufs_cred c = req_cred(req);
	struct ufs_entry e;
	int r = ufs_symlink(req_ufs(req), &c, parent, name, target, &e);

	reply_entry(req, r, &e);
}

static void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t newparent,
		    const char *newname)
{
	struct ufs_entry e;
	int r = ufs_link(req_ufs(req), ino, newparent, newname, &e);

	reply_entry(req, r, &e);
}

/* Reply with the open file E; a lookup the kernel did not take is given back. */
static void reply_create(fuse_req_t req, const struct ufs_entry *e,
			 struct fuse_file_info *fi)
{
	struct ufs *u = req_ufs(req);
	struct fuse_entry_param p;

	fi->fh = 0;
	fi->keep_cache = 1;
	entry_param(e, &p);
	if (fuse_reply_create(req, &p, fi) == -ENOENT)
		ufs_forget(u, e->id, 1);
}

static void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		      struct fuse_file_info *fi)
{
	struct ufs *u = req_ufs(req);
	struct ufs_cred c = req_cred(req);
	struct ufs_entry e;
	int r = ufs_mknod(u, &c, parent, name, S_IFREG | (mode & 07777), 0, &e);

	/* Made meanwhile by someone on the branch: open that, as open(2) would. */
	if (r == -EEXIST && !(fi->flags & O_EXCL))
		r = ufs_lookup(u, parent, name, &e);
	if (r < 0)
		reply_err(req, r);
	else
		reply_create(req, &e, fi);
}

#ifdef UFS_HAVE_TMPFILE
static void op_tmpfile(fuse_req_t req, fuse_ino_t parent, mode_t mode,
		       struct fuse_file_info *fi)
{
	struct ufs_cred c = req_cred(req);
	struct ufs_entry e;
	int r = ufs_tmpfile(req_ufs(req), &c, parent, mode, &e);

	if (r < 0)
		reply_err(req, r);
	else
		reply_create(req, &e, fi);
}
#endif

static void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	reply_err(req, ufs_unlink(req_ufs(req), parent, name));
}

static void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	reply_err(req, ufs_rmdir(req_ufs(req), parent, name));
}

static void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
		      fuse_ino_t newparent, const char *newname, unsigned flags)
{
	reply_err(req, ufs_rename(req_ufs(req), parent, name, newparent, newname, flags));
}

/* -- attributes ------------------------------------------------------------------------- */

static void reply_attr(fuse_req_t req, int r, const struct stat *st)
{
	if (r < 0)
		reply_err(req, r);
	else
		(void)fuse_reply_attr(req, st, FOREVER);
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi _unused_)
{
	struct stat st;
	int r = ufs_getattr(req_ufs(req), ino, &st);

	reply_attr(req, r, &st);
}

static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
		       struct fuse_file_info *fi _unused_)
{
	static const struct {
		int fuse;
		unsigned ufs;
	} bits[] = {
		{ FUSE_SET_ATTR_MODE, UFS_SET_MODE },
		{ FUSE_SET_ATTR_UID, UFS_SET_UID },
		{ FUSE_SET_ATTR_GID, UFS_SET_GID },
		{ FUSE_SET_ATTR_SIZE, UFS_SET_SIZE },
		{ FUSE_SET_ATTR_ATIME, UFS_SET_ATIME },
		{ FUSE_SET_ATTR_MTIME, UFS_SET_MTIME },
		{ FUSE_SET_ATTR_ATIME_NOW, UFS_SET_ATIME_NOW },
		{ FUSE_SET_ATTR_MTIME_NOW, UFS_SET_MTIME_NOW },
	};
	unsigned want = 0;
	struct stat st;
	int r;

	for (size_t i = 0; i < ARRAY_LEN(bits); i++)
		if (to_set & bits[i].fuse)
			want |= bits[i].ufs;
	r = ufs_setattr(req_ufs(req), ino, attr, want, &st);
	reply_attr(req, r, &st);
}

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	_free_ char *target = NULL;
	int r = ufs_readlink(req_ufs(req), ino, &target);

	if (r < 0)
		reply_err(req, r);
	else
		(void)fuse_reply_readlink(req, target);
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct statvfs fs;
	int r = ufs_statfs(req_ufs(req), ino, &fs);

	if (r < 0)
		reply_err(req, r);
	else
		(void)fuse_reply_statfs(req, &fs);
}

static void reply_xattr(fuse_req_t req, ssize_t n, size_t size, const char *buf)
{
	if (n < 0)
		reply_err(req, (int)n);
	else if (size == 0)
		(void)fuse_reply_xattr(req, (size_t)n);
	else
		(void)fuse_reply_buf(req, buf, (size_t)n);
}

static void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	_free_ char *buf = size ? malloc(size) : NULL;
	ssize_t n = size && !buf ? -ENOMEM :
		    ufs_getxattr(req_ufs(req), ino, name, buf, size);

	reply_xattr(req, n, size, buf);
}

static void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	_free_ char *buf = size ? malloc(size) : NULL;
	ssize_t n = size && !buf ? -ENOMEM : ufs_listxattr(req_ufs(req), ino, buf, size);

	reply_xattr(req, n, size, buf);
}

static void op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name,
			const char *value, size_t size, int flags)
{
	reply_err(req, ufs_setxattr(req_ufs(req), ino, name, value, size, flags));
}

static void op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	reply_err(req, ufs_removexattr(req_ufs(req), ino, name));
}

/* -- data ---------------------------------------------------------------------------------- */

static void op_open(fuse_req_t req, fuse_ino_t ino _unused_,
		    struct fuse_file_info *fi _unused_)
{
	reply_err(req, -ENOSYS);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi _unused_)
{
	struct fuse_bufvec buf = FUSE_BUFVEC_INIT(size);
	struct ufs *u = req_ufs(req);
	struct ufs_data d;
	int r = ufs_data_get(u, ino, false, &d);

	if (r < 0) {
		reply_err(req, r);
		return;
	}
	buf.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
	buf.buf[0].fd = d.fd;
	buf.buf[0].pos = off;
	(void)fuse_reply_data(req, &buf, 0);
	ufs_data_put(u, &d);
}

static void op_write_buf(fuse_req_t req, fuse_ino_t ino, struct fuse_bufvec *in, off_t off,
			 struct fuse_file_info *fi)
{
	struct fuse_bufvec out = FUSE_BUFVEC_INIT(fuse_buf_size(in));
	struct ufs *u = req_ufs(req);
	struct ufs_data d;
	ssize_t n;
	int r = ufs_data_get(u, ino, true, &d);

	if (r == -EPERM && (fi->flags & O_APPEND))
		r = ufs_data_append(u, ino, &d);
	if (r < 0) {
		reply_err(req, r);
		return;
	}
	out.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
	out.buf[0].fd = d.fd;
	out.buf[0].pos = off;
	n = fuse_buf_copy(&out, in, 0);
	/* Nothing of IN is used up by a copy that failed. */
	if (n < 0 && ufs_make_room(u, n))
		n = fuse_buf_copy(&out, in, 0);
	ufs_data_put(u, &d);
	if (n < 0)
		reply_err(req, (int)n);
	else
		(void)fuse_reply_write(req, (size_t)n);
}

static void op_fsync(fuse_req_t req, fuse_ino_t ino, int data_only,
		     struct fuse_file_info *fi _unused_)
{
	reply_err(req, ufs_fsync(req_ufs(req), ino, data_only));
}

static void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int data_only,
			struct fuse_file_info *fi _unused_)
{
	reply_err(req, ufs_fsyncdir(req_ufs(req), ino, data_only));
}

static void op_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t off, off_t len,
			 struct fuse_file_info *fi _unused_)
{
	reply_err(req, ufs_fallocate(req_ufs(req), ino, mode, off, len));
}

static void op_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence,
		     struct fuse_file_info *fi _unused_)
{
	off_t at = ufs_lseek(req_ufs(req), ino, off, whence);

	if (at < 0)
		reply_err(req, (int)at);
	else
		(void)fuse_reply_lseek(req, at);
}

static void op_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned cmd, void *arg _unused_,
		     struct fuse_file_info *fi _unused_, unsigned flags _unused_,
		     const void *in, size_t in_size, size_t out_size)
{
	ssize_t size = ufs_ioctl_size(cmd);
	struct fsxattr buf = { 0 }; /* the largest of the arguments */
	int r = (int)size;

	if (size >= 0) {
		if (in_size)
			memcpy(&buf, in, MIN(in_size, (size_t)size));
		r = ufs_ioctl(req_ufs(req), ino, cmd, &buf);
	}
	if (r < 0)
		reply_err(req, r);
	else
		(void)fuse_reply_ioctl(req, 0, &buf, MIN(out_size, (size_t)size));
}

static void op_copy_file_range(fuse_req_t req, fuse_ino_t in, off_t in_off,
			       struct fuse_file_info *in_fi _unused_, fuse_ino_t out,
			       off_t out_off, struct fuse_file_info *out_fi _unused_,
			       size_t len, int flags)
{
	ssize_t n = ufs_copy_range(req_ufs(req), in, in_off, out, out_off, len, flags);

	if (n < 0)
		reply_err(req, (int)n);
	else
		(void)fuse_reply_write(req, (size_t)n);
}

/* -- directories ------------------------------------------------------------------------------ */

/* The reply being filled. */
struct listing {
	fuse_req_t req;
	char *buf;
	size_t size, used;
	bool plus;
};

static int listing_fill(void *ctx, const char *name, const struct ufs_entry *e, off_t next)
{
	struct listing *l = ctx;
	char *at = l->buf + l->used;
	size_t room = l->size - l->used, need;

	if (l->plus) {
		struct fuse_entry_param p;

		entry_param(e, &p);
		need = fuse_add_direntry_plus(l->req, at, room, name, &p, next);
	} else {
		need = fuse_add_direntry(l->req, at, room, name, &e->attr, next);
	}
	if (need > room)
		return 1;
	l->used += need;
	return 0;
}

static void reply_listing(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, bool plus)
{
	_free_ char *buf = malloc(size);
	struct listing l = { .req = req, .buf = buf, .size = size, .plus = plus };
	int r = buf ? ufs_readdir(req_ufs(req), ino, off, plus, listing_fill, &l) : -ENOMEM;

	/* What was filled in before an error is sent, the error comes next time. */
	if (r < 0 && l.used == 0)
		reply_err(req, r);
	else
		(void)fuse_reply_buf(req, buf, l.used);
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		       struct fuse_file_info *fi _unused_)
{
	reply_listing(req, ino, size, off, false);
}

static void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
			   struct fuse_file_info *fi _unused_)
{
	reply_listing(req, ino, size, off, true);
}

const struct fuse_lowlevel_ops fuse_ops = {
	.init = op_init,
	.lookup = op_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.readlink = op_readlink,
	.mknod = op_mknod,
	.mkdir = op_mkdir,
	.unlink = op_unlink,
	.rmdir = op_rmdir,
	.symlink = op_symlink,
	.rename = op_rename,
	.link = op_link,
	.open = op_open,
	.read = op_read,
	.write_buf = op_write_buf,
	.fsync = op_fsync,
	.opendir = op_open,
	.readdir = op_readdir,
	.readdirplus = op_readdirplus,
	.fsyncdir = op_fsyncdir,
	.statfs = op_statfs,
	.setxattr = op_setxattr,
	.getxattr = op_getxattr,
	.listxattr = op_listxattr,
	.removexattr = op_removexattr,
	.create = op_create,
#ifdef UFS_HAVE_TMPFILE
	.tmpfile = op_tmpfile,
#endif
	.fallocate = op_fallocate,
	.ioctl = op_ioctl,
	.copy_file_range = op_copy_file_range,
	.lseek = op_lseek,
};
