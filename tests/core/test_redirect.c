/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Directories of lower branches that are renamed (semantics row 5). */
#include "harness.h"

#include <sys/xattr.h>

/* The view is WANT, also after another mount. */
static void view_stays(struct uni *t, const char *want)
{
	uni_view_is(t, want);
	uni_reopen(t);
	uni_view_is(t, want);
}

TEST(a_lower_directory_is_renamed_without_copying_what_is_in_it)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 x\n"
		    "lo/d/s/g file 0644 y\n");
	uni_open(t);
	assert_ok(uni_rename(t, "d", "n", 0));
	assert_false(uni_has(t, "up/n/f"));
	view_stays(t, "n dir 0755\n"
		      "n/f file 0644 x\n"
		      "n/s dir 0755\n"
		      "n/s/g file 0644 y\n");
	assert_ok(uni_chmod(t, "n/s/g", 0600));
	assert_ok(uni_unlink(t, "n/f"));
	assert_ok(uni_mkdir(t, "d", 0700));
	view_stays(t, "d dir 0700\n"
		      "n dir 0755\n"
		      "n/s dir 0755\n"
		      "n/s/g file 0600 y\n");
}

/* rows: 5 */
TEST(a_merged_directory_keeps_both_its_parts)
{
	struct uni *t = *state;

	uni_three(t);
	uni_make(t, "up/d/u file 0644 u\n"
		    "l1/d/m file 0644 m\n"
		    "l2/d/l file 0644 l\n"
		    "l2/e/no file 0644 no\n");
	uni_open(t);
	assert_ok(uni_unlink(t, "e/no"));
	assert_ok(uni_rename(t, "d", "e", 0));
	view_stays(t, "e dir 0755\n"
		      "e/l file 0644 l\n"
		      "e/m file 0644 m\n"
		      "e/u file 0644 u\n");
}

TEST(a_renamed_directory_is_renamed_again_and_moved_back)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/a/b/c/f file 0644 x\n"
		    "lo/z/keep file 0644 k\n");
	uni_open(t);
	assert_ok(uni_rename(t, "a/b", "z/b", 0));
	assert_ok(uni_rename(t, "z/b/c", "c", 0));
	assert_ok(uni_rename(t, "z/b", "a/d", 0));
	assert_ok(uni_rename(t, "c", "a/d/e", 0));
	assert_ok(uni_rename(t, "a", "z/a", 0));
	view_stays(t, "z dir 0755\n"
		      "z/a dir 0755\n"
		      "z/a/d dir 0755\n"
		      "z/a/d/e dir 0755\n"
		      "z/a/d/e/f file 0644 x\n"
		      "z/keep file 0644 k\n");
	assert_ok(uni_rename(t, "z/a", "a", 0));
	assert_ok(uni_rename(t, "a/d", "a/b", 0));
	assert_ok(uni_rename(t, "a/b/e", "a/b/c", 0));
	view_stays(t, "a dir 0755\n"
		      "a/b dir 0755\n"
		      "a/b/c dir 0755\n"
		      "a/b/c/f file 0644 x\n"
		      "z dir 0755\n"
		      "z/keep file 0644 k\n");
}

TEST(the_old_name_shows_nothing_of_what_was_there)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 x\n");
	uni_open(t);
	assert_ok(uni_rename(t, "d", "n", 0));
	assert_ok(uni_mkdir(t, "d", 0755));
	assert_ok(uni_create(t, "d/f", 0600, "new"));
	assert_ok(uni_rename(t, "n", "d/n", 0));
	view_stays(t, "d dir 0755\n"
		      "d/f file 0600 new\n"
		      "d/n dir 0755\n"
		      "d/n/f file 0644 x\n");
}

TEST(a_directory_is_renamed_onto_one_with_marks_in_it)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 x\n"
		    "lo/e/g file 0644 y\n"
		    "up/p/q file 0644 q\n");
	uni_open(t);
	assert_ok(uni_unlink(t, "e/g"));
	assert_ok(uni_rename(t, "d", "e", 0));
	view_stays(t, "e dir 0755\n"
		      "e/f file 0644 x\n"
		      "p dir 0755\n"
		      "p/q file 0644 q\n");
	assert_ok(uni_unlink(t, "e/f"));
	assert_ok(uni_rename(t, "p", "e", 0));
	view_stays(t, "e dir 0755\n"
		      "e/q file 0644 q\n");
	uni_tmp_is_empty(t, "up");
}

TEST(removed_after_its_rename_nothing_comes_back)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 x\n");
	uni_open(t);
	assert_ok(uni_rename(t, "d", "n", 0));
	assert_int_equal(uni_rmdir(t, "n"), -ENOTEMPTY);
	assert_ok(uni_unlink(t, "n/f"));
	assert_ok(uni_rmdir(t, "n"));
	view_stays(t, "");
	assert_ok(uni_mkdir(t, "d", 0755));
	assert_ok(uni_mkdir(t, "n", 0755));
	view_stays(t, "d dir 0755\n"
		      "n dir 0755\n");
}

/* What was the writable branch becomes a lower one, twice. */
TEST(redirects_of_lower_branches_are_followed)
{
	struct uni *t = *state;

	uni_branch(t, "l1", BRANCH_RW, 0);
	uni_branch(t, "l2", BRANCH_RO, BRANCH_WH);
	uni_make(t, "l2/d/f file 0644 x\n"
		    "l2/d/s/g file 0644 y\n"
		    "l1/d/s/h file 0644 z\n");
	uni_open(t);
	assert_int_equal(uni_rename(t, "d", "v", 0), 0);
	assert_int_equal(uni_rename(t, "v/s", "v/y", 0), 0);
	uni_close(t);
	uni_on_top(t, "up");
	uni_open(t);
	assert_int_equal(uni_rename(t, "v/y", "y", 0), 0);
	assert_int_equal(uni_rename(t, "v", "y/w", 0), 0);
	uni_close(t);
	uni_on_top(t, "top");
	uni_open(t);
	assert_int_equal(uni_rename(t, "y/w", "w", 0), 0);
	assert_int_equal(uni_rename(t, "y", "w/y", 0), 0);
	view_stays(t, "w dir 0755\n"
		      "w/f file 0644 x\n"
		      "w/y dir 0755\n"
		      "w/y/g file 0644 y\n"
		      "w/y/h file 0644 z\n");
}

/* Below the lower redirect the path is another one; known without a new mount. */
TEST(a_directory_in_a_redirected_one_is_renamed_out_of_it)
{
	struct uni *t = *state;

	uni_branch(t, "l1", BRANCH_RW, 0);
	uni_branch(t, "l2", BRANCH_RO, BRANCH_WH);
	uni_make(t, "l2/d/s/g file 0644 y\n"
		    "l2/d/s/t/h file 0644 z\n"
		    "l1/d/s/u file 0644 u\n");
	uni_open(t);
	assert_int_equal(uni_rename(t, "d", "v", 0), 0);
	uni_close(t);
	uni_on_top(t, "up");
	uni_open(t);
	(void)uni_id(t, "v/s"); /* the node stays known */
	assert_int_equal(uni_rename(t, "v/s", "s", 0), 0);
	uni_view_is(t, "s dir 0755\n"
		       "s/g file 0644 y\n"
		       "s/t dir 0755\n"
		       "s/t/h file 0644 z\n"
		       "s/u file 0644 u\n"
		       "v dir 0755\n");
	assert_int_equal(uni_rename(t, "s/t", "v/t", 0), 0);
	view_stays(t, "s dir 0755\n"
		      "s/g file 0644 y\n"
		      "s/u file 0644 u\n"
		      "v dir 0755\n"
		      "v/t dir 0755\n"
		      "v/t/h file 0644 z\n");
}

static void set_redirect(struct uni *t, const char *dir, const char *to)
{
	_free_ char *path = uni_real(t, dir);

	assert_int_equal(lsetxattr(path, uni_is_root() ? "trusted.ufs.redirect" :
				   "user.ufs.redirect", to, strlen(to), 0), 0);
}

/* One from the roots begins anew: no opaque directory on the way to it counts. */
TEST(a_redirect_in_an_opaque_directory_leads_on)
{
	struct uni *t = *state;

	uni_three(t);
	uni_make(t, "up/n dir 0755\n"
		    "l1/o/m dir 0755\n"
		    "l1/o opq\n"
		    "l2/d/f file 0644 x\n"
		    "l2/o/m/no file 0644 no\n");
	set_redirect(t, "up/n", "/o/m");
	set_redirect(t, "l1/o/m", "/d");
	uni_open(t);
	uni_view_is(t, "d dir 0755\n"
		       "d/f file 0644 x\n"
		       "n dir 0755\n"
		       "n/f file 0644 x\n"
		       "o dir 0755\n"
		       "o/m dir 0755\n"
		       "o/m/f file 0644 x\n");
}

/* Records that lie, point outside or are no paths: ignored, or nothing is there. */
TEST(redirects_that_lie_lead_nowhere)
{
	static const char *const bad[] = {
		"", "/", "..", "/..", "/d/../../etc", "/d//f", "/d/", "a/b", ".", "/l",
		"/nothing", "/d/f", "/d/f/x", "/n", "\n",
	};
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 x\n"
		    "lo/l link /etc\n"
		    "up/n/u file 0644 u\n");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		set_redirect(t, "up/n", bad[i]);
		uni_open(t);
		uni_view_is(t, "d dir 0755\n"
			       "d/f file 0644 x\n"
			       "l link /etc\n"
			       "n dir 0755\n"
			       "n/u file 0644 u\n");
		uni_close(t);
	}
	set_redirect(t, "up/n", "/d");
	uni_open(t);
	uni_data_is(t, "n/f", "x");
	uni_close(t);
	set_redirect(t, "up/n", "d");
	uni_open(t);
	uni_data_is(t, "n/f", "x");
}

/* rows: 20 */
TEST(numbers_stay_over_rename_and_mount)
{
	struct uni *t = *state;
	struct stat d, s, f, now;

	uni_two(t);
	uni_make(t, "lo/d/s/f file 0644 x\n");
	uni_open(t);
	assert_ok(uni_stat(t, "d", &d));
	assert_ok(uni_stat(t, "d/s", &s));
	assert_ok(uni_stat(t, "d/s/f", &f));
	assert_ok(uni_rename(t, "d", "n", 0));
	assert_ok(uni_chmod(t, "n/s/f", 0600));
	for (int i = 0; i < 2; i++) {
		assert_ok(uni_stat(t, "n", &now));
		assert_int_equal(now.st_ino, d.st_ino);
		assert_ok(uni_stat(t, "n/s", &now));
		assert_int_equal(now.st_ino, s.st_ino);
		assert_ok(uni_stat(t, "n/s/f", &now));
		assert_int_equal(now.st_ino, f.st_ino);
		uni_reopen(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(a_lower_directory_is_renamed_without_copying_what_is_in_it),
		UNI_TEST(a_merged_directory_keeps_both_its_parts),
		UNI_TEST(a_renamed_directory_is_renamed_again_and_moved_back),
		UNI_TEST(the_old_name_shows_nothing_of_what_was_there),
		UNI_TEST(a_directory_is_renamed_onto_one_with_marks_in_it),
		UNI_TEST(removed_after_its_rename_nothing_comes_back),
		UNI_TEST(redirects_of_lower_branches_are_followed),
		UNI_TEST(a_directory_in_a_redirected_one_is_renamed_out_of_it),
		UNI_TEST(a_redirect_in_an_opaque_directory_leads_on),
		UNI_TEST(redirects_that_lie_lead_nowhere),
		UNI_TEST(numbers_stay_over_rename_and_mount),
	};

	return RUN_ALL(tests);
}
