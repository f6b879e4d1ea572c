/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of several names that were copied up under one of them (links.h of the
 * core). Nothing says where the others are but a walk, which ends when all were
 * found and is not made where no such file has names left.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "diff_intern.h"
#include "inum.h"
#include "records.h"
#include "str.h"
#include "sys.h"
#include "workdir.h"

/* -- records ------------------------------------------------------------------------ */

int layer_records_open(struct layer_diff *d, struct layer *lowers, int work)
{
	_close_ int own = sys_openat(work >= 0 ? work : d->upper.fd,
				     work >= 0 ? "." : WORKDIR_NAME,
				     O_RDONLY | O_DIRECTORY, 0);
	struct stat st;
	int r = inums_init(&d->inums);

	d->links = -ENOENT;
	if (r < 0)
		return r;
	if (sys_stat(d->upper.fd, "", &st) == 0)
		(void)inum_meet(d->inums, st.st_dev, d->upper.fd);
	r = layer_read_records(&d->upper, own, d->inums);
	if (r == 0 && d->upper.records)
		d->links = sys_openat(own, LINKS_NAME, O_PATH | O_DIRECTORY, 0);
	return r == 0 ? layers_read_records(lowers, d->nlowers, d->inums) : r;
}

void layer_records_close(struct layer_diff *d, struct layer *lowers)
{
	layers_close_records(lowers, d->nlowers);
	layers_close_records(&d->upper, 1);
	if (d->inums)
		close_fd(&d->links);
	inums_done(d->inums);
	d->inums = NULL;
}

int alias_find(struct layer_diff *d, const struct stack_dir *at, const char *name,
	       struct alias_copy *ret)
{
	struct records *t = d->inums ? d->upper.records : NULL;
	struct link_record l;
	struct origin id;
	struct statx st;
	int r;

	if (!t || !records_any_link(t))
		return 0;
	r = sys_statx(at->fd, name, &st);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (st.stx_nlink < 2)
		return 0;
	id = layer_origin(at, &st, d->inums);
	if (!records_link(t, &id, &l) || !l.upper)
		return 0;
	if (d->links < 0 || !records_link_name(t, id.fs, id.ino, &ret->name))
		return 0;
	return sys_stat(d->links, ret->name.s, &ret->st) == 0 && ret->st.st_ino == l.upper;
}

/* -- finding their names --------------------------------------------------------------- */

struct search {
	struct layer_diff *d;
	struct names *paths;
	struct sb path;
	size_t left;            /* names to be found still */
};

static int search_dir(struct search *w, const struct stack *s);

static int sum_left(void *ctx, const struct origin *o _unused_, const struct link_record *l)
{
	struct search *w = ctx;

	if (l->upper && l->nlink > l->gone)
		w->left += l->nlink - l->gone;
	return 0;
}

/* 1: all are found. */
static int search_file(struct search *w, const struct stack_dir *at, const char *name)
{
	_free_ char *path = NULL;
	struct alias_copy copy;
	int r = alias_find(w->d, at, name, &copy);

	if (r <= 0)
		return r;
	if (str_printf(&path, "%s/%s", w->path.s ? w->path.s : "", name) < 0 ||
	    names_add(w->paths, path) < 0)
		return -ENOMEM;
	return --w->left == 0;
}

static int search_name(struct search *w, const struct stack *s, const char *name)
{
	size_t len = w->path.len, at;
	struct stack sub = { 0 };
	struct stat st;
	int r = stack_find_at(s, name, &st, &at);

	if (r <= 0)
		return r;
	if (!S_ISDIR(st.st_mode))
		return s->v[at].layer == s->layers || st.st_nlink < 2 ? 0 :
		       search_file(w, &s->v[at], name);
	r = stack_enter(s, name, &sub, &w->d->unread);
	sb_addc(&w->path, '/');
	sb_add(&w->path, name);
	if (r == 0)
		r = w->path.err ? w->path.err : search_dir(w, &sub);
	if (w->path.s) {
		w->path.len = len;
		w->path.s[len] = '\0';
	}
	stack_done(&sub);
	return r;
}

static int search_dir(struct search *w, const struct stack *s)
{
	struct names names = { 0 };
	int r = stack_names(s, &names, &w->d->unread);

	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = search_name(w, s, names.v[i]);
	names_done(&names);
	return r;
}

int aliases_find(struct layer_diff *d, const struct layer *all, struct aliases *ret)
{
	struct search w = { .d = d, .paths = &ret->paths };
	struct stack s = { 0 };
	int r = 0;

	if (d->inums && d->upper.records && d->links >= 0 && d->nlowers)
		r = records_each_link(d->upper.records, sum_left, &w);
	if (r == 0 && w.left) {
		r = stack_roots(&s, all, d->nlowers + 1);
		if (r == 0)
			r = search_dir(&w, &s);
		d->unread = 0; /* the diff itself counts them */
	}
	names_sort(&ret->paths);
	stack_done(&s);
	sb_done(&w.path);
	return r < 0 ? r : 0;
}

void aliases_done(struct aliases *a)
{
	names_done(&a->paths);
}

int aliases_in(const struct aliases *a, const char *path, struct names *ret)
{
	_free_ char *prefix = NULL;
	size_t len = strlen(path) + 1;

	if (!a->paths.n)
		return 0;
	if (str_printf(&prefix, "%s/", path) < 0)
		return -ENOMEM;
	for (size_t i = names_from(&a->paths, prefix); i < a->paths.n; i++) {
		const char *p = a->paths.v[i];
		_free_ char *name = NULL;

		if (strncmp(p, prefix, len) != 0)
			break;
		name = strndup(p + len, strcspn(p + len, "/"));
		if (!name || names_add(ret, name) < 0)
			return -ENOMEM;
	}
	names_sort(ret);
	return 0;
}
