/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "redirect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "format.h"
#include "path.h"
#include "str.h"
#include "sys.h"

const char *redirect_at(const struct node *dir, int b)
{
	const struct redirect *x = atomic_load_explicit(
		&((struct node *)(uintptr_t)dir)->redirect, memory_order_acquire);
	const char *path = NULL;

	if (dir->type != DT_DIR)
		return NULL;
	for (size_t i = 0; x && i < x->n && x->v[i].after < b; i++)
		path = x->v[i].path;
	return path;
}

/* -- steps ---------------------------------------------------------------------------- */

/* Append a step, whose path is copied to TEXT. Returns the end of that. */
static char *put_step(struct redirect *x, char *text, int after, const char *path)
{
	size_t len = strlen(path) + 1;

	x->v[x->n++] = (struct redirect_step){ after, text };
	memcpy(text, path, len);
	return text + len;
}

/* OLD's steps with (AFTER, PATH) put in at its place, in one block. */
static struct redirect *steps_with(const struct redirect *old, int after,
				   const char *path)
{
	size_t n = old ? old->n : 0, len = strlen(path) + 1;
	struct redirect *x;
	bool put = false;
	char *text;

	for (size_t i = 0; i < n; i++)
		len += strlen(old->v[i].path) + 1;
	x = malloc(sizeof(*x) + (n + 1) * sizeof(x->v[0]) + len);
	if (!x)
		return NULL;
	x->older = NULL;
	x->n = 0;
	text = (char *)&x->v[n + 1];
	for (size_t i = 0; i <= n; i++) {
		if (!put && (i == n || old->v[i].after > after)) {
			text = put_step(x, text, after, path);
			put = true;
		}
		if (i < n)
			text = put_step(x, text, old->v[i].after, old->v[i].path);
	}
	return x;
}

/* -- paths ---------------------------------------------------------------------------- */

/* "/" NAME before what is there; N is given up. */
static int prepend(struct sb *b, const char *name)
{
	struct sb all = SB_INIT;
	_free_ char *rest = NULL;
	int r = sb_take(b, &rest);

	if (r < 0)
		return r;
	sb_add(&all, name[0] == '/' ? "" : "/");
	sb_add(&all, name);
	sb_add(&all, rest);
	*b = all;
	return 0;
}

int redirect_path(struct ufs *u, struct node *dir, const char *name, int b, char **ret)
{
	struct sb path = SB_INIT;
	struct node *at = dir;
	int r = name ? prepend(&path, name) : 0;

	node_ref(at);
	while (r == 0 && node_id_of(at) != NODE_ROOT) {
		struct node_place p;
		const char *fixed;

		/* The place first: a directory gets its path before it moves. */
		r = node_place(u->nodes, at, &p);
		if (r < 0)
			break;
		fixed = redirect_at(at, b);
		r = prepend(&path, fixed ? fixed : p.name);
		node_unref(u->nodes, at);
		at = p.parent;
		if (fixed)
			break;
	}
	node_unref(u->nodes, at);
	if (r == 0)
		r = sb_take(&path, ret);
	sb_done(&path);
	return r;
}

int redirect_fix(struct ufs *u, struct node *dir, int after, const char *path)
{
	struct redirect *old = atomic_load(&dir->redirect), *new, *more;
	_free_ char *last = strdup(path);
	int r = 0;

	new = steps_with(old, after, path);
	if (!new || !last) {
		free(new);
		return -ENOMEM;
	}
	for (int b = after + 2; r == 0 && b < u->bs.n; b++) {
		_free_ char *now = NULL;

		r = redirect_path(u, dir, NULL, b, &now);
		if (r < 0 || strcmp(now, last) == 0)
			continue;
		more = steps_with(new, b - 1, now);
		if (more) {
			free(new);
			new = more;
		}
		r = more ? 0 : -ENOMEM;
		free(last);
		last = take_ptr(now);
	}
	if (r < 0) {
		free(new);
		return r;
	}
	new->older = old; /* someone may be reading it */
	atomic_store_explicit(&dir->redirect, new, memory_order_release);
	return 0;
}

/* -- following ------------------------------------------------------------------------ */

/* On the way down one branch. */
struct walk {
	int fd;          /* of the directory reached, O_PATH */
	bool stop;       /* nothing counts in the branches behind this one */
	char *path;      /* for the branches behind this one; malloc'ed */
};

/*
 * NAME, which ended the path but for REST, has a redirect TO: the path changes
 * for the branches behind this one.
 */
static int change_path(struct walk *w, const char *name, const char *to,
		       const char *rest)
{
	size_t parent = strlen(w->path) - strlen(rest) - strlen(name) - 1;
	char *new = NULL;
	int r;

	if (to[0] == '/') {
		/* From the roots again: what was opaque on the way here is no matter. */
		w->stop = false;
		r = str_printf(&new, "%s%s", to, rest);
	} else {
		r = str_printf(&new, "%.*s/%s%s", (int)parent, w->path, to, rest);
	}
	if (r < 0)
		return r;
	free(w->path);
	w->path = new;
	return 0;
}

/*
 * One component, NAME, which ends at REST of PATH. 1: entered, 0: not there,
 * -errno.
 */
static int enter(struct ufs *u, int b, struct walk *w, const char *name,
		 const char *rest)
{
	struct branch *br = branch_at(u, b);
	_free_ char *to = NULL;
	struct stat st;
	int fd, hidden, r;

	if (branch_reserves(br, name) || branch_hides(br, w->fd, name))
		return 0;
	hidden = branch_hidden(br, w->fd, name);
	if (hidden < 0)
		return hidden == -EACCES && u->euid != 0 ? 0 : hidden;
	r = sys_stat(w->fd, name, &st);
	if (r == -ENOENT || r == -ENAMETOOLONG || (r == -EACCES && u->euid != 0)) {
		w->stop |= hidden > 0;
		return 0;
	}
	if (r < 0)
		return r;
	if (!S_ISDIR(st.st_mode)) { /* a whiteout, or something else of that name */
		w->stop = true;
		return 0;
	}
	fd = sys_openat(w->fd, name, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	close_fd(&w->fd);
	w->fd = fd;
	r = br->marks ? branch_opaque(br, fd) : 0;
	if (r == 0 && br->marks) {
		r = format_redirect(br->format, fd, &to);
		if (r > 0)
			return change_path(w, name, to, rest) < 0 ? -ENOMEM : 1;
		r = r == 0 ? hidden : r;
	}
	if (r < 0 && (r != -EACCES || u->euid == 0))
		return r;
	w->stop |= r > 0;
	return 1;
}

/* All of PATH on branch B. As enter(). */
static int walk_branch(struct ufs *u, int b, const char *path, struct walk *w)
{
	const char *cursor = path, *part;
	size_t len;
	int r = 1;

	w->stop = false;
	w->fd = sys_dup(branch_at(u, b)->fd);
	if (w->fd < 0)
		return w->fd;
	while (r > 0 && path_next(&cursor, &part, &len)) {
		_free_ char *name = strndup(part, len);

		r = name ? enter(u, b, w, name, part + len) : -ENOMEM;
	}
	if (r <= 0)
		close_fd(&w->fd);
	return r;
}

/* Branch B has the directory, at W->fd. */
static int found_on(struct ufs *u, int b, const struct walk *w,
		    struct redirect_found *ret)
{
	struct statx st;
	dev_t dev;
	int r = sys_statx(w->fd, "", &st);

	if (r < 0)
		return r;
	dev = makedev(st.stx_dev_major, st.stx_dev_minor);
	if (dev != branch_at(u, b)->dev && inum_is_void(u->inums, dev, w->fd, "."))
		return 0;
	ret->mask[b / 64] |= UINT64_C(1) << (b % 64);
	ret->bottom = b;
	ret->st = st;
	return 0;
}

static int add_step(struct redirect_found *f, int after, const char *path)
{
	struct redirect *new = steps_with(f->steps, after, path);

	if (!new)
		return -ENOMEM;
	free(f->steps);
	f->steps = new;
	return 0;
}

int redirect_follow(struct ufs *u, struct node *dir, int b, const char *to,
		    struct redirect_found *ret)
{
	struct walk w = { .fd = -EBADF };
	_free_ char *path = NULL;
	int r;

	memset(ret->mask, 0, (size_t)(u->bs.n + 63) / 64 * sizeof(ret->mask[0]));
	ret->bottom = -1;
	ret->steps = NULL;
	if (to[0] == '/') {
		path = strdup(to);
		r = path ? 0 : -ENOMEM;
	} else {
		r = redirect_path(u, dir, to, b + 1, &path);
	}
	if (r == 0)
		r = add_step(ret, b, path);
	for (b++; r == 0 && b < u->bs.n && !w.stop; b++) {
		if (!node_mask_test(u->nodes, node_root(u->nodes), b))
			break; /* the root above is opaque */
		w.path = strdup(path);
		r = w.path ? walk_branch(u, b, path, &w) : -ENOMEM;
		if (r > 0) {
			r = found_on(u, b, &w, ret);
			close_fd(&w.fd);
		}
		if (r == 0 && w.path && strcmp(w.path, path) != 0)
			r = add_step(ret, b, w.path);
		if (r == 0) {
			free(path);
			path = take_ptr(w.path);
		}
		free(w.path);
		w.path = NULL;
	}
	if (r < 0) {
		free(ret->steps);
		ret->steps = NULL;
	}
	return r;
}

int redirect_open(struct ufs *u, int b, const char *path)
{
	const char *cursor = path, *part;
	size_t len;
	int fd = sys_dup(branch_at(u, b)->fd);

	while (fd >= 0 && path_next(&cursor, &part, &len)) {
		_free_ char *name = strndup(part, len);
		int next = name ? sys_openat(fd, name, O_PATH | O_DIRECTORY, 0) : -ENOMEM;

		close_fd(&fd);
		fd = next;
	}
	return fd;
}
