/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "cleanup.h"
#include "copyup.h"
#include "lend.h"
#include "lookup.h"
#include "op.h"
#include "owner.h"
#include "sys.h"
#include "virt.h"
#include "xattr.h"

/* Files that exist in the view only carry no more than their number. */
static void virtual_attr(const struct node *n, struct stat *ret)
{
	struct virt v = { .is_dir = n->type == DT_DIR, .ino = n->ino };

	virt_stat(n->type == DT_DIR && n->virt ? n->virt : &v, ret);
}

static int node_attr(struct ufs *u, struct node *n, struct stat *ret)
{
	struct statx st;
	unsigned seq;
	int top, r;

	if (node_has(n, NODE_VIRTUAL)) {
		virtual_attr(n, ret);
		return 0;
	}
	do {
		seq = lend_begin(u);
		r = resolve_statx(u, n, &top, &st);
	} while (lend_again(u, seq, 0));
	if (r == 0)
		lookup_attr(u, n, top, &st, ret);
	return r;
}

int ufs_getattr(struct ufs *u, node_id id, struct stat *ret)
{
	struct node *n;
	int r = op_node(u, id, &n);

	return r < 0 ? r : node_attr(u, n, ret);
}

/* -- changes ------------------------------------------------------------------------ */

static int set_size(struct ufs *u, node_id id, struct node *n, off_t size)
{
	struct ufs_data d;
	struct statx st;
	int r, from;

	if (n->type != DT_REG)
		return n->type == DT_DIR ? -EISDIR : -EINVAL;
	from = node_top(n);
	r = copyup_node(u, n, size);
	/* A copy that was made at this length is done. */
	if (r == 0 && node_top(n) != from && resolve_statx(u, n, &from, &st) == 0 &&
	    st.stx_size == (uint64_t)size)
		return 0;
	if (r == 0)
		r = ufs_data_get(u, id, true, &d);
	if (r < 0)
		return r;
	r = sys_ftruncate(d.fd, size);
	ufs_data_put(u, &d);
	return r;
}

/* Owner and mode of a file that keeps them in a record. FD: O_PATH. */
static int set_virtual(struct ufs *u, int b, int fd, const struct stat *set, unsigned want)
{
	struct statx st;
	struct stat now;
	int r = sys_statx(fd, "", &st);

	if (r < 0)
		return r;
	owner_show(u, b, &st, &now);
	if (want & UFS_SET_UID)
		now.st_uid = set->st_uid;
	if (want & UFS_SET_GID)
		now.st_gid = set->st_gid;
	if (want & UFS_SET_MODE)
		now.st_mode = (now.st_mode & S_IFMT) | (set->st_mode & 07777);
	return owner_set(u, b, fd, &st, &now);
}

static int set_real(struct ufs *u, int fd, const struct stat *set, unsigned want)
{
	uid_t uid = want & UFS_SET_UID ? set->st_uid : (uid_t)-1;
	gid_t gid = want & UFS_SET_GID ? set->st_gid : (gid_t)-1;
	int r = 0;

	/* The owner first: changing it takes special bits away. */
	if (want & (UFS_SET_UID | UFS_SET_GID))
		r = sys_chown(fd, uid, gid);
	if (r < 0 || !(want & UFS_SET_MODE))
		return r;
	pthread_mutex_lock(&u->lend_lock);
	r = sys_chmod(fd, set->st_mode & 07777);
	pthread_mutex_unlock(&u->lend_lock);
	return r;
}

static struct timespec pick_time(unsigned want, unsigned bit, unsigned now_bit,
				 struct timespec t)
{
	if (want & now_bit)
		t.tv_nsec = UTIME_NOW;
	else if (!(want & bit))
		t.tv_nsec = UTIME_OMIT;
	return t;
}

static int set_times(int fd, const struct stat *set, unsigned want)
{
	struct timespec t[2] = {
		pick_time(want, UFS_SET_ATIME, UFS_SET_ATIME_NOW, set->st_atim),
		pick_time(want, UFS_SET_MTIME, UFS_SET_MTIME_NOW, set->st_mtim),
	};

	return sys_utimens(fd, t);
}

static int set_rest(struct ufs *u, struct node *n, const struct stat *set, unsigned want)
{
	const unsigned owner = UFS_SET_UID | UFS_SET_GID | UFS_SET_MODE;
	const unsigned times = UFS_SET_ATIME | UFS_SET_MTIME | UFS_SET_ATIME_NOW |
			       UFS_SET_MTIME_NOW;
	_close_ int fd = -EBADF;
	int r, b;

	r = copyup_node(u, n, -1);
	if (r < 0)
		return r;
	b = node_top(n);
	fd = resolve_open(u, n, b, O_PATH);
	if (fd < 0)
		return fd;
	if (want & owner)
		r = u->ids.virt ? set_virtual(u, b, fd, set, want) : set_real(u, fd, set, want);
	if (r == 0 && (want & times))
		r = set_times(fd, set, want);
	return r;
}

int ufs_setattr(struct ufs *u, node_id id, const struct stat *set, unsigned want,
		struct stat *ret)
{
	struct node *n;
	int r = op_node(u, id, &n);

	if (r == 0 && (want & UFS_SET_SIZE))
		r = set_size(u, id, n, set->st_size);
	if (r == 0 && (want & ~(unsigned)UFS_SET_SIZE))
		r = set_rest(u, n, set, want);
	if (r < 0)
		return r;
	/* It is done: an answer is tried twice before saying that it is not. */
	r = node_attr(u, n, ret);
	return r < 0 ? node_attr(u, n, ret) : r;
}

/* -- looking -------------------------------------------------------------------------- */

int ufs_readlink(struct ufs *u, node_id id, char **ret)
{
	_close_ int fd = -EBADF;
	_free_ char *buf = NULL;
	struct node *n;
	ssize_t len;
	int r = op_node(u, id, &n);

	if (r < 0)
		return r;
	if (n->type != DT_LNK)
		return -EINVAL;
	fd = resolve_open(u, n, node_top(n), O_PATH);
	if (fd < 0)
		return fd;
	buf = malloc(PATH_MAX + 1);
	if (!buf)
		return -ENOMEM;
	len = sys_readlink(fd, buf, PATH_MAX);
	if (len < 0)
		return (int)len;
	buf[len] = '\0';
	*ret = take_ptr(buf);
	return 0;
}

int ufs_statfs(struct ufs *u, node_id id, struct statvfs *ret)
{
	int b = 0;

	(void)id; /* one answer for the whole union: the first writable branch's */
	while (b < u->bs.n && !branch_at(u, b)->writable)
		b++;
	if (fstatvfs(branch_at(u, b < u->bs.n ? b : 0)->fd, ret) < 0)
		return -errno;
	if (b == u->bs.n) {
		ret->f_bfree = ret->f_bavail = 0;
		ret->f_ffree = ret->f_favail = 0;
		ret->f_flag |= ST_RDONLY;
	}
	ret->f_namemax = NAME_MAX;
	return 0;
}
