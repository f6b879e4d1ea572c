/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files with several names, kept together over copy-up. The copy gets the name
 * that was used and, in the work directory's links/, one that says which lower
 * file it stands for. A name that only a lower branch has is found there, its
 * file is looked up in the records (records.h), and the copy serves. Such a
 * name is an alias until something is done to it as a name; then it is made on
 * the branch first (links_show).
 *
 * The count of links that is shown is that of the copy without the one in links/,
 * and of the names below that were not covered yet. Both steps of covering a name
 * (the whiteout or the entry, and the count) are made one by records_cover().
 */
#ifndef UFS_LINKS_H
#define UFS_LINKS_H

#include "records.h"
#include "union.h"

/* What an object on a branch is in the union. */
struct link_state {
	struct origin id;  /* the object that it was when it was first seen */
	uint32_t nlink;    /* names that lead to it */
	bool indexed;      /* it has a name in links/ of its branch */
	bool recorded;     /* the records say what it is */
	bool counted;      /* a record on a branch above counts its names */
};

/*
 * The object that serves for the one that branch *TOP has as *ST: itself, or
 * the copy on a branch above that stands for all its names. Directories are
 * themselves.
 */
void links_find(struct ufs *u, int *top, struct statx *st, struct link_state *ret);

/* As links_find for an object that is known to serve. */
void links_look(struct ufs *u, int top, const struct statx *st, struct link_state *ret);

/* Does it count that a name goes? That of the last one does when there were others:
 * the record goes with it. */
static inline bool links_count(const struct link_state *s)
{
	return s->nlink > 1 || s->indexed || s->counted;
}

/* The name in links/ of branch B. Returns a descriptor or -errno. */
int links_open(struct ufs *u, int b, uint16_t fs, uint64_t ino, int flags);
int links_statx(struct ufs *u, int b, uint16_t fs, uint64_t ino, struct statx *ret);

/*
 * The object NAME in DIRFD, just made on branch B as ST, is to stand for the
 * lower file S. Returns 1, 0 where the branch cannot do it, or -errno.
 */
int links_keep(struct ufs *u, int b, int dirfd, const char *name,
	       const struct statx *st, const struct link_state *s);
/* It did not become visible: as before. */
void links_unkeep(struct ufs *u, int b, const struct link_state *s);

/*
 * NAME in DIR, which leads to the lower file S, is about to be covered on
 * branch B; and it was, or with DONE false was not. Locks: DIR's stripe, written.
 */
int links_cover(struct ufs *u, int b, struct node *dir, const char *name,
		const struct link_state *s, uint64_t *ret_token);
int links_covered(struct ufs *u, int b, uint64_t token, bool done);

/* Lower file O has one name left, which is on branch B now: no record is needed. */
void links_alone(struct ufs *u, int b, const struct origin *o);
/* A name of S went: with the last one the name in links/ and the records go. */
void links_gone(struct ufs *u, int b, const struct origin *o);

/* Make the alias NAME in DIR (DIRFD on branch B) a name on the branch. As links_cover. */
int links_show(struct ufs *u, int b, struct node *dir, int dirfd, const char *name,
	       const struct link_state *s);

#endif
