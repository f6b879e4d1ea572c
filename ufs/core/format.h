/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a branch says "this name is deleted" and "nothing from below shows in
 * here". One format is one file and one row of the table; no other code
 * spells a mark. Stateless; all functions work on an O_PATH descriptor of the
 * directory that holds the name.
 *
 * A whiteout hides what lies in the branches below, not the entry beside it
 * (OCI image specification, "Whiteouts"): a real entry wins, and a directory
 * with a whiteout beside it is opaque. So a mark can be written before or
 * after its entry is changed, and no reader sees a third state.
 */
#ifndef UFS_FORMAT_H
#define UFS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

enum mark {
	MARK_NONE,     /* an ordinary entry */
	MARK_HIDES,    /* a whiteout */
	MARK_OPAQUE,   /* makes its directory opaque */
	MARK_INTERNAL, /* housekeeping of the format: never shown */
};

#define FORMAT_BASE "whiteout" /* in the work directory: what others link to */

struct format {
	const char *name;      /* value of -o format= */
	bool needs_xattr;      /* a writable branch must keep extended attributes */
	bool needs_work;       /* the work directory must be named */
	bool whiteout_in_place;/* the mark stands at the very name it hides */

	/* The name may not be made, renamed or linked to, and is never shown. */
	bool (*reserved)(const char *name);

	/*
	 * What the entry NAME of type DTYPE (DT_*) in DIRFD is.
	 *   ret_victim  for MARK_HIDES: the hidden name, inside NAME
	 * Returns an enum mark or -errno.
	 */
	int (*classify)(int dirfd, const char *name, unsigned char dtype,
			const char **ret_victim);
	/* Is an entry with these attributes a whiteout? For marks in place. */
	bool (*is_whiteout)(const struct stat *st);
	/* Is there a mark beside NAME that hides it? 1, 0 or -errno. */
	int (*hidden)(int dirfd, const char *name);
	/* Is the directory itself opaque? 1, 0 or -errno. */
	int (*opaque)(int dirfd);

	/*
	 * Hide NAME from the branches below. WORKFD is the work directory,
	 * with the shared whiteout in it, see format_base. With a mark in
	 * place, an entry NAME that is not a directory is replaced atomically.
	 */
	int (*hide)(int dirfd, int workfd, const char *name);
	/* Remove the mark beside NAME. 0 also when there was none. */
	int (*unhide)(int dirfd, const char *name);
	int (*set_opaque)(int dirfd);

	/* Of the attribute with a directory's redirect, behind the namespace. */
	const char *redirect;

	/* Make, in the work directory, the whiteout that others link to. */
	int (*base)(int workfd);

	/* For checking. Is an object with these attributes right as a mark? */
	bool (*is_good)(const struct stat *st);
	/*
	 * Put a good mark in the place of the wrong one NAME, in one step.
	 * -ENOTEMPTY: a directory with something in it, which stays.
	 */
	int (*mend)(int dirfd, const char *name);
	/* Is there an opaque mark in the directory that says neither yes nor what
	 * others know? 1, 0 or -errno; with DROP it is taken away, then 0. */
	int (*odd_opaque)(int dirfd, bool drop);
};

/* By name, or NULL. */
const struct format *format_find(const char *name);
/* Row I of the table, NULL behind the last. */
const struct format *format_row(size_t i);

/* Attributes that belong to a format: not shown, not copied, not settable. */
bool format_private_xattr(const char *name);

/*
 * For a branch that is only read, marks of every format count. These ask all
 * rows; semantics of the functions of struct format.
 */
int format_any_classify(int dirfd, const char *name, unsigned char dtype,
			const char **ret_victim);
bool format_any_whiteout(const struct stat *st);
int format_any_hidden(int dirfd, const char *name);
int format_any_opaque(int dirfd);

/*
 * A redirect says where a directory that was renamed goes on in the branches
 * below: "/PATH" from their roots, or the NAME that it has beside. It is an
 * attribute in the trusted namespace, or in user for a daemon that may not use
 * that. A directory with a redirect does not go on under its own name, so a
 * whiteout beside it says nothing.
 *
 * Read the redirect of format F, or with NULL that of any, at DIRFD.
 * Returns 1 with *RET malloc'ed and well formed, 0 for none, -EACCES, -ENOMEM.
 */
int format_redirect(const struct format *f, int dirfd, char **ret);
int format_set_redirect(const struct format *f, int dirfd, const char *path);
/* For checking. What is written there, well formed or not: 1, 0 or -errno. */
int format_raw_redirect(const struct format *f, int dirfd, char **ret, bool *ret_good);
int format_drop_redirect(const struct format *f, int dirfd);
/* The format whose shared whiteout lies in WORKFD; the default one for none. */
const struct format *format_of_work(int workfd);

extern const struct format format_aufs, format_overlay;

#endif
