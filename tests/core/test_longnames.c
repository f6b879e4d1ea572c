/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of 252 to 255 bytes, for which AUFS's whiteout would be too long a name:
 * they are hidden by a record in the work directory.
 */
#include "harness.h"

/* 255 times the letter C. */
static const char *name(char c)
{
	static char names[256][256];
	char *s = names[(unsigned char)c];

	memset(s, c, 255);
	return s;
}

static char *in(const char *dir, const char *base)
{
	char *path;

	assert_ok(str_printf(&path, "%s%s%s", dir, *dir ? "/" : "", base));
	return path;
}

static void lower_file(struct uni *t, const char *branch_dir, const char *base,
		       const char *data)
{
	_free_ char *path = in(branch_dir, base), *line = NULL;

	assert_ok(str_printf(&line, "%s file 0644 %s\n", path, data));
	uni_make(t, line);
}

/* The view, with each long name as its letter in brackets. */
static void view_is(struct uni *t, const char *want)
{
	_free_ char *view = uni_view(t);
	struct sb b = SB_INIT;

	for (const char *p = view; *p;) {
		size_t n = strspn(p, (char[]){ *p, '\0' });

		if (n == 255) {
			sb_addf(&b, "[%c]", *p);
		} else {
			n = 1;
			sb_addc(&b, *p);
		}
		p += n;
	}
	assert_string_equal(b.s ? b.s : "", want);
	sb_done(&b);
}

/* rows: 31 */
TEST(a_lower_name_is_deleted)
{
	struct uni *t = *state;
	struct ufs_entry e;
	_free_ char *in_d = in("d", name('b'));

	uni_two(t);
	lower_file(t, "lo", name('a'), "x");
	lower_file(t, "lo/d", name('b'), "y");
	lower_file(t, "lo/d", "f", "z");
	uni_open(t);
	assert_ok(uni_unlink(t, name('a')));
	assert_ok(uni_unlink(t, in_d));
	assert_int_equal(uni_unlink(t, name('a')), -ENOENT);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(uni_lookup(t, name('a'), &e), -ENOENT);
		assert_int_equal(uni_lookup(t, in_d, &e), -ENOENT);
		view_is(t, "d dir 0755\nd/f file 0644 z\n");
		uni_reopen(t);
	}
	/* No mark was put anywhere. */
	uni_disk_is(t, "up", "d dir 0755\n");
}

TEST(a_copied_up_name_is_deleted)
{
	struct uni *t = *state;

	uni_two(t);
	lower_file(t, "lo", name('a'), "old");
	uni_open(t);
	assert_ok(uni_write(t, name('a'), 0, "new"));
	assert_ok(uni_unlink(t, name('a')));
	view_is(t, "");
	uni_reopen(t);
	view_is(t, "");
}

TEST(names_of_252_bytes_are_the_first_that_need_it)
{
	struct uni *t = *state;
	char a[252] = { 0 }, b[253] = { 0 };

	memset(a, 'a', 251);
	memset(b, 'b', 252);
	uni_two(t);
	lower_file(t, "lo", a, "x");
	lower_file(t, "lo", b, "x");
	uni_open(t);
	assert_ok(uni_unlink(t, a));
	assert_ok(uni_unlink(t, b));
	uni_reopen(t);
	view_is(t, "");
	{
		_free_ char *mark = in("up/.wh.", ""), *path = NULL;

		mark[strlen(mark) - 1] = '\0';
		assert_ok(str_printf(&path, "%s%s", mark, a));
		assert_true(uni_has(t, path));
	}
}

TEST(a_deleted_name_is_made_again)
{
	struct uni *t = *state;
	_free_ char *inside = in(name('d'), "f");

	uni_two(t);
	lower_file(t, "lo", name('a'), "old");
	{
		_free_ char *dir = in("lo", name('d'));

		lower_file(t, dir, "f", "old");
	}
	uni_open(t);
	assert_ok(uni_unlink(t, name('a')));
	assert_ok(uni_create(t, name('a'), 0600, "new"));
	assert_ok(uni_unlink(t, inside));
	assert_ok(uni_rmdir(t, name('d')));
	assert_ok(uni_mkdir(t, name('d'), 0700));
	for (int i = 0; i < 2; i++) {
		view_is(t, "[a] file 0600 new\n[d] dir 0700\n");
		uni_reopen(t);
	}
	assert_ok(uni_unlink(t, name('a')));
	assert_ok(uni_rmdir(t, name('d')));
	for (int i = 0; i < 2; i++) {
		view_is(t, "");
		uni_reopen(t);
	}
}

/* rows: 31 */
TEST(renames_from_and_onto_them)
{
	struct uni *t = *state;

	uni_two(t);
	lower_file(t, "lo", name('a'), "a");
	lower_file(t, "lo", name('b'), "b");
	lower_file(t, "lo", "short", "s");
	uni_open(t);
	assert_ok(uni_rename(t, name('a'), "x", 0));
	assert_ok(uni_rename(t, name('b'), name('a'), 0));
	assert_ok(uni_rename(t, "short", name('b'), 0));
	for (int i = 0; i < 2; i++) {
		view_is(t, "[a] file 0644 b\n[b] file 0644 s\nx file 0644 a\n");
		uni_reopen(t);
	}
	assert_ok(uni_rename(t, "x", name('a'), 0));
	assert_ok(uni_rename(t, name('a'), name('b'), RENAME_EXCHANGE));
	for (int i = 0; i < 2; i++) {
		view_is(t, "[a] file 0644 s\n[b] file 0644 a\n");
		uni_reopen(t);
	}
}

TEST(a_lower_directory_moves_with_what_is_hidden_in_it)
{
	struct uni *t = *state;
	_free_ char *from = in(name('d'), name('a')), *dir = in("lo", name('d'));

	uni_two(t);
	lower_file(t, dir, name('a'), "x");
	lower_file(t, dir, "f", "y");
	uni_open(t);
	assert_ok(uni_unlink(t, from));
	assert_ok(uni_rename(t, name('d'), name('e'), 0));
	for (int i = 0; i < 2; i++) {
		view_is(t, "[e] dir 0755\n[e]/f file 0644 y\n");
		uni_reopen(t);
	}
}

TEST(a_directory_with_hidden_names_alone_is_empty)
{
	struct uni *t = *state;
	_free_ char *a = in("d", name('a')), *b = in("d", name('b'));

	uni_two(t);
	lower_file(t, "lo/d", name('a'), "x");
	lower_file(t, "lo/d", name('b'), "x");
	uni_make(t, "up/d dir 0755\n"
		    "up/e dir 0755\n");
	uni_open(t);
	assert_ok(uni_unlink(t, a));
	assert_int_equal(uni_rename(t, "e", "d", 0), -ENOTEMPTY);
	assert_ok(uni_unlink(t, b));
	assert_ok(uni_rename(t, "e", "d", 0));
	for (int i = 0; i < 2; i++) {
		view_is(t, "d dir 0755\n");
		uni_reopen(t);
	}
	assert_ok(uni_rmdir(t, "d"));
	assert_ok(uni_mkdir(t, "d", 0755));
	view_is(t, "d dir 0755\n");
}

TEST(what_was_hidden_stays_so_where_the_branch_is_read)
{
	struct uni *t = *state;

	uni_two(t);
	lower_file(t, "lo", name('a'), "x");
	uni_open(t);
	assert_ok(uni_unlink(t, name('a')));
	uni_close(t);
	t->cfg.read_only = true;
	uni_open(t);
	view_is(t, "");
	uni_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(a_lower_name_is_deleted),
		UNI_TEST(a_copied_up_name_is_deleted),
		UNI_TEST(names_of_252_bytes_are_the_first_that_need_it),
		UNI_TEST(a_deleted_name_is_made_again),
		UNI_TEST(renames_from_and_onto_them),
		UNI_TEST(a_lower_directory_moves_with_what_is_hidden_in_it),
		UNI_TEST(a_directory_with_hidden_names_alone_is_empty),
		UNI_TEST(what_was_hidden_stays_so_where_the_branch_is_read),
	};

	return RUN_ALL(tests);
}
