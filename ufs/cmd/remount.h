/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `mount -o remount,…`: the standing mount is changed by the kernel, no
 * second daemon is started. Only ro and rw can change; mount(8) also repeats
 * the options in force, so those are compared and let pass.
 */
#ifndef UFS_REMOUNT_H
#define UFS_REMOUNT_H

#include <stdbool.h>

#include "err.h"

/* "remount" is among OPTIONS (the text behind -o). */
bool remount_asked(const char *options);

/*
 * Change the union mounted at POINT.
 *   fake  check only
 * Returns 0 or -errno with E set: -EINVAL for a change that cannot be made.
 */
int remount_do(const char *point, const char *options, bool fake, struct err *e);

#endif
