/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Make things as the requester: on this thread alone, file system ids and
 * umask are switched, only when they differ from what the thread had last.
 * Capabilities stay (SECBIT_NO_SETUID_FIXUP), as the kernel has checked the
 * requester's rights on the union before. A daemon without CAP_SETUID and
 * CAP_SETGID switches the umask alone.
 */
#ifndef UFS_CRED_H
#define UFS_CRED_H

#include <stdbool.h>
#include "types.h"

/*
 * Once, in the daemon, before its threads start: keep capabilities over the
 * switch, and clear the process's umask. Returns whether ids can be switched.
 */
bool cred_setup(void);

/* From here on this thread creates files as C. Never fails half: on -errno
 * the thread is as it was. SWITCH_IDS: the answer of cred_setup. */
int cred_enter(const struct ufs_cred *c, bool switch_ids);
/* Back to the daemon's own ids, umask 0. */
void cred_leave(bool switch_ids);

#endif
