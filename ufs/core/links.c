/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "links.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "log.h"
#include "redirect.h"
#include "sys.h"
#include "workdir.h"

#define NO_TOKEN UINT64_MAX

static struct records *records_at(struct ufs *u, int b)
{
	return branch_at(u, b)->records;
}

/* -- finding -------------------------------------------------------------------------- */

static bool link_name(struct ufs *u, int b, uint16_t fs, uint64_t ino,
		      struct links_name *ret)
{
	struct records *t = records_at(u, b);

	return t && records_link_name(t, fs, ino, ret);
}

int links_open(struct ufs *u, int b, uint16_t fs, uint64_t ino, int flags)
{
	int dir = branch_links(branch_at(u, b), false);
	struct links_name name;

	if (dir < 0 || !link_name(u, b, fs, ino, &name))
		return -ENOENT;
	return sys_openat(dir, name.s, flags, 0);
}

int links_statx(struct ufs *u, int b, uint16_t fs, uint64_t ino, struct statx *ret)
{
	int dir = branch_links(branch_at(u, b), false);
	struct links_name name;

	if (dir < 0 || !link_name(u, b, fs, ino, &name))
		return -ENOENT;
	return sys_statx(dir, name.s, ret);
}

static uint32_t names_left(const struct link_record *l)
{
	return l->nlink > l->gone ? l->nlink - l->gone : 0;
}

void links_look(struct ufs *u, int top, const struct statx *st, struct link_state *ret)
{
	struct records *t = records_at(u, top);
	struct record_key key = record_key(st);
	struct link_record l;

	ret->id = origin_of(st, inum_fs(u->inums, makedev(st->stx_dev_major,
							   st->stx_dev_minor)));
	ret->nlink = st->stx_nlink;
	ret->indexed = ret->counted = false;
	ret->recorded = !S_ISDIR(st->stx_mode) && t && records_origin(t, &key, &ret->id);
	if (S_ISDIR(st->stx_mode))
		return;
	if (ret->recorded && records_link(t, &ret->id, &l) && l.upper == st->stx_ino) {
		ret->indexed = true;
		ret->nlink = st->stx_nlink - 1 + names_left(&l);
	}
	if (ret->nlink < 2 && !ret->indexed && st->stx_nlink < 2)
		return;
	for (int b = top - 1; b >= 0; b--) {
		t = records_at(u, b);
		if (t && records_link(t, &ret->id, &l) && !l.upper) {
			ret->nlink = names_left(&l);
			ret->counted = true;
		}
	}
}

/* The copy on branch B of lower file S, if there is one. */
static bool copy_on(struct ufs *u, int b, const struct link_state *s, struct statx *ret)
{
	struct records *t = records_at(u, b);
	struct link_record l;

	return t && records_link(t, &s->id, &l) && l.upper &&
	       links_statx(u, b, s->id.fs, s->id.ino, ret) == 0 &&
	       ret->stx_ino == l.upper;
}

void links_find(struct ufs *u, int *top, struct statx *st, struct link_state *ret)
{
	links_look(u, *top, st, ret);
	if (S_ISDIR(st->stx_mode) || (st->stx_nlink < 2 && !ret->indexed))
		return;
	for (int b = *top - 1; b >= 0; b--) {
		struct statx copy;

		if (!copy_on(u, b, ret, &copy))
			continue;
		*top = b;
		*st = copy;
		links_look(u, b, st, ret);
	}
}

/* -- keeping -------------------------------------------------------------------------- */

/*
 * Link NAME into links/. What a stop left there, without a record, goes.
 * 1: done, 0: the filesystem has no links, -errno.
 */
static int put_copy(int dirfd, const char *name, int links, const char *as)
{
	int r = sys_linkat(dirfd, name, links, as, 0);

	if (r == -EEXIST) {
		r = sys_unlinkat(links, as, 0);
		if (r == 0)
			r = sys_linkat(dirfd, name, links, as, 0);
	}
	if (r == -EOPNOTSUPP || r == -EPERM || r == -EXDEV || r == -EMLINK || r == -ENOSYS)
		return 0;
	return r < 0 ? r : 1;
}

int links_keep(struct ufs *u, int b, int dirfd, const char *name,
	       const struct statx *st, const struct link_state *s)
{
	struct records *t = records_at(u, b);
	struct record_key key = record_key(st);
	struct links_name link;
	int dir, r;

	if (!t)
		return 0;
	/* The record of the origin gives the filesystem its number in the log. */
	r = records_set_origin(t, &key, &s->id);
	if (r < 0)
		return r == -ENODATA ? 0 : r;
	dir = branch_links(branch_at(u, b), true);
	r = dir < 0 ? dir : !link_name(u, b, s->id.fs, s->id.ino, &link) ? 0 :
	    put_copy(dirfd, name, dir, link.s);
	if (r > 0) {
		r = records_set_upper(t, &s->id, s->nlink, st->stx_ino);
		if (r == 0)
			return 1;
		(void)sys_unlinkat(dir, link.s, 0);
	} else if (r == 0) {
		log_debug("the names of a file part at its copy-up");
	}
	(void)records_drop(t, &key);
	return r;
}

/* Remove the name in links/. */
static void unlink_copy(struct ufs *u, int b, const struct origin *o)
{
	int dir = branch_links(branch_at(u, b), false);
	struct links_name link;

	if (dir >= 0 && link_name(u, b, o->fs, o->ino, &link))
		(void)sys_unlinkat(dir, link.s, 0);
}

void links_unkeep(struct ufs *u, int b, const struct link_state *s)
{
	struct records *t = records_at(u, b);

	/* The record first: without it the name in links/ means nothing. */
	(void)records_set_upper(t, &s->id, s->nlink, 0);
	unlink_copy(u, b, &s->id);
}

void links_alone(struct ufs *u, int b, const struct origin *o)
{
	struct records *t = records_at(u, b);

	if (t)
		(void)records_drop_link(t, o);
}

void links_gone(struct ufs *u, int b, const struct origin *o)
{
	struct records *t = records_at(u, b);
	struct link_record l;
	struct statx st;

	if (!t || !records_link(t, o, &l) || names_left(&l))
		return;
	if (l.upper && links_statx(u, b, o->fs, o->ino, &st) == 0) {
		struct record_key key = record_key(&st);

		if (st.stx_nlink > 1)
			return;
		unlink_copy(u, b, o);
		(void)records_drop_origin(t, &key);
	}
	(void)records_drop_link(t, o);
}

/* -- covering ------------------------------------------------------------------------- */

int links_cover(struct ufs *u, int b, struct node *dir, const char *name,
		const struct link_state *s, uint64_t *ret_token)
{
	struct records *t = records_at(u, b);
	_free_ char *path = NULL;
	int r;

	*ret_token = NO_TOKEN;
	if (!t)
		return 0;
	r = redirect_path(u, dir, name, b, &path);
	if (r == 0)
		r = records_cover(t, &s->id, s->nlink, path, ret_token);
	return r == -ENODATA ? 0 : r; /* its filesystem has no name: not counted */
}

int links_covered(struct ufs *u, int b, uint64_t token, bool done)
{
	return token == NO_TOKEN ? 0 :
	       records_covered(records_at(u, b), token, done, NULL);
}

int links_show(struct ufs *u, int b, struct node *dir, int dirfd, const char *name,
	       const struct link_state *s)
{
	int links = branch_links(branch_at(u, b), false);
	struct links_name link;
	uint64_t token;
	int r;

	if (links < 0 || !link_name(u, b, s->id.fs, s->id.ino, &link))
		return -EIO;
	r = links_cover(u, b, dir, name, s, &token);
	if (r < 0)
		return r;
	r = sys_linkat(links, link.s, dirfd, name, 0);
	(void)links_covered(u, b, token, r == 0);
	return r;
}
