/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which writable branch takes a new entry, and which one a copy-up. AUFS's
 * default "top-down-parent": the highest writable branch that has the
 * directory, else the nearest writable one above where the directory is.
 */
#ifndef UFS_POLICY_H
#define UFS_POLICY_H

#include "union.h"

/*
 * For a new entry in DIR; the branch is not below LIMIT, the lowest branch
 * whose entries of that name would be seen. Returns the branch or -EROFS.
 */
int policy_create(struct ufs *u, struct node *dir, int limit);
/* For something on branch SRC in DIR; the result is above SRC. */
int policy_copyup(struct ufs *u, struct node *dir, int src);

#endif
