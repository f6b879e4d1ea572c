/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "fdio.h"

#define SYNC_MAX 4096

int sync_pair(int ret[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret) < 0 ? -errno
									      : 0;
}

int sync_send(int sock, enum sync_type type, int fd)
{
	unsigned char b = (unsigned char)type;

	return fd_send(sock, fd, &b, 1);
}

int sync_send_err(int sock, const struct err *e)
{
	char buf[SYNC_MAX];

	buf[0] = SYNC_ERR;
	return fd_send(sock, -1, buf, 1 + err_pack(e, buf + 1, sizeof(buf) - 1));
}

int sync_recv(int sock, int *ret_fd, struct err *e)
{
	_close_ int fd = -EBADF;
	char buf[SYNC_MAX];
	ssize_t n = fd_recv(sock, &fd, buf, sizeof(buf));

	if (n < 0)
		return n == -ECONNRESET ? -EPIPE : (int)n;
	if (n == 0)
		return -EPIPE;
	if (buf[0] == SYNC_ERR) {
		int code = err_unpack(e, buf + 1, (size_t)n - 1);

		return code < 0 ? code : -EPROTO;
	}
	if (ret_fd)
		*ret_fd = take_fd(&fd);
	return buf[0];
}

int sync_wait(int sock, enum sync_type want, int *ret_fd, const char *who, struct err *e)
{
	int r = sync_recv(sock, ret_fd, e);

	if (r < 0 && !err_isset(e))
		return err_set(e, r, "%s has ended", who);
	if (r >= 0 && r != (int)want)
		return err_set(e, -EPROTO, "%s sent something unexpected", who);
	return r < 0 ? r : 0;
}

bool sync_ended(int sock)
{
	struct pollfd p = { .fd = sock };

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR));
}
