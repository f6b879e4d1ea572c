/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "fdio.h"
#include "str.h"

#define USER_FILE_MAX (16 << 20)
#define USER_FIELDS 7
#define USER_GROUPS_MAX 65536

/* Ids end below the "no id" of the kernel. */
static bool user_number(const char *s, uint32_t *ret)
{
	unsigned long long v;

	if (str_to_u64(s, UINT32_MAX - 1, &v) < 0)
		return false;
	*ret = (uint32_t)v;
	return true;
}

/* Next line of *CURSOR, cut at its colons in place of a copy. -ENOMEM, 0 at the end. */
static int user_line(const char **cursor, char **buf, char *field[USER_FIELDS],
		     size_t *nfields)
{
	size_t len = strcspn(*cursor, "\n");
	char *s;

	if (!**cursor)
		return 0;
	free(*buf);
	*buf = s = strndup(*cursor, len);
	if (!s)
		return -ENOMEM;
	*cursor += len + ((*cursor)[len] == '\n');
	for (*nfields = 0; *nfields < USER_FIELDS && s;)
		field[(*nfields)++] = strsep(&s, ":");
	return 1;
}

/* The line of passwd whose name (or number, when WANT is one) matches. */
static int user_find(const char *passwd, const char *want, struct run_live *ret,
		     char **ret_name, bool *ret_found)
{
	_free_ char *buf = NULL;
	char *f[USER_FIELDS];
	uint32_t number, uid, gid;
	bool is_number = user_number(want, &number);
	size_t n;
	int r;

	while ((r = user_line(&passwd, &buf, f, &n)) > 0) {
		if (n < 6 || !user_number(f[2], &uid) || !user_number(f[3], &gid))
			continue;
		if (is_number ? uid != number : strcmp(f[0], want) != 0)
			continue;
		*ret_name = strdup(f[0]);
		ret->home = *f[5] == '/' ? strdup(f[5]) : NULL;
		if (!*ret_name || (*f[5] == '/' && !ret->home))
			return -ENOMEM;
		ret->uid = uid;
		ret->gid = gid;
		*ret_found = true;
		return 0;
	}
	return r;
}

static bool user_in_list(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; p && *p;
	     p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (strncmp(p, name, n) == 0 && (!p[n] || p[n] == ','))
			return true;
	return false;
}

static int user_add_group(struct run_live *ret, gid_t gid)
{
	gid_t *g;

	for (size_t i = 0; i < ret->ngroups; i++)
		if (ret->groups[i] == gid)
			return 0;
	if (ret->ngroups == USER_GROUPS_MAX)
		return -E2BIG;
	g = realloc(ret->groups, (ret->ngroups + 1) * sizeof(*g));
	if (!g)
		return -ENOMEM;
	ret->groups = g;
	ret->groups[ret->ngroups++] = gid;
	return 0;
}

/* Every group that lists NAME as a member. */
static int user_groups(const char *group, const char *name, struct run_live *ret)
{
	_free_ char *buf = NULL;
	char *f[USER_FIELDS];
	uint32_t gid;
	size_t n;
	int r;

	while ((r = user_line(&group, &buf, f, &n)) > 0) {
		if (n < 4 || !user_number(f[2], &gid) || !user_in_list(f[3], name))
			continue;
		r = user_add_group(ret, gid);
		if (r < 0)
			return r;
	}
	return r;
}

static int user_find_group(const char *group, const char *want, gid_t *ret)
{
	_free_ char *buf = NULL;
	char *f[USER_FIELDS];
	uint32_t gid;
	size_t n;
	int r;

	if (user_number(want, ret))
		return 1;
	while ((r = user_line(&group, &buf, f, &n)) > 0)
		if (n >= 3 && strcmp(f[0], want) == 0 && user_number(f[2], &gid)) {
			*ret = gid;
			return 1;
		}
	return r;
}

int user_resolve(const char *spec, const char *passwd, const char *group,
		 struct run_live *ret, struct err *e)
{
	_free_ char *user = strdup(spec), *name = NULL;
	char *gname = user ? strchr(user, ':') : NULL;
	bool found = false;
	uint32_t number;
	int r;

	if (gname)
		*gname++ = '\0';
	r = user ? user_find(passwd, user, ret, &name, &found) : -ENOMEM;
	if (r == 0 && !found) {
		if (!user_number(user, &number))
			return err_set(e, -ENOENT,
				       "the view's /etc/passwd has no user '%s'", user);
		ret->uid = number;
		ret->gid = 0;
	}
	if (r == 0 && gname) {
		r = user_find_group(group, gname, &ret->gid);
		if (r == 0)
			return err_set(e, -ENOENT,
				       "the view's /etc/group has no group '%s'", gname);
		r = MIN(r, 0);
	}
	if (r == 0)
		r = user_add_group(ret, ret->gid);
	if (r == 0 && name && !gname)
		r = user_groups(group, name, ret);
	return r < 0 ? err_set(e, r, "cannot look up user '%s'", spec) : 0;
}

/* A regular file's text; an absent or odd one counts as empty. */
static int user_file(const char *path, char **ret)
{
	_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	char *buf;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > USER_FILE_MAX)
		return str_printf(ret, "%s", "");
	buf = malloc((size_t)st.st_size + 1);
	if (!buf)
		return -ENOMEM;
	n = fd_read_all(fd, buf, (size_t)st.st_size);
	buf[MAX(n, 0)] = '\0';
	*ret = buf;
	return 0;
}

int user_apply(const struct run_plan *p, struct run_live *live, struct err *e)
{
	_free_ char *passwd = NULL, *group = NULL;

	if (user_file("/etc/passwd", &passwd) < 0 || user_file("/etc/group", &group) < 0)
		return err_set(e, -ENOMEM, "cannot look up the user");
	return user_resolve(p->user ? p->user : "0", passwd, group, live, e);
}
