/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "state.h"
#include "str.h"
#include "tree.h"

static char dir[64];
static char *data;

static int setup(void **state _unused_)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/ufs-state.XXXXXX");
	return mkdtemp(dir) && str_printf(&data, "%s/ufs", dir) == 0 ? 0 : -1;
}

static int teardown(void **state _unused_)
{
	free(data);
	return tree_remove(AT_FDCWD, dir);
}

static bool exists(const char *name)
{
	_free_ char *path = NULL;

	assert_int_equal(str_printf(&path, "%s/containers/%s", data, name), 0);
	return access(path, F_OK) == 0;
}

static int create(struct state_record *r, const char *name, bool rm, struct err *e)
{
	*r = (struct state_record)STATE_INIT;
	r->name = strdup(name);
	r->remove = rm;
	assert_int_equal(strv_add(&r->lowers, "/"), 0);
	assert_int_equal(strv_add(&r->command, "id"), 0);
	return state_create(data, r, e);
}

TEST(a_record_has_a_private_place_and_is_removed_whole)
{
	struct state_record r;
	struct err e = ERR_INIT;
	struct stat st, root;

	assert_int_equal(create(&r, "one", false, &e), 0);
	assert_true(r.own_upper);
	assert_int_equal(stat(r.dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(r.upper, &st), 0);
	assert_int_equal(stat("/", &root), 0);
	assert_int_equal(st.st_mode, root.st_mode);
	assert_int_equal(access(r.work, W_OK), 0);
	assert_int_equal(state_remove(&r, &e), 0);
	assert_false(exists("one"));
	state_done(&r);
}

TEST(a_name_is_taken_once)
{
	struct state_record a, b;
	struct err e = ERR_INIT;

	assert_int_equal(create(&a, "two", false, &e), 0);
	assert_int_equal(create(&b, "two", false, &e), -EEXIST);
	assert_non_null(e.hint);
	assert_true(exists("two"));
	err_done(&e);
	state_done(&b);
	assert_int_equal(state_remove(&a, &e), 0);
	state_done(&a);
}

TEST(a_given_upper_is_never_removed)
{
	struct state_record r = STATE_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(str_printf(&r.upper, "%s/mine", dir), 0);
	assert_int_equal(mkdir(r.upper, 0700), 0);
	r.name = strdup("up");
	assert_int_equal(strv_add(&r.lowers, "/"), 0);
	assert_int_equal(state_create(data, &r, &e), 0);
	assert_false(r.own_upper);
	assert_null(r.work);
	assert_int_equal(state_remove(&r, &e), 0);
	assert_int_equal(access(r.upper, F_OK), 0);
	state_done(&r);
}

/* What a killed ufs-run leaves goes; what is kept or runs stays. */
TEST(litter_is_swept_and_nothing_else)
{
	struct state_record dead, kept, runs, next;
	struct err e = ERR_INIT;
	_free_ char *half = NULL;

	assert_int_equal(create(&dead, "dead", true, &e), 0);
	assert_int_equal(create(&kept, "kept", false, &e), 0);
	assert_int_equal(create(&runs, "runs", true, &e), 0);
	assert_int_equal(str_printf(&half, "%s/containers/half", data), 0);
	assert_int_equal(mkdir(half, 0700), 0);
	close_fd(&dead.lock);
	close_fd(&kept.lock);
	assert_int_equal(create(&next, "next", true, &e), 0);
	assert_false(exists("dead"));
	assert_false(exists("half"));
	assert_true(exists("kept"));
	assert_true(exists("runs"));
	assert_int_equal(state_remove(&kept, &e), 0);
	assert_int_equal(state_remove(&runs, &e), 0);
	assert_int_equal(state_remove(&next, &e), 0);
	state_done(&dead);
	state_done(&kept);
	state_done(&runs);
	state_done(&next);
}

TEST(a_running_container_is_not_removed)
{
	struct state_record r, other = STATE_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(create(&r, "busy", false, &e), 0);
	assert_int_equal(state_set_pid(&r, 4242), 0);
	other.name = strdup(r.name);
	other.dir = strdup(r.dir);
	assert_int_equal(state_remove(&other, &e), -EBUSY);
	assert_int_equal(e.status, EXIT_BUSY);
	err_done(&e);
	assert_true(exists("busy"));
	close_fd(&r.lock);
	assert_int_equal(state_remove(&other, &e), 0);
	assert_false(exists("busy"));
	state_done(&r);
	state_done(&other);
}

TEST(a_store_that_others_may_write_to_is_refused)
{
	struct state_record r;
	struct err e = ERR_INIT;

	assert_int_equal(chmod(data, 0777), 0);
	assert_int_equal(create(&r, "x", true, &e), -EPERM);
	assert_int_equal(chmod(data, 0700), 0);
	err_done(&e);
	state_done(&r);
}

TEST(a_tree_goes_whatever_its_modes_and_links)
{
	_close_ int top = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int at;

	assert_int_equal(mkdirat(top, "t", 0700), 0);
	at = openat(top, "t", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Deeper than any path may be long. */
	for (int i = 0; i < 3000; i++) {
		int next;

		assert_int_equal(mkdirat(at, "deep", 0700), 0);
		next = openat(at, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = next;
	}
	assert_int_equal(symlinkat("/etc", at, "link"), 0);
	assert_int_equal(mkfifoat(at, "fifo", 0), 0);
	assert_int_equal(mkdirat(at, "closed", 0700), 0);
	assert_int_equal(mkdirat(at, "closed/x", 0700), 0);
	assert_int_equal(fchmodat(at, "closed", 0, 0), 0);
	close(at);
	assert_int_equal(tree_remove(top, "t"), 0);
	assert_int_equal(faccessat(top, "t", F_OK, 0), -1);
	assert_int_equal(access("/etc", F_OK), 0);
	assert_int_equal(tree_remove(top, "t"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_has_a_private_place_and_is_removed_whole),
		cmocka_unit_test(a_name_is_taken_once),
		cmocka_unit_test(a_given_upper_is_never_removed),
		cmocka_unit_test(litter_is_swept_and_nothing_else),
		cmocka_unit_test(a_running_container_is_not_removed),
		cmocka_unit_test(a_store_that_others_may_write_to_is_refused),
		cmocka_unit_test(a_tree_goes_whatever_its_modes_and_links),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
