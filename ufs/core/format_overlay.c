/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * overlayfs's marks: a character device 0:0 in place of the name, and the
 * attribute overlay.opaque on a directory, in the trusted namespace for root,
 * in user otherwise. (Its whiteouts by attribute, which the kernel reads but
 * never writes, are not known here.)
 */
#include "format.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "macros.h"
#include "sys.h"
#include "xattr.h"

#define OPAQUE_TRUSTED "trusted.overlay.opaque"
#define OPAQUE_USER "user.overlay.opaque"

static bool overlay_reserved(const char *name _unused_)
{
	return false;
}

static bool overlay_is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

/* The value of the opaque attribute: 'y', 'x', 0 for none, or -errno. */
static int overlay_opaque_value(int dirfd)
{
	static const char *const names[] = { OPAQUE_TRUSTED, OPAQUE_USER };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char v[8];
		ssize_t n = xattr_get(dirfd, names[i], v, sizeof(v));

		if (n >= 1)
			return v[0];
		if (n < 0 && n != -ENODATA && n != -EOPNOTSUPP && n != -EPERM &&
		    n != -EACCES && n != -ERANGE)
			return (int)n;
	}
	return 0;
}

static int overlay_classify(int dirfd, const char *name, unsigned char dtype,
			    const char **ret_victim)
{
	struct stat st;
	int r;

	if (dtype == DT_DIR || dtype == DT_LNK || dtype == DT_FIFO ||
	    dtype == DT_SOCK || dtype == DT_BLK || dtype == DT_REG)
		return MARK_NONE;
	r = sys_stat(dirfd, name, &st);
	/* A directory that may be read but not searched does not say which device
	 * it is. Users, who alone meet that, make none but whiteouts. */
	if (r < 0 && (r != -EACCES || dtype != DT_CHR))
		return r == -ENOENT ? MARK_NONE : r;
	if (r == 0 && !overlay_is_whiteout(&st))
		return MARK_NONE;
	*ret_victim = name;
	return MARK_HIDES;
}

static int overlay_hidden(int dirfd _unused_, const char *name _unused_)
{
	return 0; /* the mark stands at the name itself */
}

static int overlay_opaque(int dirfd)
{
	int v = overlay_opaque_value(dirfd);

	return v < 0 ? v : v == 'y';
}

static int overlay_base(int workfd)
{
	int r = sys_mknodat(workfd, FORMAT_BASE, S_IFCHR, makedev(0, 0));

	return r == -EEXIST ? 0 : r;
}

static int overlay_hide(int dirfd, int workfd, const char *name)
{
	char tmp[48];
	int r;

	/* First straight into an empty place. */
	r = sys_linkat(workfd, FORMAT_BASE, dirfd, name, 0);
	if (r < 0 && r != -EEXIST)
		r = sys_mknodat(dirfd, name, S_IFCHR, makedev(0, 0));
	if (r != -EEXIST)
		return r;
	/* Something stands there: make it aside and rename over it. */
	(void)snprintf(tmp, sizeof(tmp), "tmp/wh.%d", gettid());
	(void)sys_unlinkat(workfd, tmp, 0); /* left by a thread that died */
	r = sys_linkat(workfd, FORMAT_BASE, workfd, tmp, 0);
	if (r < 0)
		r = sys_mknodat(workfd, tmp, S_IFCHR, makedev(0, 0));
	if (r < 0)
		return r;
	r = sys_renameat2(workfd, tmp, dirfd, name, 0);
	/* Renaming a link onto another of the same inode does nothing. */
	(void)sys_unlinkat(workfd, tmp, 0);
	return r;
}

static int overlay_unhide(int dirfd, const char *name)
{
	struct stat st;
	int r = sys_stat(dirfd, name, &st);

	if (r < 0 || !overlay_is_whiteout(&st))
		return r == -ENOENT ? 0 : r;
	return sys_unlinkat(dirfd, name, 0);
}

static int overlay_set_opaque(int dirfd)
{
	int r = xattr_set(dirfd, OPAQUE_TRUSTED, "y", 1, 0);

	return r == -EPERM || r == -EOPNOTSUPP ?
	       xattr_set(dirfd, OPAQUE_USER, "y", 1, 0) : r;
}

static bool overlay_is_good(const struct stat *st)
{
	return overlay_is_whiteout(st); /* what is not one is an entry */
}

static int overlay_mend(int dirfd _unused_, const char *name _unused_)
{
	return -EOPNOTSUPP;
}

/* 'x' says that whiteouts by attribute are in it, to those who know them. */
static int overlay_odd_opaque(int dirfd, bool drop)
{
	static const char *const names[] = { OPAQUE_TRUSTED, OPAQUE_USER };
	int odd = 0;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char v[8];
		ssize_t n = xattr_get(dirfd, names[i], v, sizeof(v));
		int r = 0;

		if (n == -ENODATA || n == -EOPNOTSUPP || n == -EPERM ||
		    (n > 0 && (v[0] == 'y' || v[0] == 'x')))
			continue;
		if (n < 0 && n != -ERANGE)
			return (int)n;
		odd = 1;
		r = drop ? xattr_remove(dirfd, names[i]) : 0;
		if (r < 0)
			return r;
	}
	return odd && !drop;
}

const struct format format_overlay = {
	.name = "overlay",
	.redirect = "overlay.redirect",
	.needs_xattr = true,
	.needs_work = true,
	.whiteout_in_place = true,
	.reserved = overlay_reserved,
	.classify = overlay_classify,
	.is_whiteout = overlay_is_whiteout,
	.hidden = overlay_hidden,
	.opaque = overlay_opaque,
	.hide = overlay_hide,
	.unhide = overlay_unhide,
	.set_opaque = overlay_set_opaque,
	.base = overlay_base,
	.is_good = overlay_is_good,
	.mend = overlay_mend,
	.odd_opaque = overlay_odd_opaque,
};
