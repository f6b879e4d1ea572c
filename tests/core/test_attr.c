/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

static const struct timespec then = { 1000000000, 987654321 };
static const struct timespec other = { 1100000000, 123456789 };

/* rows: 29; the teardown compares the lower branch. */
TEST(chmod_of_a_lower_file_changes_the_copy_alone)
{
	struct uni *t = *state;
	struct stat st;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 data\n"
		    "lo/d/f time 1000\n");
	uni_open(t);
	assert_ok(uni_chmod(t, "d/f", 0600));
	assert_ok(uni_chmod(t, "d", 0700));
	uni_view_is(t, "d dir 0700\n"
		       "d/f file 0600 data\n");
	assert_ok(uni_stat(t, "d/f", &st));
	assert_int_equal(st.st_mtim.tv_sec, 1000);
	uni_reopen(t);
	uni_view_is(t, "d dir 0700\n"
		       "d/f file 0600 data\n");
}

/* rows: 29 */
TEST(chown_of_a_lower_file_and_of_a_lower_link)
{
	struct uni *t = *state;
	struct stat st;

	if (!uni_is_root())
		uni_skip("needs root to give files away");
	uni_two(t);
	uni_make(t, "lo/f file 0644 data\n"
		    "lo/l link /etc/passwd\n"
		    "lo/d dir 0755\n");
	uni_open(t);
	assert_ok(uni_chown(t, "f", 123, 456));
	assert_ok(uni_chown(t, "l", 123, 456));
	assert_ok(uni_chown(t, "d", 123, 456));
	uni_lstat(t, "up/f", &st);
	assert_true(st.st_uid == 123 && st.st_gid == 456);
	uni_lstat(t, "up/l", &st);
	assert_true(S_ISLNK(st.st_mode) && st.st_uid == 123 && st.st_gid == 456);
	assert_ok(uni_stat(t, "l", &st));
	assert_true(S_ISLNK(st.st_mode) && st.st_uid == 123 && st.st_gid == 456);
	assert_ok(uni_stat(t, "d", &st));
	assert_true(S_ISDIR(st.st_mode) && st.st_uid == 123 && st.st_gid == 456);
}

TEST(only_the_wanted_owner_changes)
{
	struct uni *t = *state;
	struct stat st, set = { .st_uid = 123, .st_gid = 456 };

	if (!uni_is_root())
		uni_skip("needs root to give files away");
	uni_two(t);
	uni_make(t, "lo/f file 0644 data\n");
	uni_open(t);
	assert_ok(ufs_setattr(t->u, uni_id(t, "f"), &set, UFS_SET_GID, &st));
	assert_true(st.st_uid == 0 && st.st_gid == 456);
	assert_ok(ufs_setattr(t->u, uni_id(t, "f"), &set, UFS_SET_UID, &st));
	assert_true(st.st_uid == 123 && st.st_gid == 456);
}

/* rows: 28 */
TEST(a_copied_file_keeps_its_times_to_the_nanosecond)
{
	struct uni *t = *state;
	struct stat before, after;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 data\n"
		    "lo/d/f time 1000\n"
		    "lo/d time 2000\n");
	uni_open(t);
	assert_ok(uni_stat(t, "d/f", &before));
	assert_int_equal(before.st_mtim.tv_nsec, 123456789);
	assert_ok(uni_chmod(t, "d/f", 0640));
	assert_ok(uni_stat(t, "d/f", &after));
	assert_int_equal(after.st_mtim.tv_sec, 1000);
	assert_int_equal(after.st_mtim.tv_nsec, 123456789);
	assert_int_equal(after.st_atim.tv_sec, before.st_atim.tv_sec);
	assert_true(after.st_ctim.tv_sec > before.st_ctim.tv_sec ||
		    after.st_ctim.tv_nsec > before.st_ctim.tv_nsec);
	assert_ok(uni_stat(t, "d", &after));
	assert_int_equal(after.st_mtim.tv_sec, 2000);
}

/* rows: 28 */
TEST(times_are_set_alone_together_and_to_now)
{
	struct uni *t = *state;
	struct stat st, set = { .st_atim = other, .st_mtim = other };
	time_t now = time(NULL);
	node_id f;

	uni_two(t);
	uni_make(t, "lo/f file 0644 data\n");
	uni_open(t);
	f = uni_id(t, "f");
	assert_ok(uni_utimes(t, "f", then, then));
	assert_ok(ufs_setattr(t->u, f, &set, UFS_SET_MTIME, &st));
	assert_int_equal(st.st_atim.tv_sec, then.tv_sec);
	assert_int_equal(st.st_atim.tv_nsec, then.tv_nsec);
	assert_int_equal(st.st_mtim.tv_sec, other.tv_sec);
	assert_int_equal(st.st_mtim.tv_nsec, other.tv_nsec);
	assert_ok(ufs_setattr(t->u, f, &set, UFS_SET_ATIME | UFS_SET_MTIME_NOW |
			      UFS_SET_MTIME, &st));
	assert_int_equal(st.st_atim.tv_sec, other.tv_sec);
	assert_true(st.st_mtim.tv_sec >= now - 1);
	assert_ok(ufs_setattr(t->u, f, &set, UFS_SET_ATIME_NOW | UFS_SET_ATIME, &st));
	assert_true(st.st_atim.tv_sec >= now - 1);
}

TEST(times_of_a_lower_link_are_those_of_the_link)
{
	struct uni *t = *state;
	struct stat st;

	uni_two(t);
	uni_make(t, "lo/f file 0644 data\n"
		    "lo/l link f\n");
	uni_open(t);
	assert_ok(uni_utimes(t, "l", then, then));
	assert_ok(uni_stat(t, "l", &st));
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(st.st_mtim.tv_sec, then.tv_sec);
	uni_lstat(t, "up/l", &st);
	assert_int_equal(st.st_mtim.tv_sec, then.tv_sec);
	assert_false(uni_has(t, "up/f"));
}

/* rows: 48: never opened, only their attributes are copied. */
TEST(special_files_are_copied_up_unopened)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/p fifo 0644\n"
		    "lo/s sock 0644\n");
	uni_open(t);
	assert_ok(uni_chmod(t, "p", 0600));
	assert_ok(uni_chmod(t, "s", 0600));
	uni_disk_is(t, "up", "p fifo 0600\n"
			     "s sock 0600\n");
	uni_view_is(t, "p fifo 0600\n"
		       "s sock 0600\n");
}

TEST(a_fifo_has_no_data_to_give)
{
	struct uni *t = *state;
	struct ufs_data d;

	uni_two(t);
	uni_make(t, "lo/p fifo 0644\n"
		    "lo/d dir 0755\n"
		    "lo/l link x\n");
	uni_open(t);
	assert_true(ufs_data_get(t->u, uni_id(t, "p"), false, &d) < 0);
	assert_true(ufs_data_get(t->u, uni_id(t, "p"), true, &d) < 0);
	assert_int_equal(ufs_data_get(t->u, uni_id(t, "d"), false, &d), -EISDIR);
	assert_true(ufs_data_get(t->u, uni_id(t, "l"), true, &d) < 0);
	uni_disk_is(t, "up", "");
}

/* rows: 20: within one mount. */
TEST(the_inode_number_stays_over_copy_up_and_rename)
{
	struct uni *t = *state;
	struct stat a, b;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 data\n");
	uni_open(t);
	assert_ok(uni_stat(t, "d/f", &a));
	assert_ok(uni_write(t, "d/f", 0, "D"));
	assert_ok(uni_stat(t, "d/f", &b));
	assert_int_equal(a.st_ino, b.st_ino);
	assert_ok(uni_rename(t, "d/f", "g", 0));
	assert_ok(uni_stat(t, "g", &b));
	assert_int_equal(a.st_ino, b.st_ino);
	assert_ok(uni_stat(t, "d", &a));
	assert_ok(uni_create(t, "d/new", 0644, ""));
	assert_ok(uni_stat(t, "d", &b));
	assert_int_equal(a.st_ino, b.st_ino);
	assert_true(a.st_dev == b.st_dev);
	{
		/* The view's own check: listed number = looked-up number. */
		_free_ char *s = uni_view(t);

		assert_non_null(s);
	}
}

TEST(the_root_has_the_attributes_of_the_top)
{
	struct uni *t = *state;
	struct stat st;

	uni_two(t);
	uni_make(t, "up mode 0711\n"
		    "lo mode 0777\n");
	uni_open(t);
	assert_ok(ufs_getattr(t->u, NODE_ROOT, &st));
	assert_int_equal(st.st_mode, S_IFDIR | 0711);
	assert_ok(uni_chmod(t, "", 0750));
	assert_ok(ufs_getattr(t->u, NODE_ROOT, &st));
	assert_int_equal(st.st_mode, S_IFDIR | 0750);
}

/* rows: 30 */
TEST(statfs_is_that_of_the_writable_top)
{
	struct uni *t = *state;
	struct statvfs v, real;
	_free_ char *up = NULL;

	uni_two(t);
	uni_make(t, "lo/f file 0644 data\n");
	uni_open(t);
	up = uni_real(t, "up");
	assert_ok(statvfs(up, &real));
	assert_ok(ufs_statfs(t->u, NODE_ROOT, &v));
	assert_int_equal(v.f_bsize, real.f_bsize);
	assert_int_equal(v.f_blocks, real.f_blocks);
	assert_true(v.f_bavail > 0);
	assert_true(v.f_namemax >= 242 && v.f_namemax <= 255);
	assert_ok(ufs_statfs(t->u, uni_id(t, "f"), &v));
	assert_int_equal(v.f_blocks, real.f_blocks);
}

/* rows: 30 */
TEST(statfs_without_a_writable_branch_has_no_free_space)
{
	struct uni *t = *state;
	struct statvfs v;

	uni_branch(t, "lo", BRANCH_RO, BRANCH_WH);
	uni_open(t);
	assert_ok(ufs_statfs(t->u, NODE_ROOT, &v));
	assert_int_equal(v.f_bavail, 0);
	assert_int_equal(v.f_bfree, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(chmod_of_a_lower_file_changes_the_copy_alone),
		UNI_TEST(chown_of_a_lower_file_and_of_a_lower_link),
		UNI_TEST(only_the_wanted_owner_changes),
		UNI_TEST(a_copied_file_keeps_its_times_to_the_nanosecond),
		UNI_TEST(times_are_set_alone_together_and_to_now),
		UNI_TEST(times_of_a_lower_link_are_those_of_the_link),
		UNI_TEST(special_files_are_copied_up_unopened),
		UNI_TEST(a_fifo_has_no_data_to_give),
		UNI_TEST(the_inode_number_stays_over_copy_up_and_rename),
		UNI_TEST(the_root_has_the_attributes_of_the_top),
		UNI_TEST(statfs_is_that_of_the_writable_top),
		UNI_TEST(statfs_without_a_writable_branch_has_no_free_space),
	};

	return RUN_ALL(tests);
}
