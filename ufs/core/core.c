/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "cred.h"
#include "dirsnap.h"
#include "format.h"
#include "log.h"
#include "lookup.h"
#include "op.h"
#include "str.h"
#include "sys.h"
#include "union.h"
#include "virt.h"
#include "workdir.h"

#define IDLE_SECONDS 1
#define WRITE_TAG 1U

static void on_node_free(void *ctx, struct node *n)
{
	struct ufs *u = ctx;

	if (n->type == DT_DIR) {
		fdcache_drop(u->dirs, node_id_of(n));
		dirsnap_drop(u, node_id_of(n));
	} else {
		fdcache_drop(u->data, node_id_of(n));
	}
	if (n->orphan)
		orphan_free(u, take_ptr(n->orphan));
}

static int copy_ranges(struct id_range **ret, const struct id_range *v, size_t n)
{
	*ret = calloc(n + 1, sizeof(*v));
	if (!*ret)
		return -ENOMEM;
	if (n)
		memcpy(*ret, v, n * sizeof(*v));
	return 0;
}

static int open_ids(struct ufs *u, const struct ufs_config *cfg)
{
	int r;

	u->ids = cfg->ids;
	u->ids.uids = u->ids.gids = NULL;
	u->euid = geteuid();
	u->egid = getegid();
	u->switch_ids = cred_setup() && !cfg->ids.virt;
	r = copy_ranges(&u->ids.uids, cfg->ids.uids, cfg->ids.nuids);
	return r < 0 ? r : copy_ranges(&u->ids.gids, cfg->ids.gids, cfg->ids.ngids);
}

static int open_tables(struct ufs *u, const struct ufs_config *cfg)
{
	unsigned nofile = sys_raise_nofile();
	int r = nodes_init(&u->nodes, (size_t)(u->bs.n + 63) / 64);

	if (r < 0)
		return r;
	nodes_on_free(u->nodes, on_node_free, u);
	/* Room is left for branches, unlinked files and what libraries open. */
	r = fdcache_init(&u->dirs, nofile / 16 < 512 ? nofile / 16 : 512);
	if (r == 0)
		r = fdcache_init(&u->data, nofile / 16 < 512 ? nofile / 16 : 512);
	if (r == 0)
		r = dirsnaps_init(&u->snaps);
	if (r == 0)
		r = virt_init(&u->virt, cfg->virts, cfg->nvirts);
	return r;
}

/* The root directory exists on every branch, down to one that is opaque. */
static int open_root_node(struct ufs *u)
{
	struct node *root = node_root(u->nodes);
	uint16_t fs = 0;

	root->virt = u->virt;
	for (int b = 0; b < u->bs.n; b++) { /* in branch order */
		uint16_t i = inum_meet(u->inums, branch_at(u, b)->dev, branch_at(u, b)->fd);

		if (b == 0)
			fs = i;
	}
	root->ino = inum_show(fs, branch_at(u, 0)->ino);
	for (int b = 0; b < u->bs.n; b++) {
		int r;

		node_mask_set(u->nodes, root, b);
		r = branch_opaque(branch_at(u, b), branch_at(u, b)->fd);
		if (r == -EACCES)
			r = 0;
		if (r != 0)
			return r < 0 ? r : 0;
	}
	return 0;
}

static void init_locks(struct ufs *u)
{
	pthread_mutex_init(&u->lend_lock, NULL);
	for (size_t i = 0; i < STRIPES; i++)
		pthread_rwlock_init(&u->stripes[i], NULL);
	for (size_t i = 0; i < COPY_SHARDS; i++) {
		pthread_mutex_init(&u->copies[i].lock, NULL);
		pthread_cond_init(&u->copies[i].done, NULL);
	}
}

int ufs_open(const struct ufs_config *cfg, const struct ufs_notify *notify,
	     struct ufs **ret, struct err *e)
{
	struct ufs *u = calloc(1, sizeof(*u));
	struct sb notes = SB_INIT;
	int r;

	if (!u)
		return err_set(e, -ENOMEM, "cannot open the union");
	init_locks(u);
	u->notify = notify;
	u->sync = cfg->sync;
	u->format = format_find(cfg->format ? cfg->format : "aufs");
	r = inums_init(&u->inums);
	if (r < 0)
		(void)err_set(e, r, "cannot open the union");
	else
		r = u->format ? branches_open(&u->bs, cfg, u->inums, &notes, e) :
		    err_set(e, 0, "unknown format '%s'", cfg->format);
	if (r == 0) {
		r = sb_take(&notes, &u->notices);
		if (r == 0)
			r = open_ids(u, cfg);
		if (r == 0)
			r = open_tables(u, cfg);
		if (r == 0)
			r = open_root_node(u);
		if (r < 0 && !err_isset(e))
			(void)err_set(e, r, "cannot open the union");
	}
	sb_done(&notes);
	if (r < 0) {
		ufs_close(u);
		return r;
	}
	*ret = u;
	return 0;
}

static void close_orphan(void *ctx, struct orphan *o)
{
	orphan_free(ctx, o);
}

void ufs_close(struct ufs *u)
{
	if (!u)
		return;
	if (u->nodes)
		nodes_on_free(u->nodes, NULL, NULL);
	nodes_done(u->nodes, close_orphan, u);
	dirsnaps_done(u->snaps);
	fdcache_done(u->dirs);
	fdcache_done(u->data);
	virt_done(u->virt);
	branches_close(&u->bs);
	inums_done(u->inums);
	pthread_mutex_destroy(&u->lend_lock);
	for (size_t i = 0; i < STRIPES; i++)
		pthread_rwlock_destroy(&u->stripes[i]);
	for (size_t i = 0; i < COPY_SHARDS; i++) {
		pthread_mutex_destroy(&u->copies[i].lock);
		pthread_cond_destroy(&u->copies[i].done);
	}
	free(u->ids.uids);
	free(u->ids.gids);
	free(u->notices);
	free(u);
}

const char *ufs_notices(const struct ufs *u)
{
	return u->notices;
}

bool ufs_is_read_only(const struct ufs *u)
{
	return u->bs.read_only;
}

size_t ufs_branch_count(const struct ufs *u)
{
	return (size_t)u->bs.n;
}

void ufs_branch_get(const struct ufs *u, bindex b, struct ufs_branch_info *ret)
{
	const struct branch *br = &u->bs.v[b];

	ret->path = br->path;
	ret->perm = br->perm;
	ret->attrs = br->attrs;
	ret->format = br->format ? br->format->name : "";
}

void ufs_counts(const struct ufs *u, struct ufs_counts *ret)
{
	struct ufs *w = (struct ufs *)(uintptr_t)u; /* atomics are read */

	ret->nodes = nodes_count(u->nodes);
	ret->dir_fds = fdcache_count(u->dirs);
	ret->data_fds = fdcache_count(u->data);
	ret->orphans = atomic_load(&w->orphans);
	ret->copyups = atomic_load(&w->copyups);
	ret->copyup_bytes = atomic_load(&w->copyup_bytes);
}

void ufs_idle(struct ufs *u)
{
	/* A file held open for writing cannot be executed on the branch. */
	fdcache_idle(u->data, WRITE_TAG, IDLE_SECONDS);
	for (int b = 0; b < u->bs.n; b++)
		workdir_refill(branch_at(u, b));
}
