/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

/* rows: 6 */
TEST(rename_of_a_lower_file_copies_it_up_and_hides_the_old_name)
{
	struct uni *t = *state;
	struct stat before, after;

	uni_two(t);
	uni_make(t, "lo/d/a file 0640 data\n"
		    "lo/d/a time 1000\n"
		    "lo/e dir 0755\n");
	uni_open(t);
	assert_ok(uni_stat(t, "d/a", &before));
	assert_ok(uni_rename(t, "d/a", "e/b", 0));
	assert_ok(uni_stat(t, "e/b", &after));
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(after.st_mtim.tv_sec, 1000);
	uni_view_is(t, "d dir 0755\n"
		       "e dir 0755\n"
		       "e/b file 0640 data\n");
	uni_reopen(t);
	uni_view_is(t, "d dir 0755\n"
		       "e dir 0755\n"
		       "e/b file 0640 data\n");
}

TEST(rename_of_an_upper_file_leaves_no_whiteout)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "up/a file 0644 x\n");
	uni_open(t);
	assert_ok(uni_rename(t, "a", "b", 0));
	uni_disk_is(t, "up", "b file 0644 x\n");
}

TEST(rename_over_a_lower_file_replaces_it)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/a file 0644 a\n"
		    "lo/b file 0644 b\n"
		    "up/c file 0644 c\n"
		    "up/e file 0644 e\n"
		    "lo/e file 0644 below\n");
	uni_open(t);
	assert_ok(uni_rename(t, "a", "b", 0));
	assert_ok(uni_rename(t, "e", "c", 0));
	uni_view_is(t, "b file 0644 a\n"
		       "c file 0644 e\n");
	uni_reopen(t);
	uni_view_is(t, "b file 0644 a\n"
		       "c file 0644 e\n");
}

TEST(rename_over_a_whiteout_removes_it)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/b file 0644 b\n"
		    "up/a file 0644 a\n");
	uni_open(t);
	assert_ok(uni_unlink(t, "b"));
	assert_ok(uni_rename(t, "a", "b", 0));
	uni_view_is(t, "b file 0644 a\n");
	assert_ok(uni_rename(t, "b", "a", 0));
	uni_view_is(t, "a file 0644 a\n");
	uni_reopen(t);
	uni_view_is(t, "a file 0644 a\n");
}

TEST(rename_onto_itself_does_nothing)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/a file 0644 a\n"
		    "up/b file 0644 b\n"
		    "up/c hard up/b\n");
	uni_open(t);
	assert_ok(uni_rename(t, "a", "a", 0));
	assert_ok(uni_rename(t, "b", "c", 0));
	uni_view_is(t, "a file 0644 a\n"
		       "b file 0644 b\n"
		       "c file 0644 b\n");
}

/* rows: 6 */
TEST(rename_minds_types_and_emptiness)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "up/d dir 0755\n"
		    "lo/f file 0644 x\n"
		    "lo/full/x file 0644 x\n"
		    "up/g file 0644 x\n"
		    "up/full2/x file 0644 x\n");
	uni_open(t);
	assert_int_equal(uni_rename(t, "d", "f", 0), -ENOTDIR);
	assert_int_equal(uni_rename(t, "d", "g", 0), -ENOTDIR);
	assert_int_equal(uni_rename(t, "g", "full", 0), -EISDIR);
	assert_int_equal(uni_rename(t, "f", "d", 0), -EISDIR);
	assert_int_equal(uni_rename(t, "d", "full", 0), -ENOTEMPTY);
	assert_int_equal(uni_rename(t, "d", "full2", 0), -ENOTEMPTY);
	assert_int_equal(uni_rename(t, "none", "n", 0), -ENOENT);
	uni_view_is(t, "d dir 0755\n"
		       "f file 0644 x\n"
		       "full dir 0755\n"
		       "full/x file 0644 x\n"
		       "full2 dir 0755\n"
		       "full2/x file 0644 x\n"
		       "g file 0644 x\n");
}

TEST(rename_of_an_upper_directory_takes_all_along)
{
	struct uni *t = *state;
	node_id f;
	struct stat st;

	uni_two(t);
	uni_make(t, "up/d/s/f file 0644 x\n"
		    "lo/e dir 0755\n");
	uni_open(t);
	f = uni_id(t, "d/s/f");
	assert_ok(uni_rename(t, "d", "e/n", 0));
	assert_ok(ufs_getattr(t->u, f, &st));
	assert_ok(uni_write_id(t, f, 0, "y"));
	uni_view_is(t, "e dir 0755\n"
		       "e/n dir 0755\n"
		       "e/n/s dir 0755\n"
		       "e/n/s/f file 0644 y\n");
}

/* Nothing of a lower directory of the new name may show through. */
TEST(a_directory_renamed_over_an_empty_merged_one_hides_the_lower_one)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "up/d/f file 0644 x\n"
		    "lo/e/old file 0644 old\n");
	uni_open(t);
	assert_ok(uni_unlink(t, "e/old"));
	assert_ok(uni_rename(t, "d", "e", 0));
	uni_view_is(t, "e dir 0755\n"
		       "e/f file 0644 x\n");
	uni_reopen(t);
	uni_view_is(t, "e dir 0755\n"
		       "e/f file 0644 x\n");
}

TEST(an_upper_directory_renamed_over_a_whiteout_hides_the_lower_one)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "up/d/f file 0644 x\n"
		    "lo/e/old file 0644 old\n");
	uni_open(t);
	assert_ok(uni_unlink(t, "e/old"));
	assert_ok(uni_rmdir(t, "e"));
	assert_ok(uni_rename(t, "d", "e", 0));
	uni_reopen(t);
	uni_view_is(t, "e dir 0755\n"
		       "e/f file 0644 x\n");
	assert_ok(uni_rename(t, "e", "d", 0));
	uni_reopen(t);
	uni_view_is(t, "d dir 0755\n"
		       "d/f file 0644 x\n");
}

/* What is put away is still looked at by who has it open. */
TEST(a_replaced_directory_keeps_its_mode)
{
	struct uni *t = *state;
	struct stat st;
	node_id id;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 x\n"
		    "lo/e dir 0755\n");
	uni_open(t);
	assert_ok(uni_unlink(t, "d/f"));
	id = uni_id(t, "d");
	assert_ok(uni_rename(t, "e", "d", 0));
	assert_ok(ufs_getattr(t->u, id, &st));
	assert_int_equal(st.st_mode & 07777, 0755);
}

/* Row 28: the mark that goes into it is no change that the times tell of. */
TEST(a_directory_renamed_over_a_whiteout_keeps_its_times)
{
	struct uni *t = *state;
	struct stat st;

	uni_two(t);
	uni_make(t, "up/d/f file 0644 x\n"
		    "lo/e/old file 0644 old\n");
	uni_make(t, "up/d time 1000\n");
	uni_open(t);
	assert_ok(uni_unlink(t, "e/old"));
	assert_ok(uni_rename(t, "d", "e", 0));
	assert_ok(uni_stat(t, "e", &st));
	assert_int_equal(st.st_mtim.tv_sec, 1000);
	assert_int_equal(st.st_mtim.tv_nsec, 123456789);
}

/* With redirect=off, as on AUFS without dirren: mv copies. */
/* rows: 5 */
TEST(with_redirect_off_a_lower_or_merged_directory_is_exdev)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 x\n"
		    "lo/m/f file 0644 x\n"
		    "up/m/g file 0644 y\n");
	t->cfg.redirect = REDIRECT_OFF;
	uni_open(t);
	assert_int_equal(uni_rename(t, "d", "n", 0), -EXDEV);
	assert_int_equal(uni_rename(t, "m", "n", 0), -EXDEV);
	assert_int_equal(uni_rename(t, "m", "d", RENAME_EXCHANGE), -EXDEV);
	uni_view_is(t, "d dir 0755\n"
		       "d/f file 0644 x\n"
		       "m dir 0755\n"
		       "m/f file 0644 x\n"
		       "m/g file 0644 y\n");
	uni_disk_is(t, "up", "m dir 0755\n"
			     "m/g file 0644 y\n");
}

/* rows: 7 */
TEST(noreplace_sees_lower_names_and_no_whiteouts)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/a file 0644 a\n"
		    "lo/b file 0644 b\n"
		    "lo/c file 0644 c\n"
		    "up/d file 0644 d\n");
	uni_open(t);
	assert_int_equal(uni_rename(t, "a", "b", RENAME_NOREPLACE), -EEXIST);
	assert_int_equal(uni_rename(t, "a", "d", RENAME_NOREPLACE), -EEXIST);
	assert_int_equal(uni_rename(t, "a", "a", RENAME_NOREPLACE), -EEXIST);
	assert_ok(uni_unlink(t, "c"));
	assert_ok(uni_rename(t, "a", "c", RENAME_NOREPLACE));
	uni_view_is(t, "b file 0644 b\n"
		       "c file 0644 a\n"
		       "d file 0644 d\n");
}

/* rows: 8: for files. */
TEST(exchange_swaps_two_files_of_any_branch)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/a file 0644 a\n"
		    "lo/d/b file 0600 b\n"
		    "up/c file 0640 c\n");
	uni_open(t);
	assert_ok(uni_rename(t, "a", "d/b", RENAME_EXCHANGE));
	assert_ok(uni_rename(t, "c", "a", RENAME_EXCHANGE));
	uni_view_is(t, "a file 0640 c\n"
		       "c file 0600 b\n"
		       "d dir 0755\n"
		       "d/b file 0644 a\n");
	assert_int_equal(uni_rename(t, "a", "none", RENAME_EXCHANGE), -ENOENT);
	uni_reopen(t);
	uni_view_is(t, "a file 0640 c\n"
		       "c file 0600 b\n"
		       "d dir 0755\n"
		       "d/b file 0644 a\n");
}

/* rows: 8: for directories. */
TEST(exchange_swaps_directories_of_any_branch)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "up/d/f file 0644 x\n"
		    "up/e/g file 0644 y\n"
		    "lo/m/h file 0644 z\n"
		    "lo/n file 0644 n\n");
	uni_open(t);
	assert_ok(uni_rename(t, "d", "e", RENAME_EXCHANGE));
	assert_ok(uni_rename(t, "e", "m", RENAME_EXCHANGE));
	assert_ok(uni_rename(t, "e", "n", RENAME_EXCHANGE));
	for (int i = 0; i < 2; i++) {
		uni_view_is(t, "d dir 0755\n"
			       "d/g file 0644 y\n"
			       "e file 0644 n\n"
			       "m dir 0755\n"
			       "m/f file 0644 x\n"
			       "n dir 0755\n"
			       "n/h file 0644 z\n");
		uni_reopen(t);
	}
}

/* rows: 9: pinned as in AUFS. */
TEST(rename_whiteout_and_unknown_flags_are_einval)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "up/a file 0644 a\n");
	uni_open(t);
	assert_int_equal(uni_rename(t, "a", "b", RENAME_WHITEOUT), -EINVAL);
	assert_int_equal(uni_rename(t, "a", "b", 1U << 10), -EINVAL);
	assert_int_equal(uni_rename(t, "a", "b", RENAME_NOREPLACE | RENAME_EXCHANGE),
			 -EINVAL);
	uni_disk_is(t, "up", "a file 0644 a\n");
}

TEST(the_replaced_file_lives_on_while_it_is_known)
{
	struct uni *t = *state;
	_free_ char *s = NULL;
	struct stat st;
	node_id old;

	uni_two(t);
	uni_make(t, "lo/a file 0644 new\n"
		    "lo/b file 0644 old\n");
	uni_open(t);
	old = uni_id(t, "b");
	assert_ok(uni_rename(t, "a", "b", 0));
	assert_int_equal(uni_read_id(t, old, &s), 3);
	assert_string_equal(s, "old");
	assert_ok(ufs_getattr(t->u, old, &st));
	assert_int_equal(st.st_nlink, 0);
	assert_ok(uni_write_id(t, old, 0, "OLD"));
	uni_data_is(t, "b", "new");
}

TEST(fifos_sockets_and_links_are_renamed_without_being_opened)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/p fifo 0640\n"
		    "lo/l link /nowhere\n");
	uni_open(t);
	assert_ok(uni_rename(t, "p", "q", 0));
	assert_ok(uni_rename(t, "l", "m", 0));
	uni_view_is(t, "m link /nowhere\n"
		       "q fifo 0640\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(rename_of_a_lower_file_copies_it_up_and_hides_the_old_name),
		UNI_TEST(rename_of_an_upper_file_leaves_no_whiteout),
		UNI_TEST(rename_over_a_lower_file_replaces_it),
		UNI_TEST(rename_over_a_whiteout_removes_it),
		UNI_TEST(rename_onto_itself_does_nothing),
		UNI_TEST(rename_minds_types_and_emptiness),
		UNI_TEST(rename_of_an_upper_directory_takes_all_along),
		UNI_TEST(a_directory_renamed_over_an_empty_merged_one_hides_the_lower_one),
		UNI_TEST(an_upper_directory_renamed_over_a_whiteout_hides_the_lower_one),
		UNI_TEST(a_replaced_directory_keeps_its_mode),
		UNI_TEST(a_directory_renamed_over_a_whiteout_keeps_its_times),
		UNI_TEST(with_redirect_off_a_lower_or_merged_directory_is_exdev),
		UNI_TEST(noreplace_sees_lower_names_and_no_whiteouts),
		UNI_TEST(exchange_swaps_two_files_of_any_branch),
		UNI_TEST(exchange_swaps_directories_of_any_branch),
		UNI_TEST(rename_whiteout_and_unknown_flags_are_einval),
		UNI_TEST(the_replaced_file_lives_on_while_it_is_known),
		UNI_TEST(fifos_sockets_and_links_are_renamed_without_being_opened),
	};

	return RUN_ALL(tests);
}
