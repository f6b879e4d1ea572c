/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Command-line options from a table. The parser, --help and the test that
 * compares help, man pages and completions all read the same rows.
 */
#ifndef UFS_OPT_H
#define UFS_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "err.h"

struct opt {
	char letter;         /* -x, or 0 */
	const char *name;    /* --name, without dashes; never NULL */
	const char *aliases; /* further long names, separated by '|', or NULL */
	const char *arg;     /* name of the argument in help; NULL: takes none */
	const char *help;    /* one line; NULL hides the row from --help */
	/* Takes VALUE (NULL without arg) into CTX. Returns 0 or -errno with E set. */
	int (*set)(void *ctx, const struct opt *o, const char *value, struct err *e);
	size_t offset;       /* for set functions: offsetof in CTX */
	int num;             /* for set functions: a constant */
};

enum {
	OPT_STOP_AT_WORD = 1, /* the first word that is no option ends them */
};

/*
 * Parse ARGV[1..]. Long options as --name=VALUE or --name VALUE, letters as
 * -xVALUE or -x VALUE, letters without argument may be joined, "--" ends
 * options. Words that are no options are moved behind them, in order.
 *   ret_first  index in ARGV of the first word
 * Returns 0, or a usage error naming the option and the nearest known one.
 */
int opt_parse(const struct opt *opts, size_t n, unsigned flags, void *ctx,
	      int argc, char **argv, int *ret_first, struct err *e);

/* The rows with help text, aligned in two columns. */
void opt_help(const struct opt *opts, size_t n, FILE *out);

/* Ready-made set functions: a bool, an owned string at CTX + offset. */
int opt_set_true(void *ctx, const struct opt *o, const char *value, struct err *e);
int opt_set_string(void *ctx, const struct opt *o, const char *value, struct err *e);

#endif
