/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a plan needs to know about the host and the caller. Reads, never writes. */
#ifndef UFS_LAUNCHER_HOST_H
#define UFS_LAUNCHER_HOST_H

#include "err.h"
#include "types.h"

int host_probe(struct run_host *h, struct err *e);
void host_done(struct run_host *h);

/*
 * The ranges that the text of /etc/subuid or /etc/subgid gives to the user
 * called NAME or numbered UID. Lines that make no sense, ranges that overlap
 * an earlier one and those beyond 32 bits are left out.
 * Returns 0 or -ENOMEM.
 */
int host_parse_subids(const char *text, const char *name, uid_t uid,
		      struct run_ranges *ret);

#endif
