/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "str.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool sb_room(struct sb *b, size_t more)
{
	size_t need, cap;
	char *s;

	if (b->err)
		return false;
	if (more > SIZE_MAX / 2 - b->len) {
		b->err = -ENOMEM;
		return false;
	}
	need = b->len + more + 1;
	if (need <= b->cap)
		return true;
	cap = MAX(MAX(need, b->cap * 2), (size_t)64);
	s = realloc(b->s, cap);
	if (!s) {
		b->err = -ENOMEM;
		return false;
	}
	b->s = s;
	b->cap = cap;
	return true;
}

void sb_addn(struct sb *b, const char *s, size_t n)
{
	if (!sb_room(b, n))
		return;
	memcpy(b->s + b->len, s, n);
	b->len += n;
	b->s[b->len] = '\0';
}

void sb_add(struct sb *b, const char *s)
{
	sb_addn(b, s, strlen(s));
}

void sb_addc(struct sb *b, char c)
{
	sb_addn(b, &c, 1);
}

void sb_vaddf(struct sb *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0 || !sb_room(b, (size_t)n))
		return;
	(void)vsnprintf(b->s + b->len, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
}

void sb_addf(struct sb *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sb_vaddf(b, fmt, ap);
	va_end(ap);
}

void sb_quote(struct sb *b, const char *s)
{
	sb_addc(b, '\'');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c == 0x7f)
			sb_addf(b, "\\x%02x", c);
		else
			sb_addc(b, (char)c);
	}
	sb_addc(b, '\'');
}

int sb_take(struct sb *b, char **ret)
{
	int r;

	sb_addn(b, "", 0); /* an empty builder becomes "" */
	r = b->err;
	if (r < 0) {
		sb_done(b);
		return r;
	}
	*ret = b->s;
	*b = (struct sb)SB_INIT;
	return 0;
}

void sb_done(struct sb *b)
{
	int saved = errno;

	free(b->s);
	*b = (struct sb)SB_INIT;
	errno = saved;
}

int str_printf(char **ret, const char *fmt, ...)
{
	struct sb b = SB_INIT;
	va_list ap;

	va_start(ap, fmt);
	sb_vaddf(&b, fmt, ap);
	va_end(ap);
	return sb_take(&b, ret);
}

int list_next(const char **cursor, char sep, char **ret)
{
	struct sb b = SB_INIT;
	const char *p = *cursor;
	int r;

	if (!p)
		return 0;
	for (; *p && *p != sep; p++) {
		if (*p == '\\' && (p[1] == sep || p[1] == '\\'))
			p++;
		sb_addc(&b, *p);
	}
	r = sb_take(&b, ret);
	if (r < 0)
		return r;
	*cursor = *p ? p + 1 : NULL;
	return 1;
}

const char *str_after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

bool str_has_prefix(const char *s, const char *prefix)
{
	return str_after(s, prefix) != NULL;
}

int str_to_u64(const char *s, unsigned long long max, unsigned long long *ret)
{
	unsigned long long v = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		unsigned d = (unsigned)(*s - '0');

		if (d > 9)
			return -EINVAL;
		if (v > (max - d) / 10 || d > max)
			return -ERANGE;
		v = v * 10 + d;
	}
	*ret = v;
	return 0;
}

unsigned str_distance(const char *a, const char *b)
{
	unsigned row[64];
	size_t na = strlen(a), nb = strlen(b);

	if (na >= ARRAY_LEN(row) || nb >= ARRAY_LEN(row))
		return (unsigned)MAX(na, nb);
	for (size_t j = 0; j <= nb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned diag = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned up = row[j];
			unsigned best = diag + (a[i - 1] != b[j - 1]);

			best = MIN(best, up + 1);
			best = MIN(best, row[j - 1] + 1);
			row[j] = best;
			diag = up;
		}
	}
	return row[nb];
}
