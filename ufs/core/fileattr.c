/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fileattr.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>

#include "cleanup.h"
#include "sys.h"
#include "xattr.h"

/* What a person sets on a file and what has a meaning on any branch. Not among
 * them: the layout of the file, and FS_PROJINHERIT_FL, under which a directory
 * takes files of its own project only. */
#define KEPT_FLAGS                                                              \
	(FS_SECRM_FL | FS_UNRM_FL | FS_COMPR_FL | FS_SYNC_FL | FS_NODUMP_FL |   \
	 FS_NOATIME_FL | FS_NOCOMP_FL | FS_JOURNAL_DATA_FL | FS_NOTAIL_FL |     \
	 FS_DIRSYNC_FL | FS_TOPDIR_FL | FS_NOCOW_FL)

/* Flags are asked of an open file. */
static int reopen(int fd)
{
	return sys_reopen(fd, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

void fileattr_copy(int from, int to)
{
	_close_ int src = reopen(from), dst = -EBADF;
	unsigned want, have;

	if (src < 0 || sys_get_flags(src, &want) < 0)
		return; /* it cannot be asked, or has none */
	want &= KEPT_FLAGS;
	dst = want ? reopen(to) : -EBADF;
	if (dst < 0 || sys_get_flags(dst, &have) < 0 || !(want & ~have))
		return;
	if (sys_set_flags(dst, have | want) == 0)
		return;
	/* One of them is not for this filesystem or this daemon. */
	for (unsigned bit = 1; bit; bit <<= 1)
		if ((want & bit) && sys_set_flags(dst, have | bit) == 0)
			have |= bit;
}

bool fileattr_folds_case(int fd)
{
	_close_ int dir = reopen(fd);
	unsigned flags;

	return dir >= 0 && sys_get_flags(dir, &flags) == 0 && (flags & FS_CASEFOLD_FL);
}
