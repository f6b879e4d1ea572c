/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * System calls with a story: not in the C library, with a fallback, worth a
 * trace line, or made by the union on its branches. Each returns -errno instead
 * of setting errno, and is the one place where a test injects a failure (linker
 * option --wrap): the core reaches a branch through these alone.
 */
#ifndef UFS_SYS_H
#define UFS_SYS_H

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

/* Room for "/proc/self/fd/N". */
struct fd_path {
	char s[32];
};
/* The magic path of FD, in P: it leads to the object itself and no further, be
 * that a symbolic link, and asks for no right to search. */
const char *fd_path(struct fd_path *p, int fd);

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

/* Open again what FD (O_PATH will do) stands for; O_CLOEXEC added. */
int sys_reopen(int fd, int flags);
/* A second descriptor of the same open file, close-on-exec. */
int sys_dup(int fd);

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
/* SEEK_DATA or SEEK_HOLE; -ENXIO behind the last data. */
off_t sys_seek(int fd, off_t off, int whence);
/* Raw entries of an open directory: bytes filled, 0 at the end. */
ssize_t sys_getdents(int fd, void *buf, size_t size);
/* The target of the link FD (O_PATH), not terminated. */
ssize_t sys_readlink(int fd, char *buf, size_t size);

/* Attributes of what FD stands for, which may be O_PATH and a link. */
int sys_chmod(int fd, mode_t mode);
int sys_chown(int fd, uid_t uid, gid_t gid);
/* Access and modification time, as utimensat(2). */
int sys_utimens(int fd, const struct timespec times[2]);
/* A file handle, see name_to_handle_at(2). */
struct sys_handle {
	unsigned bytes;
	int type;
	unsigned char data[128];
};
/* Of FD itself (O_PATH will do); and the object it stands for, on the filesystem
 * of ROOT. The second needs CAP_DAC_READ_SEARCH. */
int sys_get_handle(int fd, struct sys_handle *ret);
int sys_open_handle(int root, const struct sys_handle *h, int flags);

ssize_t sys_getxattr(int fd, const char *name, void *buf, size_t size);
ssize_t sys_listxattr(int fd, char *buf, size_t size);
int sys_setxattr(int fd, const char *name, const void *value, size_t size, int flags);
int sys_removexattr(int fd, const char *name);

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
