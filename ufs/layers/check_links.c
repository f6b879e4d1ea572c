/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files with several names below: the names in links/, the records, and how
 * many names still lead to the file below.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "check_intern.h"
#include "cleanup.h"
#include "path.h"
#include "sys.h"
#include "workdir.h"

static uint32_t names_left(const struct link_record *l)
{
	return l->nlink > l->gone ? l->nlink - l->gone : 0;
}

static bool link_name(const struct check *k, const struct check_link *l,
		      struct links_name *ret)
{
	return records_link_name(k->records, l->id.fs, l->id.ino, ret);
}

static struct check_link *link_by_name(struct check *k, const char *name)
{
	struct links_name n;

	for (size_t i = 0; i < k->nlinks; i++)
		if (link_name(k, &k->links[i], &n) && strcmp(n.s, name) == 0)
			return &k->links[i];
	return NULL;
}

/* -- names in links/ ------------------------------------------------------------------ */

static int tell_link(struct check *k, const char *name, int r, const char *what)
{
	_free_ char *path = NULL;

	if (path_join(LINKS_NAME, name, &path) < 0)
		return -ENOMEM;
	return check_tell(k, k->c->work_name, path, CHECK_FAULT, r, "%s", what);
}

/*
 * A name that leads nowhere in the view. What would be lost with it and is no
 * copy that a crash left, as far as the records know, stays.
 */
static int stray_link(struct check *k, int dir, const char *name, const struct statx *st,
		      const char *what)
{
	struct record_key key = record_key(st);
	struct origin from;
	bool only = st->stx_nlink < 2 && st->stx_size > 0 &&
		    !(k->records && records_origin(k->records, &key, &from));
	int m = 0;

	if (S_ISDIR(st->stx_mode) || only)
		return tell_link(k, name, CHECK_NOT_MENDED, only ?
				 "has no record and is the only name of its file" : what);
	if (k->c->fix)
		m = sys_unlinkat(dir, name, 0);
	return tell_link(k, name, m, what);
}

/* The last name in the view went, and a crash came before the rest. */
static int finish_link(struct check *k, int dir, const char *name, const struct statx *st,
		       struct check_link *l)
{
	struct record_key key = record_key(st);
	int m = 0;

	if (k->c->fix)
		m = sys_unlinkat(dir, name, 0);
	if (k->c->fix && m == 0)
		m = records_drop_origin(k->records, &key);
	if (k->c->fix && m == 0)
		m = records_drop_link(k->records, &l->id);
	l->l.upper = 0;
	l->l.gone = l->l.nlink;
	return tell_link(k, name, m, "its file has no name left");
}

static int check_link(struct check *k, int dir, const char *name)
{
	struct check_link *l = link_by_name(k, name);
	struct record_key key;
	struct origin from;
	struct statx st;
	int m = 0, r = sys_statx(dir, name, &st);

	if (r < 0)
		return r == -ENOENT ? 0 : check_error(k, r, name);
	if (!l || !l->l.upper)
		return stray_link(k, dir, name, &st, "has no record");
	if (st.stx_ino != l->l.upper)
		return stray_link(k, dir, name, &st, "is another file than its record says");
	l->indexed = true;
	check_see(k, &st);
	if (!names_left(&l->l) && st.stx_nlink == 1)
		return finish_link(k, dir, name, &st, l);
	key = record_key(&st);
	if (records_origin(k->records, &key, &from) &&
	    memcmp(&from, &l->id, sizeof(from)) == 0)
		return 0;
	if (k->c->fix)
		m = records_set_origin(k->records, &key, &l->id);
	return tell_link(k, name, m, "has no record of the file it is a copy of");
}

/* -- records -------------------------------------------------------------------------- */

/* Its copy lost the name in links/; give it back, or do without the copy. */
static int mend_record(struct check *k, struct check_link *l)
{
	_close_ int dir = -EBADF, parent = -EBADF;
	char *slash = l->path ? strrchr(l->path, '/') : NULL;
	struct links_name name;
	int r;

	l->l.upper = slash ? l->l.upper : 0;
	if (!slash)
		return l->l.gone ? records_put_link(k->records, &l->id, &l->l) :
				   records_drop_link(k->records, &l->id);
	r = sys_mkdirat(k->c->work, LINKS_NAME, 0700);
	if (r < 0 && r != -EEXIST)
		return r;
	dir = sys_openat(k->c->work, LINKS_NAME, O_PATH | O_DIRECTORY, 0);
	if (dir < 0 || !link_name(k, l, &name))
		return dir < 0 ? dir : -ENODATA;
	*slash = '\0';
	parent = sys_open_beneath(k->c->branch.fd, slash == l->path ? "." : l->path + 1,
				  O_PATH | O_DIRECTORY, 0);
	return parent < 0 ? parent : sys_linkat(parent, slash + 1, dir, name.s, 0);
}

static int check_record(struct check *k, struct check_link *l)
{
	uint64_t upper = l->l.upper;

	if (!upper || l->indexed || (!l->path && k->partial))
		return 0;
	return check_tell(k, k->c->work_name, LINKS_NAME, CHECK_FAULT,
			  k->c->fix ? mend_record(k, l) : 0,
			  "the copy of a file with several names, number %llu, is not there",
			  (unsigned long long)upper);
}

int check_links(struct check *k)
{
	_close_ int dir = k->c->work < 0 ? -ENOENT :
			  sys_openat(k->c->work, LINKS_NAME, O_RDONLY | O_DIRECTORY, 0);
	struct names names = { 0 };
	int r = dir == -ENOENT ? 0 : dir < 0 ? dir : names_read(&names, dir);

	if (r < 0)
		r = check_tell(k, k->c->work_name, LINKS_NAME, CHECK_FAULT,
			       CHECK_NOT_MENDED, "cannot be read (%s)", err_name(r));
	names_sort(&names);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = check_link(k, dir, names.v[i]);
	for (size_t i = 0; r == 0 && i < k->nlinks; i++)
		r = check_record(k, &k->links[i]);
	names_done(&names);
	return r;
}

/* -- counts ------------------------------------------------------------------------------ */

/* A walk through what a stack shows. */
struct count {
	struct check *k;
	const struct layer *branch; /* names on it do not lead below; or NULL */
	size_t unread;
};

static int count_dir(struct count *w, const struct stack *s);

static struct check_link *link_by_id(struct check *k, const struct origin *id)
{
	for (size_t i = 0; i < k->nlinks; i++)
		if (memcmp(&k->links[i].id, id, sizeof(*id)) == 0)
			return &k->links[i];
	return NULL;
}

/* NAME is a file with several names, on the branch of AT. */
static int count_file(struct count *w, const struct stack_dir *at, const char *name)
{
	struct check_link *l;
	struct origin id;
	struct statx st;
	int r = sys_statx(at->fd, name, &st);

	if (r < 0)
		return r;
	id = layer_origin(at, &st, w->k->inums);
	l = link_by_id(w->k, &id);
	if (l && w->branch)
		l->left++;
	else if (l)
		l->below++;
	return 0;
}

static int count_name(struct count *w, const struct stack *s, const char *name)
{
	struct stack sub = { 0 };
	struct stat st;
	size_t at;
	int r = stack_find_at(s, name, &st, &at);

	if (r <= 0)
		return r;
	if (!S_ISDIR(st.st_mode))
		return s->v[at].layer == w->branch || st.st_nlink < 2 ? 0 :
		       count_file(w, &s->v[at], name);
	r = stack_enter(s, name, &sub, &w->unread);
	if (r == 0)
		r = count_dir(w, &sub);
	stack_done(&sub);
	return r;
}

static int count_dir(struct count *w, const struct stack *s)
{
	struct names names = { 0 };
	int r = stack_names(s, &names, &w->unread);

	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = count_name(w, s, names.v[i]);
	names_done(&names);
	return r;
}

static int count_all(struct count *w, const struct layer *layers, size_t n)
{
	struct stack s = { 0 };
	int r = stack_roots(&s, layers, n);

	if (r == 0)
		r = count_dir(w, &s);
	stack_done(&s);
	return r;
}

/* The record of L against what was counted. */
static int check_count(struct check *k, struct check_link *l)
{
	uint64_t gone = l->below > l->left ? l->below - l->left : 0;
	struct link_record now = l->l;
	int m = 0;

	if (gone == l->l.gone || (!l->l.upper && l->l.gone >= l->l.nlink))
		return 0;
	now.gone = gone < now.nlink ? (uint32_t)gone : now.nlink;
	if (now.gone == l->l.gone)
		return 0;
	if (k->c->fix)
		m = records_put_link(k->records, &l->id, &now);
	return check_tell(k, k->c->work_name, LINKS_NAME, CHECK_FAULT, m,
			  "of the %u names of file %llu below %u are covered, not %u",
			  now.nlink, (unsigned long long)l->id.ino, now.gone, l->l.gone);
}

int check_counts(struct check *k)
{
	struct count below = { .k = k }, all = { .k = k };
	size_t n = k->c->nlowers;
	_free_ struct layer *layers = calloc(n + 1, sizeof(*layers));
	int r;

	if (!layers)
		return -ENOMEM;
	if (!k->nlinks || k->partial)
		return 0;
	layers[0] = k->c->branch;
	memcpy(layers + 1, k->c->lowers, n * sizeof(*layers));
	all.branch = layers;
	r = count_all(&below, k->c->lowers, n);
	if (r == 0)
		r = count_all(&all, layers, n + 1);
	k->c->unread += below.unread;
	for (size_t i = 0; r == 0 && !below.unread && !all.unread && i < k->nlinks; i++)
		r = check_count(k, &k->links[i]);
	return r < 0 && !err_isset(k->e) ? check_error(k, r, "") : r;
}
