/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Owners and modes: as they are on the branches, or, for a daemon that may
 * not set them (struct id_view), as the records say and the view maps them.
 */
#ifndef UFS_OWNER_H
#define UFS_OWNER_H

#include "union.h"

/* Fill owner, mode and all other fields of *RET from what branch B has. The
 * inode number is left to the caller. */
void owner_show(struct ufs *u, int b, const struct statx *st, struct stat *ret);

/* The mode that an object of type and mode MODE gets on the branch. */
mode_t owner_real_mode(const struct ufs *u, mode_t mode);

/*
 * Note owner, group and mode (as shown) of the object FD (O_PATH will do) on
 * writable branch B. With real owners this does nothing.
 */
int owner_record(struct ufs *u, int b, int fd, uid_t uid, gid_t gid, mode_t mode);

/*
 * For virtual owners: give FD, which is ST on the branch, owner, group and mode
 * of WANT. A stop at any point shows the old ones or the new ones.
 */
int owner_set(struct ufs *u, int b, int fd, const struct statx *st,
	      const struct stat *want);

/* The object lost its last name: its records go too. */
void owner_forget(struct ufs *u, int b, const struct statx *st);

/*
 * Owner, group and mode of a new object of MODE made by CRED in a directory
 * that shows DIR: set-group-ID is inherited. For virtual owners only.
 */
void owner_inherit(const struct ufs_cred *cred, const struct stat *dir, mode_t mode,
		   struct stat *ret);

#endif
