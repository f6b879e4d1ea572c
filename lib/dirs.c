/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "str.h"

static bool dirs_is_root(void)
{
	return geteuid() == 0 && access("/run", W_OK) == 0;
}

/* The value of an environment variable that must be an absolute path. */
static const char *dirs_env(const char *name)
{
	const char *s = getenv(name);

	return s && *s == '/' ? s : NULL;
}

int dirs_data(char **ret)
{
	const char *data = dirs_env("XDG_DATA_HOME"), *home = dirs_env("HOME");

	if (dirs_is_root())
		return str_printf(ret, "/var/lib/ufs");
	if (data)
		return str_printf(ret, "%s/ufs", data);
	return home ? str_printf(ret, "%s/.local/share/ufs", home) : -ENOENT;
}

int dirs_run(char **ret)
{
	const char *run = dirs_env("XDG_RUNTIME_DIR");
	_free_ char *dir = NULL;
	struct stat st;
	int r;

	if (dirs_is_root())
		return str_printf(ret, "/run/ufs");
	if (run)
		return str_printf(ret, "%s/ufs", run);
	r = str_printf(&dir, "/run/user/%u", (unsigned)geteuid());
	if (r < 0)
		return r;
	if (lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	    (st.st_mode & 07777) == 0700)
		return str_printf(ret, "%s/ufs", dir);
	free(dir);
	dir = NULL;
	r = dirs_data(&dir);
	return r < 0 ? r : str_printf(ret, "%s/run", dir);
}

int dirs_make(const char *path)
{
	_free_ char *copy = strdup(path);
	struct stat st;

	if (!copy)
		return -ENOMEM;
	for (char *p = copy + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST && errno != EROFS &&
		    errno != EACCES && errno != EPERM)
			return -errno;
		*p = '/';
	}
	if (mkdir(copy, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (stat(copy, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return st.st_uid == geteuid() ? 0 : -EPERM;
}

int dirs_open(const char *path)
{
	_close_ int fd = -EBADF;
	struct stat st;
	int r = dirs_make(path);

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() || (st.st_mode & 0022))
		return -EPERM;
	return take_fd(&fd);
}
