/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A growing list of owned strings, NULL-terminated for execve(2) and the like. */
#ifndef UFS_STRV_H
#define UFS_STRV_H

#include <stddef.h>
#include "macros.h"

struct strv {
	char **v; /* NULL while empty, else N strings and a NULL */
	size_t n;
};

/* Append a copy of S, or a printed string. Returns 0 or -ENOMEM. */
int strv_add(struct strv *l, const char *s);
int strv_addf(struct strv *l, const char *fmt, ...) _printf_(2, 3);

/*
 * Set NAME=VALUE in a list of environment strings, replacing an older entry.
 * VALUE NULL removes it. Returns 0 or -ENOMEM.
 */
int strv_setenv(struct strv *l, const char *name, const char *value);
/* The value of NAME, or NULL. */
const char *strv_getenv(const struct strv *l, const char *name);

void strv_done(struct strv *l);

#endif
