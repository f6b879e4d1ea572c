/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A growing string builder that reports failure once at the end, and the
 * splitting of lists whose separators can be escaped with a backslash.
 */
#ifndef UFS_STR_H
#define UFS_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include "macros.h"

struct sb {
	char *s;     /* NUL-terminated, or NULL while empty */
	size_t len;
	size_t cap;
	int err;     /* first failure: -ENOMEM; later calls do nothing */
};

#define SB_INIT { NULL, 0, 0, 0 }

void sb_add(struct sb *b, const char *s);
void sb_addn(struct sb *b, const char *s, size_t n);
void sb_addc(struct sb *b, char c);
void sb_addf(struct sb *b, const char *fmt, ...) _printf_(2, 3);
void sb_vaddf(struct sb *b, const char *fmt, va_list ap) _printf_(2, 0);
/* Append S quoted for a message: '...', with control bytes as \xNN. */
void sb_quote(struct sb *b, const char *s);

/*
 * Take the finished string out of B, which is empty afterwards.
 * Returns 0 and a malloc'ed string in *ret (never NULL), or -ENOMEM.
 */
int sb_take(struct sb *b, char **ret);
void sb_done(struct sb *b);

/* printf into fresh memory. Returns 0 or -ENOMEM. */
int str_printf(char **ret, const char *fmt, ...) _printf_(2, 3);

/*
 * Next element of the list at *CURSOR, up to SEP or the end; a backslash
 * takes the next byte literally and is dropped before SEP and itself, kept
 * before any other byte (it may be another level's escape).
 *   ret  malloc'ed element (may be empty)
 * Returns 1 when there was one, 0 at the end, -ENOMEM. Begin with
 * *CURSOR = the list; it becomes NULL behind the last element. An empty
 * list has one empty element.
 */
int list_next(const char **cursor, char sep, char **ret);

bool str_has_prefix(const char *s, const char *prefix);
/* The text behind PREFIX in S, or NULL. */
const char *str_after(const char *s, const char *prefix);

/*
 * A whole decimal number. Returns 0, -EINVAL (empty, sign, other bytes) or
 * -ERANGE (above MAX).
 */
int str_to_u64(const char *s, unsigned long long max, unsigned long long *ret);

/* Number of edits between two short words, for "did you mean". */
unsigned str_distance(const char *a, const char *b);

#endif
