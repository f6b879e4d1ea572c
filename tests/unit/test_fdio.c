/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "fdio.h"

struct place {
	char path[64];
	int fd;
};

static int make_place(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (!p)
		return -1;
	(void)snprintf(p->path, sizeof(p->path), "/tmp/ufs-fdio.XXXXXX");
	if (!mkdtemp(p->path))
		return -1;
	p->fd = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = p;
	return p->fd < 0 ? -1 : 0;
}

static int remove_place(void **state)
{
	struct place *p = *state;
	DIR *d = fdopendir(p->fd);
	struct dirent *e;
	int r;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && unlinkat(p->fd, e->d_name, AT_REMOVEDIR) < 0)
			(void)unlinkat(p->fd, e->d_name, 0); /* rmdir tells below */
	closedir(d);
	r = rmdir(p->path);
	free(p);
	return r;
}

static size_t names_in(int dirfd)
{
	DIR *d = fdopendir(openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct dirent *e;
	size_t n = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void read_is(int dirfd, const char *name, const char *want)
{
	_free_ char *s = NULL;

	assert_int_equal(fd_read_file(dirfd, name, 1 << 20, &s), strlen(want));
	assert_string_equal(s, want);
}

static void a_replaced_file_is_read_back(void **state)
{
	struct place *p = *state;
	struct stat st;

	assert_int_equal(fd_replace_file(p->fd, "f", "one", 3, 0640), 0);
	read_is(p->fd, "f", "one");
	assert_int_equal(fd_replace_file(p->fd, "f", "", 0, 0640), 0);
	read_is(p->fd, "f", "");
	assert_int_equal(fstatat(p->fd, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07137, 0);
	assert_int_equal(names_in(p->fd), 1);
}

static void a_failed_replacement_leaves_the_old_file_and_nothing_else(void **state)
{
	struct place *p = *state;

	assert_int_equal(mkdirat(p->fd, "d", 0700), 0);
	assert_int_equal(fd_replace_file(p->fd, "d", "x", 1, 0600), -EISDIR);
	assert_int_equal(names_in(p->fd), 1);
	assert_int_equal(fd_replace_file(p->fd, "no/f", "x", 1, 0600), -ENOENT);
	assert_int_equal(names_in(p->fd), 1);
}

static void a_file_above_the_limit_is_refused(void **state)
{
	struct place *p = *state;
	_free_ char *big = calloc(1, 10000), *s = NULL;

	assert_non_null(big);
	memset(big, 'x', 9999);
	assert_int_equal(fd_replace_file(p->fd, "f", big, 9999, 0600), 0);
	assert_int_equal(fd_read_file(p->fd, "f", 9998, &s), -EFBIG);
	assert_null(s);
	assert_int_equal(fd_read_file(p->fd, "f", 9999, &s), 9999);
	assert_string_equal(s, big);
}

static void a_missing_file_is_enoent(void **state)
{
	struct place *p = *state;
	char *s = NULL;

	assert_int_equal(fd_read_file(p->fd, "none", 10, &s), -ENOENT);
	assert_null(s);
}

static void a_short_read_tells_how_much_there_was(void **state _unused_)
{
	int fds[2];
	char buf[16];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fd_write_all(fds[1], "hello", 5), 0);
	close(fds[1]);
	assert_int_equal(fd_read_all(fds[0], buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(fd_read_all(fds[0], buf, sizeof(buf)), 0);
	close(fds[0]);
	assert_int_equal(fd_read_all(fds[0], buf, 1), -EBADF);
	assert_int_equal(fd_write_all(fds[1], "x", 1), -EBADF);
}

static void a_descriptor_travels_with_its_bytes(void **state)
{
	struct place *p = *state;
	struct stat a, b;
	int sv[2], fd = 0;
	char buf[8];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	assert_int_equal(fd_send(sv[0], p->fd, "ab", 2), 0);
	assert_int_equal(fd_recv(sv[1], &fd, buf, sizeof(buf)), 2);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fstat(fd, &a), 0);
	assert_int_equal(fstat(p->fd, &b), 0);
	assert_true(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	close(fd);

	assert_int_equal(fd_send(sv[0], -1, "c", 1), 0);
	assert_int_equal(fd_recv(sv[1], &fd, buf, sizeof(buf)), 1);
	assert_int_equal(fd, -EBADF);
	close(sv[0]);
	assert_int_equal(fd_recv(sv[1], &fd, buf, sizeof(buf)), 0);
	assert_int_equal(fd_send(sv[1], -1, "c", 1), -EPIPE);
	close(sv[1]);
}

#define PLACE(t) cmocka_unit_test_setup_teardown(t, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE(a_replaced_file_is_read_back),
		PLACE(a_failed_replacement_leaves_the_old_file_and_nothing_else),
		PLACE(a_file_above_the_limit_is_refused),
		PLACE(a_missing_file_is_enoent),
		cmocka_unit_test(a_short_read_tells_how_much_there_was),
		PLACE(a_descriptor_travels_with_its_bytes),
	};

	return RUN_ALL(tests);
}
