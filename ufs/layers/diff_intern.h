/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the files of the diff (diff.h) alone. */
#ifndef UFS_LAYERS_DIFF_INTERN_H
#define UFS_LAYERS_DIFF_INTERN_H

#include "diff.h"
#include "records.h"
#include "stack.h"
#include "str.h"

/* The paths in the union of names that only lower branches have and that lead to
 * a copy on the upper one, sorted. */
struct aliases {
	struct names paths;
};

/* The copy, in links/. */
struct alias_copy {
	struct links_name name;
	struct stat st;
};

/* A directory on the way down from the root. */
struct diff_level {
	struct diff_level *up;         /* NULL for the root */
	const char *name;
	struct stat st;
	int fd;
	int dirfd;                /* of the directory that has it, on its branch */
	bool opaque;              /* nothing from below shows in here */
	bool told;                /* its own change was given out */
	struct stack below;       /* what the lower branches showed in its place */
	struct stack now;         /* what shows, where that is not what BELOW is with
				     the upper branch on it: renamed directories */
};

struct diff_walk {
	struct layer_diff *d;
	struct layer *all;        /* the upper branch and the lower ones */
	bool alone;               /* the upper root is opaque */
	struct aliases aliases;
	struct sb path;           /* of the directory at hand, "" for the root */
	struct err *e;
};

/* -- diff.c -------------------------------------------------------------------- */

int diff_error(struct diff_walk *w, int r, const char *name);
/* The walk goes into NAME. Returns what diff_path_up() goes back to. */
size_t diff_path_down(struct diff_walk *w, const char *name);
void diff_path_up(struct diff_walk *w, size_t len);

/* Directory L, LEN being the length of its path, and those above are changed. */
int diff_tell_level(struct diff_walk *w, struct diff_level *l, size_t len);
/* An entry of L that is NAME in DIRFD. */
int diff_tell_at(struct diff_walk *w, struct diff_level *l, int kind, int dirfd,
		 const char *name, const struct stat *st);
/* NAME in L is a name of the file below that COPY, in links/, stands for. */
int diff_tell_alias(struct diff_walk *w, struct diff_level *l, int kind, const char *name,
		    const struct alias_copy *copy);
/* NAME shows no more in L, if it did. */
int diff_deleted(struct diff_walk *w, struct diff_level *l, const char *name);
/* Is directory L other than what was there? */
bool diff_is_other(const struct diff_walk *w, const struct diff_level *l,
		   const struct stat *below);

/* -- diff_now.c ---------------------------------------------------------------- */

/* What shows in L, which has it in NOW. */
int diff_now(struct diff_walk *w, struct diff_level *l);

/* -- diff_alias.c -------------------------------------------------------------- */

/* ALL: the upper branch and the lower ones. Walks the union if it must. */
int aliases_find(struct layer_diff *d, const struct layer *all, struct aliases *ret);
void aliases_done(struct aliases *a);
/* The names in the directory PATH ("" the root) that are, or lead to, such names. */
int aliases_in(const struct aliases *a, const char *path, struct names *ret);

/* The copy that stands for NAME in AT, of a lower branch. 1, 0 or -errno. */
int alias_find(struct layer_diff *d, const struct stack_dir *at, const char *name,
	       struct alias_copy *ret);

#endif
