/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files with several names on a lower branch (semantics rows 10, 11, 12). */
#include "harness.h"

#include "inum.h"
#include "records.h"

static ino_t ino_of(struct uni *t, const char *path)
{
	struct stat st;

	assert_int_equal(uni_stat(t, path, &st), 0);
	return st.st_ino;
}

static void links_are(struct uni *t, const char *path, nlink_t want)
{
	struct stat st;

	assert_int_equal(uni_stat(t, path, &st), 0);
	assert_int_equal(st.st_nlink, want);
}

/* lo: a, d/b and d/c are one file, and z another. */
static void three_names(struct uni *t)
{
	static const char *const more[] = { "lo/d/b", "lo/d/c" };
	_free_ char *a = NULL;

	uni_two(t);
	uni_make(t, "lo/a file 0644 old\n"
		    "lo/d dir 0755\n"
		    "lo/z file 0644 z\n");
	a = uni_real(t, "lo/a");
	for (size_t i = 0; i < ARRAY_LEN(more); i++) {
		_free_ char *path = uni_real(t, more[i]);

		assert_int_equal(link(a, path), 0);
	}
	uni_open(t);
}

/* rows: 10 */
TEST(names_stay_together_over_copy_up_and_mount)
{
	struct uni *t = *state;
	ino_t ino;

	three_names(t);
	ino = ino_of(t, "d/b");
	assert_int_equal(ino_of(t, "a"), ino);
	assert_int_equal(uni_write(t, "a", 0, "new"), 0);
	for (int i = 0; i < 2; i++) {
		uni_data_is(t, "d/b", "new");
		uni_data_is(t, "a", "new");
		links_are(t, "d/c", 3);
		links_are(t, "a", 3);
		assert_int_equal(ino_of(t, "a"), ino);
		assert_int_equal(ino_of(t, "d/c"), ino);
		uni_reopen(t);
	}
	assert_int_equal(uni_write(t, "d/c", 0, "two"), 0);
	uni_data_is(t, "a", "two");
	assert_int_equal(uni_chmod(t, "d/b", 0600), 0);
	uni_view_is(t, "a file 0600 two\n"
		       "d dir 0755\n"
		       "d/b file 0600 two\n"
		       "d/c file 0600 two\n"
		       "z file 0644 z\n");
}

/* rows: 12 */
TEST(the_count_is_right_while_names_go)
{
	struct uni *t = *state;

	three_names(t);
	assert_int_equal(uni_unlink(t, "d/b"), 0);
	links_are(t, "a", 2);
	links_are(t, "d/c", 2);
	uni_reopen(t);
	links_are(t, "a", 2);
	assert_int_equal(uni_write(t, "d/c", 0, "new"), 0);
	links_are(t, "a", 2);
	assert_int_equal(uni_unlink(t, "a"), 0);
	for (int i = 0; i < 2; i++) {
		links_are(t, "d/c", 1);
		uni_data_is(t, "d/c", "new");
		uni_reopen(t);
	}
	assert_int_equal(uni_unlink(t, "d/c"), 0);
	uni_reopen(t);
	uni_view_is(t, "d dir 0755\n"
		       "z file 0644 z\n");
	/* Nothing of it is left in links/. */
	{
		_free_ char *links = uni_real(t, "up/.wh..wh.ufs/links");

		assert_int_equal(rmdir(links), 0);
	}
}

/* No record is left of a file whose names went one by one. */
TEST(the_record_goes_with_the_last_name)
{
	struct uni *t = *state;

	three_names(t);
	assert_int_equal(uni_unlink(t, "d/b"), 0);
	assert_int_equal(uni_unlink(t, "d/c"), 0);
	assert_int_equal(uni_unlink(t, "a"), 0);
	uni_close(t);
	{
		_free_ char *path = uni_real(t, "up/.wh..wh.ufs");
		_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		struct inums *inums = NULL;
		struct records *r = NULL;

		assert_int_equal(inums_init(&inums), 0);
		assert_int_equal(records_open(&r, fd, false, inums), 0);
		assert_false(records_any_link(r));
		records_close(r);
		inums_done(inums);
	}
}

TEST(the_last_name_alone_is_copied_up_as_a_plain_file)
{
	struct uni *t = *state;

	three_names(t);
	assert_int_equal(uni_unlink(t, "d/b"), 0);
	assert_int_equal(uni_unlink(t, "a"), 0);
	links_are(t, "d/c", 1);
	assert_int_equal(uni_write(t, "d/c", 0, "new"), 0);
	for (int i = 0; i < 2; i++) {
		links_are(t, "d/c", 1);
		uni_data_is(t, "d/c", "new");
		uni_reopen(t);
	}
}

TEST(a_name_is_added_to_a_lower_file)
{
	struct uni *t = *state;
	ino_t ino, z;

	three_names(t);
	ino = ino_of(t, "a");
	z = ino_of(t, "z");
	assert_int_equal(uni_link(t, "d/b", "n"), 0);
	assert_int_equal(uni_link(t, "z", "d/z"), 0);
	for (int i = 0; i < 2; i++) {
		links_are(t, "a", 4);
		links_are(t, "n", 4);
		links_are(t, "z", 2);
		assert_int_equal(ino_of(t, "n"), ino);
		assert_int_equal(ino_of(t, "d/z"), z);
		uni_reopen(t);
	}
	assert_int_equal(uni_write(t, "n", 0, "new"), 0);
	uni_data_is(t, "d/c", "new");
	assert_int_equal(uni_unlink(t, "a"), 0);
	assert_int_equal(uni_unlink(t, "d/b"), 0);
	assert_int_equal(uni_unlink(t, "d/c"), 0);
	links_are(t, "n", 1);
	uni_reopen(t);
	links_are(t, "n", 1);
	uni_data_is(t, "n", "new");
}

TEST(a_name_is_renamed_and_renamed_over)
{
	struct uni *t = *state;

	three_names(t);
	assert_int_equal(uni_write(t, "a", 0, "new"), 0);
	/* Names that only the lower branch has. */
	assert_int_equal(uni_rename(t, "d/b", "m", 0), 0);
	links_are(t, "m", 3);
	assert_int_equal(uni_rename(t, "z", "d/c", 0), 0);
	for (int i = 0; i < 2; i++) {
		links_are(t, "m", 2);
		links_are(t, "a", 2);
		links_are(t, "d/c", 1);
		uni_view_is(t, "a file 0644 new\n"
			       "d dir 0755\n"
			       "d/c file 0644 z\n"
			       "m file 0644 new\n");
		uni_reopen(t);
	}
	assert_int_equal(uni_rename(t, "a", "m", 0), 0); /* one file: nothing is done */
	links_are(t, "a", 2);
	assert_int_equal(uni_rename(t, "d/c", "a", 0), 0);
	links_are(t, "m", 1);
	uni_reopen(t);
	links_are(t, "m", 1);
}

TEST(names_of_a_lower_file_are_exchanged)
{
	struct uni *t = *state;

	three_names(t);
	assert_int_equal(uni_write(t, "a", 0, "new"), 0);
	assert_int_equal(uni_rename(t, "d/b", "z", RENAME_EXCHANGE), 0);
	for (int i = 0; i < 2; i++) {
		uni_data_is(t, "d/b", "z");
		uni_data_is(t, "z", "new");
		links_are(t, "z", 3);
		links_are(t, "d/b", 1);
		uni_reopen(t);
	}
}

/* Written through a descriptor when the name it came by is gone. */
TEST(a_file_without_its_name_still_has_the_others)
{
	struct uni *t = *state;
	node_id id;

	three_names(t);
	id = uni_id(t, "a");
	assert_int_equal(uni_unlink(t, "a"), 0);
	assert_int_equal(uni_write_id(t, id, 0, "new"), 0);
	for (int i = 0; i < 2; i++) {
		uni_data_is(t, "d/b", "new");
		links_are(t, "d/c", 2);
		uni_reopen(t);
	}
}

/* The branch with the copy becomes a lower one; its records are read there. */
TEST(names_stay_together_over_another_layer)
{
	struct uni *t = *state;
	_free_ char *a = NULL, *b = NULL;

	uni_branch(t, "l1", BRANCH_RW, 0);
	uni_branch(t, "l2", BRANCH_RO, BRANCH_WH);
	uni_make(t, "l2/a file 0644 old\n"
		    "l2/d dir 0755\n"
		    "l2/z file 0644 z\n");
	a = uni_real(t, "l2/a");
	b = uni_real(t, "l2/d/b");
	assert_int_equal(link(a, b), 0);
	uni_open(t);
	assert_int_equal(uni_write(t, "a", 0, "new"), 0);
	uni_close(t);
	uni_on_top(t, "up");
	uni_open(t);
	uni_data_is(t, "d/b", "new");
	links_are(t, "d/b", 2);
	assert_int_equal(uni_rename(t, "d/b", "z", RENAME_EXCHANGE), 0);
	assert_int_equal(uni_write(t, "a", 0, "two"), 0);
	for (int i = 0; i < 2; i++) {
		uni_view_is(t, "a file 0644 two\n"
			       "d dir 0755\n"
			       "d/b file 0644 z\n"
			       "z file 0644 two\n");
		links_are(t, "z", 2);
		uni_reopen(t);
	}
}

/* A descriptor that came by the other name has to see the last one go. */
TEST(the_name_that_is_left_leads_to_the_same_node)
{
	struct uni *t = *state;
	struct stat st;
	node_id id;

	uni_two(t);
	uni_make(t, "lo/a file 0644 data\n"
		    "lo/b hard lo/a\n");
	uni_open(t);
	id = uni_id(t, "a");
	assert_ok(uni_unlink(t, "a"));
	assert_int_equal(uni_id(t, "b"), id);
	assert_ok(uni_unlink(t, "b"));
	assert_ok(ufs_getattr(t->u, id, &st));
	assert_int_equal(st.st_nlink, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(names_stay_together_over_copy_up_and_mount),
		UNI_TEST(the_count_is_right_while_names_go),
		UNI_TEST(the_record_goes_with_the_last_name),
		UNI_TEST(the_last_name_alone_is_copied_up_as_a_plain_file),
		UNI_TEST(a_name_is_added_to_a_lower_file),
		UNI_TEST(a_name_is_renamed_and_renamed_over),
		UNI_TEST(names_of_a_lower_file_are_exchanged),
		UNI_TEST(a_file_without_its_name_still_has_the_others),
		UNI_TEST(names_stay_together_over_another_layer),
		UNI_TEST(the_name_that_is_left_leads_to_the_same_node),
	};

	return RUN_ALL(tests);
}
