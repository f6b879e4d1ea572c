/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy.h"

#include <errno.h>

static int writable_above(struct ufs *u, int b)
{
	while (--b >= 0)
		if (branch_at(u, b)->writable)
			return b;
	return -EROFS;
}

/* The highest writable branch with DIR, not below LAST; else nearest above. */
static int top_down_parent(struct ufs *u, struct node *dir, int last)
{
	int top = node_mask_next(u->nodes, dir, 0);

	if (u->bs.read_only || top < 0)
		return -EROFS;
	for (int b = top; b >= 0 && b <= last;
	     b = b + 1 < u->bs.n ? node_mask_next(u->nodes, dir, b + 1) : -1)
		if (branch_at(u, b)->writable)
			return b;
	return writable_above(u, top <= last ? top : last + 1);
}

int policy_create(struct ufs *u, struct node *dir, int limit)
{
	return top_down_parent(u, dir, limit);
}

int policy_copyup(struct ufs *u, struct node *dir, int src)
{
	return top_down_parent(u, dir, src - 1);
}
