/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "err.h"

static char *printed(const struct err *e)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	err_print(e, "ufs", f);
	fclose(f);
	return text;
}

/* The shape is that of the interface page, section "Messages". */
TEST(a_message_has_one_shape)
{
	struct err e = ERR_INIT;
	_free_ char *s = NULL;

	assert_int_equal(err_set(&e, -ENOENT, "branch %d '%s' does not exist", 1, "/srv"),
			 -ENOENT);
	assert_int_equal(err_wrap(&e, "cannot mount on '%s'", "/mnt"), -ENOENT);
	err_hint(&e, "mkdir %s", "/srv");
	s = printed(&e);
	assert_string_equal(s, "ufs: cannot mount on '/mnt': branch 1 '/srv' does not "
			       "exist (ENOENT)\n  hint: mkdir /srv\n");
	err_done(&e);
}

TEST(a_usage_error_shows_no_errno_and_ends_with_2)
{
	struct err e = ERR_INIT;
	_free_ char *s = NULL;

	assert_int_equal(err_set(&e, 0, "unknown option '--x'"), -EINVAL);
	assert_int_equal(err_exit(&e, EXIT_FAILED), EXIT_USAGE);
	s = printed(&e);
	assert_string_equal(s, "ufs: unknown option '--x'\n");
	err_done(&e);
}

TEST(nothing_is_printed_without_an_error)
{
	struct err e = ERR_INIT;
	_free_ char *s = printed(&e);

	assert_string_equal(s, "");
	assert_false(err_isset(&e));
}

TEST(a_later_text_replaces_the_first)
{
	struct err e = ERR_INIT;

	(void)err_set(&e, -EIO, "first");
	(void)err_set(&e, -ENOSPC, "second");
	assert_int_equal(e.code, -ENOSPC);
	assert_string_equal(e.text, "second");
	err_done(&e);
}

TEST(every_function_takes_no_object)
{
	assert_int_equal(err_set(NULL, -EIO, "x"), -EIO);
	assert_int_equal(err_set(NULL, 0, "x"), -EINVAL);
	assert_int_equal(err_exit(NULL, 3), 3);
	assert_false(err_isset(NULL));
	err_hint(NULL, "x");
	err_status(NULL, 1);
	err_done(NULL);
}

TEST(the_status_set_wins_over_the_default)
{
	struct err e = ERR_INIT;

	(void)err_set(&e, -EBUSY, "held");
	assert_int_equal(err_exit(&e, EXIT_FAILED), EXIT_FAILED);
	err_status(&e, EXIT_BUSY);
	assert_int_equal(err_exit(&e, EXIT_FAILED), EXIT_BUSY);
	err_done(&e);
	assert_int_equal(e.status, 0);
}

TEST(an_error_survives_the_pipe)
{
	struct err a = ERR_INIT, b = ERR_INIT;
	char buf[256];
	size_t n;

	(void)err_set(&a, -EPERM, "stage mounts: cannot bind '%s'", "/a");
	err_hint(&a, "as root");
	err_status(&a, EXIT_HOST);
	n = err_pack(&a, buf, sizeof(buf));
	assert_true(n > 0);
	assert_int_equal(err_unpack(&b, buf, n), -EPERM);
	assert_int_equal(b.code, -EPERM);
	assert_int_equal(b.status, EXIT_HOST);
	assert_string_equal(b.text, a.text);
	assert_string_equal(b.hint, a.hint);
	err_done(&a);
	err_done(&b);
}

TEST(a_long_error_is_cut_in_its_texts_only)
{
	struct err a = ERR_INIT, b = ERR_INIT;
	char text[1000], buf[64];
	size_t n;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)err_set(&a, -EPERM, "%s", text);
	err_hint(&a, "%s", text);
	n = err_pack(&a, buf, sizeof(buf));
	assert_true(n > 0 && n <= sizeof(buf));
	assert_int_equal(err_unpack(&b, buf, n), -EPERM);
	assert_true(strlen(b.text) > 10 && strlen(b.text) < sizeof(buf));
	assert_int_equal(err_pack(&a, buf, 4), 0);
	err_done(&a);
	err_done(&b);
}

TEST(half_a_packed_error_is_an_error_of_its_own)
{
	struct err a = ERR_INIT;
	char buf[256];
	size_t n;

	(void)err_set(&a, -EPERM, "text");
	n = err_pack(&a, buf, sizeof(buf));
	for (size_t i = 0; i < n; i++) {
		struct err b = ERR_INIT;

		assert_int_equal(err_unpack(&b, buf, i), -EPROTO);
		assert_int_equal(b.code, -EPROTO);
		err_done(&b);
	}
	err_done(&a);
}

TEST(codes_have_names_and_words)
{
	char buf[64];

	assert_string_equal(err_name(-ENOENT), "ENOENT");
	assert_string_equal(err_name(ENOSPC), "ENOSPC");
	assert_string_equal(err_name(-100000), "unknown error");
	assert_string_equal(err_words(-ENOENT, buf, sizeof(buf)),
			    "no such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_has_one_shape),
		cmocka_unit_test(a_usage_error_shows_no_errno_and_ends_with_2),
		cmocka_unit_test(nothing_is_printed_without_an_error),
		cmocka_unit_test(a_later_text_replaces_the_first),
		cmocka_unit_test(every_function_takes_no_object),
		cmocka_unit_test(the_status_set_wins_over_the_default),
		cmocka_unit_test(an_error_survives_the_pipe),
		cmocka_unit_test(a_long_error_is_cut_in_its_texts_only),
		cmocka_unit_test(half_a_packed_error_is_an_error_of_its_own),
		cmocka_unit_test(codes_have_names_and_words),
	};

	return RUN_ALL(tests);
}
