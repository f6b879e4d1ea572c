/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grammar of branch lists: AUFS's, and overlayfs's list of directories. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

#include "cleanup.h"
#include "fdio.h"
#include "str.h"

#define LIST_FILE_MAX ((size_t)16 << 20) /* bytes of a "@FILE" */

static const struct {
	const char *name;
	enum branch_perm perm;
} perms[] = {
	{"rw", BRANCH_RW},
	{"ro", BRANCH_RO},
	{"rr", BRANCH_RR},
};

enum attr_kind { ATTR_SET, ATTR_SILENT, ATTR_OBSOLETE, ATTR_LATER };

static const struct {
	const char *name;
	enum attr_kind kind;
	unsigned bit;
} attrs[] = {
	{"wh", ATTR_SET, BRANCH_WH},
	{"nolwh", ATTR_SILENT, 0}, /* each whiteout may be a file of its own */
	{"unpin", ATTR_OBSOLETE, 0},
	{"coo_reg", ATTR_LATER, 0},
	{"coo_all", ATTR_LATER, 0},
	{"moo", ATTR_LATER, 0},
	{"fhsm", ATTR_LATER, 0},
	{"icex", ATTR_LATER, 0},
	{"icexsec", ATTR_LATER, 0},
	{"icexsys", ATTR_LATER, 0},
	{"icextr", ATTR_LATER, 0},
	{"icexusr", ATTR_LATER, 0},
	{"icexoth", ATTR_LATER, 0},
};

const char *config_perm_name(enum branch_perm perm, unsigned set)
{
	static const char *const plain[] = {"rw", "ro", "rr"};
	static const char *const wh[] = {"rw", "ro+wh", "rr+wh"};

	return set & BRANCH_WH ? wh[perm] : plain[perm];
}

size_t config_span(const char *s, size_t n, char sep)
{
	size_t i = 0;

	while (i < n && s[i] != sep)
		i += s[i] == '\\' && i + 1 < n ? 2 : 1;
	return i;
}

int config_unescape(const char *raw, size_t n, char **ret)
{
	struct sb b = SB_INIT;

	for (size_t i = 0; i < n; i++) {
		if (raw[i] == '\\' && i + 1 < n && strchr(":,=\\", raw[i + 1]))
			i++;
		sb_addc(&b, raw[i]);
	}
	return sb_take(&b, ret);
}

static int branch_attr(struct ufs_config *c, struct branch_spec *b, const char *word,
		       struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(attrs); i++) {
		if (strcmp(attrs[i].name, word) != 0)
			continue;
		switch (attrs[i].kind) {
		case ATTR_SET:
			b->attrs |= attrs[i].bit;
			return 0;
		case ATTR_SILENT:
			return 0;
		case ATTR_OBSOLETE:
			config_notice(c,
				      "branch attribute '+%s' of '%s' is obsolete and "
				      "has no effect",
				      word, b->path);
			return 0;
		case ATTR_LATER:
			return err_set(
				e, 0,
				"branch %zu '%s': attribute '+%s' is not supported yet",
				c->nbranches, b->path, word);
		}
	}
	(void)err_set(e, 0, "branch %zu '%s': unknown attribute '+%s'", c->nbranches,
		      b->path, word);
	err_hint(e, "the attribute for a branch whose whiteouts count is +wh");
	return -EINVAL;
}

/* TEXT: PERM[+ATTR...] */
static int branch_perm(struct ufs_config *c, struct branch_spec *b, const char *text,
		       struct err *e)
{
	_free_ char *word = NULL;
	const char *cursor = text;
	size_t i = 0;
	int r;

	if (list_next(&cursor, '+', &word) < 0)
		return err_set(e, -ENOMEM, "cannot read the branches");
	while (i < ARRAY_LEN(perms) && strcmp(perms[i].name, word) != 0)
		i++;
	if (i == ARRAY_LEN(perms)) {
		(void)err_set(e, 0, "branch %zu '%s': unknown permission '%s'",
			      c->nbranches, b->path, word);
		err_hint(e, "the permissions are rw, ro and rr; a '=' in a path is "
			    "written '\\='");
		return -EINVAL;
	}
	b->perm = perms[i].perm;
	b->perm_given = true;
	while (cursor) {
		_free_ char *attr = NULL;

		if (list_next(&cursor, '+', &attr) < 0)
			return err_set(e, -ENOMEM, "cannot read the branches");
		r = branch_attr(c, b, attr, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* One element of N bytes: PATH[=PERM[+ATTR...]]. */
static int branch_element(struct ufs_config *c, const char *raw, size_t n, struct err *e)
{
	_free_ char *path = NULL, *text = NULL;
	struct branch_spec b = {.fd = -EBADF};
	size_t at = config_span(raw, n, '='), last = n;
	int r = 0;

	for (; at < n; at += 1 + config_span(raw + at + 1, n - at - 1, '='))
		last = at;
	/* No permission has a '/': what stands there belongs to the path. */
	if (last < n && memchr(raw + last, '/', n - last))
		last = n;
	if (config_unescape(raw, last, &path) < 0)
		return err_set(e, -ENOMEM, "cannot read the branches");
	if (!*path)
		return err_set(e, 0, "branch %zu has an empty path", c->nbranches);
	b.path = path;
	if (last < n) {
		text = strndup(raw + last + 1, n - last - 1);
		r = text ? branch_perm(c, &b, text, e)
			 : err_set(e, -ENOMEM, "cannot read the branches");
	}
	if (r < 0)
		return r;
	r = config_add_branch(c, path, -EBADF, b.perm_given ? b.perm : BRANCH_RO,
			      b.attrs);
	if (r < 0)
		return err_set(e, r, "cannot keep branch '%s'", path);
	c->branches[c->nbranches - 1].perm_given = b.perm_given;
	return 0;
}

static int branch_file(struct ufs_config *c, const char *name, struct err *e)
{
	_free_ char *text = NULL;
	char words[128];
	ssize_t len;
	int r;

	len = fd_read_file(AT_FDCWD, name, LIST_FILE_MAX, &text);
	if (len < 0) {
		(void)err_set(e, (int)len, "cannot read the list of branches '%s': %s",
			      name, err_words((int)len, words, sizeof(words)));
		err_hint(e, "'@' stands for a file with one branch a line; a path that "
			    "begins with it is written './@…'");
		return (int)len;
	}
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");

		if (n && *line != '#') {
			r = branch_element(c, line, n, e);
			if (r < 0)
				return err_isset(e) ? err_wrap(e, "in '%s'", name) : r;
		}
		line += n + (line[n] == '\n');
	}
	return 0;
}

int config_branches(struct ufs_config *c, const char *list, struct err *e)
{
	size_t left = strlen(list);
	int r;

	c->br_given = true;
	for (;;) {
		size_t n = config_span(list, left, ':');

		if (n && *list == '@') {
			_free_ char *name = NULL;

			if (config_unescape(list + 1, n - 1, &name) < 0)
				return err_set(e, -ENOMEM, "cannot read the branches");
			r = branch_file(c, name, e);
		} else {
			r = branch_element(c, list, n, e);
		}
		if (r < 0)
			return r;
		if (n >= left)
			return 0;
		list += n + 1;
		left -= n + 1;
	}
}

int config_lowers(struct ufs_config *c, const char *list, struct err *e)
{
	size_t left = strlen(list);
	int r;

	for (;;) {
		_free_ char *path = NULL;
		size_t n = config_span(list, left, ':');

		if (config_unescape(list, n, &path) < 0)
			return err_set(e, -ENOMEM, "cannot read the lower directories");
		if (!*path && n < left && left > 1)
			return err_set(e, 0,
				       "data-only lower directories ('::') are not "
				       "supported yet");
		r = config_add_lower(c, path, e);
		if (r < 0)
			return r;
		if (n >= left)
			return 0;
		list += n + 1;
		left -= n + 1;
	}
}
