/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <string.h>

#include "cleanup.h"
#include "path.h"

TEST(a_component_is_one_name)
{
	assert_true(path_is_component("a"));
	assert_true(path_is_component("..."));
	assert_true(path_is_component(" "));
	assert_false(path_is_component(""));
	assert_false(path_is_component("."));
	assert_false(path_is_component(".."));
	assert_false(path_is_component("a/b"));
	assert_false(path_is_component("a/"));
}

TEST(components_come_in_order_without_slashes_and_dots)
{
	static const char *const want[] = { "a", "..", "b.c", ".d" };
	const char *p = "//a/./../b.c///.d/.";
	const char *c;
	size_t n, i = 0;

	while (path_next(&p, &c, &n)) {
		assert_true(i < ARRAY_LEN(want));
		assert_int_equal(n, strlen(want[i]));
		assert_memory_equal(c, want[i], n);
		i++;
	}
	assert_int_equal(i, ARRAY_LEN(want));
	assert_false(path_next(&p, &c, &n));
}

TEST(a_path_without_components_ends_at_once)
{
	static const char *const empty[] = { "", "/", "///", ".", "./." };

	for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
		const char *p = empty[i], *c;
		size_t n;

		assert_false(path_next(&p, &c, &n));
	}
}

TEST(cleaning_makes_absolute_and_takes_out_dots)
{
	static const struct {
		const char *cwd, *path, *want;
	} rows[] = {
		{ "/home/u", "a", "/home/u/a" },
		{ "/home/u", "/a", "/a" },
		{ "/home/u", "../b//c/.", "/home/b/c" },
		{ "/home/u", "../../../../x", "/x" },
		{ "/home/u", "", "/home/u" },
		{ "/", "", "/" },
		{ "/", "..", "/" },
		{ "/", "a/..", "/" },
		{ "/x", "a/../..", "/" },
		{ "/x", "a/b/../c", "/x/a/c" },
		{ "/x", "...", "/x/..." },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_free_ char *s = NULL;

		assert_int_equal(path_clean(rows[i].cwd, rows[i].path, &s), 0);
		assert_string_equal(s, rows[i].want);
	}
}

TEST(beneath_means_whole_components)
{
	assert_true(path_is_beneath("/a/b", "/a"));
	assert_true(path_is_beneath("/a", "/a"));
	assert_true(path_is_beneath("/a", "/"));
	assert_true(path_is_beneath("/", "/"));
	assert_false(path_is_beneath("/ab", "/a"));
	assert_false(path_is_beneath("/a", "/a/b"));
	assert_false(path_is_beneath("/", "/a"));
}

TEST(the_relative_part_has_no_leading_slash)
{
	assert_string_equal(path_relative("/a/b/c", "/a"), "b/c");
	assert_string_equal(path_relative("/a", "/a"), "");
	assert_string_equal(path_relative("/a/b", "/"), "a/b");
	assert_string_equal(path_relative("/", "/"), "");
	assert_null(path_relative("/abc", "/ab"));
}

TEST(joining_puts_one_slash)
{
	static const struct {
		const char *dir, *name, *want;
	} rows[] = {
		{ "/a", "b", "/a/b" }, { "/", "b", "/b" },
		{ "/a/", "b", "/a/b" }, { "/a", "", "/a" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_free_ char *s = NULL;

		assert_int_equal(path_join(rows[i].dir, rows[i].name, &s), 0);
		assert_string_equal(s, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_component_is_one_name),
		cmocka_unit_test(components_come_in_order_without_slashes_and_dots),
		cmocka_unit_test(a_path_without_components_ends_at_once),
		cmocka_unit_test(cleaning_makes_absolute_and_takes_out_dots),
		cmocka_unit_test(beneath_means_whole_components),
		cmocka_unit_test(the_relative_part_has_no_leading_slash),
		cmocka_unit_test(joining_puts_one_slash),
	};

	return RUN_ALL(tests);
}
