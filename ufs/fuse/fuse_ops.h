/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of FUSE requests: each decodes, asks the core, replies. */
#ifndef UFS_FUSE_OPS_H
#define UFS_FUSE_OPS_H

#include "fuse_compat.h"

struct ufs;

/* What a request finds behind fuse_req_userdata. */
struct fuse_side {
	struct ufs *u;
	bool posix_acl; /* owners are real: the kernel applies ACLs */
};

extern const struct fuse_lowlevel_ops fuse_ops;

#endif
