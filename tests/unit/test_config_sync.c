/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ways to say what is made durable: ours, the kernel's, overlayfs's. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "config.h"

/* The value of the item NAME that has one. */
static const char *value_of(const struct ufs_config *c, const char *name)
{
	for (size_t i = 0; i < c->nitems; i++)
		if (strcmp(c->items[i].name, name) == 0 && c->items[i].value)
			return c->items[i].value;
	return "";
}

TEST(each_way_to_ask_for_it_is_understood)
{
	static const struct {
		const char *options;
		enum ufs_sync mode;
		const char *shown;
		bool kernel; /* the kernel's own flag is set too */
	} rows[] = {
		{ "br:/a", SYNC_AUTO, "auto", false },
		{ "br:/a,sync=auto", SYNC_AUTO, "auto", false },
		{ "br:/a,sync=strict", SYNC_STRICT, "strict", false },
		{ "br:/a,sync=volatile", SYNC_VOLATILE, "volatile", false },
		{ "upperdir=/u,lowerdir=/l,volatile", SYNC_VOLATILE, "volatile", false },
		{ "upperdir=/u,lowerdir=/l,fsync=0", SYNC_VOLATILE, "volatile", false },
		{ "upperdir=/u,lowerdir=/l,fsync=1", SYNC_AUTO, "auto", false },
		{ "br:/a,sync", SYNC_STRICT, "strict", true },
		{ "br:/a,dirsync", SYNC_STRICT, "strict", false },
		{ "br:/a,sync,async", SYNC_AUTO, "auto", false },
		{ "br:/a,sync=strict,async", SYNC_STRICT, "strict", false },
		{ "br:/a,sync,sync=auto", SYNC_AUTO, "auto", true },
		{ "br:/a,sync=auto,sync", SYNC_AUTO, "auto", true },
		{ "br:/a,sync=strict,volatile", SYNC_VOLATILE, "volatile", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = ERR_INIT;
		struct ufs_config c;

		config_init(&c);
		if (config_options(&c, rows[i].options, &e) < 0 || config_check(&c, &e) < 0)
			fail_msg("'%s': %s", rows[i].options, e.text);
		if (c.sync != rows[i].mode || strcmp(value_of(&c, "sync"), rows[i].shown) != 0)
			fail_msg("'%s': mode %d, shown '%s'", rows[i].options, c.sync,
				 value_of(&c, "sync"));
		if (!config_fuse_opt(&c, "sync") == rows[i].kernel)
			fail_msg("'%s': the kernel's flag", rows[i].options);
		assert_int_equal(c.nnotices, 0);
		config_done(&c);
	}
}

TEST(other_values_are_refused_with_those_that_are_known)
{
	static const char *const bad[][2] = {
		{ "br:/a,sync=maybe", "option 'sync' does not know 'maybe'" },
		{ "br:/a,sync=", "option 'sync' does not know ''" },
		{ "br:/a,fsync=2", "option 'fsync' is 0 or 1, not '2'" },
		{ "br:/a,volatile=1", "mount option 'volatile' takes no value" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err e = ERR_INIT;
		struct ufs_config c;

		config_init(&c);
		assert_int_equal(config_options(&c, bad[i][0], &e), -EINVAL);
		assert_string_equal(e.text, bad[i][1]);
		err_done(&e);
		config_done(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_to_ask_for_it_is_understood),
		cmocka_unit_test(other_values_are_refused_with_those_that_are_known),
	};

	return RUN_ALL(tests);
}
