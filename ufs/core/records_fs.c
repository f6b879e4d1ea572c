/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "records_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FS_MAX 4096

static int fs_store(struct records *t, size_t own, uint16_t fs)
{
	uint16_t *v;

	if (own >= FS_MAX)
		return -EINVAL;
	if (own >= t->nfs) {
		v = realloc(t->fs, (own + 1) * sizeof(*v));
		if (!v)
			return -ENOMEM;
		for (size_t i = t->nfs; i <= own; i++)
			v[i] = INUM_NONE;
		t->fs = v;
		t->nfs = own + 1;
	}
	t->fs[own] = fs;
	return 0;
}

static int fs_find(const struct records *t, uint16_t fs)
{
	for (size_t i = 0; i < t->nfs; i++)
		if (t->fs[i] == fs)
			return (int)i;
	return -1;
}

/* Give FS a number in the log. Locks: write side. */
static int fs_enter(struct records *t, uint16_t fs)
{
	struct reclog_entry x = { .type = LOG_FS };
	struct inum_id id;
	int r, own;

	if (!inum_identity(t->inums, fs, &id))
		return -ENODATA;
	memcpy(x.key, &id, sizeof(x.key));
	own = (int)t->nfs;
	x.value[0] = (unsigned char)(own & 0xff);
	x.value[1] = (unsigned char)(own >> 8);
	r = own >= FS_MAX ? -ENODATA : reclog_append(t->log, &x);
	if (r == 0)
		r = fs_store(t, (size_t)own, fs);
	return r < 0 ? r : own;
}

/*
 * The number of FS in the log, entered when it is new, and those of a lower index
 * before it: the next mount takes the indices in the order of the log, and the
 * inode numbers that are shown have them.
 */
static int fs_own(struct records *t, uint16_t fs)
{
	int own = fs_find(t, fs);

	for (uint16_t i = 0; own < 0 && i < fs; i++)
		if (fs_find(t, i) < 0)
			(void)fs_enter(t, i); /* one without an identity has none to keep */
	return own < 0 ? fs_enter(t, fs) : own;
}

int records_load_fs(struct records *t, const struct reclog_entry *x)
{
	struct inum_id id;
	int fs;

	memcpy(&id, x->key, sizeof(id));
	fs = inum_reserve(t->inums, &id);
	if (fs < 0)
		return fs == -ENOMEM ? fs : 0;
	return fs_store(t, (size_t)x->value[0] | (size_t)x->value[1] << 8, (uint16_t)fs);
}

/* From the log's numbers to the mount's; false for one that is not known. */
bool records_from_log(const struct records *t, struct origin *o)
{
	if (o->ino == 0 || o->fs >= t->nfs || t->fs[o->fs] == INUM_NONE)
		return false;
	o->fs = t->fs[o->fs];
	o->pad = 0;
	return true;
}

/* The other way. Locks: write side. Returns 0 or -errno. */
int records_to_log(struct records *t, const struct origin *o, void *ret)
{
	struct origin x = *o;
	int own = fs_own(t, o->fs);

	if (own < 0)
		return own;
	x.fs = (uint16_t)own;
	memcpy(ret, &x, sizeof(x));
	return 0;
}

bool records_link_name(struct records *t, uint16_t fs, uint64_t ino, struct links_name *ret)
{
	int own;

	pthread_rwlock_rdlock(&t->lock);
	own = fs_find(t, fs);
	pthread_rwlock_unlock(&t->lock);
	(void)snprintf(ret->s, sizeof(ret->s), "%x.%llx", (unsigned)own,
		       (unsigned long long)ino);
	return own >= 0;
}
