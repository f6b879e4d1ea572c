/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bringing an object to a writable branch. It is built aside in the work
 * directory with data, owner, mode, times and attributes, made durable, and
 * renamed into place; until then the lower one serves. At that moment its
 * name is looked at again: what was renamed or unlinked meanwhile is honoured.
 */
#ifndef UFS_COPYUP_H
#define UFS_COPYUP_H

#include "union.h"

/*
 * Make N writable, with its parents.
 *   len  bytes of a regular file to keep, -1: all
 * Locks: none held; may sleep; single flight for each node, others wait for it.
 * Returns 0 (also when it was writable already), -EROFS without a writable
 * branch, -EACCES when its bytes are needed and may not be read, -ENOSPC,
 * -EDQUOT, else -errno. On error nothing is visible.
 */
int copyup_node(struct ufs *u, struct node *n, off_t len);

/* As copyup_node, onto branch DST, which is above the one that serves it. */
int copyup_to(struct ufs *u, struct node *n, int dst, off_t len);

/* Make directory DIR, with its parents, exist on writable branch DST. */
int copyup_dir(struct ufs *u, struct node *dir, int dst);

/*
 * Make TO look like FROM, both directories (O_PATH) of writable branch B: owner,
 * attributes, mode and times. Returns 0 or -errno.
 */
int copyup_looks(struct ufs *u, int b, int from, int to);

/*
 * Copy the attributes of FROM to TO (descriptors, O_PATH will do), but for
 * those of a format. What the target cannot keep in other namespaces than
 * user and the ACLs is left out.
 */
int copyup_xattrs(struct ufs *u, int from, int to);

#endif
