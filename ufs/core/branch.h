/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stack of branches: opened roots, permissions, what each can do, what is
 * hidden in each. Built before the union is mounted and immutable from then
 * on. As root every branch is a private copy of its mount tree, so that
 * nothing mounted later, the union itself included, is ever walked into.
 */
#ifndef UFS_BRANCH_H
#define UFS_BRANCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "config.h"
#include "types.h"

struct format;
struct inums;
struct records;
struct workdir;
struct sb;

#define BRANCHES_MAX 1024

/* A name in a directory of the branch that the view does not have. */
struct hidden {
	dev_t dev;      /* the directory */
	ino_t ino;
	char *name;
};

struct branch {
	int fd;                       /* root, O_PATH */
	char *path;                   /* as given */
	char *real;                   /* resolved, for comparisons */
	enum branch_perm perm;
	unsigned attrs;               /* BRANCH_* */
	const struct format *format;  /* written and read; NULL on a branch that
					 is only read: marks of every format are */
	bool marks;                   /* whiteouts and opaque marks count */
	bool writable;
	bool no_xattr;
	bool no_tmpfile;              /* takes no O_TMPFILE */
	bool redirects;               /* directories may be renamed by a redirect */
	dev_t dev;
	ino_t ino;
	struct hidden *hide;
	size_t nhide;
	struct workdir *work;         /* writable branches */
	struct records *_Atomic records; /* of its work directory, or NULL */
	struct records *read_records; /* the same, until it could be written to */
	_Atomic int links;            /* links/ in it, -EBADF: not there */
	int work_fd;                  /* the named work directory, reached through
					 the same mount as fd; -EBADF: none */
};

struct branches {
	struct branch *v;
	int n;
	bool read_only; /* no branch is written */
};

/*
 * Open what CFG names, check that the branches go together, take the locks
 * of the writable ones. NOTES gets a line for what the person should know.
 * INUMS, kept by reference, learns their filesystems.
 * Errors: see ufs_open.
 */
int branches_open(struct branches *bs, const struct ufs_config *cfg,
		  struct inums *inums, struct sb *notes, struct err *e);
void branches_close(struct branches *bs);

/* links/ in the work directory, made if it is not there and MAKE. -errno. */
int branch_links(struct branch *b, bool make);

/*
 * Marks, as this branch has them. DIRFD is an O_PATH descriptor of the
 * directory on the branch. Results as in struct format; 0 without marks.
 */
int branch_classify(const struct branch *b, int dirfd, const char *name,
		    unsigned char dtype, const char **ret_victim);
bool branch_is_whiteout(const struct branch *b, const struct stat *st);
int branch_hidden(const struct branch *b, int dirfd, const char *name);
int branch_opaque(const struct branch *b, int dirfd);

/*
 * Hide NAME in DIRFD of a writable branch that is ready, and the opposite: as
 * the branch's format does it, and for a name that is too long for a mark beside
 * it by a record (records.h); then branch_hide returns 1.
 */
int branch_hide(const struct branch *b, int dirfd, const char *name);
int branch_unhide(const struct branch *b, int dirfd, const char *name);

/* May NAME not be shown from this branch, being a mark's? */
bool branch_reserves(const struct branch *b, const char *name);

/* Must NAME in DIRFD of this branch not be shown (work directory, …)? */
bool branch_hides(const struct branch *b, int dirfd, const char *name);

#endif
