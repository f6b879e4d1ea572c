/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * System calls with a story: not in the C library, with a fallback, or worth
 * a trace line. Each returns -errno instead of setting errno, logs its
 * arguments at debug level, and is the one place where a test injects a
 * failure (linker option --wrap). Plain calls are made plainly.
 */
#ifndef UFS_SYS_H
#define UFS_SYS_H

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * Open PATH beneath DIRFD: no symbolic link, no "..", no magic link is
 * followed, mounts are crossed. FLAGS as open(2), O_CLOEXEC is added.
 * Returns the descriptor; -ELOOP on a link, -EXDEV on an escape.
 */
int sys_open_beneath(int dirfd, const char *path, int flags, mode_t mode);

/*
 * Open PATH as if DIRFD were the root directory: links and ".." are followed
 * but never lead out of it, magic links fail with -ELOOP. O_CLOEXEC added.
 */
int sys_open_in_root(int dirfd, const char *path, int flags, mode_t mode);

/* Open one component NAME in DIRFD without following it; O_CLOEXEC added. */
int sys_openat(int dirfd, const char *name, int flags, mode_t mode);

/* fstatat without following links or triggering automounts; "" = DIRFD itself. */
int sys_stat(int dirfd, const char *name, struct stat *ret);
/* statx(2) with the same flags; asks for the basic fields, the birth time and
 * the mount. */
int sys_statx(int dirfd, const char *name, struct statx *ret);

int sys_renameat2(int od, const char *o, int nd, const char *n, unsigned flags);
int sys_linkat(int od, const char *o, int nd, const char *n, int flags);
int sys_unlinkat(int dirfd, const char *name, int flags);
int sys_mkdirat(int dirfd, const char *name, mode_t mode);
int sys_mknodat(int dirfd, const char *name, mode_t mode, dev_t dev);
int sys_symlinkat(const char *target, int dirfd, const char *name);
int sys_ftruncate(int fd, off_t size);
int sys_fallocate(int fd, int mode, off_t off, off_t len);
int sys_fsync(int fd, bool data_only);
ssize_t sys_pread(int fd, void *buf, size_t len, off_t off);
ssize_t sys_pwrite(int fd, const void *buf, size_t len, off_t off);
ssize_t sys_copy_file_range(int in, off_t *in_off, int out, off_t *out_off,
			    size_t len);
/* FICLONE: all of IN becomes OUT. -EOPNOTSUPP, -EXDEV, … where it cannot. */
int sys_clone_file(int in, int out);
/* FS_IOC_GETFLAGS and FS_IOC_SETFLAGS: the flags of chattr(1). */
int sys_get_flags(int fd, unsigned *ret);
int sys_set_flags(int fd, unsigned flags);
/* An ioctl with a structure. */
int sys_file_ioctl(int fd, unsigned long cmd, void *arg);

/* Process things: never fail with ENOSYS on the kernels we support (>= 5.4). */
int sys_pidfd_open(pid_t pid);
int sys_pidfd_send_signal(int pidfd, int sig);

/* Close every descriptor from 3 on that is not among the N in KEEP. */
void sys_close_others(const int *keep, size_t n);

/*
 * Raise the soft RLIMIT_NOFILE to the hard one. Returns the limit in force.
 */
unsigned sys_raise_nofile(void);

#endif
