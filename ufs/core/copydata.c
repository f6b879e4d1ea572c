/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "copydata.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "cleanup.h"
#include "macros.h"
#include "sys.h"

#define KERNEL_STEP (16 << 20) /* a kill is answered between steps */
#define BUFFER_STEP (256 << 10)

static int copy_buffered(int in, int out, off_t from, off_t to, uint64_t *copied)
{
	_free_ char *buf = malloc(BUFFER_STEP);

	if (!buf)
		return -ENOMEM;
	while (from < to) {
		ssize_t n = sys_pread(in, buf, (size_t)MIN((off_t)BUFFER_STEP, to - from), from);

		if (n <= 0)
			return (int)n;
		for (ssize_t done = 0; done < n;) {
			ssize_t w = sys_pwrite(out, buf + done, (size_t)(n - done), from + done);

			if (w <= 0)
				return w < 0 ? (int)w : -EIO;
			done += w;
		}
		from += n;
		*copied += (uint64_t)n;
	}
	return 0;
}

/* Is this the answer of a filesystem that cannot do it in the kernel? */
static bool cannot(ssize_t r)
{
	return r == -EXDEV || r == -EOPNOTSUPP || r == -EINVAL || r == -ENOSYS ||
	       r == -EBADF || r == -ETXTBSY || r == -EPERM;
}

static int copy_extent(int in, int out, off_t from, off_t to, uint64_t *copied)
{
	while (from < to) {
		off_t src = from, dst = from;
		ssize_t n = sys_copy_file_range(in, &src, out, &dst,
						(size_t)MIN((off_t)KERNEL_STEP, to - from));

		/* 0: the end, or a kernel's way to say "not on this filesystem". */
		if (n == 0 || cannot(n))
			return copy_buffered(in, out, from, to, copied);
		if (n < 0)
			return (int)n;
		from += n;
		*copied += (uint64_t)n;
	}
	return 0;
}

int copydata(int in, int out, off_t size, off_t len, uint64_t *ret_copied)
{
	off_t end = MIN(size, len), at = 0;
	int r;

	if (end > 0 && len >= size && sys_clone_file(in, out) == 0)
		return sys_ftruncate(out, len);
	while (at < end) {
		off_t data = sys_seek(in, at, SEEK_DATA), hole;

		if (data < 0) {
			if (data == -ENXIO)
				break; /* nothing but a hole up to the end */
			data = at; /* the filesystem knows no holes */
			hole = end;
		} else {
			hole = sys_seek(in, data, SEEK_HOLE);
			if (hole < 0)
				hole = end;
		}
		if (data >= end)
			break;
		hole = MIN(hole, end);
		r = copy_extent(in, out, data, hole, ret_copied);
		if (r < 0)
			return r;
		at = hole;
	}
	return sys_ftruncate(out, len);
}
