/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mounts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "core.h"
#include "dirs.h"
#include "fdio.h"
#include "json.h"
#include "path.h"
#include "str.h"

#define MOUNTS_SCHEMA "ufs.mount/1"
#define MOUNTS_FILE_MAX ((size_t)64 << 20) /* bytes */

/* -- writing ------------------------------------------------------------------ */

/* Field 22 of /proc/PID/stat: when the process began. -ESRCH for one that has
 * ended, though its parent has not asked for its status yet. */
static int mounts_start(pid_t pid, uint64_t *ret)
{
	_free_ char *text = NULL, *path = NULL;
	unsigned long long start;
	const char *p;
	ssize_t n;

	if (str_printf(&path, "/proc/%d/stat", (int)pid) < 0)
		return -ENOMEM;
	n = fd_read_file(AT_FDCWD, path, 4096, &text);
	if (n < 0)
		return (int)n;
	p = strrchr(text, ')'); /* the name may hold anything */
	if (p && (str_has_prefix(p, ") Z") || str_has_prefix(p, ") X")))
		return -ESRCH;
	for (int field = 2; p && field < 22; field++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	if (!p || sscanf(p, "%llu", &start) != 1)
		return -EPROTO;
	*ret = start;
	return 0;
}

static int mounts_dir(bool make, char **ret)
{
	_free_ char *run = NULL, *dir = NULL;
	int r = dirs_run(&run);

	if (r == 0)
		r = path_join(run, "mounts", &dir);
	if (r == 0 && make)
		r = dirs_make(dir);
	if (r < 0)
		return r;
	*ret = take_ptr(dir);
	return 0;
}

static int describe_branch(struct json_object *list, const struct branch_spec *b,
			   const char *format)
{
	struct json_object *o = json_object_new_object();
	size_t index = json_object_array_length(list);

	if (!o || json_object_array_add(list, o) < 0) {
		json_object_put(o);
		return -ENOMEM;
	}
	if (json_object_object_add(o, "index", json_object_new_uint64(index)) < 0 ||
	    json_add_name(o, "path", b->path) < 0 ||
	    json_add_string(o, "perm", config_perm_name(b->perm, b->attrs)) < 0 ||
	    json_add_string(o, "format", format && *format ? format : NULL) < 0 ||
	    json_add_string(o, "from", b->from) < 0)
		return -ENOMEM;
	return 0;
}

static int describe_branches(struct json_object *o, const struct ufs_config *cfg,
			     const struct ufs *u)
{
	struct json_object *list = json_object_new_array();

	if (!list || json_object_object_add(o, "branches", list) < 0) {
		json_object_put(list);
		return -ENOMEM;
	}
	for (size_t i = 0; i < cfg->nbranches; i++) {
		struct ufs_branch_info info = {.format = cfg->format};
		int r;

		if (u && i < ufs_branch_count(u))
			ufs_branch_get(u, (bindex)i, &info);
		r = describe_branch(list, &cfg->branches[i], info.format);
		if (r < 0)
			return r;
	}
	return 0;
}

static int describe_options(struct json_object *o, const struct ufs_config *cfg)
{
	struct json_object *list = json_object_new_array();

	if (!list || json_object_object_add(o, "options", list) < 0) {
		json_object_put(list);
		return -ENOMEM;
	}
	for (size_t i = 0; i < cfg->nitems; i++) {
		const struct config_item *it = &cfg->items[i];
		struct json_object *one = json_object_new_object();

		if (!one || json_object_array_add(list, one) < 0) {
			json_object_put(one);
			return -ENOMEM;
		}
		if (json_add_name(one, "name", it->name) < 0 ||
		    json_add_name(one, "value", it->value) < 0 ||
		    json_add_string(one, "from", it->from) < 0)
			return -ENOMEM;
	}
	return 0;
}

int mounts_describe(const struct ufs_config *cfg, const struct ufs *u,
		    struct json_object **ret)
{
	struct json_object *o = json_object_new_object();
	uint64_t start;
	int r = mounts_start(getpid(), &start);

	if (r < 0 || !o) {
		json_object_put(o);
		return r < 0 ? r : -ENOMEM;
	}
	if (json_add_string(o, "schema", MOUNTS_SCHEMA) < 0 ||
	    json_add_name(o, "mountpoint", cfg->mountpoint) < 0 ||
	    json_object_object_add(o, "pid", json_object_new_int(getpid())) < 0 ||
	    json_object_object_add(o, "start", json_object_new_uint64(start)) < 0 ||
	    json_add_string(o, "format", cfg->format) < 0 ||
	    json_add_name(o, "work", cfg->work) < 0 ||
	    json_object_object_add(o, "read_only",
				   json_object_new_boolean(cfg->read_only)) < 0)
		r = -ENOMEM;
	if (r == 0)
		r = describe_branches(o, cfg, u);
	if (r == 0)
		r = describe_options(o, cfg);
	if (r < 0) {
		json_object_put(o);
		return r;
	}
	*ret = o;
	return 0;
}

int mounts_write(const struct ufs_config *cfg, const struct ufs *u)
{
	_free_ char *dir = NULL, *name = NULL;
	struct json_object *o;
	_close_ int fd = -EBADF;
	const char *text;
	int r;

	r = mounts_dir(true, &dir);
	if (r < 0)
		return r;
	fd = open(dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if (str_printf(&name, "%d.json", (int)getpid()) < 0)
		return -ENOMEM;
	r = mounts_describe(cfg, u, &o);
	if (r < 0)
		return r;
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
							 JSON_C_TO_STRING_NOSLASHESCAPE);
	r = text ? fd_replace_file(fd, name, text, strlen(text), 0600) : -ENOMEM;
	json_object_put(o);
	return r;
}

void mounts_remove(void)
{
	_free_ char *dir = NULL, *path = NULL;

	if (mounts_dir(false, &dir) == 0 &&
	    str_printf(&path, "%s/%d.json", dir, (int)getpid()) == 0)
		(void)unlink(path); /* a leftover is dropped by the next reader */
}

/* -- reading -------------------------------------------------------------------- */

/* Origins are literals in a config: find the one that stands in the file. */
static const char *read_from(struct json_object *o)
{
	static const char *const origins[] = {
		"-o",	  "SPEC",	    "--upper",	      "--lower",
		"--work", "root's default", "user's default", "default"};
	struct json_object *v;

	if (json_object_object_get_ex(o, "from", &v))
		for (size_t i = 0; i < ARRAY_LEN(origins); i++)
			if (strcmp(origins[i], json_object_get_string(v)) == 0)
				return origins[i];
	return "unknown";
}

static int read_branch(struct json_object *o, struct ufs_config *cfg)
{
	_free_ char *path = NULL, *perm = NULL;
	int r = json_get_name(o, "path", &path);

	if (r == 0)
		r = json_get_name(o, "perm", &perm);
	cfg->from = read_from(o);
	for (enum branch_perm p = BRANCH_RW; r == 0 && p <= BRANCH_RR; p++)
		for (unsigned attrs = 0; attrs <= BRANCH_WH; attrs++)
			if (strcmp(perm, config_perm_name(p, attrs)) == 0)
				return config_add_branch(cfg, path, -EBADF, p, attrs);
	return r < 0 ? r : -EPROTO;
}

static int read_option(struct json_object *o, struct ufs_config *cfg)
{
	_free_ char *name = NULL, *value = NULL;
	int r = json_get_name(o, "name", &name);

	if (r < 0)
		return r;
	r = json_get_name(o, "value", &value);
	if (r < 0 && r != -ENOENT)
		return r;
	cfg->from = read_from(o);
	return config_note(cfg, name, value);
}

static int read_list(struct json_object *o, const char *key, struct ufs_config *cfg,
		     int (*one)(struct json_object *o, struct ufs_config *cfg))
{
	struct json_object *list;
	int r = 0;

	if (!json_object_object_get_ex(o, key, &list) ||
	    !json_object_is_type(list, json_type_array))
		return -EPROTO;
	for (size_t i = 0; i < json_object_array_length(list) && r == 0; i++)
		r = one(json_object_array_get_idx(list, i), cfg);
	return r;
}

static int read_entry(struct json_object *o, struct mounts_entry *en)
{
	struct json_object *pid, *start, *ro;
	int r;

	if (!json_object_object_get_ex(o, "pid", &pid) ||
	    !json_object_object_get_ex(o, "start", &start) ||
	    !json_object_object_get_ex(o, "read_only", &ro))
		return -EPROTO;
	en->pid = json_object_get_int(pid);
	en->start = json_object_get_uint64(start);
	en->cfg.read_only = json_object_get_boolean(ro);
	r = json_get_name(o, "mountpoint", &en->cfg.mountpoint);
	if (r == 0)
		r = json_get_name(o, "format", &en->cfg.format);
	if (r < 0)
		return r;
	r = json_get_name(o, "work", &en->cfg.work);
	if (r < 0 && r != -ENOENT)
		return r;
	r = read_list(o, "branches", &en->cfg, read_branch);
	return r < 0 ? r : read_list(o, "options", &en->cfg, read_option);
}

/* 0: a live entry is in *EN; -ESTALE: its daemon is dead. */
static int mounts_read(int dirfd, const char *name, struct mounts_entry *en)
{
	_free_ char *text = NULL;
	uint64_t start;
	ssize_t n;
	int r;

	config_init(&en->cfg);
	n = fd_read_file(dirfd, name, MOUNTS_FILE_MAX, &text);
	if (n < 0)
		return (int)n;
	en->json = json_tokener_parse(text);
	if (!en->json)
		return -EPROTO;
	r = read_entry(en->json, en);
	if (r < 0)
		return r;
	r = mounts_start(en->pid, &start);
	if (r == -ENOENT || r == -ESRCH || (r == 0 && start != en->start))
		return -ESTALE;
	return r;
}

int mounts_each(int (*fn)(void *ctx, struct mounts_entry *entry), void *ctx)
{
	_free_ char *path = NULL;
	_dir_ DIR *dir = NULL;
	struct dirent *d;
	int r = mounts_dir(false, &path);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	r = 0;
	while (r == 0 && (d = readdir(dir))) {
		struct mounts_entry en = {0};
		size_t n = strspn(d->d_name, "0123456789");

		if (n == 0 || strcmp(d->d_name + n, ".json") != 0)
			continue;
		r = mounts_read(dirfd(dir), d->d_name, &en);
		if (r == -ESTALE || r == -EPROTO)
			(void)unlinkat(dirfd(dir), d->d_name,
				       0); /* or the next one does */
		r = r == 0 ? fn(ctx, &en) : 0;
		mounts_done(&en);
	}
	return r;
}

struct mounts_search {
	const char *mountpoint;
	struct mounts_entry *ret;
	bool found;
};

static int mounts_match(void *ctx, struct mounts_entry *en)
{
	struct mounts_search *s = ctx;

	if (strcmp(en->cfg.mountpoint, s->mountpoint) != 0 ||
	    (s->found && s->ret->start > en->start))
		return 0;
	if (s->found)
		mounts_done(s->ret);
	*s->ret = *en;
	*en = (struct mounts_entry){0};
	s->found = true;
	return 0;
}

int mounts_find(const char *mountpoint, struct mounts_entry *ret)
{
	struct mounts_search s = {mountpoint, ret, false};
	int r = mounts_each(mounts_match, &s);

	if (r < 0 && s.found)
		mounts_done(ret);
	return r < 0 ? r : s.found ? 0 : -ENOENT;
}

void mounts_done(struct mounts_entry *en)
{
	config_done(&en->cfg);
	json_object_put(en->json);
	en->json = NULL;
}
