/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Renamed directories: what shows in them comes from elsewhere below, so that it is
 * compared, name by name, with what the branches below showed in their place.
 */
#include <errno.h>
#include <string.h>

#include "diff_intern.h"

static bool same_object(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* NAME, which is a directory now. BELOW: what was there, if FOUND. */
static int diff_now_dir(struct diff_walk *w, struct diff_level *up, const char *name,
			const struct stat *st, size_t at, const struct stat *below, bool found)
{
	struct diff_level l = {
		.up = up, .name = name, .st = *st, .dirfd = up->now.v[at].fd,
	};
	int kind = found ? CHANGE_CHANGED : CHANGE_ADDED;
	size_t len;
	int r = stack_enter(&up->now, name, &l.now, &w->d->unread);

	found = found && S_ISDIR(below->st_mode);
	if (r == 0)
		r = found ? stack_enter(&up->below, name, &l.below, &w->d->unread) :
			    stack_none(&up->below, name, &l.below);
	if (r < 0 || !l.now.n) {
		r = r < 0 ? diff_error(w, r, name) : 0;
		goto out;
	}
	l.fd = l.now.v[0].fd;
	if (!found) {
		r = diff_tell_at(w, up, kind, l.dirfd, name, st);
		l.told = true;
	}
	len = diff_path_down(w, name);
	if (r == 0)
		r = w->path.err;
	if (r == 0 && found && diff_is_other(w, &l, below))
		r = diff_tell_level(w, &l, w->path.len);
	if (r == 0)
		r = diff_now(w, &l);
	diff_path_up(w, len);
out:
	stack_done(&l.now);
	stack_done(&l.below);
	return r;
}

static int diff_now_entry(struct diff_walk *w, struct diff_level *l, const char *name)
{
	struct stat st, below = { 0 };
	struct alias_copy copy;
	int found, kind, r;
	size_t at;

	r = stack_find_at(&l->now, name, &st, &at);
	if (r <= 0)
		return r < 0 ? diff_error(w, r, name) : 0;
	found = stack_find(&l->below, name, &below);
	if (found < 0)
		return diff_error(w, found, name);
	if (S_ISDIR(st.st_mode))
		return diff_now_dir(w, l, name, &st, at, &below, found);
	kind = found ? CHANGE_CHANGED : CHANGE_ADDED;
	r = l->now.v[at].layer != w->all ?
	    alias_find(w->d, &l->now.v[at], name, &copy) : 0;
	if (r != 0)
		return r < 0 ? diff_error(w, r, name) : diff_tell_alias(w, l, kind, name, &copy);
	return found && same_object(&st, &below) ? 0 :
	       diff_tell_at(w, l, kind, l->now.v[at].fd, name, &st);
}

int diff_now(struct diff_walk *w, struct diff_level *l)
{
	struct names now = { 0 }, below = { 0 };
	size_t i = 0, j = 0;
	int r = stack_names(&l->now, &now, &w->d->unread);

	if (r == 0)
		r = stack_names(&l->below, &below, &w->d->unread);
	if (r < 0)
		r = diff_error(w, r, ".");
	while (r == 0 && (i < now.n || j < below.n)) {
		if (j == below.n || (i < now.n && strcmp(now.v[i], below.v[j]) <= 0))
			r = diff_now_entry(w, l, now.v[i++]);
		else if (!names_has(&now, below.v[j]))
			r = diff_deleted(w, l, below.v[j++]);
		else
			j++;
	}
	names_done(&now);
	names_done(&below);
	return r;
}
