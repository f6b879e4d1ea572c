/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of names, and those that a directory has. */
#ifndef UFS_LAYERS_NAMES_H
#define UFS_LAYERS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* Names, sorted by their bytes, each once. */
struct names {
	char **v;
	size_t n, cap;
};

/* Take the names of directory FD, all but "." and "..", in any order. */
int names_read(struct names *l, int fd);
int names_add(struct names *l, const char *name);
void names_sort(struct names *l);
/* Of a sorted list: is NAME in it, and where those begin that are not before it. */
bool names_has(const struct names *l, const char *name);
size_t names_from(const struct names *l, const char *name);
void names_done(struct names *l);

#endif
