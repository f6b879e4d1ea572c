/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "owner.h"

#include <errno.h>
#include <sys/sysmacros.h>

#include "durable.h"
#include "records.h"
#include "sys.h"
#include "workdir.h"

#define SPECIAL_BITS (S_ISUID | S_ISGID | S_ISVTX)
#define MODE_BITS 07777

static uint32_t map_id(uint32_t id, const struct id_range *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (id - r[i].first < r[i].count)
			return id;
	return 0;
}

static void show_virtual(struct ufs *u, int b, const struct statx *st, struct stat *ret)
{
	const struct branch *br = branch_at(u, b);
	struct record rec;
	struct records *t = br->records;

	if (br->perm == BRANCH_RW && t) {
		struct record_key key = record_key(st);

		if (records_get(t, &key, &rec)) {
			ret->st_uid = map_id(rec.uid, u->ids.uids, u->ids.nuids);
			ret->st_gid = map_id(rec.gid, u->ids.gids, u->ids.ngids);
			ret->st_mode = (ret->st_mode & S_IFMT) | (rec.mode & MODE_BITS);
			return;
		}
	}
	if (br->perm == BRANCH_RW && st->stx_uid == u->euid)
		ret->st_uid = u->ids.own_uid;
	else
		ret->st_uid = map_id(st->stx_uid, u->ids.uids, u->ids.nuids);
	if (br->perm == BRANCH_RW && st->stx_gid == u->egid)
		ret->st_gid = u->ids.own_gid;
	else
		ret->st_gid = map_id(st->stx_gid, u->ids.gids, u->ids.ngids);
}

static struct timespec show_time(const struct statx_timestamp *t)
{
	return (struct timespec){ .tv_sec = t->tv_sec, .tv_nsec = t->tv_nsec };
}

void owner_show(struct ufs *u, int b, const struct statx *st, struct stat *ret)
{
	*ret = (struct stat){
		.st_dev = makedev(st->stx_dev_major, st->stx_dev_minor),
		.st_ino = st->stx_ino,
		.st_mode = st->stx_mode,
		.st_nlink = st->stx_nlink,
		.st_uid = st->stx_uid,
		.st_gid = st->stx_gid,
		.st_rdev = makedev(st->stx_rdev_major, st->stx_rdev_minor),
		.st_size = (off_t)st->stx_size,
		.st_blksize = (blksize_t)st->stx_blksize,
		.st_blocks = (blkcnt_t)st->stx_blocks,
		.st_atim = show_time(&st->stx_atime),
		.st_mtim = show_time(&st->stx_mtime),
		.st_ctim = show_time(&st->stx_ctime),
	};
	if (u->ids.virt)
		show_virtual(u, b, st, ret);
}

mode_t owner_real_mode(const struct ufs *u, mode_t mode)
{
	if (!u->ids.virt)
		return mode;
	/* The daemon must reach what it owns, and must not lend it out. */
	mode &= ~(mode_t)SPECIAL_BITS;
	if (S_ISDIR(mode))
		return mode | 0700;
	return S_ISREG(mode) ? mode | 0600 : mode;
}

/* Is what WANT says what the object ST of the daemon shows by itself? */
static bool is_plain(struct ufs *u, const struct statx *st, const struct stat *want)
{
	return want->st_uid == u->ids.own_uid && want->st_gid == u->ids.own_gid &&
	       st->stx_uid == u->euid && st->stx_gid == u->egid &&
	       (owner_real_mode(u, want->st_mode) & MODE_BITS) == (want->st_mode & MODE_BITS);
}

int owner_set(struct ufs *u, int b, int fd, const struct statx *st,
	      const struct stat *want)
{
	struct branch *br = branch_at(u, b);
	struct record old = { 0 }, rec = {
		.uid = want->st_uid, .gid = want->st_gid, .mode = want->st_mode & MODE_BITS,
	};
	mode_t real = owner_real_mode(u, want->st_mode) & MODE_BITS;
	bool chmods = !S_ISLNK(want->st_mode) && (st->stx_mode & MODE_BITS) != real, had;
	struct record_key key = record_key(st);
	int r = workdir_ready(br);

	if (r < 0)
		return r;
	/* A record speaks for the object as long as it is there: one that goes
	 * does so last, one that comes is there first. */
	if (is_plain(u, st, want)) {
		r = chmods ? sys_chmod(fd, real) : 0;
		return r < 0 ? r : records_drop_owner(br->records, &key);
	}
	had = records_get(br->records, &key, &old);
	r = records_set(br->records, &key, &rec);
	if (r < 0 || !chmods)
		return r;
	r = sys_chmod(fd, real);
	if (r < 0 && had)
		(void)records_set(br->records, &key, &old); /* as it was */
	else if (r < 0)
		(void)records_drop_owner(br->records, &key);
	return r;
}

int owner_record(struct ufs *u, int b, int fd, uid_t uid, gid_t gid, mode_t mode)
{
	struct branch *br = branch_at(u, b);
	struct record rec = { .uid = uid, .gid = gid, .mode = mode & MODE_BITS };
	struct record_key key;
	struct statx st;
	int r;

	if (!u->ids.virt)
		return 0;
	r = workdir_ready(br);
	if (r == 0)
		r = sys_statx(fd, "", &st);
	if (r < 0)
		return r;
	key = record_key(&st);
	if (uid == u->ids.own_uid && gid == u->ids.own_gid &&
	    st.stx_uid == u->euid && st.stx_gid == u->egid &&
	    (st.stx_mode & MODE_BITS) == (mode & MODE_BITS))
		r = records_drop_owner(br->records, &key);
	else
		r = records_set(br->records, &key, &rec);
	return r < 0 ? r : durable_record(u, b);
}

void owner_forget(struct ufs *u, int b, const struct statx *st)
{
	struct branch *br = branch_at(u, b);
	struct record_key key;

	if (!br->records || !br->writable || (!S_ISDIR(st->stx_mode) && st->stx_nlink > 1))
		return;
	key = record_key(st);
	/* A record that stays is no harm: its inode's birth time is gone. */
	(void)records_drop(br->records, &key);
}

void owner_inherit(const struct ufs_cred *cred, const struct stat *dir, mode_t mode,
		   struct stat *ret)
{
	ret->st_uid = cred->uid;
	ret->st_gid = cred->gid;
	ret->st_mode = S_ISLNK(mode) ? mode : mode & ~(cred->umask & 0777);
	if (dir->st_mode & S_ISGID) {
		ret->st_gid = dir->st_gid;
		if (S_ISDIR(mode))
			ret->st_mode |= S_ISGID;
	}
}
