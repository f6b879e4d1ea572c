/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "path.h"
#include "str.h"

void config_init(struct ufs_config *c)
{
	*c = (struct ufs_config){.from = "default"};
}

static void config_free_strings(char **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(list[i]);
	free(list);
}

void config_done(struct ufs_config *c)
{
	for (size_t i = 0; i < c->nbranches; i++) {
		free(c->branches[i].path);
		close_fd(&c->branches[i].fd);
	}
	free(c->branches);
	for (size_t i = 0; i < c->nvirts; i++)
		free(c->virts[i].path);
	free(c->virts);
	for (size_t i = 0; i < c->nitems; i++) {
		free(c->items[i].name);
		free(c->items[i].value);
	}
	free(c->items);
	config_free_strings(c->hide, c->nhide);
	config_free_strings(c->fuse_opts, c->nfuse_opts);
	config_free_strings(c->notices, c->nnotices);
	free(c->work);
	free(c->format);
	free(c->mountpoint);
	free(c->ids.uids);
	free(c->ids.gids);
	config_init(c);
}

/* Make room for one more element of SIZE bytes in the array at *LIST. */
static int config_grow(void *list, size_t n, size_t size)
{
	void *p = reallocarray(*(void **)list, n + 1, size);

	if (!p)
		return -ENOMEM;
	*(void **)list = p;
	return 0;
}

static int config_add_string(char ***list, size_t *n, const char *s)
{
	_free_ char *copy = strdup(s);

	if (!copy || config_grow(list, *n, sizeof(**list)) < 0)
		return -ENOMEM;
	(*list)[(*n)++] = take_ptr(copy);
	return 0;
}

int config_add_branch(struct ufs_config *c, const char *path, int fd,
		      enum branch_perm perm, unsigned attrs)
{
	_close_ int owned = fd;
	_free_ char *copy = strdup(path);

	if (!copy || config_grow(&c->branches, c->nbranches, sizeof(*c->branches)) < 0)
		return -ENOMEM;
	c->branches[c->nbranches++] = (struct branch_spec){
		.path = take_ptr(copy),
		.fd = take_fd(&owned),
		.perm = perm,
		.attrs = perm == BRANCH_RW ? attrs | BRANCH_WH : attrs,
		.perm_given = true,
		.from = c->from,
	};
	return 0;
}

int config_set_upper(struct ufs_config *c, const char *path, struct err *e)
{
	struct branch_spec top;

	if (!*path)
		return err_set(e, 0, "the upper directory has an empty name");
	if (c->upper_given)
		return err_set(e, 0,
			       "the upper directory is given twice, as '%s' and '%s'",
			       c->branches[0].path, path);
	if (config_add_branch(c, path, -EBADF, BRANCH_RW, BRANCH_WH) < 0)
		return err_set(e, -ENOMEM, "cannot keep branch '%s'", path);
	top = c->branches[c->nbranches - 1];
	memmove(c->branches + 1, c->branches, (c->nbranches - 1) * sizeof(top));
	c->branches[0] = top;
	c->upper_given = true;
	return 0;
}

int config_add_lower(struct ufs_config *c, const char *path, struct err *e)
{
	if (!*path)
		return err_set(e, 0, "a lower directory has an empty name");
	if (config_add_branch(c, path, -EBADF, BRANCH_RO, BRANCH_WH) < 0)
		return err_set(e, -ENOMEM, "cannot keep branch '%s'", path);
	c->lower_given = true;
	return 0;
}

int config_add_hide(struct ufs_config *c, const char *path)
{
	return config_add_string(&c->hide, &c->nhide, path);
}

int config_add_virt(struct ufs_config *c, const char *path, bool is_dir)
{
	_free_ char *copy = strdup(path);

	if (!copy || config_grow(&c->virts, c->nvirts, sizeof(*c->virts)) < 0)
		return -ENOMEM;
	c->virts[c->nvirts++] = (struct virt_spec){take_ptr(copy), is_dir};
	return 0;
}

static bool config_same_name(const char *opt, const char *name, size_t len)
{
	return strncmp(opt, name, len) == 0 && (!opt[len] || opt[len] == '=');
}

int config_add_fuse_opt(struct ufs_config *c, const char *opt)
{
	size_t len = strcspn(opt, "=");

	for (size_t i = 0; i < c->nfuse_opts; i++) {
		char *copy;

		if (!config_same_name(c->fuse_opts[i], opt, len))
			continue;
		copy = strdup(opt);
		if (!copy)
			return -ENOMEM;
		free(c->fuse_opts[i]);
		c->fuse_opts[i] = copy;
		return 0;
	}
	return config_add_string(&c->fuse_opts, &c->nfuse_opts, opt);
}

const char *config_fuse_opt(const struct ufs_config *c, const char *name)
{
	for (size_t i = 0; i < c->nfuse_opts; i++)
		if (config_same_name(c->fuse_opts[i], name, strlen(name)))
			return c->fuse_opts[i];
	return NULL;
}

void config_notice(struct ufs_config *c, const char *fmt, ...)
{
	struct sb b = SB_INIT;
	_free_ char *line = NULL;
	va_list ap;

	va_start(ap, fmt);
	sb_vaddf(&b, fmt, ap);
	va_end(ap);
	if (sb_take(&b, &line) == 0)
		(void)config_add_string(&c->notices, &c->nnotices, line);
}

int config_note(struct ufs_config *c, const char *name, const char *value)
{
	_free_ char *n = strdup(name);
	_free_ char *v = value ? strdup(value) : NULL;
	struct config_item *it = NULL;

	if (!n || (value && !v))
		return -ENOMEM;
	for (size_t i = 0; i < c->nitems && !it; i++)
		if (strcmp(c->items[i].name, name) == 0 && !c->items[i].value == !value)
			it = &c->items[i];
	if (!it) {
		if (config_grow(&c->items, c->nitems, sizeof(*c->items)) < 0)
			return -ENOMEM;
		it = &c->items[c->nitems++];
		*it = (struct config_item){0};
	}
	free(it->name);
	free(it->value);
	*it = (struct config_item){take_ptr(n), take_ptr(v), c->from};
	return 0;
}

/* PATH against CWD. ".." stays when there is one: the text cannot know where
 * it leads behind a symbolic link. */
static int config_absolute(const char *cwd, char **path)
{
	const char *cursor = *path, *name;
	bool climbs = false;
	size_t len;
	char *s;
	int r;

	while (path_next(&cursor, &name, &len))
		climbs = climbs || (len == 2 && memcmp(name, "..", 2) == 0);
	if (!climbs)
		r = path_clean(cwd, *path, &s);
	else if (**path == '/')
		return 0;
	else
		r = path_join(cwd, *path, &s);
	if (r < 0)
		return r;
	free(*path);
	*path = s;
	return 0;
}

static int config_absolute_all(struct ufs_config *c, struct err *e)
{
	_free_ char *cwd = getcwd(NULL, 0);
	int r = 0;

	if (!cwd)
		return err_set(e, -errno, "cannot find the working directory");
	for (size_t i = 0; i < c->nbranches && r == 0; i++)
		r = config_absolute(cwd, &c->branches[i].path);
	if (r == 0 && c->work)
		r = config_absolute(cwd, &c->work);
	for (size_t i = 0; i < c->nitems && r == 0; i++)
		if (strcmp(c->items[i].name, "work") == 0)
			r = config_absolute(cwd, &c->items[i].value);
	if (r == 0 && c->mountpoint)
		r = config_absolute(cwd, &c->mountpoint);
	return r < 0 ? err_set(e, r, "cannot make the paths absolute") : 0;
}

static int config_check_format(struct ufs_config *c, struct err *e)
{
	bool writable = false;

	for (size_t i = 0; i < c->nbranches; i++)
		writable = writable || c->branches[i].perm == BRANCH_RW;
	if (!c->format) {
		c->format = strdup("aufs");
		c->from = "default";
		if (!c->format || config_note(c, "format", c->format) < 0)
			return err_set(e, -ENOMEM, "cannot keep the format");
	}
	if (c->work && !writable)
		config_notice(
			c, "the work directory '%s' is not used: no branch is writable",
			c->work);
	if (strcmp(c->format, "overlay") == 0 && writable && !c->read_only && !c->work) {
		(void)err_set(e, 0, "the overlay format needs a work directory");
		err_hint(e, "give one beside the upper directory with --work DIR or -o "
			    "workdir=DIR");
		return -EINVAL;
	}
	return 0;
}

static int config_check_sync(struct ufs_config *c, struct err *e)
{
	if (c->sync_given)
		return 0;
	/* What these ask of the kernel is the daemon's to do. */
	if (config_fuse_opt(c, "sync") || config_fuse_opt(c, "dirsync"))
		c->sync = SYNC_STRICT;
	c->from = "default";
	if (config_note(c, "sync", c->sync == SYNC_STRICT ? "strict" : "auto") < 0)
		return err_set(e, -ENOMEM, "cannot keep the options");
	return 0;
}

int config_check(struct ufs_config *c, struct err *e)
{
	int r;

	if (c->nbranches == 0) {
		(void)err_set(e, 0, "no branch is given");
		err_hint(e,
			 "use --upper DIR and --lower DIR, or -o br:/upper=rw:/lower=ro");
		return -EINVAL;
	}
	if (c->br_given && (c->upper_given || c->lower_given)) {
		(void)err_set(e, 0,
			      "two stacks are given: a branch list, and upper or lower "
			      "directories");
		err_hint(e, "write all branches into the list, top first");
		return -EINVAL;
	}
	r = config_absolute_all(c, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < c->nbranches; i++) {
		struct branch_spec *b = &c->branches[i];

		if (!b->perm_given)
			b->perm = i == 0 ? BRANCH_RW : BRANCH_RO;
		if (b->perm == BRANCH_RW)
			b->attrs |= BRANCH_WH;
		for (size_t j = 0; j < i; j++)
			if (strcmp(c->branches[j].path, b->path) == 0)
				return err_set(e, 0,
					       "branch %zu '%s' is given twice, as "
					       "branch %zu too",
					       i, b->path, j);
	}
	r = config_check_format(c, e);
	return r < 0 ? r : config_check_sync(c, e);
}
