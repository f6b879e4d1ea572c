/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One copy-up: what copyup.c (order, publication) and copyup_copy.c (the copy
 * itself) share. Nobody else includes it. */
#ifndef UFS_COPYUP_JOB_H
#define UFS_COPYUP_JOB_H

#include "copyup.h"
#include "links.h"
#include "resolve.h"
#include "workdir.h"

/* One copy-up, decided before anything is done. */
struct copyup_job {
	struct node *node;
	int src, dst;            /* branches */
	off_t len;               /* bytes to keep, -1: all */
	struct statx st;         /* of the source */
	struct stat shown;       /* owner and mode as the union shows them */
	struct link_state is;    /* what it is in the union */
	bool kept;               /* the copy stands for all its names */
	struct work_name tmp;
	int late;                /* -errno of what made it durable, once visible */
	int from;                /* O_PATH of the source */
	int to;                  /* the copy: open, or O_PATH */
};

/* Make the copy under its temporary name in TMP; J->to is open afterwards. */
int copyup_object(struct ufs *u, struct copyup_job *j, int tmp);
/* Order: owner (drops special bits), attributes (an ACL changes the mode),
 * mode, record, and the times last. */
int copyup_metadata(struct ufs *u, const struct copyup_job *j);

#endif
