/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scoped release of memory, descriptors, directories and locks, and the
 * transfer of ownership out of a scope. Every helper preserves errno.
 *
 *   _free_ char *name = NULL;      freed when the scope ends
 *   _close_ int fd = -EBADF;       closed when the scope ends
 *   *ret_fd = take_fd(&fd);        the caller owns it now
 */
#ifndef UFS_CLEANUP_H
#define UFS_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free(void *p)
{
	int saved = errno;

	free(*(void **)p);
	errno = saved;
}

static inline void cleanup_close(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd); /* the data path syncs on its own */
	errno = saved;
}

static inline void cleanup_dir(DIR **d)
{
	int saved = errno;

	if (*d)
		(void)closedir(*d);
	errno = saved;
}

static inline void cleanup_file(FILE **f)
{
	int saved = errno;

	if (*f)
		(void)fclose(*f);
	errno = saved;
}

static inline void cleanup_unlock(pthread_mutex_t **m)
{
	if (*m)
		pthread_mutex_unlock(*m);
}

static inline void cleanup_rwunlock(pthread_rwlock_t **l)
{
	if (*l)
		pthread_rwlock_unlock(*l);
}

#define _free_ __attribute__((cleanup(cleanup_free)))
#define _close_ __attribute__((cleanup(cleanup_close)))
#define _dir_ __attribute__((cleanup(cleanup_dir)))
#define _file_ __attribute__((cleanup(cleanup_file)))
#define _unlock_ __attribute__((cleanup(cleanup_unlock)))
#define _rwunlock_ __attribute__((cleanup(cleanup_rwunlock)))

static inline int take_fd(int *fd)
{
	int r = *fd;

	*fd = -EBADF;
	return r;
}

#define take_ptr(p) \
	({ __typeof__(p) take_tmp_ = (p); (p) = NULL; take_tmp_; })

/* Close *FD if it is open and mark it closed. Returns nothing, keeps errno. */
static inline void close_fd(int *fd)
{
	cleanup_close(fd);
	*fd = -EBADF;
}

#endif
