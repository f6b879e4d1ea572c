/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * USER[:GROUP] → ids, by the view's own /etc/passwd and /etc/group. The files
 * come from untrusted branches: only regular ones of bounded size are read,
 * numbers are parsed strictly, and nothing of the C library's name services
 * is loaded from the view.
 */
#ifndef UFS_LAUNCHER_USER_H
#define UFS_LAUNCHER_USER_H

#include "err.h"
#include "types.h"

/* PAYLOAD, behind the pivot. Fills live->uid, gid, groups, home. */
int user_apply(const struct run_plan *p, struct run_live *live, struct err *e);

/*
 * The same from texts.
 *   spec    "root", "1000", "www-data:adm", "0:0"
 *   passwd, group  contents of the files, "" when there is none
 * A bare number that passwd does not have is taken as it is, with group 0.
 */
int user_resolve(const char *spec, const char *passwd, const char *group,
		 struct run_live *ret, struct err *e);

#endif
