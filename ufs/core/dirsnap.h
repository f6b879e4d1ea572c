/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Merged listings. A snapshot is immutable, shared by all readers of its
 * directory, and kept in a bounded cache. Entries are ordered by a hash of
 * their name, and the hash is the offset, so an offset means the same in
 * every later snapshot: reading goes on where it was while names come and go.
 *
 * A reader at offset 0 gets a listing that is not older than the last change
 * through the union; one in the middle goes on with the one that is there.
 */
#ifndef UFS_DIRSNAP_H
#define UFS_DIRSNAP_H

#include "union.h"

struct dirsnap;

/* One name of a snapshot. */
struct dirent_snap {
	const char *name;
	uint64_t ino;      /* as shown */
	uint8_t type;      /* DT_* */
	bool ask;          /* ino may be another: look the name up */
	off_t next;        /* offset behind it */
};

int dirsnaps_init(struct dirsnaps **ret);
void dirsnaps_done(struct dirsnaps *t);
/* The snapshot of directory id ID is of no more use. */
void dirsnap_drop(struct ufs *u, node_id id);

/*
 * A snapshot for reading DIR from OFF. Returns 0, -EACCES for a branch that
 * may not be read, else -errno. Locks: none held.
 */
int dirsnap_get(struct ufs *u, struct node *dir, off_t off, struct dirsnap **ret);
void dirsnap_put(struct dirsnap *s);

/* Index of the first entry behind offset OFF. */
size_t dirsnap_seek(const struct dirsnap *s, off_t off);
/* Entry I; false behind the last. */
bool dirsnap_at(const struct dirsnap *s, size_t i, struct dirent_snap *ret);
size_t dirsnap_count(const struct dirsnap *s);

#endif
