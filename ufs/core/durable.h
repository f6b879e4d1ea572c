/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is made durable, and when (-o sync=): the one place that decides.
 *
 *   auto      a copy's data before the copy becomes visible; else what
 *             fsync(2) asks for
 *   strict    also every change of a name, with its marks and records, before
 *             the call returns
 *   volatile  nothing
 *
 * Each function does nothing where the mode wants nothing. Names are made
 * durable by an fsync of the directory on each writable branch that has it.
 */
#ifndef UFS_DURABLE_H
#define UFS_DURABLE_H

#include "union.h"

/* Everything of FD, a copy that is about to be published. */
int durable_copy(const struct ufs *u, int fd);
/* What fsync(2) asks for. */
int durable_fsync(const struct ufs *u, int fd, bool data_only);
/* The records of branch B, when fsync(2) asks for them. */
int durable_records(struct ufs *u, int b);
/* As branch_hide, but 0 with a record too, which is durable: it has to be there
 * when the entry is gone. */
int durable_hide(struct ufs *u, int b, int dirfd, const char *name);
/* The records of branch B after a change, under strict. */
int durable_record(struct ufs *u, int b);

/* A name changed in the directory that the O_PATH descriptor DIRFD stands for,
 * on branch B. Strict only. */
int durable_name(struct ufs *u, int b, int dirfd);

/*
 * The end of an operation on names in DIR (ids of directories; two for a
 * rename, else the same twice): R was its result. Strict only: returns R, or
 * what making it durable ended with. Locks: none held.
 */
int durable_names(struct ufs *u, int r, node_id dir, node_id other);

#endif
