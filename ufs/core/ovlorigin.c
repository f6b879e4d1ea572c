/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ovlorigin.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "format.h"
#include "sys.h"
#include "xattr.h"

#define ORIGIN "trusted.overlay.origin"
#define IMPURE "trusted.overlay.impure"
#define FB_MAGIC 0xfb
#define FB_BIG_ENDIAN 1
#define FB_ANY_ENDIAN 2
#define FB_UPPER 4
#define UUID_LEN 16

/* struct ovl_fb, with room for the longest handle. */
struct fb {
	uint8_t version, magic, len, flags, type;
	uint8_t uuid[UUID_LEN];
	uint8_t handle[MAX_HANDLE_SZ];
} __attribute__((packed));
#define FB_HEAD offsetof(struct fb, handle)

static uint8_t cpu_endian(void)
{
	return BYTE_ORDER == BIG_ENDIAN ? FB_BIG_ENDIAN : 0;
}

bool ovlorigin_used(struct ufs *u, int b)
{
	const struct format *f = branch_at(u, b)->format;

	return f && f->whiteout_in_place && xattr_trusted();
}

void ovlorigin_set(struct ufs *u, uint16_t fs, int from, int to)
{
	struct fb fb = { .magic = FB_MAGIC, .flags = cpu_endian() };
	struct sys_handle h;

	if (sys_get_handle(from, &h) < 0 || h.type < 0 || h.type > UINT8_MAX)
		return;
	(void)inum_uuid(u->inums, fs, fb.uuid);
	fb.len = (uint8_t)(FB_HEAD + h.bytes);
	fb.type = (uint8_t)h.type;
	memcpy(fb.handle, h.data, h.bytes);
	(void)xattr_set(to, ORIGIN, &fb, fb.len, 0);
}

bool ovlorigin_marked(int dirfd)
{
	char v[8];

	return xattr_get(dirfd, IMPURE, v, sizeof(v)) == 1 && v[0] == 'y';
}

void ovlorigin_mark(int dirfd)
{
	if (!ovlorigin_marked(dirfd))
		(void)xattr_set(dirfd, IMPURE, "y", 1, 0);
}

static bool fb_is_good(const struct fb *fb, ssize_t n)
{
	return n > (ssize_t)FB_HEAD && fb->version == 0 && fb->magic == FB_MAGIC &&
	       fb->len == n && !(fb->flags & FB_UPPER) &&
	       ((fb->flags & FB_ANY_ENDIAN) ||
		(fb->flags & FB_BIG_ENDIAN) == cpu_endian());
}

/* The object of the handle, if it is on branch B's filesystem. */
static bool find_on(struct ufs *u, int b, const struct fb *fb, struct origin *ret)
{
	struct branch *br = branch_at(u, b);
	uint16_t fs = inum_fs(u->inums, br->dev);
	_close_ int root = -EBADF, fd = -EBADF;
	uint8_t uuid[UUID_LEN] = { 0 };
	struct sys_handle h;
	struct statx st;

	(void)inum_uuid(u->inums, fs, uuid);
	if (memcmp(uuid, fb->uuid, sizeof(uuid)) != 0)
		return false;
	h.bytes = (unsigned)(fb->len - FB_HEAD);
	h.type = fb->type;
	memcpy(h.data, fb->handle, h.bytes);
	root = sys_openat(br->fd, ".", O_RDONLY | O_DIRECTORY, 0);
	fd = root < 0 ? root : sys_open_handle(root, &h, O_PATH);
	if (fd < 0 || sys_statx(fd, "", &st) < 0)
		return false;
	*ret = origin_of(&st, fs);
	return true;
}

int ovlorigin_get(struct ufs *u, int b, int dirfd, const char *name, struct origin *ret)
{
	_close_ int fd = -EBADF;
	struct fb fb;
	ssize_t n;

	if (!ovlorigin_marked(dirfd))
		return 0;
	fd = sys_openat(dirfd, name, O_PATH, 0);
	n = fd < 0 ? fd : xattr_get(fd, ORIGIN, &fb, sizeof(fb));
	if (!fb_is_good(&fb, n))
		return 0;
	for (b++; b < u->bs.n; b++)
		if (find_on(u, b, &fb, ret))
			return 1;
	return 0;
}
