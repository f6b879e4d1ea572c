/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cleanup.h"
#include "fdio.h"
#include "str.h"
#include "sys.h"
#include "sysmount.h"

/* Does the directory FD lie on a tmpfs that we mounted here? */
static bool target_is_scratch(const struct run_live *live, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	for (size_t i = 0; i < live->nscratch; i++)
		if (live->scratch[i] == st.st_dev)
			return true;
	return false;
}

/* Make NAME in the scratch directory PARENT; returns an O_PATH descriptor. */
static int target_make(int parent, const char *name, bool is_dir)
{
	int r;

	if (is_dir) {
		r = sys_mkdirat(parent, name, 0755);
	} else {
		r = sys_openat(parent, name, O_WRONLY | O_CREAT | O_EXCL, 0644);
		if (r >= 0)
			(void)close(r);
		r = MIN(r, 0);
	}
	return r < 0 ? r : sys_openat(parent, name, O_PATH, 0);
}

/*
 * The place PATH within the container's root, as O_PATH descriptor. What is
 * missing on a tmpfs of ours is made, step by step on descriptors; anywhere
 * else it is an error: branches and volumes are left as they are.
 */
static int target_open(const struct run_live *live, const char *path, bool is_dir)
{
	_free_ char *up = NULL;
	_close_ int parent = -EBADF;
	const char *name;
	int r = sys_open_in_root(live->root, path, O_PATH, 0);

	if (r != -ENOENT)
		return r;
	name = strrchr(path, '/') + 1;
	if (name == path + 1)
		return -ENOENT;
	up = strndup(path, (size_t)(name - 1 - path));
	if (!up)
		return -ENOMEM;
	parent = target_open(live, *up ? up : "/", true);
	if (parent < 0)
		return parent;
	return target_is_scratch(live, parent) ? target_make(parent, name, is_dir)
					       : -ENOENT;
}

/* The target of a mount, checked. */
static int mount_target(const struct plan_mount *m, const struct run_live *live,
			struct err *e)
{
	_close_ int fd = m->flags & PM_NOFOLLOW ?
		sys_open_beneath(live->root, m->dst + 1, O_PATH | O_DIRECTORY, 0) :
		target_open(live, m->dst, m->flags & PM_DIR);
	struct statfs fs;
	struct stat st;

	if (fd < 0) {
		(void)err_set(e, fd, "cannot mount on '%s'", m->dst);
		if (fd == -ENOENT)
			err_hint(e, "it does not exist in what is mounted around it; "
				    "make it there");
		return fd;
	}
	if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
		return err_set(e, -errno, "cannot mount on '%s'", m->dst);
	if (S_ISDIR(st.st_mode) != !!(m->flags & PM_DIR))
		return err_set(e, S_ISDIR(st.st_mode) ? -EISDIR : -ENOTDIR,
			       "cannot mount on '%s'", m->dst);
	/* A link of a branch may lead here; what processes look like is ours. */
	if (fs.f_type == PROC_SUPER_MAGIC)
		return err_set(e, -EPERM, "cannot mount on '%s': it leads into /proc",
			       m->dst);
	return take_fd(&fd);
}

static int mount_note_scratch(struct run_live *live, int fd)
{
	struct stat st;
	dev_t *v;

	if (fstat(fd, &st) < 0)
		return -errno;
	v = realloc(live->scratch, (live->nscratch + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	live->scratch = v;
	live->scratch[live->nscratch++] = st.st_dev;
	return 0;
}

/* A new filesystem with the options of M. */
static int mount_new(const struct plan_mount *m)
{
	struct strv params = { NULL, 0 };
	const char *cursor = m->opts;
	int r = strv_addf(&params, "source=%s", m->fstype);

	while (r == 0 && cursor) {
		_free_ char *item = NULL;

		r = list_next(&cursor, ',', &item);
		r = r > 0 ? strv_add(&params, item) : r;
	}
	if (r == 0)
		r = sysmount_new(m->fstype, (const char *const *)params.v, m->attrs);
	strv_done(&params);
	return r;
}

static int mount_bind(const struct plan_mount *m)
{
	_close_ int fd = sysmount_clone(AT_FDCWD, m->src, true);
	int r;

	if (fd < 0)
		return fd;
	r = sysmount_setattr(fd, true, m->attrs, 0, 0);
	return r < 0 ? r : take_fd(&fd);
}

static int mount_fs(const struct plan_mount *m, struct run_live *live, struct err *e)
{
	_close_ int target = -EBADF, fd = -EBADF;
	int r;

	fd = m->kind == MOUNT_NEW ? mount_new(m) : mount_bind(m);
	if (fd < 0 && (m->flags & PM_OPTIONAL))
		return 0;
	if (fd < 0) {
		(void)err_set(e, fd, m->kind == MOUNT_NEW ? "cannot make a %s for '%s'" :
			      "cannot take '%s' of the host for '%s'",
			      m->kind == MOUNT_NEW ? m->fstype : m->src, m->dst);
		if (fd == -EPERM && m->kind == MOUNT_NEW)
			err_hint(e,
				 "the kernel refuses it where the outer %s is partly "
				 "hidden, as in a container",
				 m->dst);
		return fd;
	}
	target = mount_target(m, live, e);
	if (target < 0)
		return m->flags & PM_OPTIONAL ? (err_done(e), 0) : target;
	r = sysmount_attach(fd, target, "");
	if (r == 0 && (m->flags & PM_SCRATCH))
		r = mount_note_scratch(live, fd);
	return r < 0 ? err_set(e, r, "cannot mount on '%s'", m->dst) : 0;
}

/* The host's null device, known to be it: what masks a file. */
static int mount_open_null(struct run_live *live, struct err *e)
{
	struct stat st;

	live->null = open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (live->null < 0 || fstat(live->null, &st) < 0)
		return err_set(e, -errno, "cannot open '/dev/null'");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return err_set(e, -ENODEV,
			       "'/dev/null' of the host is not the null device");
	return 0;
}

/* An empty read-only directory, or the null device, over the target. */
static int mount_mask(int target, const struct run_live *live)
{
	static const char *const params[] = {"source=tmpfs", "mode=0555", "size=4k",
					     NULL};
	_close_ int fd = -EBADF;
	struct stat st;

	if (fstat(target, &st) < 0)
		return -errno;
	fd = S_ISDIR(st.st_mode) ? sysmount_new("tmpfs", params,
			  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
			  MOUNT_ATTR_RDONLY) :
	     sysmount_clone(live->null, "", false);
	return fd < 0 ? fd : sysmount_attach(fd, target, "");
}

static int mount_ro(int target)
{
	_close_ int fd = sysmount_clone(target, "", true);
	int r = fd < 0 ? fd : sysmount_setattr(fd, true, MOUNT_ATTR_RDONLY, 0, 0);

	return r < 0 ? r : sysmount_attach(fd, target, "");
}

/* MOUNT_MASK and MOUNT_RO: change what stands there. */
static int mount_change(const struct plan_mount *m, struct run_live *live, struct err *e)
{
	_close_ int target = sys_open_in_root(live->root, m->dst, O_PATH | O_NOFOLLOW, 0);
	int r = target < 0 ? target : m->kind == MOUNT_MASK ? mount_mask(target, live) :
		mount_ro(target);

	if (target == -ENOENT)
		return 0;
	return r < 0 ? err_set(e, r, "cannot %s '%s'",
			       m->kind == MOUNT_MASK ? "mask" : "make read-only", m->dst)
		     : 0;
}

/* The host's name-server file, put where /etc/resolv.conf of the view leads. */
static int mount_resolv(const struct run_plan *p, struct run_live *live, struct err *e)
{
	_free_ char *text = NULL, *up = NULL;
	_close_ int dir = -EBADF, fd = -EBADF;
	const char *name = strrchr(p->resolv, '/') + 1;
	ssize_t n = fd_read_file(AT_FDCWD, p->resolv, 1 << 20, &text);
	int r;

	if (n < 0)
		return 0; /* gone or unreadable: names are not resolved outside either */
	up = strndup(p->resolv, (size_t)(name - 1 - p->resolv));
	dir = up ? target_open(live, up, true) : -ENOMEM;
	fd = dir < 0 ? dir : sys_openat(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0644);
	if (fd == -EEXIST)
		return 0; /* a volume brought its own */
	r = fd < 0 ? fd : fd_write_all(fd, text, (size_t)n);
	return r < 0 ? err_set(e, r, "cannot keep '%s'", p->resolv) : 0;
}

int mounts_apply(const struct run_plan *p, struct run_live *live, struct err *e)
{
	int r = mount_open_null(live, e);

	for (size_t i = 0; r == 0 && i < p->nmounts; i++) {
		const struct plan_mount *m = &p->mounts[i];

		switch (m->kind) {
		case MOUNT_NEW:
		case MOUNT_BIND:
			r = mount_fs(m, live, e);
			break;
		case MOUNT_MASK:
		case MOUNT_RO:
			r = mount_change(m, live, e);
			break;
		}
	}
	return r == 0 && p->resolv ? mount_resolv(p, live, e) : r;
}

int mounts_pivot(const struct run_plan *p _unused_, struct run_live *live, struct err *e)
{
	if (fchdir(live->root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return err_set(e, -errno, "cannot change to the container's root");
	/* The old root now lies over the new one, at the same place. */
	if (umount2(".", MNT_DETACH) < 0)
		return err_set(e, -errno, "cannot leave the host's root");
	if (chdir("/") < 0)
		return err_set(e, -errno, "cannot enter the container's root");
	close_fd(&live->root);
	close_fd(&live->null);
	return 0;
}
