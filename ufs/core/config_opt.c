/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reading of what stands behind -o and of the SPEC word. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

#include "cleanup.h"
#include "str.h"

static const struct config_row *opt_find(const char *name, size_t n)
{
	const struct config_row *rows;
	size_t count;

	rows = config_rows(&count);
	for (size_t i = 0; i < count; i++)
		if (strncmp(rows[i].name, name, n) == 0 && !rows[i].name[n])
			return &rows[i];
	return NULL;
}

static int opt_unknown(struct ufs_config *c, const char *name, struct err *e)
{
	unsigned least = (unsigned)strlen(name) / 3 + 2;
	const struct config_row *rows;
	const char *best = NULL;
	size_t count;

	if (c->overlay_syntax) {
		config_notice(c, "unknown option '%s' is ignored", name);
		return 0;
	}
	rows = config_rows(&count);
	for (size_t i = 0; i < count; i++) {
		unsigned d = str_distance(rows[i].name, name);

		if (d < least) {
			least = d;
			best = rows[i].name;
		}
	}
	(void)err_set(e, 0, "unknown mount option '%s'", name);
	if (best)
		err_hint(e, "did you mean '%s'?", best);
	else
		err_hint(e, "'ufs mount --help' lists the mount options");
	return -EINVAL;
}

/* One element, escapes still in it: NAME, NAME=VALUE or NAME:VALUE. */
static int opt_one(struct ufs_config *c, const char *item, struct err *e)
{
	size_t n = strcspn(item, "=:");
	const char *value = item[n] ? item + n + 1 : NULL;
	_free_ char *name = NULL;
	const struct config_row *o;

	if (!*item || str_has_prefix(item, "x-") || str_has_prefix(item, "X-"))
		return 0;
	name = strndup(item, n);
	if (!name)
		return err_set(e, -ENOMEM, "cannot read the mount options");
	o = opt_find(name, n);
	if (!o)
		return opt_unknown(c, name, e);
	if (value && !o->arg)
		return err_set(e, 0, "mount option '%s' takes no value", name);
	if (o->arg && *o->arg != '[' && (!value || !*value))
		return err_set(e, 0, "mount option '%s' needs a value: %s", name, o->arg);
	return o->set(c, o, value, e);
}

/* The next element of the N bytes at S. A label in quotes may hold commas. */
static size_t opt_span(const char *s, size_t n)
{
	size_t name = strcspn(s, "=,");
	const struct config_row *o = opt_find(s, name);

	if (o &&
	    str_has_prefix(o->name + strlen(o->name) - MIN(strlen(o->name), 7u),
			   "context") &&
	    str_has_prefix(s + name, "=\"")) {
		const char *end = strchr(s + name + 2, '"');

		if (end)
			return (size_t)(end - s) +
			       config_span(end, n - (size_t)(end - s), ',');
	}
	return config_span(s, n, ',');
}

/* Overlay syntax anywhere in TEXT decides what happens to unknown options. */
static bool opt_is_overlay(const char *text)
{
	static const char *const words[] = {
		"lowerdir=", "lowerdir+=", "upperdir=", "workdir="};
	size_t left = strlen(text);

	for (;;) {
		size_t n = opt_span(text, left);

		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			if (str_has_prefix(text, words[i]))
				return true;
		if (n >= left)
			return false;
		text += n + 1;
		left -= n + 1;
	}
}

int config_options(struct ufs_config *c, const char *text, struct err *e)
{
	size_t left = strlen(text);
	int r;

	c->overlay_syntax = c->overlay_syntax || opt_is_overlay(text);
	for (;;) {
		size_t n = opt_span(text, left);
		_free_ char *item = strndup(text, n);

		r = item ? opt_one(c, item, e)
			 : err_set(e, -ENOMEM, "cannot read the mount options");
		if (r < 0)
			return r;
		if (n >= left)
			return 0;
		text += n + 1;
		left -= n + 1;
	}
}

int config_spec(struct ufs_config *c, const char *spec, struct err *e)
{
	size_t n = strcspn(spec, "=:");
	const char *value = spec[n] ? spec + n + 1 : NULL;
	bool word = n > 0 && islower((unsigned char)*spec);

	for (size_t i = 0; i < n; i++)
		word = word && (islower((unsigned char)spec[i]) || spec[i] == '_' ||
				spec[i] == '+');
	if (!value && !memchr(spec, '/', n))
		return 0; /* "none", "ufs": a name for the mount table */
	/* "br:/a=rw" and a misspelt "lowerdr=/a" are options, "/a=rw:/b" and
	 * "a=rw:b" are branches. */
	if (value && word && (opt_find(spec, n) || strchr(value, '/')) && *spec != '/')
		return config_options(c, spec, e);
	return config_branches(c, spec, e);
}
