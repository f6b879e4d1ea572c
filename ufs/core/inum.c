/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "inum.h"

#include <errno.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/vfs.h>

#include "cleanup.h"
#include "hash.h"
#include "macros.h"
#include "sys.h"

#define INO_BITS 48
#define VIRTUAL_INDEX 0xffffULL

/* Not in linux/magic.h of every supported release. */
#define MAGIC_CONFIGFS 0x62656570
#define MAGIC_FUSECTL 0x65735543
#define MAGIC_MQUEUE 0x19800202
#define MAGIC_RPC_PIPEFS 0x67596969

struct inum_fs {
	dev_t dev;
	bool asked, is_void;
};

struct inums {
	pthread_rwlock_t lock;
	struct inum_fs *v;
	size_t n, cap;
};

static const unsigned long void_magics[] = {
	AUTOFS_SUPER_MAGIC, BINFMTFS_MAGIC, BPF_FS_MAGIC, CGROUP2_SUPER_MAGIC,
	CGROUP_SUPER_MAGIC, DEBUGFS_MAGIC, DEVPTS_SUPER_MAGIC, EFIVARFS_MAGIC,
	MAGIC_CONFIGFS, MAGIC_FUSECTL, MAGIC_MQUEUE, MAGIC_RPC_PIPEFS, NSFS_MAGIC,
	PROC_SUPER_MAGIC, PSTOREFS_MAGIC, RDTGROUP_SUPER_MAGIC, SECURITYFS_MAGIC,
	SELINUX_MAGIC, SMACK_MAGIC, SYSFS_MAGIC, TRACEFS_MAGIC,
};

int inums_init(struct inums **ret)
{
	struct inums *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	pthread_rwlock_init(&t->lock, NULL);
	*ret = t;
	return 0;
}

void inums_done(struct inums *t)
{
	if (!t)
		return;
	pthread_rwlock_destroy(&t->lock);
	free(t->v);
	free(t);
}

/* Index of DEV, or -1. Locks: at least the read side. */
static long find_locked(const struct inums *t, dev_t dev)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].dev == dev)
			return (long)i;
	return -1;
}

static long index_of(struct inums *t, dev_t dev)
{
	long i;

	pthread_rwlock_rdlock(&t->lock);
	i = find_locked(t, dev);
	pthread_rwlock_unlock(&t->lock);
	if (i >= 0)
		return i;
	pthread_rwlock_wrlock(&t->lock);
	i = find_locked(t, dev);
	if (i < 0 && t->n < VIRTUAL_INDEX) {
		if (t->n == t->cap) {
			size_t cap = t->cap ? t->cap * 2 : 8;
			struct inum_fs *v = realloc(t->v, cap * sizeof(*v));

			if (v) {
				t->v = v;
				t->cap = cap;
			}
		}
		if (t->n < t->cap) {
			i = (long)t->n++;
			t->v[i] = (struct inum_fs){ .dev = dev };
		}
	}
	pthread_rwlock_unlock(&t->lock);
	return i;
}

uint64_t inum_of(struct inums *t, dev_t dev, uint64_t ino)
{
	long i = index_of(t, dev);

	if (i < 0) /* no memory, or 65,535 filesystems */
		i = (long)(hash_u64(dev) % VIRTUAL_INDEX);
	if (i == 0)
		return ino;
	if (ino >> INO_BITS)
		ino = hash_u64(ino);
	return (uint64_t)i << INO_BITS | (ino & ((UINT64_C(1) << INO_BITS) - 1));
}

uint64_t inum_raw(uint64_t shown)
{
	return shown & ((UINT64_C(1) << INO_BITS) - 1);
}

uint64_t inum_virtual(unsigned n)
{
	return VIRTUAL_INDEX << INO_BITS | n;
}

bool inum_fd_is_void(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(void_magics); i++)
		if ((unsigned long)fs.f_type == void_magics[i])
			return true;
	return false;
}

bool inum_is_void(struct inums *t, dev_t dev, int dirfd, const char *name)
{
	_close_ int fd = -EBADF;
	long i = index_of(t, dev);
	bool asked = false, is_void = false;

	if (i >= 0) {
		pthread_rwlock_rdlock(&t->lock);
		asked = t->v[i].asked;
		is_void = t->v[i].is_void;
		pthread_rwlock_unlock(&t->lock);
	}
	if (asked)
		return is_void;
	/* O_DIRECTORY would set off an automount; O_PATH alone does not. */
	fd = sys_openat(dirfd, name, O_PATH, 0);
	if (fd < 0)
		return false;
	is_void = inum_fd_is_void(fd);
	if (i >= 0) {
		pthread_rwlock_wrlock(&t->lock);
		t->v[i].asked = true;
		t->v[i].is_void = is_void;
		pthread_rwlock_unlock(&t->lock);
	}
	return is_void;
}
