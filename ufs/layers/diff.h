/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a writable branch changes over the branches below it, as docker(1)
 * tells it: names added, changed, deleted. For everything that works on the
 * changes of a branch: showing, applying, committing them.
 *
 * Nothing but directories is opened, no link is followed, and nothing is
 * written. The union may be mounted meanwhile; what changes during the walk is
 * seen or not.
 *
 * Rules, where docker(1) is silent:
 *   - A directory that both have is changed when something beneath it changes
 *     or its own mode, owner, time or attributes differ; the root is not told.
 *   - A file that both have is changed, without comparing its bytes.
 *   - A whiteout deletes what the branches below show under its name; where
 *     they show nothing it is no change. Without lower branches every whiteout
 *     is a deletion.
 *   - In an opaque directory everything is deleted that the branches below
 *     show there and that is not made anew; a deleted directory is told once,
 *     without what is in it.
 *   - A directory that was renamed and goes on below under another name is added
 *     with all that it shows, and its old name is deleted. Where one stood under
 *     the new name, what it showed is compared with what shows there now.
 *   - A name that only a branch below has, of a file that was copied up under
 *     another of its names, is changed: it leads to the copy.
 */
#ifndef UFS_LAYERS_DIFF_H
#define UFS_LAYERS_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "err.h"

struct format;
struct inums;
struct records;

/* A branch of the stack. */
struct layer {
	int fd;                      /* its root; O_PATH will do */
	bool marks;                  /* whiteouts and opaque marks in it count */
	const struct format *format; /* whose marks, NULL: those of every format */
	struct records *records;     /* what hides names without a mark, or NULL */
};

enum {
	CHANGE_ADDED = 'A',
	CHANGE_CHANGED = 'C',
	CHANGE_DELETED = 'D',
};

struct layer_change {
	int kind;         /* CHANGE_* */
	const char *path; /* in the union, from "/" */
	int dirfd;        /* of the directory that has the object: on the upper
			     branch; below, of what a renamed directory shows
			     from there; links/ for a copy, and */
	const char *name; /* the name in it */
	struct stat st;   /* of that object; deleted: of the one below, with st_mode
			     0 when there is no lower */
	bool opaque;      /* a directory that shows nothing from below */
};

/* What is asked for, and the counts that come out. */
struct layer_diff {
	struct layer upper;
	const struct layer *lowers; /* top first */
	size_t nlowers;
	bool any_owner;             /* owners on the branch are not the union's
				       (struct id_view): not compared */
	/* Called for each change: a directory before what is in it, else by
	 * name. Anything but 0 ends the walk and is returned. */
	int (*change)(void *ctx, const struct layer_change *c);
	void *ctx;
	struct inums *inums;        /* of layer_records_open, else NULL, and then */
	int links;                  /* links/ of the upper branch, or -errno */
	size_t unread;              /* lower directories that may not be searched:
				       what is in them counts as not there */
};

/*
 * Read the records of the upper branch, whose work directory is WORK (-EBADF:
 * the one in it), and of those lower ones that have one, where whoever owns it
 * may be believed. Without them names that records hide show, and files part from
 * their copies. Returns 0 or -ENOMEM.
 */
int layer_records_open(struct layer_diff *d, struct layer *lowers, int work);
void layer_records_close(struct layer_diff *d, struct layer *lowers);

/*
 * Walk. Returns 0, what change() returned, or -errno with E naming the path
 * in the union.
 */
int layer_diff(struct layer_diff *d, struct err *e);

#endif
