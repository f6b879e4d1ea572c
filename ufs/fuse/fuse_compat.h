/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What differs between libfuse 3.14 and 3.18. */
#ifndef UFS_FUSE_COMPAT_H
#define UFS_FUSE_COMPAT_H

#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 14)
#include <fuse_lowlevel.h>

#ifndef FUSE_CAP_HANDLE_KILLPRIV_V2
#define FUSE_CAP_HANDLE_KILLPRIV_V2 0 /* before 3.17 */
#endif

/* O_TMPFILE reaches the daemon from 3.17.1 on; before, open(2) gives EOPNOTSUPP. */
#if FUSE_VERSION > FUSE_MAKE_VERSION(3, 17) || \
	(FUSE_VERSION == FUSE_MAKE_VERSION(3, 17) && FUSE_HOTFIX_VERSION >= 1)
#define UFS_HAVE_TMPFILE
#endif

#include <stdbool.h>
#include <stdint.h>

/* Capabilities are 64 bits wide, with accessors, from 3.17 on. */
static inline void compat_want(struct fuse_conn_info *conn, uint64_t flag, bool on)
{
#if FUSE_VERSION >= FUSE_MAKE_VERSION(3, 17)
	if (on)
		(void)fuse_set_feature_flag(conn, flag);
	else
		fuse_unset_feature_flag(conn, flag);
#else
	uint32_t bit = (uint32_t)flag;

	conn->want = on ? conn->want | (conn->capable & bit) : conn->want & ~bit;
#endif
}

#endif
