/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdint.h>
#include <sys/statvfs.h>

#include "cleanup.h"
#include "sys.h"

#define NAME "reserve"
#define PIECES 16
#define PIECE_BYTES 4096
#define PLENTY_BYTES (4 << 20) /* free space that 64 KiB are little of */
#define PLENTY_INODES 256

struct piece {
	char s[12];
};

static const char *piece_name(struct piece *p, int i)
{
	(void)snprintf(p->s, sizeof(p->s), "%d", i);
	return p->s;
}

static bool has_plenty(int fd)
{
	struct statvfs v;

	if (fstatvfs(fd, &v) < 0)
		return false;
	/* Some filesystems do not count inodes. */
	return (uint64_t)v.f_bavail * v.f_frsize >= PLENTY_BYTES &&
	       (v.f_files == 0 || v.f_favail >= PLENTY_INODES);
}

/* 0: it is there now, -errno. */
static int make_piece(int dir, const char *name)
{
	static const char bytes[PIECE_BYTES] = { 1 };
	_close_ int fd = sys_openat(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ssize_t n;
	int r;

	if (fd < 0)
		return fd == -EEXIST ? 0 : fd;
	r = sys_fallocate(fd, 0, 0, PIECE_BYTES);
	if (r == -EOPNOTSUPP || r == -ENOSYS) {
		n = sys_pwrite(fd, bytes, sizeof(bytes), 0);
		r = n == (ssize_t)sizeof(bytes) ? 0 : n < 0 ? (int)n : -ENOSPC;
	}
	if (r < 0)
		(void)sys_unlinkat(dir, name, 0); /* an empty one is made good later */
	return r;
}

bool reserve_fill(int dirfd)
{
	_close_ int dir = -EBADF;
	int r = sys_mkdirat(dirfd, NAME, 0700);

	if ((r < 0 && r != -EEXIST) || !has_plenty(dirfd))
		return false;
	dir = sys_openat(dirfd, NAME, O_RDONLY | O_DIRECTORY, 0);
	if (dir < 0)
		return false;
	for (int i = 0; i < PIECES; i++) {
		struct piece p;

		if (make_piece(dir, piece_name(&p, i)) < 0)
			return false;
	}
	return true;
}

bool reserve_give(int dirfd)
{
	_close_ int dir = sys_openat(dirfd, NAME, O_RDONLY | O_DIRECTORY, 0);

	for (int i = PIECES; dir >= 0 && i-- > 0;) {
		struct piece p;

		if (sys_unlinkat(dir, piece_name(&p, i), 0) == 0)
			return true;
	}
	return false;
}
