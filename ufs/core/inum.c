/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "inum.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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
	bool met;              /* dev is known */
	bool has_id;
	bool named;            /* the identity is its UUID */
	struct inum_id id;
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
		if (t->v[i].met && t->v[i].dev == dev)
			return (long)i;
	return -1;
}

static long find(struct inums *t, dev_t dev)
{
	long i;

	pthread_rwlock_rdlock(&t->lock);
	i = find_locked(t, dev);
	pthread_rwlock_unlock(&t->lock);
	return i;
}

static long find_id_locked(const struct inums *t, const struct inum_id *id)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].has_id && memcmp(&t->v[i].id, id, sizeof(*id)) == 0)
			return (long)i;
	return -1;
}

/* Locks: write side. */
static long add_locked(struct inums *t, const struct inum_fs *fs)
{
	if (t->n >= INUM_NONE)
		return -ENOSPC;
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 8;
		struct inum_fs *v = realloc(t->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		t->v = v;
		t->cap = cap;
	}
	t->v[t->n] = *fs;
	return (long)t->n++;
}

int inum_reserve(struct inums *t, const struct inum_id *id)
{
	struct inum_fs fs = { .has_id = true, .id = *id };
	long i;

	pthread_rwlock_wrlock(&t->lock);
	i = find_id_locked(t, id);
	if (i < 0)
		i = add_locked(t, &fs);
	pthread_rwlock_unlock(&t->lock);
	return (int)i;
}

/* Enter DEV, whose identity is ID or, where it has none, NULL. */
static uint16_t enter(struct inums *t, dev_t dev, const struct inum_id *id, bool named)
{
	struct inum_fs fs = { .dev = dev, .met = true, .has_id = id };
	long i;

	pthread_rwlock_wrlock(&t->lock);
	i = find_locked(t, dev);
	if (i < 0 && id) {
		i = find_id_locked(t, id);
		if (i >= 0 && t->v[i].met) {
			i = -1; /* a copy of a filesystem that is there as well */
			fs.has_id = false;
		} else if (i >= 0) {
			t->v[i].dev = dev;
			t->v[i].met = true;
		}
	}
	if (i < 0) {
		if (fs.has_id)
			fs.id = *id;
		i = add_locked(t, &fs);
	}
	if (i >= 0)
		t->v[i].named = named && t->v[i].has_id;
	pthread_rwlock_unlock(&t->lock);
	/* No memory, or too many filesystems: two may share an index. */
	return i < 0 ? (uint16_t)(hash_u64(dev) % INUM_NONE) : (uint16_t)i;
}

struct fs_uuid {
	uint8_t len;
	uint8_t uuid[16];
};
#define GET_FS_UUID _IOR(0x15, 0, struct fs_uuid) /* linux/fs.h, Linux 6.9 */

static bool all_zero(const void *p, size_t n)
{
	static const unsigned char zero[24];

	return memcmp(p, zero, n) == 0;
}

/*
 * The UUID, or what statfs(2) calls the filesystem where it has none, or at the
 * worst the device, which is the same again if nothing changes.
 */
static bool identify(dev_t dev, int fd, struct inum_id *ret, bool *named)
{
	_close_ int own = sys_openat(fd, ".", O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0);
	struct fs_uuid u = { 0 };
	struct statfs fs;

	memset(ret, 0, sizeof(*ret));
	if (fstatfs(fd, &fs) < 0)
		return false;
	*named = own >= 0 && ioctl(own, GET_FS_UUID, &u) == 0 &&
		u.len == sizeof(u.uuid) && !all_zero(u.uuid, sizeof(u.uuid));
	if (*named)
		memcpy(ret->bytes, u.uuid, sizeof(u.uuid));
	else
		memcpy(ret->bytes, &fs.f_type, sizeof(fs.f_type));
	/* Subvolumes have numbers of their own each. */
	if (!*named || (unsigned long)fs.f_type == BTRFS_SUPER_MAGIC)
		memcpy(ret->bytes + 16, &fs.f_fsid, 8);
	if (!*named && all_zero(ret->bytes + 16, 8))
		memcpy(ret->bytes + 8, &dev, sizeof(dev));
	return true;
}

uint16_t inum_meet(struct inums *t, dev_t dev, int fd)
{
	struct inum_id id;
	bool named = false, known;
	long i = find(t, dev);

	if (i >= 0)
		return (uint16_t)i;
	known = identify(dev, fd, &id, &named);
	return enter(t, dev, known ? &id : NULL, named);
}

uint16_t inum_fs(struct inums *t, dev_t dev)
{
	long i = find(t, dev);

	return i >= 0 ? (uint16_t)i : enter(t, dev, NULL, false);
}

bool inum_identity(struct inums *t, uint16_t fs, struct inum_id *ret)
{
	bool has = false;

	pthread_rwlock_rdlock(&t->lock);
	if (fs < t->n && t->v[fs].has_id) {
		*ret = t->v[fs].id;
		has = true;
	}
	pthread_rwlock_unlock(&t->lock);
	return has;
}

bool inum_uuid(struct inums *t, uint16_t fs, uint8_t *ret)
{
	bool named;

	memset(ret, 0, 16);
	pthread_rwlock_rdlock(&t->lock);
	named = fs < t->n && t->v[fs].named;
	if (named)
		memcpy(ret, t->v[fs].id.bytes, 16);
	pthread_rwlock_unlock(&t->lock);
	return named;
}

uint64_t inum_show(uint16_t fs, uint64_t ino)
{
	if (fs == 0)
		return ino;
	if (ino >> INO_BITS)
		ino = hash_u64(ino);
	return (uint64_t)fs << INO_BITS | (ino & ((UINT64_C(1) << INO_BITS) - 1));
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
	long i = find(t, dev);
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
	i = is_void ? inum_fs(t, dev) : inum_meet(t, dev, fd);
	pthread_rwlock_wrlock(&t->lock);
	if ((size_t)i < t->n) {
		t->v[i].asked = true;
		t->v[i].is_void = is_void;
	}
	pthread_rwlock_unlock(&t->lock);
	return is_void;
}

uint64_t inum_virtual(unsigned n)
{
	return VIRTUAL_INDEX << INO_BITS | n;
}
