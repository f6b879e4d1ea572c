/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "str.h"

static bool opt_is_alias(const char *aliases, const char *name)
{
	size_t n = strlen(name);

	while (aliases && *aliases) {
		size_t len = strcspn(aliases, "|");

		if (len == n && memcmp(aliases, name, n) == 0)
			return true;
		aliases += len + (aliases[len] == '|');
	}
	return false;
}

static const struct opt *opt_by_name(const struct opt *opts, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(opts[i].name, name) == 0 || opt_is_alias(opts[i].aliases, name))
			return &opts[i];
	return NULL;
}

static const struct opt *opt_by_letter(const struct opt *opts, size_t n, char letter)
{
	for (size_t i = 0; i < n; i++)
		if (opts[i].letter == letter)
			return &opts[i];
	return NULL;
}

static int opt_unknown(const struct opt *opts, size_t n, const char *name, struct err *e)
{
	const char *best = NULL;
	unsigned least = (unsigned)strlen(name) / 3 + 2;

	(void)err_set(e, 0, "unknown option '--%s'", name);
	for (size_t i = 0; i < n; i++) {
		unsigned d = str_distance(opts[i].name, name);

		if (d < least) {
			least = d;
			best = opts[i].name;
		}
	}
	if (best)
		err_hint(e, "did you mean --%s?", best);
	else
		err_hint(e, "--help lists the options");
	return -EINVAL;
}

/* One "--name[=value]" at ARGV[at]. Returns the words used or -errno. */
static int opt_long(const struct opt *opts, size_t n, void *ctx, int left, char **word,
		    struct err *e)
{
	_free_ char *name = NULL;
	const char *text = word[0] + 2;
	const char *value = strchr(text, '=');
	const struct opt *o;
	int used = 1, r;

	name = strndup(text, value ? (size_t)(value - text) : strlen(text));
	if (!name)
		return err_set(e, -ENOMEM, "cannot read the options");
	o = opt_by_name(opts, n, name);
	if (!o)
		return opt_unknown(opts, n, name, e);
	if (value)
		value++;
	if (!o->arg && value)
		return err_set(e, 0, "option '--%s' takes no argument", name);
	if (o->arg && !value) {
		if (left < 2)
			return err_set(e, 0, "option '--%s' needs an argument %s", name,
				       o->arg);
		value = word[1];
		used = 2;
	}
	r = o->set(ctx, o, value, e);
	return r < 0 ? r : used;
}

/* One group of letters at WORD[0]. Returns the words used or -errno. */
static int opt_letters(const struct opt *opts, size_t n, void *ctx, int left, char **word,
		       struct err *e)
{
	for (const char *p = word[0] + 1; *p; p++) {
		const struct opt *o = opt_by_letter(opts, n, *p);
		const char *value = NULL;
		int used = 1, r;

		if (!o) {
			(void)err_set(e, 0, "unknown option '-%c'", *p);
			err_hint(e, "--help lists the options");
			return -EINVAL;
		}
		if (o->arg) {
			value = p[1] ? p + 1 : left > 1 ? word[1] : NULL;
			if (!value)
				return err_set(e, 0, "option '-%c' needs an argument %s",
					       *p, o->arg);
			used = p[1] ? 1 : 2;
		}
		r = o->set(ctx, o, value, e);
		if (r < 0)
			return r;
		if (o->arg)
			return used;
	}
	return 1;
}

int opt_parse(const struct opt *opts, size_t n, unsigned flags, void *ctx,
	      int argc, char **argv, int *ret_first, struct err *e)
{
	_free_ char **words = NULL;
	int nwords = 0, i = 1;

	words = calloc((size_t)argc + 1, sizeof(*words));
	if (!words)
		return err_set(e, -ENOMEM, "cannot read the options");
	while (i < argc) {
		char *w = argv[i];
		int r;

		if (strcmp(w, "--") == 0) {
			i++;
			break;
		}
		if (w[0] != '-' || !w[1]) {
			if (flags & OPT_STOP_AT_WORD)
				break;
			words[nwords++] = w;
			i++;
			continue;
		}
		r = w[1] == '-' ? opt_long(opts, n, ctx, argc - i, argv + i, e) :
				  opt_letters(opts, n, ctx, argc - i, argv + i, e);
		if (r < 0)
			return r;
		i += r;
	}
	/* Words before "--" and those behind it, in order, at the end of ARGV. */
	memcpy(argv + i - nwords, words, (size_t)nwords * sizeof(*words));
	*ret_first = i - nwords;
	return 0;
}

void opt_help(const struct opt *opts, size_t n, FILE *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct opt *o = &opts[i];
		struct sb b = SB_INIT;

		if (!o->help)
			continue;
		if (o->letter)
			sb_addf(&b, "-%c, ", o->letter);
		sb_addf(&b, "--%s", o->name);
		if (o->arg)
			sb_addf(&b, " %s", o->arg);
		if (b.len > 29) {
			fprintf(out, "  %s\n", b.s);
			sb_done(&b);
		}
		fprintf(out, "  %-30s%s\n", b.s ? b.s : "", o->help);
		sb_done(&b);
	}
}

int opt_set_true(void *ctx, const struct opt *o, const char *value _unused_,
		 struct err *e _unused_)
{
	*(bool *)((char *)ctx + o->offset) = true;
	return 0;
}

int opt_set_string(void *ctx, const struct opt *o, const char *value, struct err *e)
{
	char **slot = (char **)((char *)ctx + o->offset);
	char *copy = strdup(value);

	if (!copy)
		return err_set(e, -ENOMEM, "cannot keep '--%s'", o->name);
	free(*slot);
	*slot = copy;
	return 0;
}
