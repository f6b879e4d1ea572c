/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Typed messages between the processes of one launch, over sequenced-packet
 * sockets: a message arrives whole or not at all, and the end of the other
 * process is seen as the end of the stream. Messages may carry a descriptor.
 */
#ifndef UFS_LAUNCHER_SYNC_H
#define UFS_LAUNCHER_SYNC_H

#include <stdbool.h>

#include "err.h"

enum sync_type {
	SYNC_GO,     /* rendez-vous reached, go on */
	SYNC_ERR,    /* a struct err: the sender gives up */
	SYNC_PTY,    /* descriptor: master of the container's terminal */
	SYNC_BRANCH, /* descriptor: the next lower branch */
	SYNC_FUSE,   /* descriptor: /dev/fuse, mounted */
};

/* A connected pair, close-on-exec. Returns 0 or -errno. */
int sync_pair(int ret[2]);

/* Send a message; FD may be -1. Returns 0 or -errno. */
int sync_send(int sock, enum sync_type type, int fd);
int sync_send_err(int sock, const struct err *e);

/*
 * Receive one message. SYNC_ERR fills E and returns its code (negative).
 *   ret_fd  the descriptor that came, or -EBADF; may be NULL
 * Returns the type, or -EPIPE when the other side has ended.
 */
int sync_recv(int sock, int *ret_fd, struct err *e);

/*
 * As sync_recv, but anything else than WANT is an error.
 *   who  "the filesystem's daemon", for the message when it has ended
 */
int sync_wait(int sock, enum sync_type want, int *ret_fd, const char *who,
	      struct err *e);

/* Has the other side closed its end? Messages may still wait to be received. */
bool sync_ended(int sock);

#endif
