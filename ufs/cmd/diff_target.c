/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff_target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "config.h"
#include "format.h"
#include "mounts.h"
#include "path.h"
#include "stack.h"
#include "state.h"

static int target_open_dir(const char *what, const char *path, int *ret, struct err *e)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char words[128];

	if (fd >= 0) {
		*ret = fd;
		return 0;
	}
	fd = -errno;
	if (fd == -ENOENT || fd == -ENOTDIR)
		err_status(e, EXIT_NOTFOUND);
	return err_set(e, fd, "cannot open %s '%s': %s", what, path,
		       err_words(fd, words, sizeof(words)));
}

static int target_room(struct diff_target *t, size_t n, struct err *e)
{
	t->lowers = calloc(n + 1, sizeof(*t->lowers));
	if (!t->lowers)
		return err_set(e, -ENOMEM, "cannot keep the branches");
	t->diff.lowers = t->lowers;
	return 0;
}

static int target_add_lower(struct diff_target *t, const char *path, bool marks,
			    struct err *e)
{
	struct layer *l = &t->lowers[t->diff.nlowers];
	int r = target_open_dir("lower branch", path, &l->fd, e);

	if (r < 0)
		return r;
	l->marks = marks;
	l->format = NULL;
	t->diff.nlowers++;
	return 0;
}

/* A branch directory with what lies below it. */
static int target_branch(struct diff_target *t, const char *target,
			 const struct names *lowers, struct err *e)
{
	int r = target_open_dir("branch", target, &t->diff.upper.fd, e);

	t->diff.upper.marks = true;
	if (r == 0)
		r = target_room(t, lowers->n, e);
	for (size_t i = 0; r == 0 && i < lowers->n; i++)
		r = target_add_lower(t, lowers->v[i], true, e);
	return r;
}

static int target_config(struct diff_target *t, const struct ufs_config *cfg,
			 struct err *e)
{
	size_t top = 0;
	int r;

	while (top < cfg->nbranches && cfg->branches[top].perm != BRANCH_RW)
		top++;
	if (top == cfg->nbranches)
		return err_set(e, -EROFS, "the union on '%s' has no writable branch",
			       cfg->mountpoint);
	for (size_t i = top; i < cfg->nbranches; i++)
		if (path_is_beneath(cfg->branches[i].path, cfg->mountpoint))
			return err_set(e, -EBUSY, "branch %zu '%s' is covered by the "
				       "union on '%s'; unmount it to see the changes", i,
				       cfg->branches[i].path, cfg->mountpoint);
	r = target_open_dir("branch", cfg->branches[top].path, &t->diff.upper.fd, e);
	t->diff.upper.marks = true;
	t->diff.upper.format = format_find(cfg->format ? cfg->format : "aufs");
	t->diff.any_owner = cfg->ids.virt;
	if (r == 0 && cfg->work)
		r = target_open_dir("work directory", cfg->work, &t->work, e);
	if (r == 0)
		r = target_room(t, cfg->nbranches, e);
	for (size_t i = top + 1; r == 0 && i < cfg->nbranches; i++) {
		const struct branch_spec *b = &cfg->branches[i];

		r = target_add_lower(t, b->path,
				     b->perm == BRANCH_RW || (b->attrs & BRANCH_WH), e);
	}
	return r;
}

static int target_mount(struct diff_target *t, const char *target, struct err *e)
{
	_free_ char *real = realpath(target, NULL);
	struct mounts_entry m = { 0 };
	char words[128];
	int r = real ? 0 : -errno;

	if (r < 0) {
		if (r == -ENOENT || r == -ENOTDIR)
			err_status(e, EXIT_NOTFOUND);
		return err_set(e, r, "cannot look at '%s': %s", target,
			       err_words(r, words, sizeof(words)));
	}
	r = mounts_find(real, &m);
	if (r == -ENOENT) {
		(void)err_set(e, r, "no union of this user is mounted on '%s'", target);
		err_status(e, EXIT_NOTFOUND);
		err_hint(e, "for a branch directory name what lies below it: "
			    "ufs diff '%s' --lower DIR", target);
		return r;
	}
	if (r < 0)
		return err_set(e, r, "cannot read the list of mounted unions");
	r = target_config(t, &m.cfg, e);
	mounts_done(&m);
	return r;
}

static int target_container(struct diff_target *t, const char *name, struct err *e)
{
	struct state_record s = STATE_INIT;
	int r = state_find(name, &s, e);

	if (r < 0)
		return r;
	r = target_open_dir("branch", s.upper, &t->diff.upper.fd, e);
	t->diff.upper.marks = true;
	t->diff.upper.format = &format_aufs;
	t->diff.any_owner = geteuid() != 0;
	if (r == 0 && s.work)
		r = target_open_dir("work directory", s.work, &t->work, e);
	if (r == 0)
		r = target_room(t, s.lowers.n, e);
	/* The host's own root is no layer: nothing in it is a mark. */
	for (size_t i = 0; r == 0 && i < s.lowers.n; i++)
		r = target_add_lower(t, s.lowers.v[i], strcmp(s.lowers.v[i], "/") != 0,
				     e);
	state_done(&s);
	return r;
}

static int target_any(struct diff_target *t, const char *target,
		      const struct names *lowers, const char *work, struct err *e)
{
	int r;

	if (lowers->n == 0 && work)
		return err_set(e, 0, "option '--work' goes with '--lower'");
	if (strchr(target, '/') && !lowers->n)
		return target_mount(t, target, e);
	if (!strchr(target, '/') && !lowers->n)
		return target_container(t, target, e);
	if (!strchr(target, '/'))
		return err_set(e, 0, "'%s' is a container, which has its own lower branches; "
			       "a directory is written './%s'", target, target);
	r = target_branch(t, target, lowers, e);
	return r < 0 || !work ? r : target_open_dir("work directory", work, &t->work, e);
}

int diff_target_open(struct diff_target *t, const char *target,
		     const struct names *lowers, const char *work, struct err *e)
{
	int r = target_any(t, target, lowers, work, e);

	if (r == 0 && layer_records_open(&t->diff, t->lowers, t->work) < 0)
		r = err_set(e, -ENOMEM, "cannot read the records");
	return r;
}

void diff_target_close(struct diff_target *t)
{
	layer_records_close(&t->diff, t->lowers);
	for (size_t i = 0; i < t->diff.nlowers; i++)
		close_fd(&t->lowers[i].fd);
	close_fd(&t->diff.upper.fd);
	close_fd(&t->work);
	free(t->lowers);
}
