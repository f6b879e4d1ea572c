/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the FUSE library at run time calls itself, e.g. "3.14.0". */
#ifndef UFS_FUSE_VERSION_H
#define UFS_FUSE_VERSION_H

const char *fuse_version_library(void);

#endif
