/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making names. A mark that hides the name is dealt with so that a stop at
 * any point shows the old state or the new one: where it stands beside the
 * name, the entry is made first and the mark goes last (a real entry wins, and
 * a directory beside a whiteout is opaque); where it stands at the name, or the
 * object is not whole without a record, the entry is made aside and takes its
 * place.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cleanup.h"
#include "copyup.h"
#include "cred.h"
#include "durable.h"
#include "format.h"
#include "lend.h"
#include "lookup.h"
#include "op.h"
#include "owner.h"
#include "policy.h"
#include "sys.h"
#include "workdir.h"
#include "xattr.h"

/* What is to be made. */
struct make {
	const struct ufs_cred *cred; /* NULL for a link: nothing new is made */
	const char *name;
	mode_t mode;                 /* with the type */
	dev_t rdev;
	const char *target;          /* of a symbolic link */
	int link_fd;                 /* O_PATH of the object to link to */
};

/* Where it is to be made, with the directory's stripe written. */
struct make_place {
	struct node *dir;
	struct dirset set;
	int dst;
	bool white;                  /* a mark on DST hides the name */
};

/* -- finding the place ---------------------------------------------------------------- */

/*
 * Lock DIR with the place for a new NAME found; WANT: the branch it has to be
 * on, -1: the policy's. The directory is copied up on the way.
 */
static int place_lock(struct ufs *u, struct node *dir, const char *name, int want,
		      struct make_place *p)
{
	int limit = u->bs.n - 1;

	p->dir = dir;
	for (;;) {
		struct found f;
		int r;

		p->dst = want >= 0 ? want : policy_create(u, dir, limit);
		if (p->dst < 0)
			return p->dst;
		r = copyup_dir(u, dir, p->dst);
		if (r == 0)
			r = workdir_ready(branch_at(u, p->dst));
		if (r == 0)
			r = dirset_lock(u, dir, true, &p->set);
		if (r < 0)
			return r;
		r = node_has(dir, NODE_DEAD) ? -ENOENT :
		    lookup_name(u, dir, &p->set, name, 0, &f);
		if (r == 0 && (f.top >= 0 || f.virt))
			r = -EEXIST;
		/* Below a whiteout it would not be seen. */
		if (r == 0 && f.white >= 0 && f.white < p->dst && want >= 0)
			r = -EXDEV;
		if (r == 0 && (f.white < 0 || f.white >= p->dst)) {
			p->white = f.white == p->dst;
			return 0;
		}
		dirset_unlock(u, dir, &p->set);
		if (r < 0)
			return r;
		limit = f.white;
	}
}

static int place_fd(const struct make_place *p)
{
	return p->set.refs[p->dst].fd;
}

/* -- making ------------------------------------------------------------------------------ */

static int make_plain(const struct make *m, int dirfd, const char *name, mode_t mode)
{
	struct fd_path p;

	if (m->link_fd >= 0)
		return sys_linkat(AT_FDCWD, fd_path(&p, m->link_fd), dirfd, name,
				  AT_SYMLINK_FOLLOW);
	if (S_ISDIR(mode))
		return sys_mkdirat(dirfd, name, mode & 07777);
	if (S_ISLNK(mode))
		return sys_symlinkat(m->target, dirfd, name);
	return sys_mknodat(dirfd, name, mode, m->rdev);
}

/* As the requester, with his umask where the branch's owners are real. */
static int make_as(struct ufs *u, const struct make *m, int dirfd, const char *name)
{
	struct ufs_cred c = { 0 };
	int r;

	if (!m->cred)
		return make_plain(m, dirfd, name, 0);
	if (u->ids.virt)
		return make_plain(m, dirfd, name,
				  owner_real_mode(u, m->mode & ~(m->cred->umask & 0777)));
	c = *m->cred;
	r = cred_enter(&c, u->switch_ids);
	if (r < 0)
		return r;
	r = make_plain(m, dirfd, name, m->mode);
	cred_leave(u->switch_ids);
	return r;
}

/* Give back what make_as made. */
static void unmake(const struct make *m, int dirfd, const char *name)
{
	(void)sys_unlinkat(dirfd, name, S_ISDIR(m->mode) && m->cred ? AT_REMOVEDIR : 0);
}

/* What a new object inherits from directory DIRFD, when it is made elsewhere. */
static int inherit_aside(const struct make *m, int dirfd, int fd)
{
	_free_ char *acl = NULL;
	struct stat dir, st;
	ssize_t len;
	int r = sys_stat(dirfd, "", &dir);

	if (r == 0)
		r = sys_stat(fd, "", &st);
	if (r < 0)
		return r;
	if (dir.st_mode & S_ISGID) {
		mode_t mode = st.st_mode | (S_ISDIR(m->mode) ? S_ISGID : 0);

		r = sys_chown(fd, (uid_t)-1, dir.st_gid);
		if (r == 0 && !S_ISLNK(m->mode))
			r = sys_chmod(fd, mode & 07777);
		if (r < 0)
			return r;
	}
	if (S_ISLNK(m->mode))
		return 0;
	len = xattr_get_all(dirfd, "system.posix_acl_default", &acl);
	if (len <= 0)
		return len == -ENODATA || len == -EOPNOTSUPP ? 0 : (int)len;
	if (S_ISDIR(m->mode))
		r = xattr_set(fd, "system.posix_acl_default", acl, (size_t)len, 0);
	if (r == 0)
		r = xattr_set(fd, "system.posix_acl_access", acl, (size_t)len, 0);
	if (r == 0)
		r = sys_stat(fd, "", &st);
	/* A default ACL takes the umask's place and is narrowed by the mode. */
	return r < 0 ? r : sys_chmod(fd, st.st_mode & (m->mode | ~0777U) & 07777);
}

/* What the new object is to show; 1: that takes a record. */
static int made_owner(struct ufs *u, const struct make *m, const struct make_place *p,
		      struct stat *want)
{
	struct statx st;
	struct stat dir;
	int r;

	if (!u->ids.virt || !m->cred)
		return 0;
	r = sys_statx(place_fd(p), "", &st);
	if (r < 0)
		return r;
	owner_show(u, p->dst, &st, &dir);
	owner_inherit(m->cred, &dir, m->mode, want);
	return want->st_uid != u->ids.own_uid || want->st_gid != u->ids.own_gid ||
	       owner_real_mode(u, want->st_mode) != want->st_mode;
}

/* The directory just made shows nothing from below. */
static int make_opaque(struct ufs *u, int b, int dirfd, const char *name)
{
	_close_ int fd = sys_openat(dirfd, name, O_PATH | O_DIRECTORY, 0);

	return fd < 0 ? fd : lend_set_opaque(u, b, fd);
}

/*
 * The node of what was made, which is NAME in DIRFD now. Before the last step:
 * what can fail has to, as long as all can be undone.
 */
static int make_node(struct ufs *u, const struct make *m, const struct make_place *p,
		     int dirfd, const char *name, struct ufs_entry *ret)
{
	struct found f = { .top = p->dst, .white = -1, .redirect = -1 };
	struct node *n;
	int r = sys_statx(dirfd, name, &f.st);

	if (r < 0)
		return r;
	lookup_made(u, &f);
	f.mask[p->dst / 64] = UINT64_C(1) << (p->dst % 64);
	return lookup_intern(u, p->dir, m->name, &f, &n, ret);
}

static void unmake_node(struct ufs *u, const struct make *m, const struct make_place *p,
			const struct ufs_entry *made)
{
	struct node *n = node_get(u->nodes, made->id);
	struct orphan *none = NULL;

	node_drop_name(u->nodes, n, p->dir, m->name, &none);
	node_forget(u->nodes, n, 1);
}

/* The mark stands beside the name, or there is none. */
static int make_in_place(struct ufs *u, const struct make *m, const struct make_place *p,
			 struct ufs_entry *ret)
{
	int fd = place_fd(p);
	int r = make_as(u, m, fd, m->name);

	if (r < 0)
		return r;
	if (p->white && m->cred && S_ISDIR(m->mode))
		r = make_opaque(u, p->dst, fd, m->name);
	if (r == 0)
		r = make_node(u, m, p, fd, m->name, ret);
	if (r == 0) {
		if (p->white) /* a whiteout beside the entry says nothing */
			(void)branch_unhide(branch_at(u, p->dst), fd, m->name);
		return 0;
	}
	if (S_ISDIR(m->mode) && m->cred)
		(void)workdir_remove_tree(fd, m->name); /* with its opaque mark */
	else
		unmake(m, fd, m->name);
	return r;
}

/* Put what was made as TMP at its name. */
static int make_publish(struct ufs *u, const struct make *m, const struct make_place *p,
			const struct work_name *tmp)
{
	bool over = p->white && u->format->whiteout_in_place;
	struct lend_move move = {
		branch_at(u, p->dst)->work->tmp, tmp->s, place_fd(p), m->name,
		!over ? RENAME_NOREPLACE : m->cred && S_ISDIR(m->mode) ? RENAME_EXCHANGE : 0,
	};
	int r = lend_rename(u, p->dst, &move);

	/* Some filesystems know no flags; the place is known to be free. */
	if (r == -EINVAL && !over) {
		move.flags = 0;
		r = lend_rename(u, p->dst, &move);
	}
	return r;
}

/*
 * Make it in the work directory and rename it to its place: a mark stands at
 * the name itself, or it shows an owner that only a record gives it.
 *   want  what is to be recorded, or NULL
 */
static int make_aside(struct ufs *u, const struct make *m, const struct make_place *p,
		      const struct stat *want, struct ufs_entry *ret)
{
	struct workdir *w = branch_at(u, p->dst)->work;
	bool is_dir = m->cred && S_ISDIR(m->mode);
	_close_ int fd = -EBADF;
	struct work_name tmp;
	int r;

	workdir_name(w, &tmp);
	r = make_as(u, m, w->tmp, tmp.s);
	if (r < 0)
		return r;
	r = fd = sys_openat(w->tmp, tmp.s, O_PATH, 0);
	if (r >= 0 && m->cred && !u->ids.virt)
		r = inherit_aside(m, place_fd(p), fd);
	if (r >= 0)
		r = want ? owner_record(u, p->dst, fd, want->st_uid, want->st_gid,
					want->st_mode) : 0;
	if (r == 0 && is_dir && p->white)
		r = lend_set_opaque(u, p->dst, fd);
	if (r == 0)
		r = make_node(u, m, p, w->tmp, tmp.s, ret);
	if (r == 0) {
		r = make_publish(u, m, p, &tmp);
		if (r < 0)
			unmake_node(u, m, p, ret);
	}
	if (r == 0 && p->white && !u->format->whiteout_in_place)
		(void)branch_unhide(branch_at(u, p->dst), place_fd(p), m->name); /* it says nothing */
	if (r < 0 || is_dir) /* the copy that failed, or the mark that was replaced */
		(void)workdir_remove_tree(w->tmp, tmp.s);
	return r;
}

static int make_entry(struct ufs *u, const struct make *m, const struct make_place *p,
		      struct ufs_entry *ret)
{
	struct stat want;
	int r = made_owner(u, m, p, &want);

	if (r < 0)
		return r;
	r = r > 0 || (p->white && u->format->whiteout_in_place) ?
	    make_aside(u, m, p, r > 0 ? &want : NULL, ret) : make_in_place(u, m, p, ret);
	if (r == 0)
		op_touch(p->dir);
	return r;
}

static int make(struct ufs *u, node_id parent, struct make *m, int want,
		struct ufs_entry *ret)
{
	struct make_place p;
	bool tried = false;
	struct node *dir;
	int r = op_dir(u, parent, &dir);

	if (r == 0)
		r = lookup_check_new(u, m->name);
	if (r < 0)
		return r;
	do {
		r = place_lock(u, dir, m->name, want, &p);
		if (r < 0)
			continue;
		r = make_entry(u, m, &p, ret);
		dirset_unlock(u, dir, &p.set);
	} while (resolve_retry(u, r, &tried));
	if (r == 0) {
		r = durable_names(u, 0, parent, parent);
		if (r < 0)
			ufs_forget(u, ret->id, 1); /* it is not handed out */
	}
	return r;
}

int ufs_mknod(struct ufs *u, const struct ufs_cred *cred, node_id parent,
	      const char *name, mode_t mode, dev_t rdev, struct ufs_entry *ret)
{
	struct make m = {
		.cred = cred, .name = name, .mode = mode, .rdev = rdev, .link_fd = -EBADF,
	};

	if (S_ISDIR(mode))
		return -EPERM;
	/* A whiteout of overlayfs's. */
	if (S_ISCHR(mode) && rdev == makedev(0, 0))
		return -EPERM;
	return make(u, parent, &m, -1, ret);
}

int ufs_mkdir(struct ufs *u, const struct ufs_cred *cred, node_id parent,
	      const char *name, mode_t mode, struct ufs_entry *ret)
{
	struct make m = {
		.cred = cred, .name = name, .link_fd = -EBADF,
		.mode = S_IFDIR | (mode & 07777),
	};

	return make(u, parent, &m, -1, ret);
}

int ufs_symlink(struct ufs *u, const struct ufs_cred *cred, node_id parent,
		const char *name, const char *target, struct ufs_entry *ret)
{
	struct make m = {
		.cred = cred, .name = name, .mode = S_IFLNK | 0777, .target = target,
		.link_fd = -EBADF,
	};

	return make(u, parent, &m, -1, ret);
}

int ufs_link(struct ufs *u, node_id id, node_id newparent, const char *newname,
	     struct ufs_entry *ret)
{
	struct make m = { .name = newname, .link_fd = -EBADF };
	_close_ int fd = -EBADF;
	struct node *n;
	int r = op_node(u, id, &n);

	if (r == 0 && n->type == DT_DIR)
		r = -EPERM;
	if (r == 0)
		r = lookup_check_new(u, newname);
	if (r == 0)
		r = copyup_node(u, n, -1);
	if (r < 0)
		return r;
	fd = resolve_open(u, n, node_top(n), O_PATH);
	if (fd < 0)
		return fd;
	m.link_fd = fd;
	/* So that the new name is found to be this node's. */
	node_set_linked(u->nodes, n);
	return make(u, newparent, &m, node_top(n), ret);
}
