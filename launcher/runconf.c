/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runconf.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "path.h"
#include "str.h"

static int conf_nomem(struct err *e)
{
	return err_set(e, -ENOMEM, "cannot keep the options");
}

/* A destination inside: absolute, clean, not the root. */
static int conf_dst(const char *option, const char *text, char **ret, struct err *e)
{
	_free_ char *clean = NULL;

	if (*text != '/')
		return err_set(e, 0, "%s: the destination '%s' is not an absolute path",
			       option, text);
	if (path_clean("/", text, &clean) < 0)
		return conf_nomem(e);
	if (strcmp(clean, "/") == 0)
		return err_set(e, 0, "%s: the destination cannot be '/'", option);
	if (path_is_beneath(clean, "/proc"))
		return err_set(e, 0, "%s: the destination '%s' lies in /proc", option,
			       clean);
	*ret = take_ptr(clean);
	return 0;
}

static int conf_abs(const char *path, char **ret)
{
	_free_ char *cwd = NULL;

	if (*path != '/') {
		cwd = getcwd(NULL, 0);
		if (!cwd)
			return -errno;
	}
	return path_clean(cwd ? cwd : "/", path, ret);
}

/* The elements of TEXT between unescaped colons; 1 to MAX of them. */
static int conf_split(const char *text, size_t max, struct strv *ret)
{
	const char *cursor = text;
	int r;

	while (cursor) {
		_free_ char *item = NULL;

		r = list_next(&cursor, ':', &item);
		if (r <= 0)
			return r;
		if (ret->n == max)
			return -EINVAL;
		if (strv_add(ret, item) < 0)
			return -ENOMEM;
	}
	return 0;
}

int runconf_add_volume(struct run_config *c, const char *text, struct err *e)
{
	struct run_volume *v;
	struct strv parts = { NULL, 0 };
	struct run_volume new = { .src = NULL };
	int r = conf_split(text, 3, &parts);

	if (r == 0 && (parts.n < 2 || !*parts.v[0] || !*parts.v[1]))
		r = -EINVAL;
	if (r == 0 && parts.n == 3) {
		new.ro = strcmp(parts.v[2], "ro") == 0;
		if (!new.ro && strcmp(parts.v[2], "rw") != 0)
			r = -EINVAL;
	}
	if (r < 0) {
		r = err_set(e, 0, "--volume '%s' is not SRC:DST[:ro]", text);
		goto out;
	}
	r = conf_dst("--volume", parts.v[1], &new.dst, e);
	if (r < 0)
		goto out;
	r = conf_abs(parts.v[0], &new.src);
	v = r < 0 ? NULL : realloc(c->volumes, (c->nvolumes + 1) * sizeof(*v));
	if (!v) {
		r = conf_nomem(e);
		goto out;
	}
	c->volumes = v;
	c->volumes[c->nvolumes++] = new;
	new = (struct run_volume){ .src = NULL };
out:
	free(new.src);
	free(new.dst);
	strv_done(&parts);
	return r;
}

/* "64m", "1g", "50%": what tmpfs's size= takes. */
static bool conf_is_size(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n && (!s[n] || (strchr("kKmMgG%", s[n]) && !s[n + 1]));
}

int runconf_add_tmpfs(struct run_config *c, const char *text, struct err *e)
{
	struct run_tmpfs *v;
	struct strv parts = { NULL, 0 };
	struct run_tmpfs new = { NULL, NULL };
	const char *size = NULL;
	int r = conf_split(text, 2, &parts);

	if (r == 0 && parts.n == 2) {
		size = str_after(parts.v[1], "size=");
		if (!size || !conf_is_size(size))
			r = -EINVAL;
	}
	if (r < 0 || parts.n == 0) {
		r = err_set(e, 0, "--tmpfs '%s' is not DST[:size=N]", text);
		goto out;
	}
	r = conf_dst("--tmpfs", parts.v[0], &new.dst, e);
	if (r < 0)
		goto out;
	if (size)
		new.size = strdup(size);
	v = size && !new.size ? NULL : realloc(c->tmpfs, (c->ntmpfs + 1) * sizeof(*v));
	if (!v) {
		r = conf_nomem(e);
		goto out;
	}
	c->tmpfs = v;
	c->tmpfs[c->ntmpfs++] = new;
	new = (struct run_tmpfs){ NULL, NULL };
out:
	free(new.dst);
	free(new.size);
	strv_done(&parts);
	return r;
}

int runconf_add_env(struct run_config *c, const char *text, struct err *e)
{
	const char *eq = strchr(text, '=');
	const char *value;

	if (!*text || eq == text)
		return err_set(e, 0, "--env '%s' is not NAME[=VALUE]", text);
	if (eq)
		return strv_add(&c->env, text) < 0 ? conf_nomem(e) : 0;
	value = getenv(text);
	if (value && strv_addf(&c->env, "%s=%s", text, value) < 0)
		return conf_nomem(e);
	return 0;
}

bool runconf_is_name(const char *name)
{
	if (!isalnum((unsigned char)*name) || strlen(name) > 64)
		return false;
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_.-", *p))
			return false;
	return true;
}

static bool conf_is_hostname(const char *s)
{
	if (!*s || strlen(s) > 64)
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr(".-_", *s))
			return false;
	return true;
}

static int conf_check_dsts(const struct run_config *c, struct err *e)
{
	for (size_t i = 0; i < c->nvolumes; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(c->volumes[i].dst, c->volumes[k].dst) == 0)
				return err_set(e, 0,
					       "two volumes have the destination '%s'",
					       c->volumes[i].dst);
	for (size_t i = 0; i < c->ntmpfs; i++) {
		for (size_t k = 0; k < i; k++)
			if (strcmp(c->tmpfs[i].dst, c->tmpfs[k].dst) == 0)
				return err_set(e, 0,
					       "two --tmpfs have the destination '%s'",
					       c->tmpfs[i].dst);
		for (size_t k = 0; k < c->nvolumes; k++)
			if (strcmp(c->tmpfs[i].dst, c->volumes[k].dst) == 0)
				return err_set(e, 0,
					       "a volume and a --tmpfs have the "
					       "destination '%s'",
					       c->tmpfs[i].dst);
	}
	return 0;
}

int runconf_check(const struct run_config *c, struct err *e)
{
	if (c->name && !runconf_is_name(c->name)) {
		(void)err_set(e, 0, "'%s' cannot be a container's name", c->name);
		err_hint(e, "a letter or digit, then letters, digits, '_', '.' and '-', "
			    "64 at most");
		return -EINVAL;
	}
	if (c->rm && c->keep_try)
		return err_set(e, 0, "--rm and --try exclude each other");
	if (c->hostname && !conf_is_hostname(c->hostname))
		return err_set(e, 0, "'%s' cannot be a host name", c->hostname);
	if (c->workdir && *c->workdir != '/')
		return err_set(e, 0, "--workdir '%s' is not an absolute path",
			       c->workdir);
	if (c->user && !*c->user)
		return err_set(e, 0, "--user needs a name or a number");
	return conf_check_dsts(c, e);
}

static int conf_probe_dir(const char *what, char **path, struct err *e)
{
	_free_ char *real = NULL;
	struct stat st;

	real = realpath(*path, NULL);
	if (!real && (errno == ENOENT || errno == ENOTDIR))
		return err_set(e, -errno, "%s '%s' does not exist", what, *path);
	if (!real || stat(real, &st) < 0)
		return err_set(e, -errno, "cannot use %s '%s'", what, *path);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, -ENOTDIR, "%s '%s' is not a directory", what, *path);
	free(*path);
	*path = take_ptr(real);
	return 0;
}

int runconf_probe(struct run_config *c, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->lowers.n; i++) {
		r = conf_probe_dir("lower branch", &c->lowers.v[i], e);
		for (size_t k = 0; r == 0 && k < i; k++)
			if (strcmp(c->lowers.v[i], c->lowers.v[k]) == 0)
				r = err_set(e, -EINVAL,
					    "lower branch '%s' is given twice",
					    c->lowers.v[i]);
	}
	if (r == 0 && c->upper)
		r = conf_probe_dir("upper branch", &c->upper, e);
	for (size_t i = 0; r == 0 && c->upper && i < c->lowers.n; i++)
		if (strcmp(c->lowers.v[i], c->upper) == 0)
			r = err_set(e, -EINVAL, "'%s' is given as --upper and as --lower",
				    c->upper);
	for (size_t i = 0; r == 0 && i < c->nvolumes; i++) {
		struct stat st;

		if (stat(c->volumes[i].src, &st) < 0) {
			r = err_set(e, -errno, "cannot use volume '%s'",
				    c->volumes[i].src);
			if (r == -ENOENT)
				err_hint(e, "mkdir -p '%s'", c->volumes[i].src);
		} else {
			c->volumes[i].is_dir = S_ISDIR(st.st_mode);
		}
	}
	return r;
}

void runconf_done(struct run_config *c)
{
	strv_done(&c->lowers);
	strv_done(&c->env);
	strv_done(&c->argv);
	for (size_t i = 0; i < c->nvolumes; i++) {
		free(c->volumes[i].src);
		free(c->volumes[i].dst);
	}
	for (size_t i = 0; i < c->ntmpfs; i++) {
		free(c->tmpfs[i].dst);
		free(c->tmpfs[i].size);
	}
	free(c->volumes);
	free(c->tmpfs);
	free(c->upper);
	free(c->name);
	free(c->user);
	free(c->workdir);
	free(c->hostname);
	*c = (struct run_config){ .upper = NULL };
}
