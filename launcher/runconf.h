/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the person asked for, checked for sense: the life of a struct
 * run_config, and the small syntaxes of its options.
 */
#ifndef UFS_LAUNCHER_RUNCONF_H
#define UFS_LAUNCHER_RUNCONF_H

#include <stdbool.h>

#include "err.h"
#include "types.h"

/* "SRC:DST[:ro|:rw]" and "DST[:size=N]", made absolute against CWD. */
int runconf_add_volume(struct run_config *c, const char *text, struct err *e);
int runconf_add_tmpfs(struct run_config *c, const char *text, struct err *e);
/* "NAME=VALUE", or "NAME": the caller's value, nothing when it has none. */
int runconf_add_env(struct run_config *c, const char *text, struct err *e);

/*
 * A container's name: a letter or digit, then letters, digits, '_', '.', '-',
 * 64 in all at most. Nothing else ever becomes part of a path.
 */
bool runconf_is_name(const char *name);

/* Cross-checks: options that exclude each other, destinations, names. */
int runconf_check(const struct run_config *c, struct err *e);

/* Look at the host's paths that were named: lowers, upper, volumes. */
int runconf_probe(struct run_config *c, struct err *e);

void runconf_done(struct run_config *c);

#endif
