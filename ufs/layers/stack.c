/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "format.h"
#include "path.h"
#include "sys.h"

/* -- names ------------------------------------------------------------------- */

int names_add(struct names *l, const char *name)
{
	char *copy;

	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 32;
		char **v = realloc(l->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		l->v = v;
		l->cap = cap;
	}
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	l->v[l->n++] = copy;
	return 0;
}

int names_read(struct names *l, int fd)
{
	_dir_ DIR *d = NULL;
	int own = sys_openat(fd, ".", O_RDONLY | O_DIRECTORY, 0);

	if (own < 0)
		return own;
	d = fdopendir(own);
	if (!d) {
		int r = -errno;

		close_fd(&own);
		return r;
	}
	for (;;) {
		struct dirent *de;
		int r;

		errno = 0;
		de = readdir(d);
		if (!de)
			return -errno;
		if (!path_is_component(de->d_name))
			continue;
		r = names_add(l, de->d_name);
		if (r < 0)
			return r;
	}
}

static int name_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void names_sort(struct names *l)
{
	size_t n = 0;

	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), name_cmp);
	for (size_t i = 0; i < l->n; i++) {
		if (n && strcmp(l->v[n - 1], l->v[i]) == 0)
			free(l->v[i]);
		else
			l->v[n++] = l->v[i];
	}
	l->n = n;
}

bool names_has(const struct names *l, const char *name)
{
	return l->n && bsearch(&name, l->v, l->n, sizeof(*l->v), name_cmp);
}

void names_done(struct names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct names){ 0 };
}

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
	if (!l->marks)
		return 0;
	return l->format ? l->format->hidden(fd, name) : format_any_hidden(fd, name);
}

int layer_opaque(const struct layer *l, int fd)
{
	if (!l->marks)
		return 0;
	return l->format ? l->format->opaque(fd) : format_any_opaque(fd);
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

int stack_find(const struct stack *s, const char *name, struct stat *ret)
{
	for (size_t i = 0; i < s->n; i++) {
		int r = stack_look(&s->v[i], name, ret);

		if (r != 0)
			return r == -ENOENT ? 0 : r;
	}
	return 0;
}

/* Is a directory the last that counts: opaque, or hidden by a mark beside it? */
static int is_last(const struct stack_dir *at, const char *name, int fd)
{
	int r = layer_hidden(at->layer, at->fd, name);

	return r != 0 ? r : layer_opaque(at->layer, fd);
}

int stack_enter(const struct stack *s, const char *name, struct stack *ret,
		size_t *unread)
{
	ret->n = 0;
	ret->v = s->n ? calloc(s->n, sizeof(*ret->v)) : NULL;
	if (s->n && !ret->v)
		return -ENOMEM;
	for (size_t i = 0; i < s->n; i++) {
		const struct stack_dir *at = &s->v[i];
		struct stat st;
		int fd, r = stack_look(at, name, &st);

		if (r == 0)
			continue;
		if (r == -ENOENT || (r == 1 && !S_ISDIR(st.st_mode)))
			return 0;
		if (r < 0)
			return r;
		fd = sys_openat(at->fd, name, O_PATH | O_DIRECTORY, 0);
		if (is_absent(fd))
			return 0; /* gone in between */
		if (fd < 0)
			return fd;
		ret->v[ret->n++] = (struct stack_dir){ fd, at->layer };
		if (faccessat(fd, ".", X_OK, AT_EACCESS) < 0 && errno == EACCES) {
			close_fd(&ret->v[--ret->n].fd);
			(*unread)++;
			continue;
		}
		r = is_last(at, name, fd);
		if (r != 0)
			return r < 0 ? r : 0;
	}
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
	free(s->v);
	*s = (struct stack){ 0 };
}
