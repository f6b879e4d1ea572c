/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

TEST(unlink_of_a_lower_file_leaves_a_whiteout)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 x\n"
		    "lo/d/g file 0644 y\n");
	uni_open(t);
	assert_ok(uni_unlink(t, "d/f"));
	assert_int_equal(uni_unlink(t, "d/f"), -ENOENT);
	uni_view_is(t, "d dir 0755\n"
		       "d/g file 0644 y\n");
	uni_disk_is(t, "up", "d dir 0755\n"
			     "d/.wh.f file 0444\n");
	uni_reopen(t);
	uni_view_is(t, "d dir 0755\n"
		       "d/g file 0644 y\n");
}

TEST(unlink_of_an_upper_file_leaves_nothing)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "up/f file 0644 x\n");
	uni_open(t);
	assert_ok(uni_unlink(t, "f"));
	uni_disk_is(t, "up", "");
}

TEST(unlink_of_a_copied_up_file_hides_the_lower_one)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/f file 0644 x\n");
	uni_open(t);
	assert_ok(uni_write(t, "f", 0, "new"));
	assert_ok(uni_unlink(t, "f"));
	uni_view_is(t, "");
	uni_disk_is(t, "up", ".wh.f file 0444\n");
}

TEST(unlink_under_a_whiteout_of_an_upper_branch_needs_no_second_one)
{
	struct uni *t = *state;

	uni_three(t);
	uni_make(t, "up/f file 0644 x\n"
		    "l1/f wh\n"
		    "l2/f file 0644 y\n"
		    "up/d opq\n"
		    "up/d/g file 0644 x\n"
		    "l2/d/g file 0644 y\n");
	uni_open(t);
	assert_ok(uni_unlink(t, "f"));
	assert_ok(uni_unlink(t, "d/g"));
	uni_view_is(t, "d dir 0755\n");
	uni_disk_is(t, "up", "d dir 0755\n"
			     "d/.wh..wh..opq file 0444\n");
}

TEST(unlink_and_rmdir_mind_the_type)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/f file 0644 x\n"
		    "lo/d dir 0755\n"
		    "up/g file 0644 x\n"
		    "up/e dir 0755\n");
	uni_open(t);
	assert_int_equal(uni_unlink(t, "d"), -EISDIR);
	assert_int_equal(uni_unlink(t, "e"), -EISDIR);
	assert_int_equal(uni_rmdir(t, "f"), -ENOTDIR);
	assert_int_equal(uni_rmdir(t, "g"), -ENOTDIR);
	assert_int_equal(uni_unlink(t, "none"), -ENOENT);
	assert_int_equal(uni_rmdir(t, "none"), -ENOENT);
	uni_disk_is(t, "up", "e dir 0755\n"
			     "g file 0644 x\n");
}

/* rows: 2 */
TEST(rmdir_of_a_lower_directory_needs_it_empty)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/full/f file 0644 x\n"
		    "lo/empty dir 0755\n");
	uni_open(t);
	assert_int_equal(uni_rmdir(t, "full"), -ENOTEMPTY);
	assert_ok(uni_rmdir(t, "empty"));
	uni_view_is(t, "full dir 0755\n"
		       "full/f file 0644 x\n");
	uni_disk_is(t, "up", ".wh.empty file 0444\n");
}

/* rows: 1 */
TEST(rmdir_takes_the_whiteouts_in_it_along)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 x\n"
		    "lo/d/g file 0644 y\n"
		    "up/d/n file 0644 z\n");
	uni_open(t);
	assert_ok(uni_unlink(t, "d/f"));
	assert_int_equal(uni_rmdir(t, "d"), -ENOTEMPTY);
	assert_ok(uni_unlink(t, "d/g"));
	assert_int_equal(uni_rmdir(t, "d"), -ENOTEMPTY);
	assert_ok(uni_unlink(t, "d/n"));
	assert_ok(uni_rmdir(t, "d"));
	uni_view_is(t, "");
	uni_disk_is(t, "up", ".wh.d file 0444\n");
}

TEST(rmdir_of_an_opaque_upper_directory_hides_the_lower_one)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 x\n"
		    "up/d opq\n");
	uni_open(t);
	assert_ok(uni_rmdir(t, "d"));
	uni_view_is(t, "");
	uni_reopen(t);
	uni_view_is(t, "");
	uni_disk_is(t, "up", ".wh.d file 0444\n");
}

/* rows: 18: the object lives while it is known. */
TEST(an_unlinked_lower_file_can_still_be_read_and_written)
{
	struct uni *t = *state;
	_free_ char *s = NULL;
	struct stat st, set = { .st_size = 2 };
	node_id f;

	uni_two(t);
	uni_make(t, "lo/f file 0644 data\n");
	uni_open(t);
	f = uni_id(t, "f");
	assert_ok(uni_unlink(t, "f"));
	assert_ok(ufs_getattr(t->u, f, &st));
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(uni_read_id(t, f, &s), 4);
	assert_string_equal(s, "data");
	assert_ok(uni_write_id(t, f, 2, "TA+"));
	free(s);
	s = NULL;
	assert_int_equal(uni_read_id(t, f, &s), 5);
	assert_string_equal(s, "daTA+");
	assert_ok(ufs_setattr(t->u, f, &set, UFS_SET_SIZE, &st));
	assert_int_equal(st.st_size, 2);
	uni_view_is(t, "");
}

TEST(an_unlinked_upper_file_can_still_be_read_and_written)
{
	struct uni *t = *state;
	_free_ char *s = NULL;
	struct ufs_counts c;
	struct stat st, set = { .st_mode = S_IFREG | 0600 };
	node_id f;

	uni_two(t);
	uni_make(t, "up/f file 0644 data\n");
	uni_open(t);
	f = uni_id(t, "f");
	assert_ok(uni_unlink(t, "f"));
	assert_ok(uni_write_id(t, f, 0, "DA"));
	assert_int_equal(uni_read_id(t, f, &s), 4);
	assert_string_equal(s, "DAta");
	assert_ok(ufs_setattr(t->u, f, &set, UFS_SET_MODE, &st));
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	ufs_counts(t->u, &c);
	assert_int_equal(c.orphans, 1);
	uni_forget(t);
	ufs_counts(t->u, &c);
	assert_int_equal(c.orphans, 0);
}

TEST(a_new_file_under_an_unlinked_name_is_another_one)
{
	struct uni *t = *state;
	_free_ char *s = NULL;
	node_id old;

	uni_two(t);
	uni_make(t, "lo/f file 0644 old\n");
	uni_open(t);
	old = uni_id(t, "f");
	assert_ok(uni_unlink(t, "f"));
	assert_ok(uni_create(t, "f", 0644, "new"));
	assert_true(uni_id(t, "f") != old);
	assert_int_equal(uni_read_id(t, old, &s), 3);
	assert_string_equal(s, "old");
	uni_data_is(t, "f", "new");
	assert_ok(uni_write_id(t, old, 0, "OLD"));
	uni_data_is(t, "f", "new");
}

/* rows: 12: as far as one branch goes. */
TEST(unlink_of_one_of_several_links_keeps_the_others)
{
	struct uni *t = *state;
	struct stat st;

	uni_two(t);
	uni_make(t, "lo/a file 0644 data\n"
		    "lo/b hard lo/a\n"
		    "up/c file 0644 data\n"
		    "up/d hard up/c\n");
	uni_open(t);
	assert_ok(uni_unlink(t, "a"));
	assert_ok(uni_unlink(t, "c"));
	uni_view_is(t, "b file 0644 data\n"
		       "d file 0644 data\n");
	assert_ok(uni_stat(t, "d", &st));
	assert_int_equal(st.st_nlink, 1);
}

/* rows: 22: small. */
TEST(a_merged_tree_can_be_removed_from_the_bottom)
{
	struct uni *t = *state;

	uni_two(t);
	for (int i = 0; i < 300; i++) {
		_free_ char *s = NULL;

		assert_ok(str_printf(&s, "%s/d/s%d/f%d file 0644 x\n",
				     i % 3 ? "lo" : "up", i % 7, i));
		uni_make(t, s);
	}
	uni_open(t);
	for (int i = 0; i < 300; i++) {
		_free_ char *s = NULL;

		assert_ok(str_printf(&s, "d/s%d/f%d", i % 7, i));
		assert_ok(uni_unlink(t, s));
	}
	for (int i = 0; i < 7; i++) {
		_free_ char *s = NULL;

		assert_ok(str_printf(&s, "d/s%d", i));
		assert_ok(uni_rmdir(t, s));
	}
	assert_ok(uni_rmdir(t, "d"));
	uni_view_is(t, "");
	uni_disk_is(t, "up", ".wh.d file 0444\n");
}

TEST(a_removed_lower_directory_that_is_open_can_be_changed)
{
	struct uni *t = *state;
	struct stat set = { .st_mode = 0700 }, st;
	node_id id;

	uni_two(t);
	uni_make(t, "lo/d dir 0755\n");
	uni_open(t);
	id = uni_id(t, "d");
	assert_int_equal(uni_rmdir(t, "d"), 0);
	assert_int_equal(ufs_setattr(t->u, id, &set, UFS_SET_MODE, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(ufs_setxattr(t->u, id, "user.x", "y", 1, 0), 0);
	assert_int_equal(ufs_getattr(t->u, id, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	uni_view_is(t, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(unlink_of_a_lower_file_leaves_a_whiteout),
		UNI_TEST(unlink_of_an_upper_file_leaves_nothing),
		UNI_TEST(unlink_of_a_copied_up_file_hides_the_lower_one),
		UNI_TEST(unlink_under_a_whiteout_of_an_upper_branch_needs_no_second_one),
		UNI_TEST(unlink_and_rmdir_mind_the_type),
		UNI_TEST(rmdir_of_a_lower_directory_needs_it_empty),
		UNI_TEST(rmdir_takes_the_whiteouts_in_it_along),
		UNI_TEST(rmdir_of_an_opaque_upper_directory_hides_the_lower_one),
		UNI_TEST(an_unlinked_lower_file_can_still_be_read_and_written),
		UNI_TEST(an_unlinked_upper_file_can_still_be_read_and_written),
		UNI_TEST(a_new_file_under_an_unlinked_name_is_another_one),
		UNI_TEST(unlink_of_one_of_several_links_keeps_the_others),
		UNI_TEST(a_merged_tree_can_be_removed_from_the_bottom),
		UNI_TEST(a_removed_lower_directory_that_is_open_can_be_changed),
	};

	return RUN_ALL(tests);
}
