/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mount_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "mountinfo.h"
#include "str.h"

#define FUSE_DEVICE "/dev/fuse"
#define FUSE_CONF "/etc/fuse.conf"

static int point_unusable(const char *path, int code, struct err *e)
{
	char words[128];

	switch (code) {
	case -ENOENT:
		(void)err_set(e, code, "the mountpoint does not exist");
		err_hint(e, "mkdir '%s'", path);
		err_status(e, EXIT_NOTFOUND);
		break;
	case -ENOTDIR:
		(void)err_set(e, code, "the mountpoint is not a directory");
		break;
	case -ENOTCONN:
		(void)err_set(e, code,
			      "a filesystem whose daemon is dead is mounted there");
		err_hint(e, "ufs umount --lazy '%s'", path);
		err_status(e, EXIT_BUSY);
		break;
	default:
		(void)err_set(e, code, "cannot use the mountpoint: %s",
			      err_words(code, words, sizeof(words)));
	}
	return code;
}

/* fusermount3 refuses what the user could not have changed anyway. */
static int point_is_mine(const struct stat *st, const char *path, struct err *e)
{
	if (geteuid() == 0)
		return 0;
	if (access(path, W_OK) < 0)
		return err_set(e, -EACCES, "you may not write to the mountpoint");
	if ((st->st_mode & S_ISVTX) && st->st_uid != geteuid())
		return err_set(e, -EPERM,
			       "the mountpoint is a directory with sticky bit "
			       "that belongs to another user");
	return 0;
}

/* No union stands there, alive or dead. Its attributes are in the kernel's cache
 * though the daemon is dead; statfs(2) always asks it. */
static int point_is_free(const char *path, struct err *e)
{
	struct mountinfo m = {0};
	struct statfs fs;
	bool taken = mountinfo_find(path, &m) == 0 && mountinfo_is_ufs(&m);

	mountinfo_done(&m);
	if (!taken)
		return 0;
	if (statfs(path, &fs) < 0 && errno == ENOTCONN)
		return point_unusable(path, -ENOTCONN, e);
	(void)err_set(e, -EBUSY, "a union is mounted there already");
	err_hint(e, "ufs umount '%s'", path);
	err_status(e, EXIT_BUSY);
	return -EBUSY;
}

int mount_check_point(struct ufs_config *cfg, struct err *e)
{
	char *resolved;
	struct stat st;
	int r;

	if (stat(cfg->mountpoint, &st) < 0)
		return point_unusable(cfg->mountpoint, -errno, e);
	if (!S_ISDIR(st.st_mode))
		return point_unusable(cfg->mountpoint, -ENOTDIR, e);
	r = mountinfo_resolve(cfg->mountpoint, &resolved);
	if (r < 0)
		return point_unusable(cfg->mountpoint, r, e);
	free(cfg->mountpoint);
	cfg->mountpoint = resolved;
	r = point_is_free(resolved, e);
	return r < 0 ? r : point_is_mine(&st, resolved, e);
}

static int host_device(struct err *e)
{
	_close_ int fd = open(FUSE_DEVICE, O_RDWR | O_CLOEXEC);
	int code = fd < 0 ? -errno : 0;

	if (fd >= 0)
		return 0;
	err_status(e, EXIT_HOST);
	switch (code) {
	case -ENOENT:
		(void)err_set(e, code, "this system has no " FUSE_DEVICE);
		err_hint(e, "modprobe fuse; in a container: start it with "
			    "--device " FUSE_DEVICE);
		break;
	case -ENODEV:
	case -ENXIO:
		(void)err_set(e, code, "the kernel does not serve " FUSE_DEVICE);
		err_hint(e, "modprobe fuse");
		break;
	case -EACCES:
	case -EPERM:
		(void)err_set(e, code, "you may not open " FUSE_DEVICE);
		err_hint(e,
			 geteuid()
				 ? "as root: chmod 666 " FUSE_DEVICE
				 : "in a container: start it with --device " FUSE_DEVICE);
		break;
	default:
		(void)err_set(e, code, "cannot open " FUSE_DEVICE);
	}
	return code;
}

/* Is there a line "user_allow_other" in /etc/fuse.conf? */
static bool host_allows_other(void)
{
	_file_ FILE *f = fopen(FUSE_CONF, "re");
	_free_ char *line = NULL;
	size_t size = 0;

	while (f && getline(&line, &size, f) > 0) {
		char *word = line + strspn(line, " \t");
		size_t n = strcspn(word, " \t\r\n#");

		if (n == strlen("user_allow_other") &&
		    str_has_prefix(word, "user_allow_other"))
			return true;
	}
	return false;
}

static bool host_has_fusermount(void)
{
	_free_ char *path = NULL;
	const char *env = getenv("PATH"), *cursor;

	if (access("/usr/bin/fusermount3", X_OK) == 0 ||
	    access("/bin/fusermount3", X_OK) == 0)
		return true;
	path = strdup(env ? env : "");
	for (cursor = path; cursor;) {
		_free_ char *dir = NULL, *file = NULL;

		if (list_next(&cursor, ':', &dir) <= 0)
			return false;
		if (*dir && str_printf(&file, "%s/fusermount3", dir) == 0 &&
		    access(file, X_OK) == 0)
			return true;
	}
	return false;
}

int mount_check_host(const struct ufs_config *cfg, struct err *e)
{
	int r = host_device(e);

	if (r < 0 || geteuid() == 0)
		return r;
	if (!host_has_fusermount()) {
		(void)err_set(e, -ENOENT,
			      "fusermount3, which mounts for users, is missing");
		err_hint(e, "install the package fuse3");
		err_status(e, EXIT_HOST);
		return -ENOENT;
	}
	if (config_fuse_opt(cfg, "allow_other") && !host_allows_other()) {
		(void)err_set(e, -EPERM,
			      "'allow_other' is not allowed to users: " FUSE_CONF
			      " has no line 'user_allow_other'");
		err_hint(e, "add that line as root, or leave out allow_other");
		err_status(e, EXIT_HOST);
		return -EPERM;
	}
	return 0;
}
