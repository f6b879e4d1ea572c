/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "format.h"
#include "stack.h"
#include "str.h"
#include "sys.h"
#include "xattr.h"

/* A directory of the upper branch on the way down from the root. */
struct level {
	struct level *up;         /* NULL for the root */
	const char *name;
	struct stat st;
	int fd;
	bool opaque;              /* nothing from below shows in here */
	bool told;                /* its own change was given out */
	struct stack below;       /* the same directory on the lower branches */
};

struct walk {
	struct layer_diff *d;
	struct sb path;           /* of the directory at hand, "" for the root */
	struct err *e;
};

static int diff_dir(struct walk *w, struct level *l);

static int diff_error(struct walk *w, int r, const char *name)
{
	struct sb b = SB_INIT;
	char words[128];

	sb_quote(&b, w->path.s && *w->path.s ? w->path.s : "/");
	(void)err_set(w->e, r, "cannot look at '%s' in %s: %s", name, b.s ? b.s : "?",
		      err_words(r, words, sizeof(words)));
	sb_done(&b);
	return r;
}

/* -- giving out --------------------------------------------------------------- */

static int tell(struct walk *w, struct layer_change *c, size_t len)
{
	_free_ char *path = NULL;

	/* The directory's path, of which LEN bytes count, and the name. */
	if (str_printf(&path, "%.*s/%s", (int)len, w->path.s ? w->path.s : "",
		       c->name) < 0)
		return -ENOMEM;
	c->path = path;
	return w->d->change(w->d->ctx, c);
}

/*
 * Directories above a change are changed: tell those that were not told yet.
 *   len  of the path of L
 */
static int tell_level(struct walk *w, struct level *l, size_t len)
{
	struct layer_change c = { .kind = CHANGE_CHANGED };
	size_t above;
	int r;

	if (!l->up || l->told)
		return 0;
	above = len - strlen(l->name) - 1;
	r = tell_level(w, l->up, above);
	if (r != 0)
		return r;
	l->told = true;
	c.dirfd = l->up->fd;
	c.name = l->name;
	c.st = l->st;
	c.opaque = l->opaque;
	return tell(w, &c, above);
}

static int tell_in(struct walk *w, struct level *l, int kind, const char *name,
		   const struct stat *st)
{
	struct layer_change c = { .kind = kind, .dirfd = l->fd, .name = name };
	int r = tell_level(w, l, w->path.len);

	if (r != 0)
		return r;
	if (st)
		c.st = *st;
	return tell(w, &c, w->path.len);
}

/* -- comparing directories ------------------------------------------------------- */

/* ACLs hold ids, which are the branch's own where owners are. */
static bool is_compared(const struct walk *w, const char *xattr)
{
	return !format_private_xattr(xattr) &&
	       !(w->d->any_owner && str_has_prefix(xattr, "system.posix_acl_"));
}

static int count_xattrs(const struct walk *w, const char *names, ssize_t len)
{
	int n = 0;

	for (const char *p = names; len > 0 && p < names + len; p += strlen(p) + 1)
		n += is_compared(w, p);
	return n;
}

/* Do the attributes of two directories differ? What cannot be read does not. */
static bool xattrs_differ(const struct walk *w, int a, int b)
{
	_free_ char *in_a = NULL, *in_b = NULL;
	ssize_t na = xattr_list_all(a, &in_a), nb = xattr_list_all(b, &in_b);

	if (na < 0 || nb < 0)
		return false;
	if (count_xattrs(w, in_a, na) != count_xattrs(w, in_b, nb))
		return true;
	for (const char *p = in_a; p < in_a + na; p += strlen(p) + 1) {
		_free_ char *va = NULL, *vb = NULL;
		ssize_t la, lb;

		if (!is_compared(w, p))
			continue;
		la = xattr_get_all(a, p, &va);
		lb = xattr_get_all(b, p, &vb);
		if (la >= 0 && (la != lb || memcmp(va, vb, (size_t)la) != 0))
			return true;
	}
	return false;
}

static bool dirs_differ(const struct walk *w, const struct level *l,
			const struct stat *below)
{
	const struct stat *st = &l->st;
	/* With the owner goes what it may do: the branch's need not be the view's. */
	mode_t bits = w->d->any_owner ? 00077 : 07777;

	if (((st->st_mode ^ below->st_mode) & bits) ||
	    st->st_mtim.tv_sec != below->st_mtim.tv_sec ||
	    st->st_mtim.tv_nsec != below->st_mtim.tv_nsec)
		return true;
	if (!w->d->any_owner &&
	    (st->st_uid != below->st_uid || st->st_gid != below->st_gid))
		return true;
	return l->below.n && xattrs_differ(w, l->fd, l->below.v[0].fd);
}

/* -- walking --------------------------------------------------------------------- */

/* A directory NAME of the upper branch; BELOW is what lies below, if FOUND. */
static int diff_subdir(struct walk *w, struct level *up, const char *name,
		       const struct stat *st, const struct stat *below, bool found)
{
	struct level l = { .up = up, .name = name, .st = *st, .fd = -EBADF };
	size_t len = w->path.len;
	int r = 0;

	l.fd = sys_openat(up->fd, name, O_RDONLY | O_DIRECTORY, 0);
	if (l.fd < 0)
		return l.fd == -ENOENT ? 0 : diff_error(w, l.fd, name);
	if (found && S_ISDIR(below->st_mode))
		r = stack_enter(&up->below, name, &l.below, &w->d->unread);
	if (r == 0)
		r = layer_hidden(&w->d->upper, up->fd, name);
	if (r == 0)
		r = layer_opaque(&w->d->upper, l.fd);
	if (r < 0) {
		r = diff_error(w, r, name);
		goto out;
	}
	l.opaque = up->opaque || r > 0;
	r = 0;
	if (!found || !S_ISDIR(below->st_mode)) {
		r = tell_in(w, up, found ? CHANGE_CHANGED : CHANGE_ADDED, name, st);
		l.told = true;
	}
	sb_addc(&w->path, '/');
	sb_add(&w->path, name);
	if (w->path.err)
		r = w->path.err;
	if (r == 0 && !l.told && dirs_differ(w, &l, below))
		r = tell_level(w, &l, w->path.len);
	if (r == 0)
		r = diff_dir(w, &l);
	if (w->path.s) {
		w->path.len = len;
		w->path.s[len] = '\0';
	}
out:
	stack_done(&l.below);
	close_fd(&l.fd);
	return r;
}

static int diff_entry(struct walk *w, struct level *l, const char *name)
{
	struct stat st, below = { 0 };
	int found, r = sys_stat(l->fd, name, &st);

	if (r < 0) /* gone in between */
		return r == -ENOENT ? 0 : diff_error(w, r, name);
	found = stack_find(&l->below, name, &below);
	if (found < 0)
		return diff_error(w, found, name);
	if (S_ISDIR(st.st_mode))
		return diff_subdir(w, l, name, &st, &below, found);
	return tell_in(w, l, found ? CHANGE_CHANGED : CHANGE_ADDED, name, &st);
}

static int diff_deleted(struct walk *w, struct level *l, const char *name)
{
	struct stat st;
	int r;

	if (w->d->nlowers == 0)
		return tell_in(w, l, CHANGE_DELETED, name, NULL);
	r = stack_find(&l->below, name, &st);
	if (r < 0)
		return diff_error(w, r, name);
	return r ? tell_in(w, l, CHANGE_DELETED, name, &st) : 0;
}

/*
 * Sort what the directory has into entries and names that its marks hide. A
 * real entry wins over the mark beside it.
 */
static int sort_out(struct walk *w, struct level *l, struct names *entries,
		    struct names *hidden)
{
	struct names all = { 0 };
	int r = names_read(&all, l->fd);

	for (size_t i = 0; i < all.n && r == 0; i++) {
		const char *victim;

		r = layer_classify(&w->d->upper, l->fd, all.v[i], &victim);
		if (r == MARK_NONE)
			r = names_add(entries, all.v[i]);
		else if (r == MARK_HIDES)
			r = names_add(hidden, victim);
		else if (r > 0)
			r = 0; /* opaque was asked for; the rest is housekeeping */
	}
	if (r == 0 && l->opaque)
		r = stack_names(&l->below, hidden, &w->d->unread);
	names_done(&all);
	names_sort(entries);
	names_sort(hidden);
	return r;
}

/* Entries and hidden names together, in the order of their bytes. */
static int diff_dir(struct walk *w, struct level *l)
{
	struct names entries = { 0 }, hidden = { 0 };
	size_t i = 0, j = 0;
	int r = sort_out(w, l, &entries, &hidden);

	if (r < 0)
		r = diff_error(w, r, ".");
	while (r == 0 && (i < entries.n || j < hidden.n)) {
		bool entry = j == hidden.n ||
			     (i < entries.n && strcmp(entries.v[i], hidden.v[j]) <= 0);

		if (entry)
			r = diff_entry(w, l, entries.v[i++]);
		else if (!names_has(&entries, hidden.v[j]))
			r = diff_deleted(w, l, hidden.v[j++]);
		else
			j++;
	}
	names_done(&entries);
	names_done(&hidden);
	return r;
}

int layer_diff(struct layer_diff *d, struct err *e)
{
	struct walk w = { .d = d, .e = e };
	struct level root = { .name = "", .fd = -EBADF };
	int r;

	d->unread = 0;
	root.fd = sys_openat(d->upper.fd, ".", O_RDONLY | O_DIRECTORY, 0);
	r = root.fd < 0 ? root.fd : sys_stat(root.fd, "", &root.st);
	if (r == 0)
		r = stack_roots(&root.below, d->lowers, d->nlowers);
	if (r == 0)
		r = layer_opaque(&d->upper, root.fd);
	if (r < 0) {
		r = diff_error(&w, r, ".");
	} else {
		root.opaque = r > 0;
		r = diff_dir(&w, &root);
	}
	stack_done(&root.below);
	close_fd(&root.fd);
	sb_done(&w.path);
	return r;
}
