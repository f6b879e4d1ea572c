/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node_table.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

static bool node_matches(const struct node *n, const struct node_found *f)
{
	if (n->type != f->type || node_has(n, NODE_VIRTUAL) != !!(f->flags & NODE_VIRTUAL))
		return false;
	/* A directory stays itself when an upper copy was put on top of it. */
	if (n->type == DT_DIR)
		return true;
	return n->obj_ino == f->obj_ino && n->obj_fs == f->obj_fs;
}

static int node_fill(struct nodes *t, struct node *n, struct node *parent,
		     const char *name, const struct node_found *f)
{
	int r = node_store_name(n, name);

	if (r < 0)
		return r;
	if (f->type == DT_DIR) {
		r = node_set_mask(t, n, f->mask);
		if (r < 0) {
			node_free_name(n);
			return r;
		}
		n->virt = f->virt;
		if (f->redirect && *f->redirect)
			atomic_store(&n->redirect, take_ptr(*f->redirect));
	}
	n->type = f->type;
	n->ino = f->ino;
	n->obj_fs = f->obj_fs;
	n->obj_ino = f->obj_ino;
	atomic_store(&n->top, f->top);
	atomic_store(&n->flags, f->flags);
	atomic_store(&n->hash, name_hash(parent, name));
	atomic_store(&n->parent, parent->slot);
	atomic_store(&n->nlookup, 1);
	return 0;
}

static struct node *intern_known(struct nodes *t, struct node *parent, const char *name,
				 const struct node_found *f)
{
	uint32_t h = name_hash(parent, name);
	struct shard *s = shard_of_name(t, h);
	struct node *n;

	pthread_mutex_lock(&s->lock);
	n = shard_search_name(t, s, h, parent, name);
	if (n && node_matches(n, f)) {
		atomic_fetch_add(&n->nlookup, 1);
	} else if (n) {
		/* Changed underneath: this name leads elsewhere now. The node
		 * stays for those who have it open. */
		shard_remove_name(t, s, n);
		n = NULL;
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

static int intern_new(struct nodes *t, struct node *parent, const char *name,
		      const struct node_found *f, struct node **ret)
{
	struct shard *s;
	struct node *n, *other;
	int r = nodes_alloc(t, &n);

	if (r < 0)
		return r;
	r = node_fill(t, n, parent, name, f);
	if (r < 0) {
		nodes_discard(t, n);
		return r;
	}
	s = shard_of_name(t, atomic_load(&n->hash));
	pthread_mutex_lock(&s->lock);
	other = shard_search_name(t, s, atomic_load(&n->hash), parent, name);
	if (other && node_matches(other, f)) {
		atomic_fetch_add(&other->nlookup, 1);
		pthread_mutex_unlock(&s->lock);
		nodes_discard(t, n);
		*ret = other;
		return 0;
	}
	r = shard_grow(t, s, false);
	if (r < 0) {
		pthread_mutex_unlock(&s->lock);
		nodes_discard(t, n);
		return r;
	}
	if (other)
		shard_remove_name(t, s, other);
	node_ref(parent);
	shard_insert_name(s, n);
	pthread_mutex_unlock(&s->lock);
	*ret = n;
	return 0;
}

bool nodes_any_linked(const struct nodes *t)
{
	return atomic_load(&((struct nodes *)(uintptr_t)t)->linked) != 0;
}

void node_set_linked(struct nodes *t, struct node *n)
{
	uint32_t h = obj_hash(n->obj_fs, n->obj_ino);
	struct shard *s = shard_of_obj(t, h);

	pthread_mutex_lock(&s->lock);
	shard_insert_obj(t, s, n, h);
	pthread_mutex_unlock(&s->lock);
}

/* As node_intern, for an object with several names: found by any of them. */
static int intern_linked(struct nodes *t, struct node *parent, const char *name,
			 const struct node_found *f, struct node **ret)
{
	uint32_t h = obj_hash(f->obj_fs, f->obj_ino);
	struct shard *s = shard_of_obj(t, h);
	struct node *n;
	int r = 0;

	pthread_mutex_lock(&s->lock);
	n = shard_search_obj(t, s, h, f);
	if (!n) {
		r = intern_new(t, parent, name, f, ret);
		if (r == 0)
			shard_insert_obj(t, s, *ret, h);
		pthread_mutex_unlock(&s->lock);
		return r;
	}
	pthread_mutex_unlock(&s->lock);
	r = node_add_name(t, n, parent, name);
	if (r < 0)
		node_forget(t, n, 1);
	else
		*ret = n;
	return r;
}

int node_intern(struct nodes *t, struct node *parent, const char *name,
		const struct node_found *f, struct node **ret)
{
	struct node *n = intern_known(t, parent, name, f);

	if (n) {
		if (f->linked)
			node_set_linked(t, n);
		*ret = n;
		return 0;
	}
	return f->linked ? intern_linked(t, parent, name, f, ret) :
			   intern_new(t, parent, name, f, ret);
}

struct node *node_find(struct nodes *t, struct node *parent, const char *name)
{
	uint32_t h = name_hash(parent, name);
	struct shard *s = shard_of_name(t, h);
	struct node *n;

	pthread_mutex_lock(&s->lock);
	n = shard_search_name(t, s, h, parent, name);
	if (n)
		node_ref(n);
	pthread_mutex_unlock(&s->lock);
	return n;
}

struct node *node_find_object(struct nodes *t, uint8_t type, uint16_t fs, uint64_t ino)
{
	struct node_found f = { .type = type, .obj_fs = fs, .obj_ino = ino };
	uint32_t h = obj_hash(fs, ino);
	struct shard *s = shard_of_obj(t, h);
	struct node *n;

	if (!nodes_any_linked(t))
		return NULL;
	pthread_mutex_lock(&s->lock);
	n = shard_search_obj(t, s, h, &f);
	pthread_mutex_unlock(&s->lock);
	return n;
}

