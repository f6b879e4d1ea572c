/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "sys.h"

static char dir[64];
static int dfd = -EBADF;

static int make_tree(void **state _unused_)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/ufs-sys.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	dfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dfd < 0 || mkdirat(dfd, "d", 0700) || symlinkat("d", dfd, "link") ||
	    symlinkat("/etc", dfd, "abs") || mknodat(dfd, "d/f", S_IFREG | 0600, 0))
		return -1;
	return 0;
}

static int remove_tree(void **state _unused_)
{
	(void)unlinkat(dfd, "d/f", 0); /* rmdir tells below */
	(void)unlinkat(dfd, "link", 0);
	(void)unlinkat(dfd, "abs", 0);
	(void)unlinkat(dfd, "d", AT_REMOVEDIR);
	close(dfd);
	return rmdir(dir);
}

TEST(a_path_beneath_is_opened_close_on_exec)
{
	_close_ int fd = sys_open_beneath(dfd, "d/f", O_RDWR, 0);

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST(no_link_and_no_way_out_is_followed)
{
	assert_int_equal(sys_open_beneath(dfd, "link/f", O_RDONLY, 0), -ELOOP);
	assert_int_equal(sys_open_beneath(dfd, "link", O_RDONLY, 0), -ELOOP);
	assert_int_equal(sys_open_beneath(dfd, "abs/passwd", O_RDONLY, 0), -ELOOP);
	assert_int_equal(sys_open_beneath(dfd, "../x", O_RDONLY, 0), -EXDEV);
	assert_int_equal(sys_open_beneath(dfd, "/etc", O_RDONLY, 0), -EXDEV);
}

TEST(one_component_is_not_followed_either)
{
	_close_ int fd = sys_openat(dfd, "link", O_PATH, 0);
	struct stat st;

	assert_true(fd >= 0);
	assert_int_equal(sys_stat(fd, "", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(sys_stat(dfd, "abs", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(sys_openat(dfd, "link", O_RDONLY, 0), -ELOOP);
	assert_int_equal(sys_stat(dfd, "none", &st), -ENOENT);
}

TEST(links_in_a_root_stay_within_it)
{
	_close_ int through = sys_open_in_root(dfd, "/link/f", O_PATH, 0);
	_close_ int up = sys_open_in_root(dfd, "../../d/f", O_PATH, 0);

	assert_true(through >= 0);
	assert_true(up >= 0);
	/* /etc of this root does not exist. */
	assert_int_equal(sys_open_in_root(dfd, "abs/passwd", O_RDONLY, 0), -ENOENT);
}

TEST(descriptors_are_closed_but_those_to_keep)
{
	int pipefd[2], kept = fcntl(0, F_DUPFD, 50), status;
	pid_t pid;

	assert_int_equal(pipe(pipefd), 0);
	pid = fork();
	if (pid == 0) {
		sys_close_others(&kept, 1);
		_exit(fcntl(kept, F_GETFD) >= 0 && fcntl(0, F_GETFD) >= 0 &&
		      fcntl(pipefd[0], F_GETFD) < 0 && fcntl(pipefd[1], F_GETFD) < 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(kept);
	close(pipefd[0]);
	close(pipefd[1]);
}

TEST(the_limit_of_descriptors_is_not_lowered)
{
	unsigned a = sys_raise_nofile();

	assert_true(a >= 64);
	assert_int_equal(sys_raise_nofile(), a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_beneath_is_opened_close_on_exec),
		cmocka_unit_test(no_link_and_no_way_out_is_followed),
		cmocka_unit_test(one_component_is_not_followed_either),
		cmocka_unit_test(links_in_a_root_stay_within_it),
		cmocka_unit_test(descriptors_are_closed_but_those_to_keep),
		cmocka_unit_test(the_limit_of_descriptors_is_not_lowered),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
