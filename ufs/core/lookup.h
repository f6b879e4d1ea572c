/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The merged view of one name: which branch serves it, which branches it
 * continues on, what hides it.
 *
 * From the top down over the branches that have the directory: the first
 * entry found serves the name; a directory goes on merging with directories
 * below until an opaque mark, a whiteout or an entry of another type stops
 * it. A whiteout hides what lies below its branch, never the entry beside it.
 */
#ifndef UFS_LOOKUP_H
#define UFS_LOOKUP_H

#include "links.h"
#include "resolve.h"

struct found {
	int top;              /* branch that serves it, -1: not there */
	int named;            /* branch that has the name: below TOP for an alias
				 (links.h), else TOP */
	int white;            /* branch with a whiteout for it, -1: none met */
	int redirect;         /* branch with a redirect for it, -1: none met */
	struct statx st;      /* at top */
	uint8_t type;         /* DT_* at top */
	struct link_state is; /* directories: the lowest that is merged */
	uint64_t mask[BRANCHES_MAX / 64]; /* directories: branches to search */
	unsigned lent;        /* see lend_again */
	struct virt *virt;    /* mountpoints at or below this name, or NULL */
	struct redirect *steps; /* from lookup_follow; taken by lookup_intern */
};

static inline bool found_alias(const struct found *f)
{
	return f->named > f->top;
}

/*
 * Look NAME up below branch FROM - 1, with the directory's descriptors in S. A
 * redirect ends the search: see lookup_follow.
 * Returns 0 (also with top -1) or -errno of a branch that could not be asked.
 * Locks: the stripe of DIR, at least for reading.
 */
int lookup_name(struct ufs *u, struct node *dir, const struct dirset *s,
		const char *name, int from, struct found *ret);

/*
 * Go on where a redirect ended the search: fills in the branches behind it.
 * Locks: as lookup_name. Returns 0 or -errno.
 */
int lookup_follow(struct ufs *u, struct node *dir, const struct dirset *s,
		  const char *name, struct found *f);
/* Complete F, made by hand: its object was just made on TOP as ST. */
void lookup_made(struct ufs *u, struct found *f);

/* Is NAME visible on a branch below B, as seen from there? 1, 0 or -errno. */
int lookup_below(struct ufs *u, struct node *dir, const struct dirset *s,
		 const char *name, int b);

/*
 * The node and attributes of what was found, one lookup counted. Gives F's
 * steps to the node or frees them.
 * Returns 0, -ENOENT, -ENOMEM.
 */
int lookup_intern(struct ufs *u, struct node *dir, const char *name,
		  struct found *f, struct node **ret_node, struct ufs_entry *ret);

/* Attributes of N from what its branch TOP says. */
void lookup_attr(struct ufs *u, struct node *n, int top, const struct statx *st,
		 struct stat *ret);

/* 0, or why NAME cannot be a name at all: -EINVAL, -ENAMETOOLONG. */
int lookup_check(const char *name);
/* May NAME be made? 0, -EPERM for a reserved one, or as lookup_check. */
int lookup_check_new(const struct ufs *u, const char *name);

#endif
