/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "err.h"
#include "fileattr.h"
#include "format.h"
#include "str.h"
#include "sys.h"
#include "workdir.h"
#include "xattr.h"

/* One branch while it is looked at. */
struct probe {
	struct branch *b;
	int i;
	struct sb *notes;
	struct err *e;
	int tmp;               /* of its work directory */
	struct work_name file; /* made in it */
	struct work_name other;/* a name that is free */
};

static int refuse(const struct probe *p, int code, const char *what)
{
	(void)err_set(p->e, code, "branch %d '%s' is on a filesystem that %s", p->i,
		      p->b->path, what);
	err_hint(p->e, "use a directory on another one, such as ext4, xfs, btrfs or tmpfs");
	err_status(p->e, EXIT_HOST);
	return code;
}

static void tell(const struct probe *p, const char *what)
{
	sb_addf(p->notes, "branch %d '%s' is on a filesystem that %s\n", p->i, p->b->path,
		what);
}

/* No room, no descriptor, …: says nothing about what the filesystem can do. */
static bool says_nothing(int r)
{
	return r == -ENOSPC || r == -EDQUOT || r == -EMFILE || r == -ENFILE ||
	       r == -ENOMEM || r == -EINTR;
}

int probe_branch(const struct branch *b, int i, struct err *e)
{
	struct probe p = { .b = (struct branch *)(uintptr_t)b, .i = i, .e = e };

	/* A whiteout hides one spelling; the others would go on showing. */
	return fileattr_folds_case(b->fd) ?
	       refuse(&p, -EINVAL, "ignores the case of names there (chattr +F)") : 0;
}

int probe_xattr(struct branch *b, int i, struct sb *notes, struct err *e)
{
	const char *name = b->format->needs_xattr && geteuid() == 0 ?
			   "trusted.overlay.opaque" : "user.overlay.opaque";
	ssize_t n = xattr_get(b->fd, name, NULL, 0);

	b->no_xattr = n == -EOPNOTSUPP;
	if (!b->no_xattr)
		return 0;
	if (!b->format->needs_xattr) {
		sb_addf(notes, "branch %d '%s' has no extended attributes: they are not kept "
			"there\n", i, b->path);
		return 0;
	}
	(void)err_set(e, -EOPNOTSUPP, "branch %d '%s' has no extended attributes, which "
		      "format '%s' needs", i, b->path, b->format->name);
	err_hint(e, "use -o format=aufs, or a branch on another filesystem");
	err_status(e, EXIT_HOST);
	return -EOPNOTSUPP;
}

/* -- by trying ------------------------------------------------------------------------ */

static int probe_case(const struct probe *p)
{
	struct work_name upper = p->file;
	struct stat st;

	for (char *c = upper.s; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	return sys_stat(p->tmp, upper.s, &st) == 0 ?
	       refuse(p, -EINVAL, "ignores the case of names") : 0;
}

/* Modes, and as root owners: a file that is copied up brings its own. */
static int probe_owner(const struct probe *p)
{
	struct stat st;
	int r;

	if (fchmodat(p->tmp, p->file.s, 0640, 0) < 0)
		return says_nothing(-errno) ? 0 : refuse(p, -errno, "does not keep modes");
	r = sys_stat(p->tmp, p->file.s, &st);
	if (r == 0 && (st.st_mode & 07777) != 0640)
		return refuse(p, -EOPNOTSUPP, "does not keep modes");
	if (geteuid() != 0 || fchownat(p->tmp, p->file.s, 1, 1, AT_SYMLINK_NOFOLLOW) == 0 ||
	    says_nothing(-errno) || errno == EINVAL) /* an id outside of a user namespace */
		return 0;
	return refuse(p, -errno, "does not let root change owners");
}

static int probe_links(const struct probe *p)
{
	int r = sys_symlinkat("target", p->tmp, p->other.s);

	if (r < 0 && !says_nothing(r))
		return refuse(p, r, "has no symbolic links");
	(void)sys_unlinkat(p->tmp, p->other.s, 0); /* made just now, or not at all */
	r = sys_linkat(p->tmp, p->file.s, p->tmp, p->other.s, 0);
	if (r < 0 && !says_nothing(r))
		tell(p, "has no hard links: link(2) fails, and each whiteout takes an inode");
	(void)sys_unlinkat(p->tmp, p->other.s, 0); /* as above */
	return 0;
}

/* Two names trade places: how a directory with marks in it is replaced. */
static int probe_exchange(const struct probe *p)
{
	int r = sys_mkdirat(p->tmp, p->other.s, 0700);

	if (r < 0)
		return says_nothing(r) ? 0 : refuse(p, r, "does not let directories be made");
	r = sys_renameat2(p->tmp, p->file.s, p->tmp, p->other.s, RENAME_EXCHANGE);
	(void)sys_unlinkat(p->tmp, p->other.s, r == 0 ? 0 : AT_REMOVEDIR); /* which it is now */
	if (r == 0)
		return sys_unlinkat(p->tmp, p->file.s, AT_REMOVEDIR);
	return says_nothing(r) ? 0 :
	       refuse(p, r, "cannot exchange two names (RENAME_EXCHANGE)");
}

/* The marks of the format, in the work directory. */
static int probe_marks(const struct probe *p)
{
	const struct format *f = p->b->format;
	int r = f->hide(p->tmp, p->b->work->fd, p->other.s);

	if (r < 0)
		return says_nothing(r) ? 0 : refuse(p, r, "takes no whiteouts of this format");
	return f->unhide(p->tmp, p->other.s);
}

static bool has_tmpfile(const struct probe *p)
{
	int fd = sys_openat(p->tmp, ".", O_TMPFILE | O_RDWR, 0600);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0 || says_nothing(fd);
}

int probe_writable(struct branch *b, int i, struct sb *notes, struct err *e)
{
	struct probe p = { .b = b, .i = i, .notes = notes, .e = e };
	int r;

	if (!atomic_load(&b->work->ready))
		return 0;
	p.tmp = b->work->tmp;
	workdir_name(b->work, &p.file);
	workdir_name(b->work, &p.other);
	r = sys_mknodat(p.tmp, p.file.s, S_IFREG | 0600, 0);
	if (r < 0)
		return says_nothing(r) ? 0 :
		       err_set(e, r, "cannot make a file in the work directory of branch %d "
			       "'%s'", i, b->path);
	r = probe_case(&p);
	if (r == 0)
		r = probe_owner(&p);
	if (r == 0)
		r = probe_links(&p);
	if (r == 0)
		r = probe_marks(&p);
	if (r == 0)
		r = probe_exchange(&p);
	b->no_tmpfile = !has_tmpfile(&p);
	(void)workdir_remove_tree(p.tmp, p.file.s); /* what stays is swept at mount */
	(void)workdir_remove_tree(p.tmp, p.other.s);
	return r;
}
