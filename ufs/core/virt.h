/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mountpoints that exist in the view only: a tree of names that is consulted
 * where the branches have nothing. Immutable after virt_init.
 */
#ifndef UFS_VIRT_H
#define UFS_VIRT_H

#include <stdbool.h>
#include <sys/stat.h>

#include "config.h"

struct virt {
	char *name;
	bool is_dir;
	uint64_t ino;
	time_t made;
	struct virt *children, *next;
};

/* *RET is NULL for an empty list. Returns 0, -ENOMEM, -EINVAL for a bad path. */
int virt_init(struct virt **ret, const struct virt_spec *v, size_t n);
void virt_done(struct virt *root);

/* The entry NAME below V, or NULL; V may be NULL. */
struct virt *virt_child(const struct virt *v, const char *name);
/* What stat shows of it. */
void virt_stat(const struct virt *v, struct stat *ret);

#endif
