/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of operations share. */
#ifndef UFS_OP_H
#define UFS_OP_H

#include "lookup.h"
#include "resolve.h"

/* The node of an id from the kernel. Returns 0 or -ESTALE. */
static inline int op_node(struct ufs *u, node_id id, struct node **ret)
{
	*ret = node_get(u->nodes, id);
	return *ret ? 0 : -ESTALE;
}

/* The directory of an id. Returns 0, -ESTALE, -ENOTDIR, -ENOENT (removed). */
int op_dir(struct ufs *u, node_id id, struct node **ret);

/* The listing of DIR is another one from now on. */
static inline void op_touch(struct node *dir)
{
	atomic_fetch_add(&dir->dirver, 1);
}

/* -- objects that lose their name ---------------------------------------------- */

/*
 * Get hold of NAME, found as F in the directory of S, before it goes, if the
 * kernel knows N (may be NULL: then *RET stays NULL). Returns 0 or -errno.
 */
int orphan_make(struct ufs *u, struct node *n, const struct dirset *s, const char *name,
		const struct found *f, struct orphan **ret);
/* The same of FD, an O_PATH descriptor on branch B, which is taken over, on error too. */
int orphan_take(struct ufs *u, int fd, int b, struct orphan **ret);
/* Let go; with the last name gone its records go too. */
void orphan_free(struct ufs *u, struct orphan *o);

/* Is directory N empty as the union shows it? 0, -ENOTEMPTY, -errno. No locks. */
int op_check_empty(struct ufs *u, struct node *n);

/*
 * A reference to the node of NAME in DIR, looked up when it is not known.
 * Give back with node_unref.
 */
int op_child(struct ufs *u, struct node *dir, const char *name, struct node **ret);

#endif
