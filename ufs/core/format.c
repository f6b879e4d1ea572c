/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "macros.h"
#include "path.h"
#include "str.h"
#include "sys.h"
#include "xattr.h"

static const struct format *const formats[] = { &format_aufs, &format_overlay };

const struct format *format_row(size_t i)
{
	return i < ARRAY_LEN(formats) ? formats[i] : NULL;
}

const struct format *format_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

bool format_private_xattr(const char *name)
{
	const char *rest = str_after(name, "trusted.");

	if (!rest)
		rest = str_after(name, "user.");
	return rest && (str_has_prefix(rest, "overlay.") || str_has_prefix(rest, "ufs."));
}

int format_any_classify(int dirfd, const char *name, unsigned char dtype,
			const char **ret_victim)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		int r = formats[i]->classify(dirfd, name, dtype, ret_victim);

		if (r != MARK_NONE)
			return r;
	}
	return MARK_NONE;
}

bool format_any_whiteout(const struct stat *st)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (formats[i]->is_whiteout(st))
			return true;
	return false;
}

int format_any_hidden(int dirfd, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		int r = formats[i]->hidden(dirfd, name);

		if (r != 0)
			return r;
	}
	return 0;
}

int format_any_opaque(int dirfd)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		int r = formats[i]->opaque(dirfd);

		if (r != 0)
			return r;
	}
	return 0;
}

/* -- redirects --------------------------------------------------------------------- */

struct redirect_name {
	char s[64];
};

static const char *redirect_name(struct redirect_name *n, const struct format *f)
{
	(void)snprintf(n->s, sizeof(n->s), "%s.%s", xattr_trusted() ? "trusted" : "user",
		       f->redirect);
	return n->s;
}

/* One name, or from the root a path without tricks. What lies is ignored. */
static bool redirect_is_good(const char *s, size_t len)
{
	const char *part;

	if (len == 0 || strlen(s) != len)
		return false;
	if (s[0] != '/')
		return path_is_component(s);
	for (part = s; *part; part += 1 + strcspn(part + 1, "/")) {
		size_t n = strcspn(part + 1, "/");

		if (n == 0 || (part[1] == '.' && (n == 1 || (n == 2 && part[2] == '.'))))
			return false;
	}
	return true;
}

int format_raw_redirect(const struct format *f, int dirfd, char **ret, bool *ret_good)
{
	struct redirect_name name;
	_free_ char *v = NULL;
	ssize_t n = xattr_get_all(dirfd, redirect_name(&name, f), &v);

	if (n == -ENODATA || n == -EOPNOTSUPP || n == -EPERM)
		return 0; /* none, or attributes are not kept here */
	if (n < 0)
		return (int)n;
	v[n] = '\0';
	*ret_good = redirect_is_good(v, (size_t)n);
	*ret = take_ptr(v);
	return 1;
}

static int redirect_read(const struct format *f, int dirfd, char **ret)
{
	_free_ char *v = NULL;
	bool good;
	int r = format_raw_redirect(f, dirfd, &v, &good);

	if (r > 0 && good)
		*ret = take_ptr(v);
	return r > 0 ? good : r;
}

int format_redirect(const struct format *f, int dirfd, char **ret)
{
	int r = f ? redirect_read(f, dirfd, ret) : 0;

	for (size_t i = 0; !f && r == 0 && i < ARRAY_LEN(formats); i++)
		r = redirect_read(formats[i], dirfd, ret);
	return r;
}

int format_set_redirect(const struct format *f, int dirfd, const char *path)
{
	struct redirect_name name;

	return xattr_set(dirfd, redirect_name(&name, f), path, strlen(path), 0);
}

int format_drop_redirect(const struct format *f, int dirfd)
{
	struct redirect_name name;

	return xattr_remove(dirfd, redirect_name(&name, f));
}

const struct format *format_of_work(int workfd)
{
	struct stat st;
	int r = workfd < 0 ? workfd : sys_stat(workfd, FORMAT_BASE, &st);

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(formats); i++)
		if (formats[i]->is_whiteout(&st))
			return formats[i];
	return formats[0];
}
