/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

/* rows: 11 */
TEST(a_link_to_a_lower_file_copies_it_up_and_both_names_share)
{
	struct uni *t = *state;
	struct stat a, b;

	uni_two(t);
	uni_make(t, "lo/d/a file 0640 data\n");
	uni_open(t);
	assert_ok(uni_link(t, "d/a", "b"));
	assert_ok(uni_stat(t, "d/a", &a));
	assert_ok(uni_stat(t, "b", &b));
	assert_int_equal(a.st_ino, b.st_ino);
	assert_int_equal(a.st_nlink, 2);
	assert_int_equal(uni_id(t, "d/a"), uni_id(t, "b"));
	assert_ok(uni_write(t, "b", 0, "DA"));
	uni_data_is(t, "d/a", "DAta");
	uni_reopen(t);
	uni_view_is(t, "b file 0640 DAta\n"
		       "d dir 0755\n"
		       "d/a file 0640 DAta\n");
	assert_ok(uni_stat(t, "b", &b));
	assert_int_equal(b.st_nlink, 2);
}

TEST(names_of_one_upper_file_are_one_node)
{
	struct uni *t = *state;
	struct stat st;

	uni_two(t);
	uni_make(t, "up/a file 0644 data\n"
		    "up/d/b hard up/a\n");
	uni_open(t);
	assert_int_equal(uni_id(t, "a"), uni_id(t, "d/b"));
	assert_ok(uni_write(t, "d/b", 0, "DA"));
	uni_data_is(t, "a", "DAta");
	assert_ok(uni_unlink(t, "a"));
	uni_data_is(t, "d/b", "DAta");
	assert_ok(uni_stat(t, "d/b", &st));
	assert_int_equal(st.st_nlink, 1);
	assert_ok(uni_unlink(t, "d/b"));
	uni_view_is(t, "d dir 0755\n");
}

TEST(a_link_takes_the_place_of_a_whiteout)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/b file 0644 old\n"
		    "up/a file 0644 data\n");
	uni_open(t);
	assert_ok(uni_unlink(t, "b"));
	assert_ok(uni_link(t, "a", "b"));
	uni_reopen(t);
	uni_view_is(t, "a file 0644 data\n"
		       "b file 0644 data\n");
}

TEST(a_directory_cannot_be_linked)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d dir 0755\n"
		    "up/e dir 0755\n");
	uni_open(t);
	assert_int_equal(uni_link(t, "d", "x"), -EPERM);
	assert_int_equal(uni_link(t, "e", "x"), -EPERM);
}

TEST(a_symbolic_link_is_linked_itself)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/l link /nowhere\n"
		    "up/m link /elsewhere\n");
	uni_open(t);
	assert_ok(uni_link(t, "l", "x"));
	assert_ok(uni_link(t, "m", "y"));
	uni_view_is(t, "l link /nowhere\n"
		       "m link /elsewhere\n"
		       "x link /nowhere\n"
		       "y link /elsewhere\n");
}

TEST(rename_of_one_link_keeps_the_other)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "up/a file 0644 data\n"
		    "up/b hard up/a\n");
	uni_open(t);
	(void)uni_id(t, "a");
	(void)uni_id(t, "b");
	assert_ok(uni_rename(t, "a", "c", 0));
	assert_ok(uni_write(t, "b", 0, "x"));
	uni_view_is(t, "b file 0644 xata\n"
		       "c file 0644 xata\n");
	assert_int_equal(uni_id(t, "b"), uni_id(t, "c"));
}

/* As link(2) says of a file whose last name is gone. */
TEST(a_file_without_a_name_cannot_be_linked)
{
	struct uni *t = *state;
	struct ufs_entry e;
	node_id f;

	uni_two(t);
	uni_make(t, "lo/a file 0644 data\n");
	uni_open(t);
	f = uni_id(t, "a");
	assert_ok(uni_unlink(t, "a"));
	assert_int_equal(ufs_link(t->u, f, NODE_ROOT, "b", &e), -ENOENT);
	uni_view_is(t, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(a_link_to_a_lower_file_copies_it_up_and_both_names_share),
		UNI_TEST(names_of_one_upper_file_are_one_node),
		UNI_TEST(a_link_takes_the_place_of_a_whiteout),
		UNI_TEST(a_directory_cannot_be_linked),
		UNI_TEST(a_symbolic_link_is_linked_itself),
		UNI_TEST(rename_of_one_link_keeps_the_other),
		UNI_TEST(a_file_without_a_name_cannot_be_linked),
	};

	return RUN_ALL(tests);
}
