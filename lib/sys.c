/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sys.h"

#include <errno.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "log.h"

/* openat2(2) again and again while a rename or mount races with "..". */
static int sys_openat2(int dirfd, const char *path, struct open_how *how)
{
	int r;

	for (int tries = 0; tries < 8; tries++) {
		r = (int)syscall(SYS_openat2, dirfd, path, how, sizeof(*how));
		if (r >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	r = r < 0 ? -errno : r;
	log_debug("openat2(%d, '%s', %#llx) = %d", dirfd, path,
		  (unsigned long long)how->flags, r);
	return r;
}

int sys_open_beneath(int dirfd, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC | O_NOFOLLOW),
		.mode = mode,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	return sys_openat2(dirfd, path, &how);
}

int sys_open_in_root(int dirfd, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = mode,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	return sys_openat2(dirfd, path, &how);
}

int sys_openat(int dirfd, const char *name, int flags, mode_t mode)
{
	int r;

	do {
		r = openat(dirfd, name, flags | O_CLOEXEC | O_NOFOLLOW, mode);
	} while (r < 0 && errno == EINTR);
	r = r < 0 ? -errno : r;
	log_debug("openat(%d, '%s', %#x) = %d", dirfd, name, flags, r);
	return r;
}

const char *fd_path(struct fd_path *p, int fd)
{
	(void)snprintf(p->s, sizeof(p->s), "/proc/self/fd/%d", fd);
	return p->s;
}

int sys_reopen(int fd, int flags)
{
	struct fd_path p;
	int r;

	do {
		r = open(fd_path(&p, fd), flags | O_CLOEXEC);
	} while (r < 0 && errno == EINTR);
	r = r < 0 ? -errno : r;
	log_debug("open('%s', %#x) = %d", p.s, flags, r);
	return r;
}

int sys_dup(int fd)
{
	int r = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return r < 0 ? -errno : r;
}

int sys_stat(int dirfd, const char *name, struct stat *ret)
{
	int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (*name ? 0 : AT_EMPTY_PATH);
	int r = fstatat(dirfd, name, ret, flags) < 0 ? -errno : 0;

	log_debug("fstatat(%d, '%s') = %d", dirfd, name, r);
	return r;
}

int sys_statx(int dirfd, const char *name, struct statx *ret)
{
	int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (*name ? 0 : AT_EMPTY_PATH);
	int r = statx(dirfd, name, flags, STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, ret) < 0 ?
		-errno : 0;

	log_debug("statx(%d, '%s') = %d", dirfd, name, r);
	return r;
}

int sys_renameat2(int od, const char *o, int nd, const char *n, unsigned flags)
{
	int r = renameat2(od, o, nd, n, flags) < 0 ? -errno : 0;

	log_debug("renameat2(%d:'%s', %d:'%s', %#x) = %d", od, o, nd, n, flags, r);
	return r;
}

int sys_linkat(int od, const char *o, int nd, const char *n, int flags)
{
	int r = linkat(od, o, nd, n, flags) < 0 ? -errno : 0;

	log_debug("linkat(%d:'%s', %d:'%s', %#x) = %d", od, o, nd, n, flags, r);
	return r;
}

int sys_unlinkat(int dirfd, const char *name, int flags)
{
	int r = unlinkat(dirfd, name, flags) < 0 ? -errno : 0;

	log_debug("unlinkat(%d, '%s', %#x) = %d", dirfd, name, flags, r);
	return r;
}

int sys_mkdirat(int dirfd, const char *name, mode_t mode)
{
	int r = mkdirat(dirfd, name, mode) < 0 ? -errno : 0;

	log_debug("mkdirat(%d, '%s', %#o) = %d", dirfd, name, mode, r);
	return r;
}

int sys_mknodat(int dirfd, const char *name, mode_t mode, dev_t dev)
{
	int r = mknodat(dirfd, name, mode, dev) < 0 ? -errno : 0;

	log_debug("mknodat(%d, '%s', %#o) = %d", dirfd, name, mode, r);
	return r;
}

int sys_symlinkat(const char *target, int dirfd, const char *name)
{
	int r = symlinkat(target, dirfd, name) < 0 ? -errno : 0;

	log_debug("symlinkat('%s', %d, '%s') = %d", target, dirfd, name, r);
	return r;
}

int sys_ftruncate(int fd, off_t size)
{
	int r = ftruncate(fd, size) < 0 ? -errno : 0;

	log_debug("ftruncate(%d, %lld) = %d", fd, (long long)size, r);
	return r;
}

int sys_fallocate(int fd, int mode, off_t off, off_t len)
{
	int r = fallocate(fd, mode, off, len) < 0 ? -errno : 0;

	log_debug("fallocate(%d, %#x, %lld, %lld) = %d", fd, mode, (long long)off,
		  (long long)len, r);
	return r;
}

int sys_fsync(int fd, bool data_only)
{
	int r = (data_only ? fdatasync(fd) : fsync(fd)) < 0 ? -errno : 0;

	log_debug("fsync(%d) = %d", fd, r);
	return r;
}

ssize_t sys_pread(int fd, void *buf, size_t len, off_t off)
{
	ssize_t r;

	do {
		r = pread(fd, buf, len, off);
	} while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r;
}

ssize_t sys_pwrite(int fd, const void *buf, size_t len, off_t off)
{
	ssize_t r;

	do {
		r = pwrite(fd, buf, len, off);
	} while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r;
}

ssize_t sys_copy_file_range(int in, off_t *in_off, int out, off_t *out_off,
			    size_t len)
{
	ssize_t r;

	do {
		r = copy_file_range(in, in_off, out, out_off, len, 0);
	} while (r < 0 && errno == EINTR);
	r = r < 0 ? -errno : r;
	log_debug("copy_file_range(%d, %d, %zu) = %zd", in, out, len, r);
	return r;
}

off_t sys_seek(int fd, off_t off, int whence)
{
	off_t r = lseek(fd, off, whence);

	return r < 0 ? -errno : r;
}

ssize_t sys_getdents(int fd, void *buf, size_t size)
{
	ssize_t r = (ssize_t)syscall(SYS_getdents64, fd, buf, size);

	return r < 0 ? -errno : r;
}

ssize_t sys_readlink(int fd, char *buf, size_t size)
{
	ssize_t r = readlinkat(fd, "", buf, size);

	return r < 0 ? -errno : r;
}

int sys_chmod(int fd, mode_t mode)
{
	struct fd_path p;
	int r = chmod(fd_path(&p, fd), mode) < 0 ? -errno : 0;

	log_debug("chmod(%d, %#o) = %d", fd, mode, r);
	return r;
}

int sys_chown(int fd, uid_t uid, gid_t gid)
{
	int r = fchownat(fd, "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0 ?
		-errno : 0;

	log_debug("fchownat(%d, %d, %d) = %d", fd, (int)uid, (int)gid, r);
	return r;
}

int sys_utimens(int fd, const struct timespec times[2])
{
	struct fd_path p;
	int r = utimensat(AT_FDCWD, fd_path(&p, fd), times, 0) < 0 ? -errno : 0;

	log_debug("utimensat(%d) = %d", fd, r);
	return r;
}

/* As the calls want it. */
union handle_room {
	struct file_handle h;
	unsigned char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
};

int sys_get_handle(int fd, struct sys_handle *ret)
{
	union handle_room x = { .h.handle_bytes = MAX_HANDLE_SZ };
	int mount;

	if (name_to_handle_at(fd, "", &x.h, &mount, AT_EMPTY_PATH) < 0)
		return -errno;
	ret->bytes = x.h.handle_bytes;
	ret->type = x.h.handle_type;
	memcpy(ret->data, x.h.f_handle, ret->bytes);
	return 0;
}

int sys_open_handle(int root, const struct sys_handle *h, int flags)
{
	union handle_room x = {
		.h.handle_bytes = h->bytes, .h.handle_type = h->type,
	};
	int fd;

	if (h->bytes > MAX_HANDLE_SZ)
		return -EINVAL;
	memcpy(x.h.f_handle, h->data, h->bytes);
	fd = open_by_handle_at(root, &x.h, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

ssize_t sys_getxattr(int fd, const char *name, void *buf, size_t size)
{
	struct fd_path p;
	ssize_t n = getxattr(fd_path(&p, fd), name, buf, size);

	return n < 0 ? -errno : n;
}

ssize_t sys_listxattr(int fd, char *buf, size_t size)
{
	struct fd_path p;
	ssize_t n = listxattr(fd_path(&p, fd), buf, size);

	return n < 0 ? -errno : n;
}

int sys_setxattr(int fd, const char *name, const void *value, size_t size, int flags)
{
	struct fd_path p;
	int r = setxattr(fd_path(&p, fd), name, value, size, flags) < 0 ? -errno : 0;

	log_debug("setxattr(%d, '%s') = %d", fd, name, r);
	return r;
}

int sys_removexattr(int fd, const char *name)
{
	struct fd_path p;
	int r = removexattr(fd_path(&p, fd), name) < 0 ? -errno : 0;

	log_debug("removexattr(%d, '%s') = %d", fd, name, r);
	return r;
}

int sys_clone_file(int in, int out)
{
	int r = ioctl(out, FICLONE, in) < 0 ? -errno : 0;

	log_debug("ioctl(%d, FICLONE, %d) = %d", out, in, r);
	return r;
}

int sys_get_flags(int fd, unsigned *ret)
{
	return sys_file_ioctl(fd, FS_IOC_GETFLAGS, ret);
}

int sys_set_flags(int fd, unsigned flags)
{
	return sys_file_ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

int sys_file_ioctl(int fd, unsigned long cmd, void *arg)
{
	int r = ioctl(fd, cmd, arg) < 0 ? -errno : 0;

	log_debug("ioctl(%d, %#lx) = %d", fd, cmd, r);
	return r;
}

int sys_pidfd_open(pid_t pid)
{
	int r = (int)syscall(SYS_pidfd_open, pid, 0);

	return r < 0 ? -errno : r;
}

int sys_pidfd_send_signal(int pidfd, int sig)
{
	return syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) < 0 ? -errno : 0;
}

void sys_close_others(const int *keep, size_t n)
{
	unsigned first = 3;

	for (;;) {
		unsigned next = ~0U;

		for (size_t i = 0; i < n; i++)
			if (keep[i] >= (int)first && (unsigned)keep[i] < next)
				next = (unsigned)keep[i];
		if (next > first)
			(void)syscall(SYS_close_range, first,
				      next == ~0U ? ~0U : next - 1, 0);
		if (next == ~0U)
			return;
		first = next + 1;
	}
}

unsigned sys_raise_nofile(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) < 0)
		return 1024;
	if (rl.rlim_cur < rl.rlim_max) {
		struct rlimit up = { .rlim_cur = rl.rlim_max, .rlim_max = rl.rlim_max };

		if (setrlimit(RLIMIT_NOFILE, &up) == 0)
			rl = up;
	}
	return rl.rlim_cur > 1U << 20 ? 1U << 20 : (unsigned)rl.rlim_cur;
}
