/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "str.h"

TEST(an_empty_builder_gives_an_empty_string)
{
	struct sb b = SB_INIT;
	_free_ char *s = NULL;

	assert_int_equal(sb_take(&b, &s), 0);
	assert_string_equal(s, "");
}

TEST(a_builder_grows_over_its_first_room)
{
	struct sb b = SB_INIT;
	_free_ char *s = NULL;

	for (int i = 0; i < 1000; i++)
		sb_addf(&b, "%d,", i % 10);
	assert_int_equal(sb_take(&b, &s), 0);
	assert_int_equal(strlen(s), 2000);
	assert_memory_equal(s + 1996, "8,9,", 5);
	assert_null(b.s);
}

TEST(a_failed_builder_stays_failed_and_gives_nothing)
{
	struct sb b = SB_INIT;
	char *s = NULL;

	sb_add(&b, "text");
	sb_addn(&b, "x", SIZE_MAX / 2);
	sb_add(&b, "more");
	assert_int_equal(sb_take(&b, &s), -ENOMEM);
	assert_null(s);
	assert_null(b.s);
}

TEST(a_quoted_name_shows_control_bytes)
{
	struct sb b = SB_INIT;
	_free_ char *s = NULL;

	sb_quote(&b, "a\n\033[31m\x7f\xc3\xa4");
	assert_int_equal(sb_take(&b, &s), 0);
	assert_string_equal(s, "'a\\x0a\\x1b[31m\\x7f\xc3\xa4'");
}

TEST(printf_into_memory_takes_what_printf_takes)
{
	_free_ char *s = NULL;

	assert_int_equal(str_printf(&s, "%s-%03d", "x", 7), 0);
	assert_string_equal(s, "x-007");
}

static void check_list(const char *list, char sep, const char *const *want, size_t n)
{
	const char *c = list;
	size_t i = 0;
	int r;

	for (;;) {
		_free_ char *s = NULL;

		r = list_next(&c, sep, &s);
		if (r == 0)
			break;
		assert_int_equal(r, 1);
		assert_true(i < n);
		assert_string_equal(s, want[i]);
		i++;
	}
	assert_int_equal(i, n);
}

#define CHECK_LIST(list, sep, ...) do { \
	static const char *const want_[] = { __VA_ARGS__ }; \
	check_list(list, sep, want_, ARRAY_LEN(want_)); \
} while (0)

TEST(a_list_is_split_at_its_separator)
{
	CHECK_LIST("a,bc,d", ',', "a", "bc", "d");
	CHECK_LIST("", ',', "");
	CHECK_LIST("a,,b,", ',', "a", "", "b", "");
}

TEST(an_escaped_separator_belongs_to_the_element)
{
	CHECK_LIST("a\\,b,c", ',', "a,b", "c");
	CHECK_LIST("a\\\\,b", ',', "a\\", "b");
}

TEST(an_escape_of_another_level_is_kept)
{
	CHECK_LIST("br:/a\\:b,c", ',', "br:/a\\:b", "c");
	CHECK_LIST("end\\", ',', "end\\");
}

TEST(a_prefix_is_found_at_the_start_only)
{
	assert_true(str_has_prefix("lowerdir=/a", "lowerdir="));
	assert_false(str_has_prefix("xlowerdir=", "lowerdir="));
	assert_false(str_has_prefix("low", "lowerdir="));
	assert_string_equal(str_after("a=b", "a="), "b");
	assert_null(str_after("a=b", "b"));
}

TEST(a_number_is_whole_decimal_and_bounded)
{
	unsigned long long v = 1;

	assert_int_equal(str_to_u64("0", 10, &v), 0);
	assert_true(v == 0);
	assert_int_equal(str_to_u64("18446744073709551615", ~0ULL, &v), 0);
	assert_true(v == ~0ULL);
	assert_int_equal(str_to_u64("18446744073709551616", ~0ULL, &v), -ERANGE);
	assert_int_equal(str_to_u64("10", 10, &v), 0);
	assert_int_equal(str_to_u64("11", 10, &v), -ERANGE);
	assert_int_equal(str_to_u64("7", 5, &v), -ERANGE);
	assert_true(v == 10);
}

TEST(a_number_with_other_bytes_is_refused)
{
	static const char *const bad[] = { "", "-1", "+1", " 1", "1 ", "0x10", "1k" };
	unsigned long long v = 42;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(str_to_u64(bad[i], ~0ULL, &v), -EINVAL);
	assert_true(v == 42);
}

TEST(the_distance_counts_edits)
{
	assert_int_equal(str_distance("lower", "lower"), 0);
	assert_int_equal(str_distance("lower", "loewr"), 2);
	assert_int_equal(str_distance("", "abc"), 3);
	assert_int_equal(str_distance("upper", "uper"), 1);
	assert_int_equal(str_distance("kitten", "sitting"), 3);
}

TEST(the_distance_of_very_long_words_is_their_length)
{
	char w[100];

	memset(w, 'a', sizeof(w) - 1);
	w[sizeof(w) - 1] = '\0';
	assert_int_equal(str_distance(w, "a"), 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_builder_gives_an_empty_string),
		cmocka_unit_test(a_builder_grows_over_its_first_room),
		cmocka_unit_test(a_failed_builder_stays_failed_and_gives_nothing),
		cmocka_unit_test(a_quoted_name_shows_control_bytes),
		cmocka_unit_test(printf_into_memory_takes_what_printf_takes),
		cmocka_unit_test(a_list_is_split_at_its_separator),
		cmocka_unit_test(an_escaped_separator_belongs_to_the_element),
		cmocka_unit_test(an_escape_of_another_level_is_kept),
		cmocka_unit_test(a_prefix_is_found_at_the_start_only),
		cmocka_unit_test(a_number_is_whole_decimal_and_bounded),
		cmocka_unit_test(a_number_with_other_bytes_is_refused),
		cmocka_unit_test(the_distance_counts_edits),
		cmocka_unit_test(the_distance_of_very_long_words_is_their_length),
	};

	return RUN_ALL(tests);
}
