/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "path.h"
#include "str.h"

bool mountinfo_has(const char *list, const char *name)
{
	size_t len = strlen(name);

	while (*list) {
		size_t n = strcspn(list, ",");

		if (n == len && memcmp(list, name, n) == 0)
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

int mountinfo_resolve(const char *path, char **ret)
{
	_free_ char *copy = NULL, *dir = NULL;
	char *s, *base;

	s = realpath(path, NULL);
	if (s) {
		*ret = s;
		return 0;
	}
	if (errno != ENOTCONN && errno != EACCES && errno != EIO)
		return -errno;
	/* The mount itself does not answer: what leads to it does. */
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	for (size_t n = strlen(copy); n > 1 && copy[n - 1] == '/'; n--)
		copy[n - 1] = '\0';
	base = strrchr(copy, '/');
	if (base && !path_is_component(base + 1))
		return -ENOTCONN;
	if (base)
		*base++ = '\0';
	dir = realpath(!base ? "." : *copy ? copy : "/", NULL);
	if (!dir)
		return -errno;
	return path_join(dir, base ? base : copy, ret);
}

/* Undo the kernel's \ooo in place. */
static void mountinfo_decode(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] && s[3]) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
				       (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* "36 35 98:0 /root /target opts [tags] - type source superopts" */
static bool mountinfo_fields(char *line, char *field[6])
{
	char *save, *w = strtok_r(line, " ", &save);
	int n = 0, after = -1;

	for (; w; w = strtok_r(NULL, " ", &save), n++) {
		if (n == 4 || n == 5)
			field[n - 4] = w;
		else if (n > 5 && after < 0 && strcmp(w, "-") == 0)
			after = n;
		else if (after >= 0 && n - after <= 3)
			field[1 + n - after] = w;
	}
	return after >= 0 && n - after == 4;
}

int mountinfo_find(const char *target, struct mountinfo *ret)
{
	_file_ FILE *f = fopen("/proc/self/mountinfo", "re");
	_free_ char *line = NULL;
	struct mountinfo m = {0};
	size_t size = 0;
	ssize_t n;

	if (!f)
		return -errno;
	while ((n = getline(&line, &size, f)) > 0) {
		char *field[6];

		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (!mountinfo_fields(line, field))
			continue;
		mountinfo_decode(field[0]);
		if (strcmp(field[0], target) != 0)
			continue;
		mountinfo_decode(field[3]);
		mountinfo_done(&m);
		m.target = strdup(field[0]);
		m.options = strdup(field[1]);
		m.type = strdup(field[2]);
		m.source = strdup(field[3]);
		m.super_options = strdup(field[4]);
		if (!m.target || !m.options || !m.type || !m.source || !m.super_options) {
			mountinfo_done(&m);
			return -ENOMEM;
		}
	}
	if (!m.target)
		return -ENOENT;
	*ret = m;
	return 0;
}

void mountinfo_done(struct mountinfo *m)
{
	free(m->target);
	free(m->type);
	free(m->source);
	free(m->options);
	free(m->super_options);
	*m = (struct mountinfo){0};
}

bool mountinfo_is_ufs(const struct mountinfo *m)
{
	return strcmp(m->type, "fuse.ufs") == 0;
}
