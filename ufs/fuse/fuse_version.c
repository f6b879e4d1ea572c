/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuse_version.h"

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>

const char *fuse_version_library(void)
{
	return fuse_pkgversion();
}
