/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "diff_intern.h"
#include "format.h"
#include "records.h"
#include "stack.h"
#include "str.h"
#include "sys.h"
#include "xattr.h"

static int diff_dir(struct diff_walk *w, struct diff_level *l);

int diff_error(struct diff_walk *w, int r, const char *name)
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

/* The path is the directory's, of which LEN bytes count, and NAME. */
static int tell(struct diff_walk *w, struct layer_change *c, const char *name, size_t len)
{
	_free_ char *path = NULL;

	if (str_printf(&path, "%.*s/%s", (int)len, w->path.s ? w->path.s : "", name) < 0)
		return -ENOMEM;
	c->path = path;
	return w->d->change(w->d->ctx, c);
}

/*
 * Directories above a change are changed: tell those that were not told yet.
 *   len  of the path of L
 */
int diff_tell_level(struct diff_walk *w, struct diff_level *l, size_t len)
{
	struct layer_change c = { .kind = CHANGE_CHANGED };
	size_t above;
	int r;

	if (!l->up || l->told)
		return 0;
	above = len - strlen(l->name) - 1;
	r = diff_tell_level(w, l->up, above);
	if (r != 0)
		return r;
	l->told = true;
	c.dirfd = l->dirfd;
	c.name = l->name;
	c.st = l->st;
	c.opaque = l->opaque;
	return tell(w, &c, l->name, above);
}

/* An entry of L that is NAME in DIRFD. */
int diff_tell_at(struct diff_walk *w, struct diff_level *l, int kind, int dirfd, const char *name,
		   const struct stat *st)
{
	struct layer_change c = { .kind = kind, .dirfd = dirfd, .name = name };
	int r = diff_tell_level(w, l, w->path.len);

	if (r != 0)
		return r;
	if (st)
		c.st = *st;
	return tell(w, &c, name, w->path.len);
}

static int tell_in(struct diff_walk *w, struct diff_level *l, int kind, const char *name,
		   const struct stat *st)
{
	return diff_tell_at(w, l, kind, l->fd, name, st);
}

/* NAME in L is a name of the file below that COPY, in links/, stands for. */
int diff_tell_alias(struct diff_walk *w, struct diff_level *l, int kind, const char *name,
		      const struct alias_copy *copy)
{
	struct layer_change c = {
		.kind = kind, .dirfd = w->d->links, .name = copy->name.s,
		.st = copy->st,
	};
	int r = diff_tell_level(w, l, w->path.len);

	return r != 0 ? r : tell(w, &c, name, w->path.len);
}

/* -- comparing directories ------------------------------------------------------- */

/* ACLs hold ids, which are the branch's own where owners are. */
static bool is_compared(const struct diff_walk *w, const char *xattr)
{
	return !format_private_xattr(xattr) &&
	       !(w->d->any_owner && str_has_prefix(xattr, "system.posix_acl_"));
}

static int count_xattrs(const struct diff_walk *w, const char *names, ssize_t len)
{
	int n = 0;

	for (const char *p = names; len > 0 && p < names + len; p += strlen(p) + 1)
		n += is_compared(w, p);
	return n;
}

/* Do the attributes of two directories differ? What cannot be read does not. */
static bool xattrs_differ(const struct diff_walk *w, int a, int b)
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

bool diff_is_other(const struct diff_walk *w, const struct diff_level *l,
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

/* The walk goes into NAME. Returns what diff_path_up() goes back to. */
size_t diff_path_down(struct diff_walk *w, const char *name)
{
	size_t len = w->path.len;

	sb_addc(&w->path, '/');
	sb_add(&w->path, name);
	return len;
}

void diff_path_up(struct diff_walk *w, size_t len)
{
	if (!w->path.s)
		return;
	w->path.len = len;
	w->path.s[len] = '\0';
}

/* -- walking --------------------------------------------------------------------- */

/* How the upper branch has directory L: *TO is where it goes on, or NULL. */
static int look_into(struct diff_walk *w, struct diff_level *l, char **to)
{
	int r = layer_opaque(&w->d->upper, l->fd);

	l->opaque = r > 0;
	if (r == 0)
		r = layer_redirect(&w->d->upper, l->fd, to) > 0 ? 0 :
		    layer_hidden(&w->d->upper, l->up->fd, l->name);
	l->opaque |= r > 0 || (l->up->opaque && !*to);
	return r < 0 ? r : 0;
}

/* What shows in L, which is on the upper branch and goes on at TO below. */
static int join_now(struct diff_walk *w, struct diff_level *l, const char *to)
{
	struct stack lower = { 0 };
	int r = w->alone ? stack_none(&l->up->below, "", &lower) :
			   stack_follow(&l->up->below, to, &lower, &w->d->unread);

	if (r == 0)
		r = stack_join(w->all, sys_openat(l->fd, ".", O_PATH | O_DIRECTORY, 0), &lower,
			       &l->now);
	stack_done(&lower);
	return r;
}

/* A directory NAME of the upper branch; BELOW is what lies below, if FOUND. */
static int diff_subdir(struct diff_walk *w, struct diff_level *up, const char *name,
		       const struct stat *st, const struct stat *below, bool found)
{
	struct diff_level l = {
		.up = up, .name = name, .st = *st, .fd = -EBADF, .dirfd = up->fd,
	};
	_free_ char *to = NULL;
	size_t len;
	int r = 0;

	l.fd = sys_openat(up->fd, name, O_RDONLY | O_DIRECTORY, 0);
	if (l.fd < 0)
		return l.fd == -ENOENT ? 0 : diff_error(w, l.fd, name);
	if (found && S_ISDIR(below->st_mode))
		r = stack_enter(&up->below, name, &l.below, &w->d->unread);
	else
		r = stack_none(&up->below, name, &l.below);
	if (r == 0)
		r = look_into(w, &l, &to);
	if (r == 0 && to)
		r = join_now(w, &l, to);
	if (r < 0) {
		r = diff_error(w, r, name);
		goto out;
	}
	if (!found || !S_ISDIR(below->st_mode)) {
		r = tell_in(w, up, found ? CHANGE_CHANGED : CHANGE_ADDED, name, st);
		l.told = true;
	}
	len = diff_path_down(w, name);
	if (w->path.err)
		r = w->path.err;
	if (r == 0 && !l.told && diff_is_other(w, &l, below))
		r = diff_tell_level(w, &l, w->path.len);
	if (r == 0)
		r = to ? diff_now(w, &l) : diff_dir(w, &l);
	diff_path_up(w, len);
out:
	stack_done(&l.now);
	stack_done(&l.below);
	close_fd(&l.fd);
	return r;
}

static int diff_entry(struct diff_walk *w, struct diff_level *l, const char *name)
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

int diff_deleted(struct diff_walk *w, struct diff_level *l, const char *name)
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

static int add_name(void *ctx, const char *name)
{
	return names_add(ctx, name);
}

/*
 * Sort what the directory has into entries and names that its marks hide. A
 * real entry wins over the mark beside it.
 */
static int sort_out(struct diff_walk *w, struct diff_level *l, struct names *entries,
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
	if (r == 0 && !l->opaque)
		r = records_each_hidden(w->d->upper.records, l->fd, add_name, hidden);
	if (r == 0 && l->opaque)
		r = stack_names(&l->below, hidden, &w->d->unread);
	names_done(&all);
	names_sort(entries);
	names_sort(hidden);
	return r;
}

/* -- names that lead to a copy ------------------------------------------------------ */

/*
 * The upper branch has nothing at NAME; the lower ones do, and it, or something
 * beneath it, is a name of a file that was copied up.
 */
static int diff_aliased(struct diff_walk *w, struct diff_level *up, const char *name)
{
	struct diff_level l = { .up = up, .name = name, .fd = -EBADF };
	struct alias_copy copy;
	size_t at, len;
	int r = stack_find_at(&up->below, name, &l.st, &at);

	if (r <= 0)
		return r < 0 ? diff_error(w, r, name) : 0;
	l.dirfd = up->below.v[at].fd;
	if (!S_ISDIR(l.st.st_mode)) {
		r = alias_find(w->d, &up->below.v[at], name, &copy);
		return r > 0 ? diff_tell_alias(w, up, CHANGE_CHANGED, name, &copy) : r;
	}
	r = stack_enter(&up->below, name, &l.below, &w->d->unread);
	len = diff_path_down(w, name);
	if (r == 0)
		r = w->path.err ? w->path.err : diff_dir(w, &l);
	diff_path_up(w, len);
	stack_done(&l.below);
	return r;
}

/* -- directories --------------------------------------------------------------------- */

/* The next of the three lists that L's names stand in, by their bytes. */
static struct names *next_list(struct names *lists, const size_t *at, size_t n)
{
	struct names *best = NULL;
	const char *least = NULL;

	for (size_t i = 0; i < n; i++) {
		if (at[i] == lists[i].n ||
		    (least && strcmp(lists[i].v[at[i]], least) >= 0))
			continue;
		best = &lists[i];
		least = best->v[at[i]];
	}
	return best;
}

/* Entries, hidden names and those that lead to a copy, in the order of their bytes. */
static int diff_dir(struct diff_walk *w, struct diff_level *l)
{
	enum { ENTRIES, ALIASED, HIDDEN, LISTS };
	struct names lists[LISTS] = { { 0 } }, *from;
	size_t at[LISTS] = { 0 };
	/* A directory that only the lower branches have is entered for aliases. */
	int r = l->fd < 0 ? 0 : sort_out(w, l, &lists[ENTRIES], &lists[HIDDEN]);

	if (r == 0 && !l->opaque)
		r = aliases_in(&w->aliases, w->path.s ? w->path.s : "", &lists[ALIASED]);
	if (r < 0)
		r = diff_error(w, r, ".");
	while (r == 0 && (from = next_list(lists, at, LISTS))) {
		const char *name = from->v[at[from - lists]++];

		if (from == &lists[ENTRIES])
			r = diff_entry(w, l, name);
		else if (names_has(&lists[ENTRIES], name))
			continue;
		else if (from == &lists[HIDDEN])
			r = diff_deleted(w, l, name);
		else if (!names_has(&lists[HIDDEN], name))
			r = diff_aliased(w, l, name);
	}
	for (size_t i = 0; i < LISTS; i++)
		names_done(&lists[i]);
	return r;
}

/* -- the walk ------------------------------------------------------------------------- */

/* All branches in one array, so that a stack of any of them is of one kind. */
static int diff_layers(struct diff_walk *w)
{
	size_t n = w->d->nlowers;

	w->all = calloc(n + 1, sizeof(*w->all));
	if (!w->all)
		return -ENOMEM;
	w->all[0] = w->d->upper;
	if (n)
		memcpy(w->all + 1, w->d->lowers, n * sizeof(*w->all));
	return 0;
}

static int diff_begin(struct diff_walk *w, struct diff_level *root)
{
	int r = diff_layers(w);

	if (r == 0)
		r = root->fd = sys_openat(w->d->upper.fd, ".", O_RDONLY | O_DIRECTORY, 0);
	if (r >= 0)
		r = sys_stat(root->fd, "", &root->st);
	if (r == 0)
		r = stack_roots(&root->below, w->all + 1, w->d->nlowers);
	if (r == 0)
		r = layer_opaque(&w->d->upper, root->fd);
	if (r < 0)
		return r;
	root->opaque = w->alone = r > 0;
	return w->alone ? 0 : aliases_find(w->d, w->all, &w->aliases);
}

int layer_diff(struct layer_diff *d, struct err *e)
{
	struct diff_walk w = { .d = d, .e = e };
	struct diff_level root = { .name = "", .fd = -EBADF, .dirfd = -EBADF };
	int r;

	d->unread = 0;
	r = diff_begin(&w, &root);
	r = r < 0 ? diff_error(&w, r, ".") : diff_dir(&w, &root);
	stack_done(&root.below);
	close_fd(&root.fd);
	aliases_done(&w.aliases);
	free(w.all);
	sb_done(&w.path);
	return r;
}
