/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "devices.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cleanup.h"
#include "str.h"
#include "sys.h"
#include "sysmount.h"

static const struct plan_device rows[] = {
	{ DEVICE_NODE, "null", NULL, 1, 3 },
	{ DEVICE_NODE, "zero", NULL, 1, 5 },
	{ DEVICE_NODE, "full", NULL, 1, 7 },
	{ DEVICE_NODE, "random", NULL, 1, 8 },
	{ DEVICE_NODE, "urandom", NULL, 1, 9 },
	{ DEVICE_NODE, "tty", NULL, 5, 0 },
	{ DEVICE_LINK, "fd", "/proc/self/fd", 0, 0 },
	{ DEVICE_LINK, "stdin", "/proc/self/fd/0", 0, 0 },
	{ DEVICE_LINK, "stdout", "/proc/self/fd/1", 0, 0 },
	{ DEVICE_LINK, "stderr", "/proc/self/fd/2", 0, 0 },
	{ DEVICE_LINK, "ptmx", "pts/ptmx", 0, 0 },
};

int devices_plan(const struct run_config *c _unused_, const struct run_host *h _unused_,
		 struct run_plan *p, struct err *e)
{
	p->devices = malloc(sizeof(rows));
	if (!p->devices)
		return err_set(e, -ENOMEM, "cannot plan the devices");
	memcpy(p->devices, rows, sizeof(rows));
	p->ndevices = ARRAY_LEN(rows);
	/* A user namespace may not make nodes: the host's are bound. Where it is
	 * not needed they are not: chmod inside would change the host's node. */
	for (size_t i = 0; p->ids.kind != IDS_HOST && i < p->ndevices; i++)
		if (p->devices[i].how == DEVICE_NODE)
			p->devices[i].how = DEVICE_BIND;
	return 0;
}

static int device_bind(const struct plan_device *d, int dev)
{
	_close_ int fd = -EBADF, src = -EBADF, file = -EBADF;
	_free_ char *path = NULL;
	struct stat st;

	if (str_printf(&path, "/dev/%s", d->name) < 0)
		return -ENOMEM;
	src = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (src < 0 && errno == ENOENT && strcmp(d->name, "null") != 0)
		return 0; /* a sparse /dev around us */
	if (src < 0 || fstat(src, &st) < 0)
		return -errno;
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(d->major, d->minor))
		return -ENODEV;
	file = sys_openat(dev, d->name, O_WRONLY | O_CREAT | O_EXCL, 0666);
	if (file < 0)
		return file;
	fd = sysmount_clone(src, "", false);
	return fd < 0 ? fd : sysmount_attach(fd, file, "");
}

int devices_apply(const struct run_plan *p, struct run_live *live, struct err *e)
{
	_close_ int dev = sys_open_beneath(live->root, "dev", O_RDONLY | O_DIRECTORY, 0);

	if (dev < 0)
		return err_set(e, dev, "cannot open '/dev' of the container");
	for (size_t i = 0; i < p->ndevices; i++) {
		const struct plan_device *d = &p->devices[i];
		int r = 0;

		switch (d->how) {
		case DEVICE_NODE:
			r = sys_mknodat(dev, d->name, S_IFCHR | 0666,
					makedev(d->major, d->minor));
			/* Root, but of a user namespace that we run in. */
			if (r == -EPERM)
				r = device_bind(d, dev);
			break;
		case DEVICE_BIND:
			r = device_bind(d, dev);
			break;
		case DEVICE_LINK:
			r = sys_symlinkat(d->target, dev, d->name);
			break;
		}
		if (r < 0)
			return err_set(e, r, "cannot make the device '/dev/%s'", d->name);
	}
	return 0;
}
