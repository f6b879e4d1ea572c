/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * AUFS's marks, which are those of OCI image layers: a regular file .wh.NAME
 * hides NAME, a file .wh..wh..opq makes its directory opaque, all else that
 * begins with .wh. is housekeeping. Whiteouts are links to one shared file,
 * so that deleting needs no inode on a full filesystem.
 */
#include "format.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "cleanup.h"
#include "str.h"
#include "sys.h"

#define WH_PREFIX ".wh."
#define WH_OPAQUE ".wh..wh..opq"
#define WH_INTERNAL ".wh..wh."
#define WH_MEND ".wh..wh.mend"
#define WH_MODE 0444

struct wh_name {
	char s[NAME_MAX + 1];
};

static int wh_name(struct wh_name *w, const char *name)
{
	size_t n = strlen(name);

	if (n + sizeof(WH_PREFIX) > sizeof(w->s))
		return -ENAMETOOLONG;
	memcpy(w->s, WH_PREFIX, sizeof(WH_PREFIX) - 1);
	memcpy(w->s + sizeof(WH_PREFIX) - 1, name, n + 1);
	return 0;
}

static bool aufs_reserved(const char *name)
{
	return str_has_prefix(name, WH_PREFIX);
}

static int aufs_classify(int dirfd _unused_, const char *name,
			 unsigned char dtype _unused_, const char **ret_victim)
{
	const char *victim = str_after(name, WH_PREFIX);

	if (!victim)
		return MARK_NONE;
	if (strcmp(name, WH_OPAQUE) == 0)
		return MARK_OPAQUE;
	if (!*victim || str_has_prefix(name, WH_INTERNAL) ||
	    strcmp(victim, ".") == 0 || strcmp(victim, "..") == 0)
		return MARK_INTERNAL;
	*ret_victim = victim;
	return MARK_HIDES;
}

static bool aufs_is_whiteout(const struct stat *st _unused_)
{
	return false; /* the mark stands beside the name */
}

static int aufs_present(int dirfd, const char *name)
{
	struct stat st;
	int r = sys_stat(dirfd, name, &st);

	if (r == -ENOENT || r == -ENAMETOOLONG)
		return 0;
	return r < 0 ? r : 1;
}

static int aufs_hidden(int dirfd, const char *name)
{
	struct wh_name w;

	/* A name that no mark fits beside cannot have one. */
	return wh_name(&w, name) < 0 ? 0 : aufs_present(dirfd, w.s);
}

static int aufs_opaque(int dirfd)
{
	return aufs_present(dirfd, WH_OPAQUE);
}

static int aufs_mark(int dirfd, const char *mark)
{
	int fd = sys_openat(dirfd, mark, O_WRONLY | O_CREAT | O_EXCL, WH_MODE);

	if (fd == -EEXIST)
		return 0;
	if (fd < 0)
		return fd;
	close_fd(&fd);
	return 0;
}

static int aufs_hide(int dirfd, int workfd, const char *name)
{
	struct wh_name w;
	int r = wh_name(&w, name);

	if (r < 0)
		return r;
	r = sys_linkat(workfd, FORMAT_BASE, dirfd, w.s, 0);
	if (r == -EEXIST)
		return 0;
	/* No base, too many links, a filesystem without links: one of its own. */
	return r < 0 ? aufs_mark(dirfd, w.s) : 0;
}

static int aufs_unhide(int dirfd, const char *name)
{
	struct wh_name w;
	int r = wh_name(&w, name);

	if (r < 0)
		return 0; /* no such mark can be there */
	r = sys_unlinkat(dirfd, w.s, 0);
	return r == -ENOENT ? 0 : r;
}

static int aufs_set_opaque(int dirfd)
{
	return aufs_mark(dirfd, WH_OPAQUE);
}

static int aufs_base(int workfd)
{
	return aufs_mark(workfd, FORMAT_BASE);
}

static bool aufs_is_good(const struct stat *st)
{
	return S_ISREG(st->st_mode);
}

static int aufs_mend(int dirfd, const char *name)
{
	int r = aufs_mark(dirfd, WH_MEND);

	if (r == 0)
		r = sys_renameat2(dirfd, WH_MEND, dirfd, name, RENAME_EXCHANGE);
	if (r < 0) {
		(void)sys_unlinkat(dirfd, WH_MEND, 0);
		return r;
	}
	r = sys_unlinkat(dirfd, WH_MEND, 0);
	if (r == -EISDIR || r == -EPERM)
		r = sys_unlinkat(dirfd, WH_MEND, AT_REMOVEDIR);
	if (r < 0 && sys_renameat2(dirfd, WH_MEND, dirfd, name, RENAME_EXCHANGE) == 0)
		(void)sys_unlinkat(dirfd, WH_MEND, 0); /* the other is the mark again */
	return r == -EEXIST ? -ENOTEMPTY : r;
}

static int aufs_odd_opaque(int dirfd _unused_, bool drop _unused_)
{
	return 0; /* it is a name, which mend() sees to */
}

const struct format format_aufs = {
	.name = "aufs",
	.redirect = "ufs.redirect",
	.reserved = aufs_reserved,
	.classify = aufs_classify,
	.is_whiteout = aufs_is_whiteout,
	.hidden = aufs_hidden,
	.opaque = aufs_opaque,
	.hide = aufs_hide,
	.unhide = aufs_unhide,
	.set_opaque = aufs_set_opaque,
	.base = aufs_base,
	.is_good = aufs_is_good,
	.mend = aufs_mend,
	.odd_opaque = aufs_odd_opaque,
};
