/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "path.h"
#include "str.h"

/* A variable that holds an absolute path; others do not count (XDG). */
static const char *dirs_env(const char *name)
{
	const char *v = getenv(name);

	return v && *v == '/' ? v : NULL;
}

static int dirs_home(char **ret)
{
	const char *home = dirs_env("HOME");
	struct passwd pw, *found = NULL;
	char buf[4096];

	if (!home && getpwuid_r(getuid(), &pw, buf, sizeof(buf), &found) == 0 && found)
		home = found->pw_dir;
	if (!home || *home != '/')
		return -ENOENT;
	return str_printf(ret, "%s", home);
}

int dirs_data(char **ret)
{
	const char *xdg = dirs_env("XDG_DATA_HOME");
	_free_ char *home = NULL;
	int r;

	if (geteuid() == 0)
		return str_printf(ret, "/var/lib/ufs");
	if (xdg)
		return path_join(xdg, "ufs", ret);
	r = dirs_home(&home);
	return r < 0 ? r : path_join(home, ".local/share/ufs", ret);
}

static bool dirs_is_private(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_uid == geteuid() && (st.st_mode & 0777) == 0700;
}

int dirs_runtime(char **ret)
{
	const char *xdg = dirs_env("XDG_RUNTIME_DIR");
	_free_ char *dir = NULL;
	int r;

	if (geteuid() == 0)
		return str_printf(ret, "/run/ufs");
	if (xdg)
		return path_join(xdg, "ufs", ret);
	r = str_printf(&dir, "/run/user/%u", (unsigned)geteuid());
	if (r < 0)
		return r;
	if (dirs_is_private(dir))
		return path_join(dir, "ufs", ret);
	free(take_ptr(dir));
	r = dirs_data(&dir);
	return r < 0 ? r : path_join(dir, "run", ret);
}

int dirs_open(const char *path)
{
	_free_ char *made = strdup(path);
	_close_ int fd = -EBADF;
	struct stat st;

	if (!made)
		return -ENOMEM;
	for (char *p = strchr(made + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(made, 0700) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	if (mkdir(made, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(made, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() || (st.st_mode & 0022))
		return -EPERM;
	return take_fd(&fd);
}
