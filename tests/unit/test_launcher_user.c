/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user.h"

static const char passwd[] =
	"root:x:0:0:root:/root:/bin/sh\n"
	"broken line\n"
	"evil:x:4294967296:0::/:/bin/sh\n"
	"evil2:x:-1:0::/:/bin/sh\n"
	"evil3:x:0x0:0::/:/bin/sh\n"
	"evil4:x::0::/:/bin/sh\n"
	"web:x:33:34:web:/srv/www:/bin/false\n"
	"nohome:x:44:44:::\n"
	"1234:x:55:55::/n:/bin/sh";
static const char group[] =
	"root:x:0:\n"
	"adm:x:4:webb,aweb\n"
	"tape:x:26:web\n"
	"huge:x:99999999999:web\n"
	"disk:x:6:other,web,root\n"
	"web:x:34:web\n";

static struct run_live live;
static struct err e;

static int resolve(const char *spec)
{
	free(live.groups);
	free(live.home);
	live = (struct run_live){ .uid = 77, .gid = 77 };
	err_done(&e);
	return user_resolve(spec, passwd, group, &live, &e);
}

TEST(a_name_brings_its_groups_and_home)
{
	assert_int_equal(resolve("web"), 0);
	assert_int_equal(live.uid, 33);
	assert_int_equal(live.gid, 34);
	assert_string_equal(live.home, "/srv/www");
	assert_int_equal(live.ngroups, 3);
	assert_int_equal(live.groups[0], 34);
	assert_int_equal(live.groups[1], 26);
	assert_int_equal(live.groups[2], 6);
	assert_int_equal(resolve("nohome"), 0);
	assert_null(live.home);
}

TEST(a_number_is_looked_up_and_else_taken)
{
	assert_int_equal(resolve("33"), 0);
	assert_int_equal(live.gid, 34);
	assert_int_equal(resolve("7777"), 0);
	assert_int_equal(live.uid, 7777);
	assert_int_equal(live.gid, 0);
	assert_null(live.home);
	/* A number is never a name. */
	assert_int_equal(resolve("1234"), 0);
	assert_int_equal(live.uid, 1234);
	assert_int_equal(live.gid, 0);
}

TEST(a_group_given_is_the_only_one)
{
	assert_int_equal(resolve("web:adm"), 0);
	assert_int_equal(live.gid, 4);
	assert_int_equal(live.ngroups, 1);
	assert_int_equal(live.groups[0], 4);
	assert_int_equal(resolve("web:1000"), 0);
	assert_int_equal(live.gid, 1000);
}

TEST(what_makes_no_sense_is_never_root)
{
	static const char *const bad[] = {
		"",	 ":",	       ":0",	     "none",   "-1",
		"0x0",	 "4294967295", "4294967296", "+0",     " 0",
		"0 ",	 "evil",       "evil2",	     "evil3",  "evil4",
		"1:2:3", "web:none",   "web:",	     "web:-1",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (resolve(bad[i]) == 0)
			fail_msg("'%s' is user %u, group %u", bad[i], live.uid, live.gid);
		assert_int_equal(e.code, -ENOENT);
	}
}

static int done(void **state _unused_)
{
	free(live.groups);
	free(live.home);
	err_done(&e);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_brings_its_groups_and_home),
		cmocka_unit_test(a_number_is_looked_up_and_else_taken),
		cmocka_unit_test(a_group_given_is_the_only_one),
		cmocka_unit_test(what_makes_no_sense_is_never_root),
	};

	return cmocka_run_group_tests(tests, NULL, done);
}
