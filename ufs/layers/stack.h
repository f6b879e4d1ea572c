/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One directory of a stack of branches, read without a mount: the names that
 * a branch has there, and what the branches below show under a name.
 */
#ifndef UFS_LAYERS_STACK_H
#define UFS_LAYERS_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "diff.h"
#include "names.h"
#include "records.h"

/* A directory on one branch. */
struct stack_dir {
	int fd;
	const struct layer *layer;
};

/* Where the branches from number FROM on have the directory, from their roots. */
struct stack_path {
	size_t from;
	char *path;  /* "" for the root, else "/..." */
};

/* The same directory on several branches, top first. */
struct stack {
	struct stack_dir *v;
	size_t n;
	const struct layer *layers; /* all branches that count, not owned */
	size_t nlayers;
	struct stack_path *paths;   /* by FROM; the first is 0 */
	size_t npaths;
};

/* Marks of layer L in directory FD; as the functions of struct format, and
 * nothing where marks do not count. */
int layer_classify(const struct layer *l, int fd, const char *name,
		   const char **ret_victim);
int layer_hidden(const struct layer *l, int fd, const char *name);
int layer_opaque(const struct layer *l, int fd);

/* As format_redirect, and 0 where marks do not count. */
int layer_redirect(const struct layer *l, int fd, char **ret);

/*
 * Read the records of L from its work directory WORK, as the union reads those of a
 * branch that it does not write: where whoever owns them may be believed. Returns 0,
 * also without any, or -ENOMEM.
 */
int layer_read_records(struct layer *l, int work, struct inums *inums);
/* The same of those of N LAYERS whose marks count and that have a work directory. */
int layers_read_records(struct layer *layers, size_t n, struct inums *inums);
void layers_close_records(struct layer *layers, size_t n);

/* What the object ST on AT was when it was first seen, by the records of its branch. */
struct origin layer_origin(const struct stack_dir *at, const struct statx *st,
			   struct inums *inums);

/*
 * The roots of LAYERS, which stay the caller's, down to the first opaque one;
 * the others do not count. Returns 0 or -errno.
 */
int stack_roots(struct stack *s, const struct layer *layers, size_t n);

/*
 * What the stack shows under NAME.
 * Returns 1 with *RET filled, 0 when it shows nothing, or -errno.
 *   ret_at  which of S->v has it; may be NULL
 */
int stack_find(const struct stack *s, const char *name, struct stat *ret);
int stack_find_at(const struct stack *s, const char *name, struct stat *ret,
		  size_t *ret_at);

/*
 * The directory NAME of the stack, redirects on its branches being followed.
 * Empty when the stack shows no directory there. *UNREAD counts the branches
 * where it may not be entered.
 */
int stack_enter(const struct stack *s, const char *name, struct stack *ret,
		size_t *unread);

/*
 * The directory NAME of the stack where nothing of it shows: empty, though a
 * directory in it may have a redirect that leads on.
 */
int stack_none(const struct stack *s, const char *name, struct stack *ret);

/*
 * The directory at which redirect TO leads that stands in directory S of a branch
 * above all of the stack. Empty when nothing is there.
 */
int stack_follow(const struct stack *s, const char *to, struct stack *ret,
		 size_t *unread);

/*
 * The directory that is FD (taken) on LAYERS[0] and LOWER on those behind it, of
 * which LOWER is a stack; LOWER is empty then.
 */
int stack_join(const struct layer *layers, int fd, struct stack *lower, struct stack *ret);

/* The names that the stack shows, sorted. */
int stack_names(const struct stack *s, struct names *ret, size_t *unread);

void stack_done(struct stack *s);

#endif
