/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An error for a person: what failed, why, and what mends it. Made where the
 * failure is understood, carried up, printed once at the edge in the shape
 *
 *   ufs: cannot mount on '/mnt': branch 1 '/srv/base' does not exist (ENOENT)
 *     hint: the command or the option that mends it
 *
 * An object on the stack starts as ERR_INIT and ends with err_done(). Every
 * function accepts NULL for the object and then only passes the code on.
 * Not shared between threads.
 */
#ifndef UFS_ERR_H
#define UFS_ERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "macros.h"

struct err {
	int code;     /* -errno, or 0 while nothing failed */
	int status;   /* exit status that fits, 0 = the caller's default */
	char *text;   /* the sentence, without programme name and errno name */
	char *hint;   /* or NULL */
};

#define ERR_INIT { 0, 0, NULL, NULL }

/* Exit statuses of `ufs` (interface: "Exit status"). */
enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_HOST = 3,      /* the host cannot */
	EXIT_PART = 4,
	EXIT_CONFLICT = 5,
	EXIT_BUSY = 6,
	EXIT_NOTFOUND = 7,
};

/*
 * Record the failure CODE (-errno; 0 means a usage error without errno name)
 * with a sentence. A text set before is replaced. Returns CODE, or -EINVAL
 * for 0, so that `return err_set(...)` always returns an error.
 */
int err_set(struct err *e, int code, const char *fmt, ...) _printf_(3, 4);

/* Put "PREFIX: " before the text, when there is one. Returns the code. */
int err_wrap(struct err *e, const char *fmt, ...) _printf_(2, 3);

/* Set the hint line and, with err_status, the exit status. */
void err_hint(struct err *e, const char *fmt, ...) _printf_(2, 3);
void err_status(struct err *e, int status);
/* The exit status to end with: the one set, else DEFLT. */
int err_exit(const struct err *e, int deflt);

/* "ENOENT" for -ENOENT or ENOENT; "error 1234" style text for unknown ones. */
const char *err_name(int code);
/* strerror without a lower-case/upper-case quarrel: "no such file or directory" */
const char *err_words(int code, char *buf, size_t size);

/* Print in the one shape, with PROG before it. Prints nothing for code 0. */
void err_print(const struct err *e, const char *prog, FILE *out);

/*
 * Flat form for a pipe between processes. err_pack returns the length put in
 * BUF (truncating texts, never the codes); err_unpack the code it carried.
 */
size_t err_pack(const struct err *e, char *buf, size_t size);
int err_unpack(struct err *e, const char *buf, size_t len);

bool err_isset(const struct err *e);
void err_done(struct err *e);

#endif
