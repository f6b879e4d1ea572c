/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Branches and work directories with things in them that no union made: an
 * error for that name, or the thing ignored; never a crash, a hang or a step
 * outside of the branch.
 */
#include "harness.h"

#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <time.h>

/* "up" over "lo", and "out", which is no branch and must stay as it is. */
static char *with_outside(struct uni *t)
{
	uni_two(t);
	uni_make(t, "out/secret file 0600 secret\n"
		    "out/dir/inner file 0600 inner\n"
		    "lo/f file 0644 f\n"
		    "lo/d/g file 0644 g\n");
	return uni_digest(t, "out");
}

static void outside_is(struct uni *t, const char *before)
{
	_free_ char *now = uni_digest(t, "out");

	assert_string_equal(now, before);
}

/* Make a link in a branch to a place beside the branches. */
static void link_out(struct uni *t, const char *path, const char *to)
{
	_free_ char *target = uni_real(t, to), *spec = NULL;

	assert_ok(str_printf(&spec, "%s link %s\n", path, target));
	uni_make(t, spec);
}

TEST(a_whiteout_of_an_odd_type_hides_and_can_be_lived_with)
{
	static const char *const kinds[] = { "dir 0755", "link /etc/passwd", "fifo 0644",
					     "sock 0600", "link .wh.f" };
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/f file 0644 f\nlo/d/g file 0644 g\n");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		_free_ char *spec = NULL;

		assert_ok(str_printf(&spec, "up/.wh.f %s\nup/d dir 0755\nup/d/.wh.g %s\n",
				     kinds[i], kinds[i]));
		uni_empty(t, "up");
		uni_make(t, spec);
		if (i == 0)
			uni_make(t, "up/.wh.f/in file 0644 x\nup/d/.wh.g/in file 0644 x\n");
		uni_open(t);
		uni_view_is(t, "d dir 0755\n");
		assert_int_equal(uni_unlink(t, "f"), -ENOENT);
		assert_ok(uni_create(t, "f", 0600, "new"));
		assert_ok(uni_mkdir(t, "d/g", 0755));
		uni_reopen(t);
		uni_view_is(t, "d dir 0755\nd/g dir 0755\nf file 0600 new\n");
		assert_ok(uni_rmdir(t, "d/g"));
		assert_ok(uni_rmdir(t, "d"));
		uni_reopen(t);
		uni_view_is(t, "f file 0600 new\n");
		uni_close(t);
	}
}

TEST(an_opaque_mark_of_an_odd_type_counts_and_goes_with_its_directory)
{
	static const char *const kinds[] = { "dir 0755", "link /", "fifo 0644" };
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/g file 0644 g\n");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		_free_ char *spec = NULL;

		assert_ok(str_printf(&spec, "up/d dir 0755\nup/d/.wh..wh..opq %s\n", kinds[i]));
		uni_empty(t, "up");
		uni_make(t, spec);
		uni_open(t);
		uni_view_is(t, "d dir 0755\n");
		assert_ok(uni_rmdir(t, "d"));
		uni_reopen(t);
		uni_view_is(t, "");
		uni_close(t);
	}
}

TEST(marks_for_no_name_mean_nothing)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "up/.wh. file 0644\n"
		    "up/.wh.. file 0644\n"
		    "up/.wh... file 0644\n"
		    "up/.wh..wh. file 0644\n"
		    "up/.wh..wh.plink dir 0700\n"
		    "up/d/.wh... dir 0755\n"
		    "lo/.wh.. file 0644\n"
		    "lo/d/.wh... file 0644\n"
		    "lo/d/g file 0644 g\n");
	uni_open(t);
	uni_view_is(t, "d dir 0755\nd/g file 0644 g\n");
	assert_int_equal(uni_unlink(t, ".wh.."), -ENOENT);
	assert_ok(uni_unlink(t, "d/g"));
	assert_ok(uni_rmdir(t, "d"));
	uni_reopen(t);
	uni_view_is(t, "");
}

TEST(a_mark_as_long_as_a_name_can_be_hides_what_it_names)
{
	struct uni *t = *state;
	char mark[256], victim[256];
	_free_ char *spec = NULL;

	memset(mark, 'x', 255);
	mark[255] = '\0';
	memcpy(mark, ".wh.", 4);
	(void)snprintf(victim, sizeof(victim), "%s", mark + 4);
	uni_two(t);
	assert_ok(str_printf(&spec, "up/%s file 0644\nlo/%s file 0644 x\n"
				    "lo/%sxxxx file 0644 whole\n", mark, victim, victim));
	uni_make(t, spec);
	free(spec);
	uni_open(t);
	assert_ok(str_printf(&spec, "%sxxxx file 0644 whole\n", victim));
	uni_view_is(t, spec);
}

/* -- work directories --------------------------------------------------------------- */

/* Open the union on a work directory with odd things; say whether that worked. */
static bool opens(struct uni *t)
{
	struct err e = ERR_INIT;
	int r = uni_try_open(t, &e);

	if (r < 0)
		assert_true(err_isset(&e));
	err_done(&e);
	return r == 0;
}

TEST(a_work_directory_that_leads_away_is_refused)
{
	static const char *const places[] = { "out", "out/dir", "up", "up/.wh..wh.ufs" };
	struct uni *t = *state;
	_free_ char *before = with_outside(t);

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		uni_empty(t, "up");
		link_out(t, "up/.wh..wh.ufs", places[i]);
		assert_false(opens(t));
		outside_is(t, before);
	}
	uni_empty(t, "up");
	uni_make(t, "up/.wh..wh.ufs file 0644 x\n");
	assert_false(opens(t));
	uni_empty(t, "up");
	uni_open(t);
}

TEST(what_leads_away_from_the_work_directory_is_not_followed)
{
	static const char *const names[] = { "tmp", "links", "reserve", "records", "lock",
					     "whiteout", "records.new" };
	static const char *const to[] = { "out", "out/secret", "out/dir", "nowhere",
					  "up/.wh..wh.ufs/tmp" };
	struct uni *t = *state;
	_free_ char *before = with_outside(t);

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		for (size_t k = 0; k < ARRAY_LEN(to); k++) {
			_free_ char *path = NULL;

			assert_ok(str_printf(&path, "up/.wh..wh.ufs/%s", names[i]));
			uni_empty(t, "up");
			link_out(t, path, to[k]);
			if (opens(t)) {
				assert_ok(uni_unlink(t, "f"));
				assert_ok(uni_write(t, "d/g", 0, "G"));
				uni_view_is(t, "d dir 0755\nd/g file 0644 G\n");
				uni_close(t);
			}
			outside_is(t, before);
			assert_false(uni_has(t, "nowhere"));
		}
	uni_empty(t, "up");
	uni_open(t);
}

TEST(foreign_things_in_the_work_directory_are_ignored_or_refused)
{
	static const char *const names[] = { "tmp", "links", "reserve", "records", "lock",
					     "whiteout", "foreign" };
	static const char *const kinds[] = { "file 0644 x", "dir 0", "fifo 0644", "sock 0600" };
	struct uni *t = *state;
	_free_ char *before = with_outside(t);

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
			_free_ char *spec = NULL;

			assert_ok(str_printf(&spec, "up/.wh..wh.ufs/%s %s\n", names[i],
					     kinds[k]));
			uni_empty(t, "up");
			uni_make(t, spec);
			if (opens(t)) {
				assert_ok(uni_unlink(t, "f"));
				assert_ok(uni_write(t, "d/g", 0, "G"));
				uni_view_is(t, "d dir 0755\nd/g file 0644 G\n");
				uni_close(t);
			}
			outside_is(t, before);
		}
	uni_empty(t, "up");
	uni_open(t);
}

TEST(what_lies_in_tmp_is_swept_and_links_in_it_are_not_followed)
{
	struct uni *t = *state;
	_free_ char *before = with_outside(t), *deep = NULL;
	struct sb b = SB_INIT;

	sb_add(&b, "up/.wh..wh.ufs/tmp");
	for (int i = 0; i < 200; i++)
		sb_add(&b, "/d");
	sb_add(&b, " dir 0700\n");
	assert_ok(sb_take(&b, &deep));
	uni_make(t, deep);
	uni_make(t, "up/.wh..wh.ufs/tmp/t0 dir 0755\n"
		    "up/.wh..wh.ufs/tmp/t0/shut dir 0755\n"
		    "up/.wh..wh.ufs/tmp/t0/shut/file file 0 x\n"
		    "up/.wh..wh.ufs/tmp/t0/shut mode 0\n"
		    "up/.wh..wh.ufs/tmp/loop link loop\n"
		    "up/.wh..wh.ufs/tmp/fifo fifo 0\n");
	link_out(t, "up/.wh..wh.ufs/tmp/away", "out");
	link_out(t, "up/.wh..wh.ufs/tmp/t0/away", "out/dir");
	uni_open(t);
	uni_tmp_is_empty(t, "up");
	outside_is(t, before);
}

/* -- records ------------------------------------------------------------------------- */

TEST(a_log_of_records_that_is_none_is_put_aside_or_cut_off)
{
	static const char *const logs[] = { "", "x",
		("not a log of this program at all, but long "
		 "enough to be taken for an entry of one, were it not for its start"), };
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/f file 0644 f\n");
	for (size_t i = 0; i < ARRAY_LEN(logs); i++) {
		_free_ char *spec = NULL;

		assert_ok(str_printf(&spec, "up/.wh..wh.ufs/records file 0600 %s\n", logs[i]));
		uni_empty(t, "up");
		uni_make(t, spec);
		uni_open(t);
		assert_ok(uni_write(t, "f", 0, "F"));
		uni_reopen(t);
		uni_view_is(t, "f file 0644 F\n");
		uni_close(t);
	}
}

TEST(a_huge_empty_log_of_records_does_not_hold_up_the_mount)
{
	struct uni *t = *state;
	time_t before = time(NULL);
	struct stat st;

	uni_two(t);
	uni_make(t, "lo/f file 0644 f\n"
		    "up/.wh..wh.ufs/records file 0600\n"
		    "up/.wh..wh.ufs/records size 8589934592\n");
	uni_open(t);
	assert_ok(uni_write(t, "f", 0, "F"));
	uni_reopen(t);
	uni_view_is(t, "f file 0644 F\n");
	assert_true(time(NULL) - before < 5);
	uni_lstat(t, "up/.wh..wh.ufs/records", &st);
	assert_true(st.st_size < 1 << 20);
}

TEST(a_torn_log_of_records_keeps_what_is_whole)
{
	struct uni *t = *state;
	_free_ char *path = NULL;
	struct stat st, first;

	uni_two(t);
	uni_make(t, "lo/f file 0644 f\nlo/g file 0644 g\n");
	uni_open(t);
	assert_ok(uni_stat(t, "f", &first));
	assert_ok(uni_write(t, "f", 0, "F"));
	uni_close(t);
	path = uni_real(t, "up/.wh..wh.ufs/records");
	assert_ok(stat(path, &st));
	uni_make(t, "up/.wh..wh.ufs/records at 1000000 garbage behind a hole\n");
	uni_open(t);
	assert_ok(uni_stat(t, "f", &st));
	assert_int_equal(st.st_ino, first.st_ino);
	uni_close(t);
	assert_ok(truncate(path, 70)); /* into the second entry */
	uni_open(t);
	uni_view_is(t, "f file 0644 F\ng file 0644 g\n");
	assert_ok(uni_write(t, "g", 0, "G"));
	uni_reopen(t);
	uni_view_is(t, "f file 0644 F\ng file 0644 G\n");
}

/* -- redirects -------------------------------------------------------------------------- */

TEST(redirects_that_lie_loop_or_lead_away_show_nothing_foreign)
{
	static const char *const lies[] = {
		"..", ".", "/", "//", "/..", "../out", "/../out", "/d/../../out", "a/b", "/d/",
		"/d", "/e", "e", "/nowhere", "/f", "/link", "/link/dir", "",
	};
	const char *name = uni_is_root() ? "trusted.ufs.redirect" : "user.ufs.redirect";
	struct uni *t = *state;
	_free_ char *before = with_outside(t), *d = NULL, *e = NULL;

	link_out(t, "lo/link", "out");
	uni_make(t, "up/d dir 0755\nup/e dir 0755\n");
	d = uni_real(t, "up/d");
	e = uni_real(t, "up/e");
	if (setxattr(d, name, "x", 1, 0) < 0)
		uni_skip("attributes are not kept here");
	assert_ok(setxattr(e, name, "/d", 2, 0)); /* with "/e": a loop */
	for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
		_free_ char *view = NULL;

		assert_ok(setxattr(d, name, lies[i], strlen(lies[i]), 0));
		uni_open(t);
		view = uni_view(t);
		assert_null(strstr(view, "secret"));
		assert_null(strstr(view, "inner"));
		uni_close(t);
	}
	outside_is(t, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(a_whiteout_of_an_odd_type_hides_and_can_be_lived_with),
		UNI_TEST(an_opaque_mark_of_an_odd_type_counts_and_goes_with_its_directory),
		UNI_TEST(marks_for_no_name_mean_nothing),
		UNI_TEST(a_mark_as_long_as_a_name_can_be_hides_what_it_names),
		UNI_TEST(a_work_directory_that_leads_away_is_refused),
		UNI_TEST(what_leads_away_from_the_work_directory_is_not_followed),
		UNI_TEST(foreign_things_in_the_work_directory_are_ignored_or_refused),
		UNI_TEST(what_lies_in_tmp_is_swept_and_links_in_it_are_not_followed),
		UNI_TEST(a_log_of_records_that_is_none_is_put_aside_or_cut_off),
		UNI_TEST(a_huge_empty_log_of_records_does_not_hold_up_the_mount),
		UNI_TEST(a_torn_log_of_records_keeps_what_is_whole),
		UNI_TEST(redirects_that_lie_loop_or_lead_away_show_nothing_foreign),
	};

	return RUN_ALL(tests);
}
