/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The walk: marks and redirects, and which objects there are. */
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "check_intern.h"
#include "cleanup.h"
#include "format.h"
#include "path.h"
#include "sys.h"
#include "workdir.h"

/* A directory of the branch on the way down from its root. */
struct level {
	int fd;
	bool alone;          /* what is below it does not show: not compared */
	struct stack below;  /* what would show under its marks */
};

static int check_dir(struct check *k, struct level *l);

/* -- telling ---------------------------------------------------------------------- */

int check_tell(struct check *k, const char *dir, const char *name, int kind, int r,
	       const char *fmt, ...)
{
	struct layer_check *c = k->c;
	struct check_finding f = { .note = kind == CHECK_NOTE, .mended = c->fix && r == 0 };
	_free_ char *path = NULL, *what = NULL;
	struct sb b = SB_INIT;
	va_list ap;

	va_start(ap, fmt);
	sb_vaddf(&b, fmt, ap);
	va_end(ap);
	if (sb_take(&b, &what) < 0 || str_printf(&path, "%s%s%s", dir, *name ? "/" : "",
						 name) < 0)
		return -ENOMEM;
	c->notes += f.note;
	c->faults += !f.note;
	c->mended += !f.note && f.mended;
	f.path = *path ? path : "/";
	f.what = what;
	return c->found(c->ctx, &f);
}

static const char *here(const struct check *k)
{
	return k->path.s ? k->path.s : "";
}

int check_error(struct check *k, int r, const char *name)
{
	char words[128];

	return err_set(k->e, r, "cannot look at '%s%s%s': %s", here(k), *name ? "/" : "", name,
		       err_words(r, words, sizeof(words)));
}

/* A finding in the directory at hand. */
#define TELL(k, name, kind, r, ...) check_tell(k, here(k), name, kind, r, __VA_ARGS__)

/* -- objects ---------------------------------------------------------------------- */

void check_see(struct check *k, const struct statx *st)
{
	struct record_key key = record_key(st);
	struct check_known *o = rectab_find(&k->known, &key);

	if (o)
		o->seen = 1;
}

/* An object of the branch, NAME in the directory at hand. */
static int see(struct check *k, const char *name, const struct statx *st)
{
	struct record_key key = record_key(st);
	struct check_link *l = S_ISDIR(st->stx_mode) ? NULL : check_link_of(k, st->stx_ino);
	struct origin from;

	check_see(k, st);
	if (!l || l->path || !records_origin(k->records, &key, &from) ||
	    memcmp(&from, &l->id, sizeof(from)) != 0)
		return 0;
	return str_printf(&l->path, "%s/%s", here(k), name);
}

/* -- marks ------------------------------------------------------------------------ */

/* Does something lie below under NAME? 1, 0, -errno; 1 when it is not known. */
static int lies_below(const struct check *k, const struct level *l, const char *name)
{
	struct stat st;

	return k->c->nlowers == 0 || l->alone ? 1 : stack_find(&l->below, name, &st);
}

static int check_hidden(struct check *k, const struct level *l, const char *mark,
			const char *victim)
{
	struct stat st;
	int r;

	if (strcmp(mark, victim) != 0 && sys_stat(l->fd, victim, &st) == 0)
		return TELL(k, mark, CHECK_NOTE, CHECK_NOT_MENDED,
			    "a whiteout beside the entry, which wins");
	r = lies_below(k, l, victim);
	if (r == 0)
		return TELL(k, mark, CHECK_NOTE, CHECK_NOT_MENDED,
			    "a whiteout for a name that nothing below has");
	return r < 0 ? check_error(k, r, victim) : 0;
}

static int check_mark(struct check *k, const struct level *l, const char *name,
		      const char *victim, const struct statx *st)
{
	const struct format *f = k->c->branch.format;
	struct stat plain = {
		.st_mode = st->stx_mode,
		.st_rdev = makedev(st->stx_rdev_major, st->stx_rdev_minor),
	};
	int r = 0;

	if (!f->is_good(&plain)) {
		int m = k->c->fix ? f->mend(l->fd, name) : 0;

		r = TELL(k, name, CHECK_FAULT, m, "%s of a wrong type%s",
			 victim ? "a whiteout" : "an opaque mark",
			 m == -ENOTEMPTY ? ", a directory with something in it" : "");
	}
	return r == 0 && victim ? check_hidden(k, l, name, victim) : r;
}

/* Marks of a format that is not the branch's. */
static int check_foreign(struct check *k, const struct level *l, const char *name)
{
	const struct format *f;
	const char *victim;

	for (size_t i = 0; (f = format_row(i)); i++) {
		int r = f == k->c->branch.format ? 0 :
			f->classify(l->fd, name, DT_UNKNOWN, &victim);

		if (r < 0)
			return check_error(k, r, name);
		if (r > 0)
			return TELL(k, name, CHECK_NOTE, CHECK_NOT_MENDED,
				    "a mark of format %s, which says nothing in a branch "
				    "of format %s", f->name, k->c->branch.format->name);
	}
	return 0;
}

/* -- redirects -------------------------------------------------------------------- */

static bool leads_outside(const char *to)
{
	const char *part = to;
	size_t len;

	while (path_next(&to, &part, &len))
		if (len == 2 && memcmp(part, "..", 2) == 0)
			return true;
	return false;
}

/* The directory NAME in UP does not go on anywhere; take its redirect away. */
static int mend_redirect(struct check *k, const struct level *up, const char *name, int fd)
{
	const struct format *f = k->c->branch.format;
	int r = lies_below(k, up, name);

	/* The same view at any moment: an opaque directory asks for no redirect. */
	if (r > 0)
		r = f->set_opaque(fd);
	return r < 0 ? r : format_drop_redirect(f, fd);
}

/* *RET is where it goes on, or NULL: under its name. */
static int check_redirect(struct check *k, const char *name, int fd, char **ret)
{
	const struct format *own = k->c->branch.format, *f;
	int r = 0;

	for (size_t i = 0; r == 0 && (f = format_row(i)); i++) {
		_free_ char *to = NULL;
		bool good;

		r = format_raw_redirect(f, fd, &to, &good);
		if (r <= 0)
			continue;
		if (f != own) {
			r = TELL(k, name, CHECK_NOTE, CHECK_NOT_MENDED,
				 "a redirect of format %s, which says nothing in a branch "
				 "of format %s", f->name, own->name);
		} else if (good) {
			*ret = take_ptr(to);
			r = 0;
		} else {
			int m = k->c->fix ? format_drop_redirect(f, fd) : 0;

			r = TELL(k, name, CHECK_FAULT, m, "its redirect %s and is ignored: %s",
				 leads_outside(to) ? "leads outside" : "is no path", to);
		}
	}
	return r < 0 && !err_isset(k->e) ? check_error(k, r, name) : r;
}

static int check_opaque(struct check *k, const char *name, int fd)
{
	const struct format *own = k->c->branch.format, *f;
	int r = own->odd_opaque(fd, false);

	if (r > 0)
		return TELL(k, name, CHECK_FAULT, k->c->fix ? own->odd_opaque(fd, true) : 0,
			    "an opaque mark of a wrong value");
	for (size_t i = 0; r == 0 && (f = format_row(i)); i++)
		if (f != own && f->needs_xattr && f->opaque(fd) > 0)
			r = TELL(k, name, CHECK_NOTE, CHECK_NOT_MENDED,
				 "an opaque mark of format %s, which says nothing in a "
				 "branch of format %s", f->name, own->name);
	return r < 0 && r != -EACCES && !err_isset(k->e) ? check_error(k, r, name) : r == -EACCES ? 0 : r;
}

/* What shows in L, NAME in UP, from below. */
static int enter_below(struct check *k, const struct level *up, const char *name,
		       struct level *l)
{
	size_t unread = k->c->unread;
	_free_ char *to = NULL;
	int opaque, r = check_opaque(k, name, l->fd);

	if (r == 0)
		r = check_redirect(k, name, l->fd, &to);
	if (r != 0)
		return r;
	opaque = layer_opaque(&k->c->branch, l->fd);
	l->alone = opaque > 0 || (up->alone && !to);
	if (opaque < 0 || k->c->nlowers == 0)
		return opaque < 0 ? check_error(k, opaque, name) : 0;
	if (opaque > 0 || !to) {
		r = opaque > 0 ? 1 : layer_hidden(&k->c->branch, up->fd, name);
		l->alone |= r > 0;
		if (r >= 0)
			r = r > 0 ? stack_none(&up->below, name, &l->below) :
			    stack_enter(&up->below, name, &l->below, &k->c->unread);
		return r < 0 ? check_error(k, r, name) : 0;
	}
	r = stack_follow(&up->below, to, &l->below, &k->c->unread);
	if (r < 0)
		return check_error(k, r, name);
	if (l->below.n || k->c->unread != unread)
		return 0;
	return TELL(k, name, CHECK_FAULT, k->c->fix ? mend_redirect(k, up, name, l->fd) : 0,
		    "its redirect leads to nothing: %s", to);
}

/* -- walking ---------------------------------------------------------------------- */

static int check_subdir(struct check *k, struct level *up, const char *name,
			struct statx *st)
{
	struct level l = { .fd = -EBADF };
	size_t len = k->path.len;
	int r;

	if (st->stx_mnt_id != k->mount) {
		k->partial = true;
		return TELL(k, name, CHECK_NOTE, CHECK_NOT_MENDED,
			    "something is mounted on it: not looked into");
	}
	l.fd = sys_openat(up->fd, name, O_RDONLY | O_DIRECTORY, 0);
	if (l.fd == -EACCES) {
		k->c->unread++;
		k->partial = true;
		return TELL(k, name, CHECK_NOTE, CHECK_NOT_MENDED,
			    "may not be read: not looked into");
	}
	if (l.fd < 0)
		return l.fd == -ENOENT ? 0 : check_error(k, l.fd, name);
	r = enter_below(k, up, name, &l);
	sb_addc(&k->path, '/');
	sb_add(&k->path, name);
	if (r == 0)
		r = k->path.err ? k->path.err : check_dir(k, &l);
	if (k->path.s) {
		k->path.len = len;
		k->path.s[len] = '\0';
	}
	stack_done(&l.below);
	close_fd(&l.fd);
	return r;
}

static bool is_work(const struct check *k, const char *name, const struct statx *st)
{
	if (!k->path.len && strcmp(name, WORKDIR_NAME) == 0)
		return true;
	return k->work_st.st_ino && k->work_st.st_ino == st->stx_ino &&
	       k->work_st.st_dev == makedev(st->stx_dev_major, st->stx_dev_minor);
}

static int check_entry(struct check *k, struct level *l, const char *name)
{
	const char *victim = NULL;
	struct statx st;
	int mark, r = sys_statx(l->fd, name, &st);

	if (r == -EACCES) { /* a directory that may be read and not searched */
		k->partial = true;
		return 0;
	}
	if (r < 0)
		return r == -ENOENT ? 0 : check_error(k, r, name);
	if (is_work(k, name, &st))
		return 0;
	mark = layer_classify(&k->c->branch, l->fd, name, &victim);
	if (mark < 0)
		return check_error(k, mark, name);
	if (mark == MARK_INTERNAL)
		return TELL(k, name, CHECK_NOTE, CHECK_NOT_MENDED,
			    "housekeeping that is not ours");
	if (mark != MARK_NONE)
		return check_mark(k, l, name, victim, &st);
	r = see(k, name, &st);
	if (r == 0)
		r = check_foreign(k, l, name);
	if (r == 0 && S_ISDIR(st.stx_mode))
		r = check_subdir(k, l, name, &st);
	return r;
}

static int add_hidden(void *ctx, const char *name)
{
	return names_add(ctx, name);
}

/* Names that records hide in the directory: as whiteouts beside them. */
static int check_hidden_names(struct check *k, const struct level *l)
{
	struct names hidden = { 0 };
	int r = records_each_hidden(k->records, l->fd, add_hidden, &hidden);

	for (size_t i = 0; r == 0 && i < hidden.n; i++) {
		struct stat st;

		if (sys_stat(l->fd, hidden.v[i], &st) == 0)
			r = TELL(k, hidden.v[i], CHECK_NOTE, CHECK_NOT_MENDED,
				 "a record hides it beside the entry, which wins");
		else if (lies_below(k, l, hidden.v[i]) == 0)
			r = TELL(k, hidden.v[i], CHECK_NOTE, CHECK_NOT_MENDED,
				 "a record hides this name, which nothing below has");
	}
	names_done(&hidden);
	return r;
}

static int check_dir(struct check *k, struct level *l)
{
	struct names names = { 0 };
	int r = names_read(&names, l->fd);

	if (r < 0)
		r = check_error(k, r, "");
	names_sort(&names);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = check_entry(k, l, names.v[i]);
	names_done(&names);
	return r == 0 && k->records ? check_hidden_names(k, l) : r;
}

static int check_tree(struct check *k)
{
	struct level root = { .fd = -EBADF };
	struct statx st;
	int r = root.fd = sys_openat(k->c->branch.fd, ".", O_RDONLY | O_DIRECTORY, 0);

	if (r >= 0)
		r = sys_statx(root.fd, "", &st);
	if (r >= 0)
		r = layer_opaque(&k->c->branch, root.fd);
	if (r >= 0) {
		root.alone = r > 0;
		r = stack_roots(&root.below, k->c->lowers, root.alone ? 0 : k->c->nlowers);
	}
	if (r < 0) {
		r = check_error(k, r, "");
	} else {
		k->mount = st.stx_mnt_id;
		r = see(k, "", &st);
		if (r == 0)
			r = check_dir(k, &root);
	}
	stack_done(&root.below);
	close_fd(&root.fd);
	return r;
}

/* -- all of it --------------------------------------------------------------------- */

static int meet_all(struct check *k)
{
	int r = inums_init(&k->inums);

	for (size_t i = 0; r == 0 && i <= k->c->nlowers; i++) {
		int fd = i ? k->c->lowers[i - 1].fd : k->c->branch.fd;
		struct stat st;

		r = sys_stat(fd, "", &st);
		if (r == 0)
			(void)inum_meet(k->inums, st.st_dev, fd);
	}
	if (r == 0)
		r = layers_read_records(k->c->lowers, k->c->nlowers, k->inums);
	if (r == 0 && k->c->work >= 0)
		r = sys_stat(k->c->work, "", &k->work_st);
	return r;
}

static void check_done(struct check *k)
{
	for (size_t i = 0; i < k->nlinks; i++)
		free(k->links[i].path);
	free(k->links);
	rectab_done(&k->known);
	records_close(k->records);
	k->c->branch.records = NULL;
	layers_close_records(k->c->lowers, k->c->nlowers);
	inums_done(k->inums);
	sb_done(&k->path);
}

int layer_check(struct layer_check *c, struct err *e)
{
	struct check k = { .c = c, .e = e, .known.item = sizeof(struct check_known) };
	int r = meet_all(&k);

	c->faults = c->mended = c->notes = c->unread = 0;
	if (r < 0)
		r = check_error(&k, r, "");
	if (r == 0)
		r = check_work(&k);
	if (r == 0)
		r = check_tree(&k);
	if (r == 0)
		r = check_links(&k);
	if (r == 0)
		r = check_records(&k);
	if (r == 0 && c->nlowers)
		r = check_counts(&k);
	check_done(&k);
	if (r < 0 && !err_isset(e))
		(void)err_set(e, r, "the check could not be finished");
	return r;
}
