/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "virt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "inum.h"
#include "path.h"

struct virt *virt_child(const struct virt *v, const char *name)
{
	for (struct virt *c = v ? v->children : NULL; c; c = c->next)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static int virt_add(struct virt *parent, const char *name, unsigned *count,
		    struct virt **ret)
{
	struct virt *c = virt_child(parent, name);

	if (!c) {
		c = calloc(1, sizeof(*c));
		if (!c)
			return -ENOMEM;
		c->name = strdup(name);
		if (!c->name) {
			free(c);
			return -ENOMEM;
		}
		c->is_dir = true;
		c->ino = inum_virtual(++*count);
		c->made = time(NULL);
		c->next = parent->children;
		parent->children = c;
	}
	*ret = c;
	return 0;
}

static int virt_add_path(struct virt *root, const struct virt_spec *s, unsigned *count)
{
	const char *cursor = s->path, *part;
	struct virt *v = root;
	size_t len;

	while (path_next(&cursor, &part, &len)) {
		_free_ char *name = strndup(part, len);
		int r;

		if (!name)
			return -ENOMEM;
		if (!path_is_component(name))
			return -EINVAL;
		r = virt_add(v, name, count, &v);
		if (r < 0)
			return r;
	}
	if (v != root && !v->children)
		v->is_dir = s->is_dir;
	return 0;
}

int virt_init(struct virt **ret, const struct virt_spec *v, size_t n)
{
	struct virt *root;
	unsigned count = 0;
	int r = 0;

	*ret = NULL;
	if (n == 0)
		return 0;
	root = calloc(1, sizeof(*root));
	if (!root)
		return -ENOMEM;
	root->is_dir = true;
	for (size_t i = 0; i < n && r == 0; i++)
		r = virt_add_path(root, &v[i], &count);
	if (r < 0) {
		virt_done(root);
		return r;
	}
	*ret = root;
	return 0;
}

void virt_done(struct virt *root)
{
	if (!root)
		return;
	while (root->children) {
		struct virt *c = root->children;

		root->children = c->next;
		virt_done(c);
	}
	free(root->name);
	free(root);
}

void virt_stat(const struct virt *v, struct stat *ret)
{
	*ret = (struct stat){
		.st_ino = v->ino,
		.st_mode = v->is_dir ? S_IFDIR | 0755 : S_IFREG | 0644,
		.st_nlink = 1,
		.st_blksize = 4096,
		.st_atim.tv_sec = v->made,
		.st_mtim.tv_sec = v->made,
		.st_ctim.tv_sec = v->made,
	};
}
