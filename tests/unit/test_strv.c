/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "strv.h"

TEST(a_list_grows_and_ends_with_null)
{
	struct strv l = { NULL, 0 };

	assert_int_equal(strv_add(&l, "a"), 0);
	assert_int_equal(strv_addf(&l, "%d", 7), 0);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.v[0], "a");
	assert_string_equal(l.v[1], "7");
	assert_null(l.v[2]);
	strv_done(&l);
	assert_int_equal(l.n, 0);
	assert_null(l.v);
}

TEST(a_variable_is_set_replaced_and_removed)
{
	struct strv l = { NULL, 0 };

	assert_null(strv_getenv(&l, "A"));
	assert_int_equal(strv_setenv(&l, "AB", "1"), 0);
	assert_int_equal(strv_setenv(&l, "A", "2"), 0);
	assert_int_equal(strv_setenv(&l, "C", ""), 0);
	assert_int_equal(strv_setenv(&l, "A", "3=4"), 0);
	assert_int_equal(l.n, 3);
	assert_string_equal(strv_getenv(&l, "A"), "3=4");
	assert_string_equal(strv_getenv(&l, "C"), "");
	assert_int_equal(strv_setenv(&l, "AB", NULL), 0);
	assert_int_equal(strv_setenv(&l, "none", NULL), 0);
	assert_int_equal(l.n, 2);
	assert_null(strv_getenv(&l, "AB"));
	assert_string_equal(l.v[0], "A=3=4");
	assert_null(l.v[2]);
	strv_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_grows_and_ends_with_null),
		cmocka_unit_test(a_variable_is_set_replaced_and_removed),
	};

	return RUN_ALL(tests);
}
