/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Extended attributes through an O_PATH descriptor, also of symbolic links
 * and special files, which are neither opened nor followed: the magic link
 * in /proc leads to the object itself and no further. Return -errno.
 */
#ifndef UFS_XATTR_H
#define UFS_XATTR_H

#include <stddef.h>
#include <stdbool.h>
#include <sys/types.h>

#include "sys.h"

ssize_t xattr_get(int fd, const char *name, void *buf, size_t size);
ssize_t xattr_list(int fd, char *buf, size_t size);
int xattr_set(int fd, const char *name, const void *value, size_t size, int flags);
int xattr_remove(int fd, const char *name);

/* May this process use the trusted namespace? Others see nothing in it. */
bool xattr_trusted(void);

/* All names of FD, malloc'ed. Returns their length, 0 without support, -errno. */
ssize_t xattr_list_all(int fd, char **ret);
/* The whole value, malloc'ed. Returns its length or -errno. */
ssize_t xattr_get_all(int fd, const char *name, char **ret);

#endif
