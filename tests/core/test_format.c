/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same doings in each format of whiteouts, and what opening demands. */
#include "harness.h"

#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>

/* Set overlay's format with a work directory beside the branches. */
static void use_overlay(struct uni *t)
{
	if (!uni_is_root())
		uni_skip("needs root to make devices 0:0");
	t->cfg.format = strdup("overlay");
	t->cfg.work = uni_real(t, "work");
	assert_ok(mkdir(t->cfg.work, 0700));
}

TEST(overlay_deletes_with_a_device_in_place)
{
	struct uni *t = *state;
	struct stat st;

	uni_two(t);
	uni_make(t, "lo/f file 0644 x\n"
		    "lo/g file 0644 y\n"
		    "lo/d/h file 0644 z\n");
	use_overlay(t);
	uni_open(t);
	assert_ok(uni_unlink(t, "f"));
	assert_ok(uni_write(t, "g", 0, "Y"));
	assert_ok(uni_unlink(t, "g"));
	assert_ok(uni_unlink(t, "d/h"));
	uni_view_is(t, "d dir 0755\n");
	uni_lstat(t, "up/f", &st);
	assert_true(S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0));
	uni_lstat(t, "up/g", &st);
	assert_true(S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0));
	assert_false(uni_has(t, "up/.wh..wh.ufs"));
	uni_reopen(t);
	uni_view_is(t, "d dir 0755\n");
	assert_ok(uni_rmdir(t, "d"));
	assert_ok(uni_create(t, "f", 0600, "new"));
	assert_ok(uni_symlink(t, "x", "g"));
	uni_reopen(t);
	uni_view_is(t, "f file 0600 new\n"
		       "g link x\n");
}

/* Semantics row 27: what is made aside inherits as what is made in place. */
TEST(a_link_over_overlays_whiteout_gets_the_group_of_a_setgid_directory)
{
	struct uni *t = *state;
	_free_ char *d = NULL;
	struct stat st;

	uni_two(t);
	uni_make(t, "lo/d/l file 0644 hidden first\n");
	use_overlay(t);
	d = uni_real(t, "lo/d");
	assert_ok(chown(d, 0, 54321));
	assert_ok(chmod(d, 02775));
	uni_open(t);
	assert_ok(uni_unlink(t, "d/l"));
	assert_ok(uni_symlink(t, "f", "d/l"));
	assert_ok(uni_stat(t, "d/l", &st));
	assert_int_equal(st.st_gid, 54321);
}

TEST(overlay_marks_a_directory_over_a_deleted_one_opaque)
{
	struct uni *t = *state;
	_free_ char *d = NULL;
	char v[4];

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 x\n");
	use_overlay(t);
	uni_open(t);
	assert_ok(uni_unlink(t, "d/f"));
	assert_ok(uni_rmdir(t, "d"));
	assert_ok(uni_mkdir(t, "d", 0755));
	uni_view_is(t, "d dir 0755\n");
	d = uni_real(t, "up/d");
	assert_int_equal(getxattr(d, "trusted.overlay.opaque", v, sizeof(v)), 1);
	assert_int_equal(v[0], 'y');
	uni_reopen(t);
	uni_view_is(t, "d dir 0755\n");
}

TEST(overlay_renames_leave_a_device_behind)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/a file 0644 a\n"
		    "lo/b file 0644 b\n"
		    "lo/c file 0644 c\n");
	use_overlay(t);
	uni_open(t);
	assert_ok(uni_rename(t, "a", "b", 0));
	assert_ok(uni_rename(t, "c", "d", 0));
	uni_disk_is(t, "up", "a char 0000\n"
			     "b file 0644 a\n"
			     "c char 0000\n"
			     "d file 0644 c\n");
	uni_reopen(t);
	uni_view_is(t, "b file 0644 a\n"
		       "d file 0644 c\n");
}

/* AUFS's prefix is an ordinary name there. */
TEST(overlay_reserves_no_name)
{
	struct uni *t = *state;

	uni_two(t);
	use_overlay(t);
	uni_open(t);
	assert_ok(uni_create(t, ".wh.x", 0644, "x"));
	uni_view_is(t, ".wh.x file 0644 x\n");
	uni_reopen(t);
	uni_view_is(t, ".wh.x file 0644 x\n");
}

TEST(overlay_takes_a_directory_with_whiteouts_away)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/a file 0644 x\n"
		    "lo/d/b file 0644 x\n");
	use_overlay(t);
	uni_open(t);
	assert_ok(uni_unlink(t, "d/a"));
	assert_int_equal(uni_rmdir(t, "d"), -ENOTEMPTY);
	assert_ok(uni_unlink(t, "d/b"));
	assert_ok(uni_rmdir(t, "d"));
	uni_disk_is(t, "up", "d char 0000\n");
	uni_reopen(t);
	uni_view_is(t, "");
}

/* rows: 31: the device stands in place of a name of any length. */
TEST(overlay_deletes_a_name_of_255_bytes)
{
	struct uni *t = *state;
	_free_ char *spec = NULL;
	char name[NAME_MAX + 1];

	uni_two(t);
	use_overlay(t);
	memset(name, 'n', NAME_MAX);
	name[NAME_MAX] = '\0';
	assert_ok(str_printf(&spec, "lo/%s file 0644 x\n", name));
	uni_make(t, spec);
	uni_open(t);
	assert_ok(uni_unlink(t, name));
	uni_view_is(t, "");
}

TEST(layers_of_both_formats_go_together)
{
	struct uni *t = *state;

	if (!uni_is_root())
		uni_skip("needs root to make devices 0:0");
	uni_three(t);
	uni_make(t, "l1/a wh\n"
		    "l1/b char\n"
		    "l2/a file 0644 x\n"
		    "l2/b file 0644 x\n"
		    "l2/c file 0644 x\n");
	uni_open(t);
	assert_ok(uni_unlink(t, "c"));
	uni_view_is(t, "");
	assert_true(uni_has(t, "up/.wh.c"));
}

/* -- opening ------------------------------------------------------------- */

TEST(a_second_union_over_the_branch_is_refused_with_status_6)
{
	struct uni *t = *state;
	struct err e = ERR_INIT;
	struct ufs *second = NULL;

	uni_two(t);
	uni_open(t);
	assert_int_equal(ufs_open(&t->cfg, NULL, &second, &e), -EBUSY);
	assert_null(second);
	assert_int_equal(err_exit(&e, EXIT_FAILED), EXIT_BUSY);
	assert_non_null(strstr(e.text, t->cfg.branches[0].path));
	err_done(&e);
	uni_reopen(t); /* the first one's lock was not harmed, and is free now */
}

TEST(the_lock_of_a_dead_holder_does_not_block)
{
	struct uni *t = *state;
	struct err e = ERR_INIT;
	pid_t pid;
	int status;

	uni_two(t);
	assert_ok(uni_try_open(t, &e)); /* fills the configuration */
	uni_close(t);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct ufs *u;

		_exit(ufs_open(&t->cfg, NULL, &u, NULL) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	uni_open(t);
}

/* rows: 36 */
TEST(what_an_earlier_daemon_left_in_flight_is_swept)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "up/.wh..wh.ufs/tmp/t1 file 0600 half\n"
		    "up/.wh..wh.ufs/tmp/t2/d/f file 0600 half\n"
		    "up/.wh..wh.ufs/tmp/t2 mode 0000\n");
	uni_open(t);
	uni_tmp_is_empty(t, "up");
}

TEST(the_work_directory_can_lie_beside_the_branch)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/f file 0644 x\n");
	t->cfg.work = uni_real(t, "work");
	assert_ok(mkdir(t->cfg.work, 0700));
	uni_open(t);
	assert_ok(uni_write(t, "f", 0, "y"));
	assert_ok(uni_unlink(t, "f"));
	assert_false(uni_has(t, "up/.wh..wh.ufs"));
	uni_reopen(t);
	uni_view_is(t, "");
}

static void open_fails(struct uni *t, int code, const char *word)
{
	struct err e = ERR_INIT;

	assert_int_equal(uni_try_open(t, &e), code);
	assert_non_null(e.text);
	if (!strstr(e.text, word))
		fail_msg("'%s' does not name '%s'", e.text, word);
	err_done(&e);
}

TEST(a_branch_that_is_missing_or_a_file_is_named)
{
	struct uni *t = *state;
	_free_ char *lo = NULL;

	uni_two(t);
	lo = uni_real(t, "lo");
	assert_ok(rmdir(lo));
	open_fails(t, -ENOENT, lo);
	assert_ok(close(open(lo, O_CREAT | O_WRONLY | O_CLOEXEC, 0644)));
	open_fails(t, -ENOTDIR, lo);
	assert_ok(unlink(lo));
	assert_ok(mkdir(lo, 0755));
	{
		/* A failed opening leaves nothing in the other branch. */
		_free_ char *up = uni_disk(t, "up");

		assert_string_equal(up, "");
	}
	uni_open(t);
}

TEST(a_branch_given_twice_or_inside_another_is_refused)
{
	struct uni *t = *state;
	struct err e = ERR_INIT;
	struct ufs *u = NULL;
	_free_ char *lo = NULL, *in = NULL;

	uni_two(t);
	uni_make(t, "lo/in dir 0755\n");
	uni_open(t);
	uni_close(t);
	lo = uni_real(t, "lo");
	in = uni_real(t, "lo/in");
	assert_ok(config_add_branch(&t->cfg, lo, -EBADF, BRANCH_RO, 0));
	assert_true(ufs_open(&t->cfg, NULL, &u, &e) < 0);
	assert_non_null(strstr(e.text, lo));
	err_done(&e);
	free(t->cfg.branches[2].path);
	t->cfg.branches[2].path = strdup(in);
	assert_true(ufs_open(&t->cfg, NULL, &u, &e) < 0);
	assert_non_null(strstr(e.text, in));
	err_done(&e);
	assert_null(u);
}

/* The case of the launcher over "/": the subtree is hidden from the view. */
TEST(a_writable_branch_inside_a_read_only_one_is_hidden)
{
	struct uni *t = *state;
	struct ufs_entry e;
	_free_ char *up = NULL, *lo = NULL;

	uni_branch(t, "lo", BRANCH_RO, 0);
	uni_make(t, "lo/f file 0644 x\n"
		    "lo/state/up dir 0755\n"
		    "lo/state/other file 0644 x\n");
	t->nbranches = 0; /* no digest: the writable branch lies inside */
	up = uni_real(t, "lo/state/up");
	lo = uni_real(t, "lo");
	assert_ok(config_add_branch(&t->cfg, up, -EBADF, BRANCH_RW, 0));
	assert_ok(config_add_branch(&t->cfg, lo, -EBADF, BRANCH_RO, 0));
	uni_open(t);
	assert_int_equal(uni_lookup(t, "state/up", &e), -ENOENT);
	assert_ok(uni_create(t, "state/new", 0644, "n"));
	assert_ok(uni_write(t, "f", 0, "y"));
	uni_view_is(t, "f file 0644 y\n"
		       "state dir 0755\n"
		       "state/new file 0644 n\n"
		       "state/other file 0644 x\n");
	uni_reopen(t);
	assert_int_equal(uni_lookup(t, "state/up", &e), -ENOENT);
}

TEST(hidden_host_paths_are_in_no_branch)
{
	struct uni *t = *state;
	struct ufs_entry e;
	_free_ char *dir = NULL, *file = NULL;

	uni_two(t);
	uni_make(t, "lo/var/ufs/secret file 0644 x\n"
		    "lo/var/file file 0644 x\n"
		    "lo/var/other file 0644 x\n");
	dir = uni_real(t, "lo/var/ufs");
	file = uni_real(t, "lo/var/file");
	assert_ok(config_add_hide(&t->cfg, dir));
	assert_ok(config_add_hide(&t->cfg, file));
	uni_open(t);
	assert_int_equal(uni_lookup(t, "var/ufs", &e), -ENOENT);
	uni_view_is(t, "var dir 0755\n"
		       "var/other file 0644 x\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(overlay_deletes_with_a_device_in_place),
		UNI_TEST(a_link_over_overlays_whiteout_gets_the_group_of_a_setgid_directory),
		UNI_TEST(overlay_marks_a_directory_over_a_deleted_one_opaque),
		UNI_TEST(overlay_renames_leave_a_device_behind),
		UNI_TEST(overlay_reserves_no_name),
		UNI_TEST(overlay_takes_a_directory_with_whiteouts_away),
		UNI_TEST(overlay_deletes_a_name_of_255_bytes),
		UNI_TEST(layers_of_both_formats_go_together),
		UNI_TEST(a_second_union_over_the_branch_is_refused_with_status_6),
		UNI_TEST(the_lock_of_a_dead_holder_does_not_block),
		UNI_TEST(what_an_earlier_daemon_left_in_flight_is_swept),
		UNI_TEST(the_work_directory_can_lie_beside_the_branch),
		UNI_TEST(a_branch_that_is_missing_or_a_file_is_named),
		UNI_TEST(a_branch_given_twice_or_inside_another_is_refused),
		UNI_TEST(a_writable_branch_inside_a_read_only_one_is_hidden),
		UNI_TEST(hidden_host_paths_are_in_no_branch),
	};

	return RUN_ALL(tests);
}
