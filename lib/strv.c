/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "strv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "str.h"

/* Takes S over, on failure too. */
static int strv_push(struct strv *l, char *s)
{
	char **v = realloc(l->v, (l->n + 2) * sizeof(*v));

	if (!v) {
		free(s);
		return -ENOMEM;
	}
	l->v = v;
	l->v[l->n++] = s;
	l->v[l->n] = NULL;
	return 0;
}

int strv_add(struct strv *l, const char *s)
{
	char *copy = strdup(s);

	return copy ? strv_push(l, copy) : -ENOMEM;
}

int strv_addf(struct strv *l, const char *fmt, ...)
{
	struct sb b = SB_INIT;
	va_list ap;
	char *s;
	int r;

	va_start(ap, fmt);
	sb_vaddf(&b, fmt, ap);
	va_end(ap);
	r = sb_take(&b, &s);
	return r < 0 ? r : strv_push(l, s);
}

static size_t strv_find(const struct strv *l, const char *name)
{
	size_t len = strlen(name), i;

	for (i = 0; i < l->n; i++)
		if (strncmp(l->v[i], name, len) == 0 && l->v[i][len] == '=')
			break;
	return i;
}

int strv_setenv(struct strv *l, const char *name, const char *value)
{
	size_t at = strv_find(l, name);
	char *s;

	if (!value) {
		if (at == l->n)
			return 0;
		free(l->v[at]);
		memmove(l->v + at, l->v + at + 1, (l->n - at) * sizeof(*l->v));
		l->n--;
		return 0;
	}
	if (at == l->n)
		return strv_addf(l, "%s=%s", name, value);
	if (str_printf(&s, "%s=%s", name, value) < 0)
		return -ENOMEM;
	free(l->v[at]);
	l->v[at] = s;
	return 0;
}

const char *strv_getenv(const struct strv *l, const char *name)
{
	size_t at = strv_find(l, name);

	return at == l->n ? NULL : l->v[at] + strlen(name) + 1;
}

void strv_done(struct strv *l)
{
	int saved = errno;

	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct strv){ NULL, 0 };
	errno = saved;
}
