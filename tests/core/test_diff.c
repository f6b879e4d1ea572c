/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a branch changes over those below: told as docker diff tells it. */
#include "harness.h"

#include "diff.h"
#include "format.h"

static int add_line(void *ctx, const struct layer_change *c)
{
	struct sb *b = ctx;

	sb_addf(b, "%c %s\n", c->kind, c->path);
	if (c->kind != CHANGE_DELETED) {
		struct stat st;

		assert_ok(fstatat(c->dirfd, c->name, &st, AT_SYMLINK_NOFOLLOW));
		assert_int_equal(st.st_mode, c->st.st_mode);
	}
	return 0;
}

/* As add_line, and what can be read of a file that is not deleted is "y". */
static int add_line_of_y(void *ctx, const struct layer_change *c)
{
	char data[8] = { 0 };
	int fd;

	if (c->kind != CHANGE_DELETED && S_ISREG(c->st.st_mode)) {
		fd = openat(c->dirfd, c->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		assert_true(fd >= 0);
		assert_true(read(fd, data, sizeof(data) - 1) >= 0);
		close(fd);
		assert_string_equal(data, "y");
	}
	return add_line(ctx, c);
}

/* The changes of the first branch over the others, in the order of the walk. */
static char *changes_by(struct uni *t, const struct format *f, bool marks, bool any_owner,
			int (*add)(void *ctx, const struct layer_change *c))
{
	struct layer lowers[UNI_BRANCHES];
	struct layer_diff d = { .lowers = lowers, .any_owner = any_owner };
	struct err e = ERR_INIT;
	struct sb b = SB_INIT;
	char *s;

	for (size_t i = 0; i < t->nbranches; i++) {
		_free_ char *path = uni_real(t, t->branches[i].name);
		struct layer l = {
			.fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC),
			.marks = i == 0 || marks,
			.format = i == 0 ? f : NULL,
		};

		assert_true(l.fd >= 0);
		if (i == 0)
			d.upper = l;
		else
			lowers[d.nlowers++] = l;
	}
	d.change = add;
	d.ctx = &b;
	assert_ok(layer_records_open(&d, lowers, -EBADF));
	if (layer_diff(&d, &e) != 0)
		fail_msg("layer_diff: %s", e.text ? e.text : "?");
	layer_records_close(&d, lowers);
	close_fd(&d.upper.fd);
	for (size_t i = 0; i < d.nlowers; i++)
		close_fd(&lowers[i].fd);
	assert_int_equal(d.unread, 0);
	assert_ok(sb_take(&b, &s));
	return s;
}

static char *changes(struct uni *t, const struct format *f, bool marks, bool any_owner)
{
	return changes_by(t, f, marks, any_owner, add_line);
}

static void changes_of_y_are(struct uni *t, const char *want)
{
	_free_ char *got = changes_by(t, NULL, true, false, add_line_of_y);

	assert_string_equal(got, want);
}

static void changes_are(struct uni *t, const char *want)
{
	_free_ char *got = changes(t, NULL, true, false);

	assert_string_equal(got, want);
}

TEST(an_empty_branch_changes_nothing)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 x\n");
	changes_are(t, "");
}

TEST(added_changed_and_deleted_are_told_with_the_directories_above)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/a/b/old file 0644 x\n"
		    "lo/a/b/gone file 0644 x\n"
		    "lo/a/b time 1000\n"
		    "lo/a time 1000\n"
		    "lo/keep/f file 0644 x\n");
	uni_open(t);
	assert_ok(uni_create(t, "a/b/new", 0644, ""));
	assert_ok(uni_write(t, "a/b/old", 0, "y"));
	assert_ok(uni_unlink(t, "a/b/gone"));
	assert_ok(uni_mkdir(t, "n", 0755));
	assert_ok(uni_create(t, "n/f", 0644, ""));
	uni_close(t);
	changes_are(t, "C /a\n"
		       "C /a/b\n"
		       "D /a/b/gone\n"
		       "A /a/b/new\n"
		       "C /a/b/old\n"
		       "A /n\n"
		       "A /n/f\n");
}

TEST(a_directory_that_was_only_copied_up_is_no_change)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/a/b/f file 0644 x\n"
		    "lo/a/b xattr user.x y\n"
		    "lo/a/b time 1000\n"
		    "lo/a time 1000\n"
		    "up/a/b dir 0755\n"
		    "up/a/b xattr user.x y\n"
		    "up/a/b time 1000\n"
		    "up/a time 1000\n");
	changes_are(t, "");
}

TEST(a_directory_with_other_attributes_is_changed)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/m dir 0755\n"
		    "lo/m time 1000\n"
		    "lo/t dir 0755\n"
		    "lo/t time 1000\n"
		    "lo/x dir 0755\n"
		    "lo/x time 1000\n"
		    "up/m dir 0700\n"
		    "up/m time 1000\n"
		    "up/t dir 0755\n"
		    "up/t time 1001\n"
		    "up/x dir 0755\n"
		    "up/x xattr user.a b\n"
		    "up/x time 1000\n");
	changes_are(t, "C /m\n"
		       "C /t\n"
		       "C /x\n");
}

TEST(owners_count_unless_they_are_virtual)
{
	struct uni *t = *state;
	_free_ char *d = NULL, *got = NULL;

	if (!uni_is_root())
		uni_skip("needs root to give directories away");
	uni_two(t);
	uni_make(t, "lo/d dir 0755\n"
		    "lo/d time 1000\n"
		    "up/d dir 0755\n");
	d = uni_real(t, "up/d");
	assert_ok(chown(d, 1234, 1234));
	uni_make(t, "up/d time 1000\n");
	changes_are(t, "C /d\n");
	got = changes(t, NULL, true, true);
	assert_string_equal(got, "");
}

TEST(a_type_that_changed_is_a_change)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/a/below file 0644 x\n"
		    "lo/b file 0644 x\n"
		    "up/a file 0644 x\n"
		    "up/b/in file 0644 x\n");
	changes_are(t, "C /a\n"
		       "C /b\n"
		       "A /b/in\n");
}

TEST(a_deleted_directory_is_told_once)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/s/f file 0644 x\n"
		    "lo/d/g file 0644 x\n"
		    "up/d wh\n");
	changes_are(t, "D /d\n");
}

TEST(a_whiteout_over_nothing_is_no_change)
{
	struct uni *t = *state;

	uni_three(t);
	uni_make(t, "up/never wh\n"
		    "up/d/never wh\n"
		    "l1/gone wh\n"
		    "l2/gone file 0644 x\n"
		    "up/gone wh\n");
	changes_are(t, "A /d\n");
}

TEST(a_whiteout_beside_its_entry_is_none)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/f file 0644 x\n"
		    "lo/d/old file 0644 x\n"
		    "lo/d/both file 0644 x\n"
		    "up/f wh\n"
		    "up/f file 0644 x\n"
		    "up/d wh\n"
		    "up/d/both file 0644 y\n");
	changes_are(t, "C /d\n"
		       "C /d/both\n"
		       "D /d/old\n"
		       "C /f\n");
}

TEST(an_opaque_directory_deletes_what_is_not_made_anew)
{
	struct uni *t = *state;

	uni_three(t);
	uni_make(t, "up/d opq\n"
		    "up/d/both file 0644 x\n"
		    "up/d/new file 0644 x\n"
		    "up/d/s/in file 0644 x\n"
		    "l1/d/both file 0644 x\n"
		    "l1/d/one file 0644 x\n"
		    "l1/d/hidden wh\n"
		    "l2/d/hidden file 0644 x\n"
		    "l2/d/two/deep file 0644 x\n"
		    "l2/d/s/in file 0644 x\n"
		    "l2/d/s/below file 0644 x\n");
	changes_are(t, "C /d\n"
		       "C /d/both\n"
		       "A /d/new\n"
		       "D /d/one\n"
		       "C /d/s\n"
		       "D /d/s/below\n"
		       "C /d/s/in\n"
		       "D /d/two\n");
}

TEST(what_lower_branches_hide_is_not_there_to_be_changed)
{
	struct uni *t = *state;

	uni_three(t);
	uni_make(t, "l1/f wh\n"
		    "l2/f file 0644 x\n"
		    "up/f file 0644 x\n"
		    "l1/d opq\n"
		    "l2/d/g file 0644 x\n"
		    "up/d/g file 0644 x\n"
		    "l1/e file 0644 x\n"
		    "l2/e/h file 0644 x\n"
		    "up/e/h file 0644 x\n");
	changes_are(t, "C /d\n"
		       "A /d/g\n"
		       "C /e\n"
		       "A /e/h\n"
		       "A /f\n");
}

/* The host's own root is such a branch. */
TEST(marks_of_a_lower_branch_without_marks_do_not_count)
{
	struct uni *t = *state;
	_free_ char *got = NULL;

	uni_three(t);
	uni_make(t, "l1/f wh\n"
		    "l2/f file 0644 x\n"
		    "up/f file 0644 x\n");
	got = changes(t, NULL, false, false);
	assert_string_equal(got, "C /f\n");
}

TEST(housekeeping_is_left_out)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "up/.wh..wh.ufs/tmp/t1 file 0600 x\n"
		    "up/.wh..wh.plnk/x file 0600 x\n"
		    "up/.wh..wh.aufs file 0600 \n"
		    "lo/f file 0644 x\n");
	uni_open(t);
	assert_ok(uni_unlink(t, "f"));
	uni_close(t);
	changes_are(t, "D /f\n");
}

TEST(links_are_not_followed_and_special_files_not_opened)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "up/l link /etc\n"
		    "up/p fifo 0644\n"
		    "up/s sock 0644\n"
		    "lo/l dir 0755\n"
		    "lo/p fifo 0644\n");
	changes_are(t, "C /l\n"
		       "C /p\n"
		       "A /s\n");
}

TEST(overlay_marks_are_understood)
{
	struct uni *t = *state;
	_free_ char *got = NULL;

	if (!uni_is_root())
		uni_skip("needs root to make devices 0:0");
	uni_two(t);
	uni_make(t, "lo/f file 0644 x\n"
		    "lo/d/old file 0644 x\n"
		    "lo/.wh.x file 0644 x\n"
		    "up/f char\n"
		    "up/never char\n"
		    "up/d dir 0755\n"
		    "up/d oopq\n"
		    "up/.wh.y file 0644 x\n");
	got = changes(t, &format_overlay, false, false);
	assert_string_equal(got, "A /.wh.y\n"
				 "C /d\n"
				 "D /d/old\n"
				 "D /f\n");
}

/* A branch looked at alone tells its marks as they stand. */
TEST(without_lower_branches_every_whiteout_is_a_deletion)
{
	struct uni *t = *state;

	uni_branch(t, "up", BRANCH_RO, 0);
	uni_make(t, "up/d/f file 0644 x\n"
		    "up/d/gone wh\n");
	changes_are(t, "A /d\n"
		       "A /d/f\n"
		       "D /d/gone\n");
}

TEST(names_come_in_the_order_of_their_bytes)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "up/b file 0644 x\n"
		    "up/\xc3\xa4 file 0644 x\n"
		    "up/B file 0644 x\n"
		    "up/a wh\n"
		    "lo/a file 0644 x\n");
	changes_are(t, "A /B\n"
		       "D /a\n"
		       "A /b\n"
		       "A /\xc3\xa4\n");
}

static int stop_here(void *ctx, const struct layer_change *c _unused_)
{
	return ++*(int *)ctx == 2 ? 7 : 0;
}

TEST(a_renamed_directory_is_added_with_all_that_it_shows)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 x\n"
		    "lo/d/g file 0644 x\n"
		    "lo/d/gone file 0644 x\n"
		    "lo/d/sub/deep/h file 0644 x\n"
		    "lo/other file 0644 x\n");
	uni_open(t);
	assert_ok(uni_rename(t, "d", "e", 0));
	assert_ok(uni_write(t, "e/f", 0, "y"));
	assert_ok(uni_unlink(t, "e/gone"));
	assert_ok(uni_create(t, "e/sub/new", 0644, ""));
	uni_close(t);
	changes_are(t, "D /d\n"
		       "A /e\n"
		       "A /e/f\n"
		       "A /e/g\n"
		       "A /e/sub\n"
		       "A /e/sub/deep\n"
		       "A /e/sub/deep/h\n"
		       "A /e/sub/new\n");
}

TEST(a_directory_renamed_in_a_renamed_one)
{
	struct uni *t = *state;

	uni_three(t);
	uni_make(t, "l1/d/sub/f file 0644 x\n"
		    "l2/d/sub/g file 0644 x\n"
		    "l2/d/h file 0644 x\n"
		    "l2/k/i file 0644 x\n");
	uni_open(t);
	assert_ok(uni_rename(t, "d", "e", 0));
	assert_ok(uni_rename(t, "e/sub", "e/bus", 0));
	assert_ok(uni_rename(t, "k", "e/bus/k", 0));
	assert_ok(uni_rename(t, "e/bus", "top", 0));
	uni_close(t);
	changes_are(t, "D /d\n"
		       "A /e\n"
		       "A /e/h\n"
		       "D /k\n"
		       "A /top\n"
		       "A /top/f\n"
		       "A /top/g\n"
		       "A /top/k\n"
		       "A /top/k/i\n");
}

TEST(a_directory_that_was_renamed_and_came_back_is_no_change)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 x\n"
		    "lo/d/sub/g file 0644 x\n"
		    "lo/d/sub/h file 0644 x\n");
	uni_open(t);
	assert_ok(uni_rename(t, "d", "e", 0));
	assert_ok(uni_rename(t, "e", "d", 0));
	uni_close(t);
	changes_are(t, "");
	uni_open(t);
	assert_ok(uni_write(t, "d/sub/g", 0, "y"));
	assert_ok(uni_unlink(t, "d/f"));
	uni_close(t);
	changes_are(t, "C /d\n"
		       "D /d/f\n"
		       "C /d/sub\n"
		       "C /d/sub/g\n");
}

TEST(directories_that_changed_places_are_compared)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/a/both file 0644 x\n"
		    "lo/a/one file 0644 x\n"
		    "lo/a/s/f file 0644 x\n"
		    "lo/a time 1000\n"
		    "lo/b/both file 0644 y\n"
		    "lo/b/two file 0644 y\n"
		    "lo/b/s file 0644 y\n"
		    "lo/b time 1000\n");
	uni_open(t);
	assert_ok(uni_rename(t, "a", "b", RENAME_EXCHANGE));
	uni_close(t);
	changes_are(t, "C /a\n"
		       "C /a/both\n"
		       "D /a/one\n"
		       "C /a/s\n"
		       "A /a/two\n"
		       "C /b\n"
		       "C /b/both\n"
		       "A /b/one\n"
		       "C /b/s\n"
		       "A /b/s/f\n"
		       "D /b/two\n");
}

TEST(redirects_of_lower_branches_are_followed)
{
	struct uni *t = *state;
	const char *ns = uni_is_root() ? "trusted" : "user";
	_free_ char *spec = NULL;

	uni_three(t);
	assert_ok(str_printf(&spec, "l1/e dir 0755\n"
			     "l1/e xattr %s.ufs.redirect /d\n"
			     "l1/d wh\n"
			     "l2/d/f file 0644 x\n"
			     "l2/d/g file 0644 x\n"
			     "l2/e/hidden file 0644 x\n", ns));
	uni_make(t, spec);
	uni_open(t);
	uni_view_is(t, "e dir 0755\ne/f file 0644 x\ne/g file 0644 x\n");
	assert_ok(uni_write(t, "e/f", 0, "y"));
	assert_ok(uni_unlink(t, "e/g"));
	uni_close(t);
	changes_are(t, "C /e\n"
		       "C /e/f\n"
		       "D /e/g\n");
}

TEST(names_of_a_file_that_was_copied_up_under_another_are_changed)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/m file 0644 x\n"
		    "lo/d/sub/b hard lo/m\n"
		    "lo/d/c hard lo/m\n"
		    "lo/z hard lo/m\n"
		    "lo/other file 0644 x\n"
		    "lo/another hard lo/other\n");
	uni_open(t);
	assert_ok(uni_write(t, "m", 0, "y"));
	assert_ok(uni_unlink(t, "z"));
	uni_close(t);
	changes_of_y_are(t, "C /d\n"
		       "C /d/c\n"
		       "C /d/sub\n"
		       "C /d/sub/b\n"
		       "C /m\n"
		       "D /z\n");
	uni_open(t);
	assert_ok(uni_rename(t, "d", "e", 0));
	uni_close(t);
	changes_of_y_are(t, "D /d\n"
		       "A /e\n"
		       "A /e/c\n"
		       "A /e/sub\n"
		       "A /e/sub/b\n"
		       "C /m\n"
		       "D /z\n");
	uni_open(t);
	assert_ok(uni_rename(t, "e", "d", 0));
	uni_close(t);
	changes_of_y_are(t, "C /d\n"
		       "C /d/c\n"
		       "C /d/sub\n"
		       "C /d/sub/b\n"
		       "C /m\n"
		       "D /z\n");
}

TEST(names_too_long_for_a_whiteout_are_deleted)
{
	struct uni *t = *state;
	_free_ char *spec = NULL, *want = NULL;
	char name[256] = { 0 };

	memset(name, 'n', 255);
	uni_two(t);
	assert_ok(str_printf(&spec, "lo/%s file 0644 x\n"
			     "lo/f file 0644 x\n", name));
	uni_make(t, spec);
	uni_open(t);
	assert_ok(uni_unlink(t, name));
	uni_close(t);
	assert_ok(str_printf(&want, "D /%s\n", name));
	changes_are(t, want);
}

TEST(the_callback_can_end_the_walk)
{
	struct uni *t = *state;
	struct layer_diff d = { .change = stop_here };
	_free_ char *up = NULL;
	int n = 0;

	uni_branch(t, "up", BRANCH_RO, 0);
	uni_make(t, "up/a file 0644 x\n"
		    "up/b file 0644 x\n"
		    "up/c file 0644 x\n");
	up = uni_real(t, "up");
	d.upper = (struct layer){ .fd = open(up, O_PATH | O_CLOEXEC), .marks = true };
	d.ctx = &n;
	assert_int_equal(layer_diff(&d, NULL), 7);
	assert_int_equal(n, 2);
	close_fd(&d.upper.fd);
}

TEST(a_lower_directory_that_may_not_be_searched_is_counted)
{
	struct uni *t = *state;
	struct layer_diff d = { .nlowers = 1 };
	struct layer lower;
	struct sb b = SB_INIT;
	_free_ char *up = NULL, *lo = NULL, *s = NULL;

	if (uni_is_root())
		uni_skip("root may search everything");
	uni_two(t);
	uni_make(t, "lo/d/f file 0644 x\n"
		    "lo/d mode 0000\n"
		    "up/d/f file 0644 x\n");
	up = uni_real(t, "up");
	lo = uni_real(t, "lo");
	d.upper = (struct layer){ .fd = open(up, O_PATH | O_CLOEXEC), .marks = true };
	lower = (struct layer){ .fd = open(lo, O_PATH | O_CLOEXEC), .marks = true };
	d.lowers = &lower;
	d.change = add_line;
	d.ctx = &b;
	assert_ok(layer_diff(&d, NULL));
	assert_int_equal(d.unread, 1);
	assert_ok(sb_take(&b, &s));
	assert_string_equal(s, "C /d\nA /d/f\n");
	close_fd(&d.upper.fd);
	close_fd(&lower.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(an_empty_branch_changes_nothing),
		UNI_TEST(added_changed_and_deleted_are_told_with_the_directories_above),
		UNI_TEST(a_directory_that_was_only_copied_up_is_no_change),
		UNI_TEST(a_directory_with_other_attributes_is_changed),
		UNI_TEST(owners_count_unless_they_are_virtual),
		UNI_TEST(a_type_that_changed_is_a_change),
		UNI_TEST(a_deleted_directory_is_told_once),
		UNI_TEST(a_whiteout_over_nothing_is_no_change),
		UNI_TEST(a_whiteout_beside_its_entry_is_none),
		UNI_TEST(an_opaque_directory_deletes_what_is_not_made_anew),
		UNI_TEST(what_lower_branches_hide_is_not_there_to_be_changed),
		UNI_TEST(marks_of_a_lower_branch_without_marks_do_not_count),
		UNI_TEST(housekeeping_is_left_out),
		UNI_TEST(links_are_not_followed_and_special_files_not_opened),
		UNI_TEST(overlay_marks_are_understood),
		UNI_TEST(without_lower_branches_every_whiteout_is_a_deletion),
		UNI_TEST(names_come_in_the_order_of_their_bytes),
		UNI_TEST(a_renamed_directory_is_added_with_all_that_it_shows),
		UNI_TEST(a_directory_renamed_in_a_renamed_one),
		UNI_TEST(a_directory_that_was_renamed_and_came_back_is_no_change),
		UNI_TEST(directories_that_changed_places_are_compared),
		UNI_TEST(redirects_of_lower_branches_are_followed),
		UNI_TEST(names_of_a_file_that_was_copied_up_under_another_are_changed),
		UNI_TEST(names_too_long_for_a_whiteout_are_deleted),
		UNI_TEST(the_callback_can_end_the_walk),
		UNI_TEST(a_lower_directory_that_may_not_be_searched_is_counted),
	};

	return RUN_ALL(tests);
}
