/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "path.h"

#include <errno.h>
#include <string.h>

#include "str.h"

bool path_is_component(const char *name)
{
	return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	       !strchr(name, '/');
}

bool path_next(const char **cursor, const char **ret, size_t *ret_len)
{
	const char *p = *cursor;

	for (;;) {
		size_t n;

		p += strspn(p, "/");
		n = strcspn(p, "/");
		if (n == 0) {
			*cursor = p;
			return false;
		}
		if (n != 1 || *p != '.') {
			*ret = p;
			*ret_len = n;
			*cursor = p + n;
			return true;
		}
		p += n;
	}
}

static void path_append(struct sb *b, const char *path)
{
	const char *c;
	size_t n;

	while (path_next(&path, &c, &n)) {
		if (n == 2 && memcmp(c, "..", 2) == 0) {
			while (b->len && b->s[b->len - 1] != '/')
				b->len--;
			if (b->len)
				b->len--;
			if (b->s)
				b->s[b->len] = '\0';
			continue;
		}
		sb_addc(b, '/');
		sb_addn(b, c, n);
	}
}

int path_clean(const char *cwd, const char *path, char **ret)
{
	struct sb b = SB_INIT;

	if (*path != '/')
		path_append(&b, cwd);
	path_append(&b, path);
	if (b.len == 0)
		sb_addc(&b, '/');
	return sb_take(&b, ret);
}

const char *path_relative(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (strcmp(dir, "/") == 0)
		return path + 1;
	if (strncmp(path, dir, n) != 0 || (path[n] && path[n] != '/'))
		return NULL;
	return path[n] ? path + n + 1 : path + n;
}

bool path_is_beneath(const char *path, const char *dir)
{
	return path_relative(path, dir) != NULL;
}

int path_join(const char *dir, const char *name, char **ret)
{
	size_t n = strlen(dir);
	bool slash = n && dir[n - 1] == '/';

	return str_printf(ret, "%s%s%s", dir, slash || !*name ? "" : "/", name);
}
