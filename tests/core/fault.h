/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failures and stops in the middle. A program linked with WRAP_LINK
 * (--wrap) has every sys_* call of the core, and every allocation, counted
 * here while a fault is armed; the Nth fails, or the process ends in its place.
 * One fault at a time, one thread.
 */
#ifndef UFS_FAULT_H
#define UFS_FAULT_H

#include <stdbool.h>

enum fault_kind {
	FAULT_CALL,   /* a system call fails */
	FAULT_MEMORY, /* an allocation fails: the caller sees NULL */
	FAULT_STOP,   /* the process ends before a call that changes something */
};

/* What FAULT_STOP ends the process with. */
#define FAULT_STATUS 99

/* Arm: the call AT of KIND, counted from 1, fails with CODE (-errno). */
void fault_arm(enum fault_kind kind, unsigned at, int code);
/* Let all pass from now on. Returns whether the call was reached. */
bool fault_disarm(void);
/* The name of the call that failed, "" when none did. */
const char *fault_where(void);

/* What the filesystem of the branches lacks, armed or not; 0: nothing. */
enum {
	LACK_RANGE = 1 << 0,    /* copies in the kernel */
	LACK_LINKS = 1 << 1,    /* hard links */
	LACK_WHITEOUT = 1 << 2, /* renaming with RENAME_WHITEOUT */
	LACK_FLAGS = 1 << 3,    /* renaming with any flag */
};
void fault_lack(unsigned lack);

#endif
