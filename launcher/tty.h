/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The container's own terminal (-t): a pseudo-terminal of its own /dev/pts.
 * The master goes to ufs-run, which passes bytes, window size and, in raw
 * mode, keys like ^C on; the slave is the payload's controlling terminal.
 */
#ifndef UFS_LAUNCHER_TTY_H
#define UFS_LAUNCHER_TTY_H

#include <stdbool.h>
#include <termios.h>

#include "err.h"
#include "types.h"

/* CHILD, before the pivot: make the pair, send the master, bind /dev/console. */
int tty_open(const struct run_plan *p, struct run_live *live, struct err *e);

/* PAYLOAD: standard streams, session and controlling terminal. */
int tty_enter(const struct run_plan *p, struct run_live *live, struct err *e);

/* -- ufs-run's side --------------------------------------------------------- */

struct tty_relay {
	int master;           /* or -EBADF */
	bool in_open;         /* standard input is passed on */
	bool raw;             /* the caller's terminal was changed */
	char pend[4096];      /* input that the payload did not take yet */
	size_t npend;
	struct termios saved;
};

/* MASTER is taken over. */
void tty_relay_start(struct tty_relay *t, int master, bool interactive);
/* Copy the window size of the caller's terminal. */
void tty_relay_resize(const struct tty_relay *t);
/* Read input; call it only while nothing is pending. */
void tty_relay_input(struct tty_relay *t);
/* Write what is pending, as much as the payload takes. */
void tty_relay_flush(struct tty_relay *t);
/* Returns false at the end of the output. */
bool tty_relay_output(struct tty_relay *t);
/* Pass on the rest of the output, put the caller's terminal back, close. */
void tty_relay_stop(struct tty_relay *t);

#endif
