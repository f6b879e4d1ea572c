/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>

#include "dirsnap.h"
#include "inum.h"
#include "op.h"

/* Offsets of the two names that every directory has. */
enum { OFF_DOT = 1, OFF_DOTDOT = 2 };

static int fill_plain(ufs_fill fill, void *ctx, const char *name, uint64_t ino,
		      uint8_t type, off_t next)
{
	struct ufs_entry e = {
		.attr.st_ino = ino, .attr.st_mode = DTTOIF(type),
	};

	return fill(ctx, name, &e, next);
}

static int fill_dots(struct ufs *u, struct node *dir, off_t off, ufs_fill fill, void *ctx)
{
	uint64_t up = dir->ino;
	struct node_place p;

	if (off < OFF_DOT && fill_plain(fill, ctx, ".", dir->ino, DT_DIR, OFF_DOT))
		return 1;
	if (off >= OFF_DOTDOT)
		return 0;
	if (node_place(u->nodes, dir, &p) == 0) {
		up = p.parent->ino;
		node_unref(u->nodes, p.parent);
	}
	return fill_plain(fill, ctx, "..", up, DT_DIR, OFF_DOTDOT);
}

/* The number that stat shows: a copied-up file keeps the one it had below. */
static uint64_t shown_ino(struct ufs *u, struct node *dir, const struct dirent_snap *d)
{
	struct node *n = node_find(u->nodes, dir, d->name);
	uint64_t ino = d->ino;
	struct ufs_entry e;

	if (n) {
		ino = n->ino;
		node_unref(u->nodes, n);
	} else if (d->ask && ufs_lookup(u, node_id_of(dir), d->name, &e) == 0) {
		ino = e.attr.st_ino;
		ufs_forget(u, e.id, 1);
	}
	return ino;
}

/* 0: on, 1: full, -errno. */
static int fill_entry(struct ufs *u, struct node *dir, const struct dirent_snap *d,
		      bool plus, ufs_fill fill, void *ctx)
{
	struct ufs_entry e;
	int r;

	if (!plus)
		return fill_plain(fill, ctx, d->name, shown_ino(u, dir, d), d->type, d->next);
	r = ufs_lookup(u, node_id_of(dir), d->name, &e);
	if (r == -ENOENT)
		return 0; /* it went meanwhile */
	/* What cannot be looked up is listed all the same. */
	if (r < 0)
		return fill_plain(fill, ctx, d->name, d->ino, d->type, d->next);
	r = fill(ctx, d->name, &e, d->next);
	if (r != 0)
		ufs_forget(u, e.id, 1);
	return r;
}

int ufs_readdir(struct ufs *u, node_id id, off_t off, bool plus, ufs_fill fill, void *ctx)
{
	struct dirsnap *s;
	struct dirent_snap d;
	struct node *dir;
	int r = op_node(u, id, &dir);

	if (r == 0 && dir->type != DT_DIR)
		r = -ENOTDIR;
	if (r < 0)
		return r;
	if (node_has(dir, NODE_DEAD))
		return 0;
	r = dirsnap_get(u, dir, off, &s);
	if (r < 0)
		return r;
	r = fill_dots(u, dir, off, fill, ctx);
	for (size_t i = dirsnap_seek(s, off); r == 0 && dirsnap_at(s, i, &d); i++)
		r = fill_entry(u, dir, &d, plus, fill, ctx);
	dirsnap_put(s);
	return r < 0 ? r : 0;
}
