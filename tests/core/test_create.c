/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

TEST(a_new_file_lies_on_the_writable_branch)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/e/old file 0644 x\n");
	uni_open(t);
	assert_ok(uni_create(t, "d/e/new", 0640, "data"));
	uni_view_is(t, "d dir 0755\n"
		       "d/e dir 0755\n"
		       "d/e/new file 0640 data\n"
		       "d/e/old file 0644 x\n");
	uni_disk_is(t, "up", "d dir 0755\n"
			     "d/e dir 0755\n"
			     "d/e/new file 0640 data\n");
}

TEST(every_type_can_be_made)
{
	struct uni *t = *state;

	uni_two(t);
	uni_open(t);
	assert_ok(uni_mkdir(t, "d", 0750));
	assert_ok(uni_mknod(t, "p", S_IFIFO | 0600));
	assert_ok(uni_mknod(t, "s", S_IFSOCK | 0600));
	assert_ok(uni_symlink(t, "../x", "l"));
	uni_view_is(t, "d dir 0750\n"
		       "l link ../x\n"
		       "p fifo 0600\n"
		       "s sock 0600\n");
}

TEST(the_umask_of_the_caller_is_applied)
{
	struct uni *t = *state;

	uni_two(t);
	uni_open(t);
	t->cred.umask = 027;
	assert_ok(uni_create(t, "f", 0666, ""));
	assert_ok(uni_mkdir(t, "d", 0777));
	t->cred.umask = 0;
	assert_ok(uni_create(t, "g", 0666, ""));
	uni_view_is(t, "d dir 0750\n"
		       "f file 0640\n"
		       "g file 0666\n");
}

TEST(a_name_that_exists_in_any_branch_is_eexist)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/f file 0644 x\n"
		    "lo/d dir 0755\n"
		    "up/g file 0644 x\n");
	uni_open(t);
	assert_int_equal(uni_create(t, "f", 0644, ""), -EEXIST);
	assert_int_equal(uni_create(t, "g", 0644, ""), -EEXIST);
	assert_int_equal(uni_mkdir(t, "d", 0755), -EEXIST);
	assert_int_equal(uni_mkdir(t, "f", 0755), -EEXIST);
	assert_int_equal(uni_symlink(t, "x", "f"), -EEXIST);
	assert_int_equal(uni_link(t, "g", "f"), -EEXIST);
	uni_disk_is(t, "up", "g file 0644 x\n");
}

TEST(a_file_takes_the_place_of_a_whiteout)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/f file 0600 lower\n");
	uni_open(t);
	assert_ok(uni_unlink(t, "f"));
	assert_ok(uni_create(t, "f", 0644, "new"));
	uni_view_is(t, "f file 0644 new\n");
	uni_reopen(t);
	uni_view_is(t, "f file 0644 new\n");
	assert_ok(uni_unlink(t, "f"));
	uni_view_is(t, "");
	uni_reopen(t);
	uni_view_is(t, "");
}

/* rows: 3 */
TEST(a_directory_over_a_deleted_one_is_empty_also_when_opened_again)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/s/f file 0644 x\n");
	uni_open(t);
	assert_ok(uni_unlink(t, "d/s/f"));
	assert_ok(uni_rmdir(t, "d/s"));
	assert_ok(uni_rmdir(t, "d"));
	assert_ok(uni_mkdir(t, "d", 0755));
	assert_ok(uni_mkdir(t, "d/s", 0755));
	uni_view_is(t, "d dir 0755\n"
		       "d/s dir 0755\n");
	uni_reopen(t);
	uni_view_is(t, "d dir 0755\n"
		       "d/s dir 0755\n");
	/* Nothing says twice that d/s is opaque: d says it for all beneath. */
	assert_false(uni_has(t, "up/d/s/.wh..wh..opq"));
}

/* rows: 4 */
TEST(a_type_can_change_over_a_deleted_name)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 x\n"
		    "lo/e file 0644 y\n");
	uni_open(t);
	assert_ok(uni_unlink(t, "d/f"));
	assert_ok(uni_rmdir(t, "d"));
	assert_ok(uni_create(t, "d", 0644, "file now"));
	assert_ok(uni_unlink(t, "e"));
	assert_ok(uni_mkdir(t, "e", 0700));
	uni_reopen(t);
	uni_view_is(t, "d file 0644 file now\n"
		       "e dir 0700\n");
	assert_ok(uni_unlink(t, "d"));
	assert_ok(uni_mkdir(t, "d", 0755));
	uni_reopen(t);
	uni_view_is(t, "d dir 0755\n"
		       "e dir 0700\n");
}

/* rows: 32 */
TEST(names_that_the_format_reserves_cannot_be_made)
{
	static const char *const names[] = {
		".wh.f", ".wh..wh..opq", ".wh..wh.ufs", ".wh."
	};
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/f file 0644 x\n"
		    "lo/d dir 0755\n"
		    "up/g file 0644 x\n");
	uni_open(t);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		_free_ char *deep = NULL;

		assert_ok(str_printf(&deep, "d/%s", names[i]));
		assert_int_equal(uni_create(t, names[i], 0644, ""), -EPERM);
		assert_int_equal(uni_create(t, deep, 0644, ""), -EPERM);
		assert_int_equal(uni_mkdir(t, names[i], 0755), -EPERM);
		assert_int_equal(uni_symlink(t, "x", names[i]), -EPERM);
		assert_int_equal(uni_link(t, "f", names[i]), -EPERM);
		assert_int_equal(uni_rename(t, "f", names[i], 0), -EPERM);
		assert_int_equal(uni_rename(t, names[i], "n", 0), -ENOENT);
		assert_int_equal(uni_unlink(t, names[i]), -ENOENT);
	}
	assert_true(uni_has(t, "up/.wh..wh.ufs"));
	uni_disk_is(t, "up", "g file 0644 x\n");
}

/* rows: 32 */
TEST(a_device_0_0_cannot_be_made)
{
	struct uni *t = *state;
	struct ufs_entry e;

	uni_two(t);
	uni_open(t);
	assert_int_equal(ufs_mknod(t->u, &t->cred, NODE_ROOT, "c", S_IFCHR | 0600,
				   makedev(0, 0), &e), -EPERM);
	uni_disk_is(t, "up", "");
}

TEST(the_parent_gets_a_new_mtime_and_a_copied_up_one_above_keeps_it)
{
	struct uni *t = *state;
	struct stat st;

	uni_two(t);
	uni_make(t, "lo/a/b dir 0751\n"
		    "lo/a/b time 1000\n"
		    "lo/a time 2000\n");
	uni_open(t);
	assert_ok(uni_create(t, "a/b/f", 0644, "x"));
	assert_ok(uni_stat(t, "a/b", &st));
	assert_true(st.st_mtim.tv_sec > 1000000000);
	assert_int_equal(st.st_mode, S_IFDIR | 0751);
	assert_ok(uni_stat(t, "a", &st));
	assert_int_equal(st.st_mtim.tv_sec, 2000);
	assert_int_equal(st.st_mtim.tv_nsec, 123456789);
	uni_lstat(t, "up/a", &st);
	assert_int_equal(st.st_mtim.tv_sec, 2000);
}

/* rows: 27: from the merged parent, on the branch as well. */
TEST(a_setgid_directory_hands_its_group_down)
{
	struct uni *t = *state;
	struct stat st;

	if (!uni_is_root())
		uni_skip("needs root to give directories away");
	uni_two(t);
	uni_make(t, "lo/d dir 0755\n");
	{
		_free_ char *d = uni_real(t, "lo/d");

		assert_ok(chown(d, 0, 54321));
		assert_ok(chmod(d, 02775));
	}
	uni_open(t);
	t->cred.uid = 1234;
	t->cred.gid = 1234;
	assert_ok(uni_create(t, "d/f", 0644, ""));
	assert_ok(uni_mkdir(t, "d/s", 0755));
	assert_ok(uni_stat(t, "d/f", &st));
	assert_int_equal(st.st_uid, 1234);
	assert_int_equal(st.st_gid, 54321);
	assert_ok(uni_stat(t, "d/s", &st));
	assert_int_equal(st.st_gid, 54321);
	assert_int_equal(st.st_mode, S_IFDIR | 02755);
}

TEST(a_new_file_belongs_to_the_caller)
{
	struct uni *t = *state;
	struct stat st;

	if (!uni_is_root())
		uni_skip("needs root to act for others");
	uni_two(t);
	uni_open(t);
	t->cred.uid = 1234;
	t->cred.gid = 2345;
	assert_ok(uni_create(t, "f", 0600, "x"));
	assert_ok(uni_mkdir(t, "d", 0700));
	assert_ok(uni_symlink(t, "x", "l"));
	assert_ok(uni_stat(t, "f", &st));
	assert_true(st.st_uid == 1234 && st.st_gid == 2345);
	assert_ok(uni_stat(t, "d", &st));
	assert_true(st.st_uid == 1234 && st.st_gid == 2345);
	uni_lstat(t, "up/l", &st);
	assert_true(st.st_uid == 1234 && st.st_gid == 2345);
}

/* rows: 34 */
TEST(without_a_writable_branch_every_change_is_erofs)
{
	struct uni *t = *state;
	struct timespec now = { 1, 1 };

	uni_branch(t, "l1", BRANCH_RO, BRANCH_WH);
	uni_branch(t, "l2", BRANCH_RO, BRANCH_WH);
	uni_make(t, "l1/d dir 0755\n"
		    "l2/f file 0644 data\n");
	uni_open(t);
	assert_int_equal(uni_create(t, "n", 0644, ""), -EROFS);
	assert_int_equal(uni_mkdir(t, "n", 0755), -EROFS);
	assert_int_equal(uni_symlink(t, "x", "n"), -EROFS);
	assert_int_equal(uni_link(t, "f", "n"), -EROFS);
	assert_int_equal(uni_unlink(t, "f"), -EROFS);
	assert_int_equal(uni_rmdir(t, "d"), -EROFS);
	assert_int_equal(uni_rename(t, "f", "n", 0), -EROFS);
	assert_int_equal(uni_write(t, "f", 0, "x"), -EROFS);
	assert_int_equal(uni_truncate(t, "f", 0), -EROFS);
	assert_int_equal(uni_chmod(t, "f", 0600), -EROFS);
	assert_int_equal(uni_chown(t, "f", geteuid(), getegid()), -EROFS);
	assert_int_equal(uni_utimes(t, "f", now, now), -EROFS);
	assert_int_equal(ufs_setxattr(t->u, uni_id(t, "f"), "user.a", "b", 1, 0), -EROFS);
	assert_int_equal(ufs_removexattr(t->u, uni_id(t, "f"), "user.a"), -EROFS);
	uni_data_is(t, "f", "data");
}

TEST(a_read_only_union_writes_nothing_and_has_no_work_directory)
{
	struct uni *t = *state;

	uni_branch(t, "top", BRANCH_RO, BRANCH_WH);
	t->branches[0].perm = BRANCH_RW;
	uni_branch(t, "lo", BRANCH_RO, BRANCH_WH);
	uni_make(t, "lo/f file 0644 data\n");
	t->cfg.read_only = true;
	uni_open(t);
	assert_int_equal(uni_create(t, "n", 0644, ""), -EROFS);
	assert_int_equal(uni_unlink(t, "f"), -EROFS);
	uni_data_is(t, "f", "data");
	assert_false(uni_has(t, "top/.wh..wh.ufs"));
	t->branches[0].perm = BRANCH_RO; /* no work directory to look into */
}

/* Several writable branches: the topmost takes what is new. */
TEST(with_two_writable_branches_the_topmost_gets_new_names)
{
	struct uni *t = *state;

	uni_branch(t, "w1", BRANCH_RW, 0);
	uni_branch(t, "ro", BRANCH_RO, BRANCH_WH);
	uni_branch(t, "w2", BRANCH_RW, 0);
	uni_make(t, "w2/f file 0644 two\n"
		    "ro/g file 0644 ro\n");
	uni_open(t);
	assert_ok(uni_create(t, "n", 0644, "new"));
	assert_true(uni_has(t, "w1/n"));
	/* A file on a writable branch is written there (AUFS: no copy-up). */
	assert_ok(uni_write(t, "f", 0, "TWO"));
	assert_false(uni_has(t, "w1/f"));
	assert_ok(uni_write(t, "g", 0, "RO"));
	uni_view_is(t, "f file 0644 TWO\n"
		       "g file 0644 RO\n"
		       "n file 0644 new\n");
	assert_ok(uni_unlink(t, "f"));
	assert_ok(uni_unlink(t, "g"));
	uni_view_is(t, "n file 0644 new\n");
	uni_reopen(t);
	uni_view_is(t, "n file 0644 new\n");
}

TEST(a_directory_that_shuts_its_owner_out_is_still_handled)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/t file 0644 x\n"
		    "lo/d/old file 0644 x\n");
	uni_open(t);
	/* Over what lies below: it has to become opaque. */
	assert_ok(uni_mkdir(t, "a", 0));
	assert_ok(uni_unlink(t, "t"));
	assert_ok(uni_rename(t, "a", "t", 0));
	/* Opaque, and so it stays for who comes later. */
	assert_ok(uni_unlink(t, "d/old"));
	assert_ok(uni_rmdir(t, "d"));
	assert_ok(uni_mkdir(t, "d", 0));
	uni_reopen(t);
	uni_view_is(t, "d dir 0000\n"
		       "t dir 0000\n");
	assert_ok(uni_rmdir(t, "t"));
	assert_ok(uni_rmdir(t, "d"));
	uni_reopen(t);
	uni_view_is(t, "");
}

/* The owner may write a file in a directory that he may not change. */
TEST(a_file_in_a_directory_without_write_permission_is_copied_up)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/s/f file 0444 x\n"
		    "lo/d/s mode 0555\n"
		    "lo/d mode 0555\n");
	uni_open(t);
	assert_ok(uni_chmod(t, "d/s/f", 0644));
	assert_ok(uni_write(t, "d/s/f", 0, "y"));
	uni_view_is(t, "d dir 0555\n"
		       "d/s dir 0555\n"
		       "d/s/f file 0644 y\n");
	uni_disk_is(t, "up", "d dir 0555\n"
			     "d/s dir 0555\n"
			     "d/s/f file 0644 y\n");
	/* And the whole is removed as rm -r does it, after a chmod. */
	assert_ok(uni_chmod(t, "d/s", 0755));
	assert_ok(uni_unlink(t, "d/s/f"));
	assert_ok(uni_chmod(t, "d/s", 0555));
	assert_ok(uni_chmod(t, "d", 0755));
	assert_ok(uni_rmdir(t, "d/s"));
	uni_view_is(t, "d dir 0755\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(a_new_file_lies_on_the_writable_branch),
		UNI_TEST(every_type_can_be_made),
		UNI_TEST(the_umask_of_the_caller_is_applied),
		UNI_TEST(a_name_that_exists_in_any_branch_is_eexist),
		UNI_TEST(a_file_takes_the_place_of_a_whiteout),
		UNI_TEST(a_directory_over_a_deleted_one_is_empty_also_when_opened_again),
		UNI_TEST(a_type_can_change_over_a_deleted_name),
		UNI_TEST(names_that_the_format_reserves_cannot_be_made),
		UNI_TEST(a_device_0_0_cannot_be_made),
		UNI_TEST(the_parent_gets_a_new_mtime_and_a_copied_up_one_above_keeps_it),
		UNI_TEST(a_directory_that_shuts_its_owner_out_is_still_handled),
		UNI_TEST(a_file_in_a_directory_without_write_permission_is_copied_up),
		UNI_TEST(a_setgid_directory_hands_its_group_down),
		UNI_TEST(a_new_file_belongs_to_the_caller),
		UNI_TEST(without_a_writable_branch_every_change_is_erofs),
		UNI_TEST(a_read_only_union_writes_nothing_and_has_no_work_directory),
		UNI_TEST(with_two_writable_branches_the_topmost_gets_new_names),
	};

	return RUN_ALL(tests);
}
