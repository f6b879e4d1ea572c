/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules for path components; nothing here asks the filesystem. */
#ifndef UFS_PATH_H
#define UFS_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* A name that can stand in a directory: not empty, no '/', not "." or "..". */
bool path_is_component(const char *name);

/*
 * Next component of *CURSOR, which is advanced; slashes and "." are skipped.
 *   ret, ret_len  the component inside the string, not terminated
 * Returns true while there was one.
 */
bool path_next(const char **cursor, const char **ret, size_t *ret_len);

/*
 * Make PATH absolute against CWD and remove ".", doubled slashes and "..",
 * by the text alone. Returns 0 and malloc'ed memory, or -ENOMEM.
 */
int path_clean(const char *cwd, const char *path, char **ret);

/* PATH is DIR or lies beneath it; both clean and absolute. */
bool path_is_beneath(const char *path, const char *dir);

/* The part of PATH behind DIR without leading slash ("" when equal), or NULL. */
const char *path_relative(const char *path, const char *dir);

/* DIR "/" NAME in fresh memory. Returns 0 or -ENOMEM. */
int path_join(const char *dir, const char *name, char **ret);

#endif
