/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cleanup.h"
#include "format.h"
#include "inum.h"
#include "path.h"
#include "records.h"
#include "str.h"
#include "sys.h"
#include "workdir.h"

/* -- marks ------------------------------------------------------------------- */

int layer_classify(const struct layer *l, int fd, const char *name,
		   const char **ret_victim)
{
	if (!l->marks)
		return MARK_NONE;
	return l->format ? l->format->classify(fd, name, DT_UNKNOWN, ret_victim) :
			   format_any_classify(fd, name, DT_UNKNOWN, ret_victim);
}

int layer_hidden(const struct layer *l, int fd, const char *name)
{
	int r;

	if (!l->marks)
		return 0;
	r = l->format ? l->format->hidden(fd, name) : format_any_hidden(fd, name);
	return r != 0 ? r : records_hidden(l->records, fd, name);
}

int layer_opaque(const struct layer *l, int fd)
{
	if (!l->marks)
		return 0;
	return l->format ? l->format->opaque(fd) : format_any_opaque(fd);
}

int layer_redirect(const struct layer *l, int fd, char **ret)
{
	int r = l->marks ? format_redirect(l->format, fd, ret) : 0;

	return r == -EACCES ? 0 : r; /* as the union does */
}

static bool layer_reserves(const struct layer *l, const char *name)
{
	for (size_t i = 0; !l->format && format_row(i); i++)
		if (format_row(i)->reserved(name))
			return true;
	return l->format && l->format->reserved(name);
}

/* -- records ----------------------------------------------------------------- */

int layer_read_records(struct layer *l, int work, struct inums *inums)
{
	struct stat st;

	if (work < 0 || sys_stat(work, "", &st) < 0 || (st.st_mode & 022) ||
	    (st.st_uid != geteuid() && st.st_uid != 0))
		return 0;
	return records_open(&l->records, work, false, inums) == -ENOMEM ? -ENOMEM : 0;
}

int layers_read_records(struct layer *layers, size_t n, struct inums *inums)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		_close_ int work = !layers[i].marks ? -ENOENT :
				   sys_openat(layers[i].fd, WORKDIR_NAME,
					      O_RDONLY | O_DIRECTORY, 0);

		r = layer_read_records(&layers[i], work, inums);
	}
	return r;
}

void layers_close_records(struct layer *layers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		records_close(layers[i].records);
		layers[i].records = NULL;
	}
}

struct origin layer_origin(const struct stack_dir *at, const struct statx *st,
			   struct inums *inums)
{
	dev_t dev = makedev(st->stx_dev_major, st->stx_dev_minor);
	struct origin id = origin_of(st, inum_meet(inums, dev, at->fd));
	struct record_key key = record_key(st);

	if (at->layer->records)
		(void)records_origin(at->layer->records, &key, &id);
	return id;
}

/* -- paths ------------------------------------------------------------------- */

/* Where branch number LAYER has the directory. */
static const char *path_at(const struct stack *s, size_t layer)
{
	const char *path = "";

	for (size_t i = 0; i < s->npaths && s->paths[i].from <= layer; i++)
		path = s->paths[i].path;
	return path;
}

static void paths_done(struct stack *s, size_t keep)
{
	while (s->npaths > keep)
		free(s->paths[--s->npaths].path);
}

/* From branch FROM on it is at PATH, which is given up. */
static int put_path(struct stack *s, size_t from, char *path)
{
	struct stack_path *v;
	size_t keep = 0;

	while (keep < s->npaths && s->paths[keep].from < from)
		keep++;
	paths_done(s, keep);
	v = path ? realloc(s->paths, (s->npaths + 1) * sizeof(*v)) : NULL;
	if (!v) {
		free(path);
		return -ENOMEM;
	}
	s->paths = v;
	v[s->npaths++] = (struct stack_path){ from, path };
	return 0;
}

int stack_none(const struct stack *s, const char *name, struct stack *ret)
{
	*ret = (struct stack){ .layers = s->layers, .nlayers = s->nlayers };
	ret->v = s->nlayers ? calloc(s->nlayers, sizeof(*ret->v)) : NULL;
	if (s->nlayers && !ret->v)
		return -ENOMEM;
	for (size_t i = 0; i < s->npaths; i++) {
		char *path = NULL;
		int r = path_join(s->paths[i].path, name, &path);

		if (r == 0)
			r = put_path(ret, s->paths[i].from, path);
		if (r < 0)
			return r;
	}
	return 0;
}

/* -- the stack --------------------------------------------------------------- */

static bool is_absent(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -ENAMETOOLONG;
}

/*
 * NAME on one branch: 1 with *RET when it has it, 0 when one must look below,
 * -ENOENT when nothing below counts either, else -errno.
 */
static int stack_look(const struct stack_dir *d, const char *name, struct stat *ret)
{
	const char *victim;
	int r = sys_stat(d->fd, name, ret);

	if (r == 0) {
		r = layer_classify(d->layer, d->fd, name, &victim);
		if (r < 0)
			return r;
		if (r == MARK_NONE)
			return 1;
		/* A mark in the name's own place ends the search. */
		return r == MARK_HIDES && victim == name ? -ENOENT : 0;
	}
	if (!is_absent(r))
		return r;
	r = layer_hidden(d->layer, d->fd, name);
	return r < 0 ? r : r > 0 ? -ENOENT : 0;
}

int stack_find_at(const struct stack *s, const char *name, struct stat *ret,
		  size_t *ret_at)
{
	for (size_t i = 0; i < s->n; i++) {
		int r = stack_look(&s->v[i], name, ret);

		if (r == 1 && ret_at)
			*ret_at = i;
		if (r != 0)
			return r == -ENOENT ? 0 : r;
	}
	return 0;
}

int stack_find(const struct stack *s, const char *name, struct stat *ret)
{
	return stack_find_at(s, name, ret, NULL);
}

int stack_roots(struct stack *s, const struct layer *layers, size_t n)
{
	*s = (struct stack){ .layers = layers };
	s->v = n ? calloc(n, sizeof(*s->v)) : NULL;
	if ((n && !s->v) || put_path(s, 0, strdup("")) < 0)
		return -ENOMEM;
	while (s->n < n) {
		const struct layer *l = &layers[s->n];
		int r, fd = sys_openat(l->fd, ".", O_PATH | O_DIRECTORY, 0);

		if (fd < 0)
			return fd;
		s->v[s->n++] = (struct stack_dir){ fd, l };
		s->nlayers = s->n;
		r = layer_opaque(l, fd);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	return 0;
}

/* Add the directory FD of L. 0: it may not be searched. */
static int add_dir(struct stack *s, const struct layer *l, int fd, size_t *unread)
{
	if (faccessat(fd, ".", X_OK, AT_EACCESS) < 0 && errno == EACCES) {
		close_fd(&fd);
		(*unread)++;
		return 0;
	}
	s->v[s->n++] = (struct stack_dir){ fd, l };
	return 1;
}

/* -- following redirects ------------------------------------------------------- */

/* On the way down one branch: as redirect.c of the core has it. */
struct descent {
	const struct layer *layer;
	int fd;
	bool stop;     /* nothing counts in the branches behind */
	char *path;    /* for the branches behind; malloc'ed */
};

/* NAME, which ended the path but for REST, has a redirect TO. */
static int change_path(struct descent *w, const char *name, const char *to,
		       const char *rest)
{
	size_t parent = strlen(w->path) - strlen(rest) - strlen(name) - 1;
	char *new = NULL;
	int r = to[0] == '/' ? str_printf(&new, "%s%s", to, rest) :
		str_printf(&new, "%.*s/%s%s", (int)parent, w->path, to, rest);

	if (r < 0)
		return r;
	free(w->path);
	w->path = new;
	return 0;
}

/* NAME, which ends at REST. 1: entered, 0: not there, -errno. */
static int descend_one(struct descent *w, const char *name, const char *rest)
{
	_free_ char *to = NULL;
	struct stat st;
	int fd, hidden, r;

	if (layer_reserves(w->layer, name))
		return 0;
	hidden = layer_hidden(w->layer, w->fd, name);
	if (hidden < 0)
		return hidden == -EACCES ? 0 : hidden;
	r = sys_stat(w->fd, name, &st);
	if (is_absent(r) || r == -EACCES) {
		w->stop |= hidden > 0;
		return 0;
	}
	if (r < 0)
		return r;
	if (!S_ISDIR(st.st_mode)) {
		w->stop = true;
		return 0;
	}
	fd = sys_openat(w->fd, name, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	close_fd(&w->fd);
	w->fd = fd;
	r = layer_opaque(w->layer, fd);
	if (r == 0) {
		r = layer_redirect(w->layer, fd, &to);
		if (r > 0)
			return change_path(w, name, to, rest) < 0 ? -ENOMEM : 1;
		r = r == 0 ? hidden : r;
	}
	if (r < 0 && r != -EACCES)
		return r;
	w->stop |= r > 0;
	return 1;
}

static int descend(struct descent *w)
{
	_free_ char *path = strdup(w->path);
	const char *cursor = path, *part;
	size_t len;
	int r = 1;

	if (!path)
		return -ENOMEM;
	w->fd = sys_openat(w->layer->fd, ".", O_PATH | O_DIRECTORY, 0);
	if (w->fd < 0)
		return w->fd;
	while (r > 0 && path_next(&cursor, &part, &len)) {
		_free_ char *name = strndup(part, len);

		r = name ? descend_one(w, name, part + len) : -ENOMEM;
	}
	if (r <= 0)
		close_fd(&w->fd);
	return r;
}

/* From branch FROM on, RET is at PATH, which is given up. */
static int follow(struct stack *ret, size_t from, char *path, size_t *unread)
{
	int r = put_path(ret, from, path);

	for (size_t i = from; r == 0 && i < ret->nlayers; i++) {
		struct descent w = { .layer = &ret->layers[i], .fd = -EBADF };

		w.path = strdup(path_at(ret, i));
		r = w.path ? descend(&w) : -ENOMEM;
		if (r > 0)
			(void)add_dir(ret, w.layer, w.fd, unread);
		if (r >= 0 && strcmp(w.path, path_at(ret, i)) != 0)
			r = put_path(ret, i + 1, take_ptr(w.path));
		free(w.path);
		if (r >= 0 && w.stop)
			return 0;
		r = r > 0 ? 0 : r;
	}
	return r;
}

/* Where redirect TO leads in the branches from FROM on, S being its directory. */
static char *target(const struct stack *s, size_t from, const char *to)
{
	char *path = NULL;

	if (to[0] == '/')
		return strdup(to);
	return str_printf(&path, "%s/%s", path_at(s, from), to) < 0 ? NULL : path;
}

int stack_follow(const struct stack *s, const char *to, struct stack *ret,
		 size_t *unread)
{
	int r = stack_none(s, "", ret);

	return r < 0 ? r : follow(ret, 0, target(s, 0, to), unread);
}

/*
 * Does what is below the directory FD, NAME of AT, count? 1, 0, -errno; with
 * *TO where it is found then, if it is not by its name.
 */
static int goes_on(const struct stack_dir *at, const char *name, int fd, char **to)
{
	int r = layer_opaque(at->layer, fd);

	if (r == 0)
		r = layer_redirect(at->layer, fd, to) > 0 ? 0 :
		    layer_hidden(at->layer, at->fd, name);
	return r < 0 ? r : r == 0;
}

int stack_enter(const struct stack *s, const char *name, struct stack *ret,
		size_t *unread)
{
	int r = stack_none(s, name, ret);

	for (size_t i = 0; i < s->n && r == 0; i++) {
		const struct stack_dir *at = &s->v[i];
		size_t layer = (size_t)(at->layer - s->layers);
		_free_ char *to = NULL;
		struct stat st;
		int fd;

		r = stack_look(at, name, &st);
		if (r == 0)
			continue;
		if (r == -ENOENT || (r == 1 && !S_ISDIR(st.st_mode)))
			return 0;
		if (r < 0)
			return r;
		fd = sys_openat(at->fd, name, O_PATH | O_DIRECTORY, 0);
		if (fd < 0)
			return is_absent(fd) ? 0 : fd; /* gone in between */
		r = 0;
		if (!add_dir(ret, at->layer, fd, unread))
			continue;
		r = goes_on(at, name, fd, &to);
		if (r > 0 && to)
			return follow(ret, layer + 1, target(s, layer + 1, to), unread);
		if (r <= 0)
			return r;
		r = 0;
	}
	return r;
}

int stack_join(const struct layer *layers, int fd, struct stack *lower, struct stack *ret)
{
	int r = fd < 0 ? fd : 0;

	*ret = (struct stack){ .layers = layers, .nlayers = lower->nlayers + 1 };
	ret->v = calloc(ret->nlayers, sizeof(*ret->v));
	if (r == 0)
		r = ret->v ? put_path(ret, 0, strdup("")) : -ENOMEM;
	for (size_t i = 0; r == 0 && i < lower->npaths; i++)
		r = put_path(ret, lower->paths[i].from + 1, strdup(lower->paths[i].path));
	if (r < 0) {
		close_fd(&fd);
		return r;
	}
	ret->v[ret->n++] = (struct stack_dir){ fd, layers };
	for (size_t i = 0; i < lower->n; i++)
		ret->v[ret->n++] = lower->v[i];
	lower->n = 0;
	return 0;
}

int stack_names(const struct stack *s, struct names *ret, size_t *unread)
{
	struct names all = { 0 };
	int r = 0;

	for (size_t i = 0; i < s->n && r == 0; i++) {
		r = names_read(&all, s->v[i].fd);
		if (r == -EACCES) {
			(*unread)++;
			r = 0;
		}
	}
	names_sort(&all);
	for (size_t i = 0; i < all.n && r == 0; i++) {
		struct stat st;

		r = stack_find(s, all.v[i], &st);
		if (r > 0)
			r = names_add(ret, all.v[i]);
	}
	names_done(&all);
	return r;
}

void stack_done(struct stack *s)
{
	for (size_t i = 0; i < s->n; i++)
		close_fd(&s->v[i].fd);
	paths_done(s, 0);
	free(s->paths);
	free(s->v);
	*s = (struct stack){ 0 };
}
