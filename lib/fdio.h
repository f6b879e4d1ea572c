/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole reads and writes, and small files as strings. */
#ifndef UFS_FDIO_H
#define UFS_FDIO_H

#include <stddef.h>
#include <sys/types.h>

/* Write all LEN bytes. Returns 0 or -errno. */
int fd_write_all(int fd, const void *buf, size_t len);

/* Read until LEN bytes or the end. Returns the bytes read or -errno. */
ssize_t fd_read_all(int fd, void *buf, size_t len);

/*
 * The file NAME at DIRFD as a NUL-terminated string.
 *   max  bytes; a longer file is -EFBIG
 * Returns the length or -errno; *ret is malloc'ed.
 */
ssize_t fd_read_file(int dirfd, const char *name, size_t max, char **ret);

/*
 * Replace NAME at DIRFD atomically: a temporary beside it, fsync, rename.
 * Returns 0 or -errno; on error the old file stands and nothing is left.
 */
int fd_replace_file(int dirfd, const char *name, const void *buf, size_t len,
		    mode_t mode);

/*
 * Send or receive one descriptor with LEN bytes (1 or more) over a unix
 * socket. fd_send accepts fd -1 for "none". fd_recv returns the bytes
 * received (0 at end) and *ret_fd, close-on-exec, -EBADF when none came.
 */
int fd_send(int sock, int fd, const void *buf, size_t len);
ssize_t fd_recv(int sock, int *ret_fd, void *buf, size_t len);

#endif
