/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The small parts of the verbs: names in JSON, the mount table, directories. */
#include "unit.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "dirs.h"
#include "json.h"
#include "mountinfo.h"
#include "str.h"

/* -- names in JSON (interface, "Messages": a _b64 twin) --------------------------- */

static void assert_round_trip(const char *name, bool twin)
{
	struct json_object *o = json_object_new_object(), *again;
	_free_ char *got = NULL;

	assert_int_equal(json_add_name(o, "path", name), 0);
	assert_int_equal(json_object_object_get_ex(o, "path_b64", NULL), twin);
	again = json_tokener_parse(json_object_to_json_string(o));
	assert_non_null(again);
	assert_int_equal(json_get_name(again, "path", &got), 0);
	assert_string_equal(got, name);
	json_object_put(again);
	json_object_put(o);
}

TEST(names_come_back_from_json_byte_for_byte)
{
	assert_round_trip("", false);
	assert_round_trip("/a b/\"\\\n", false);
	assert_round_trip("/\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", false);
	assert_round_trip("\xff", true);
	assert_round_trip("a\xff", true);
	assert_round_trip("ab\xff", true);
	assert_round_trip("abc\xff", true);
	assert_round_trip("/\xc3", true);	      /* cut short */
	assert_round_trip("/\xc0\xaf", true);	      /* overlong */
	assert_round_trip("/\xed\xa0\x80", true);     /* half of a surrogate pair */
	assert_round_trip("/\xf4\x90\x80\x80", true); /* beyond Unicode */
}

TEST(a_missing_name_is_no_name)
{
	struct json_object *o = json_object_new_object();
	char *got = NULL;

	assert_int_equal(json_add_name(o, "work", NULL), 0);
	assert_int_equal(json_get_name(o, "work", &got), -ENOENT);
	assert_int_equal(json_get_name(o, "other", &got), -ENOENT);
	assert_int_equal(json_add_string(o, "path_b64", "!!"), 0);
	assert_int_equal(json_get_name(o, "path", &got), -EINVAL);
	json_object_put(o);
}

/* -- the mount table ------------------------------------------------------------------
 */

TEST(options_are_found_whole)
{
	assert_true(mountinfo_has("rw,nosuid", "rw"));
	assert_true(mountinfo_has("rw,nosuid", "nosuid"));
	assert_true(mountinfo_has("rw,max_read=4096", "max_read=4096"));
	assert_false(mountinfo_has("rw,nosuid", "suid"));
	assert_false(mountinfo_has("rw,nosuid", "nosui"));
	assert_false(mountinfo_has("", "rw"));
}

TEST(proc_is_found_and_is_no_union)
{
	struct mountinfo m = {0};

	assert_int_equal(mountinfo_find("/proc", &m), 0);
	assert_string_equal(m.type, "proc");
	assert_true(mountinfo_has(m.options, "rw") || mountinfo_has(m.options, "ro"));
	assert_false(mountinfo_is_ufs(&m));
	mountinfo_done(&m);
	assert_int_equal(mountinfo_find("/proc/self", &m), -ENOENT);
}

TEST(paths_are_resolved)
{
	_free_ char *got = NULL;

	assert_int_equal(mountinfo_resolve("/proc/../proc/.", &got), 0);
	assert_string_equal(got, "/proc");
	assert_int_equal(mountinfo_resolve("/proc/no/such", &got), -ENOENT);
}

/* -- where things are kept ------------------------------------------------------------
 */

/* As a user: XDG's words count. As root they do not. */
TEST(the_run_directory_follows_the_table)
{
	_free_ char *run = NULL, *data = NULL;
	bool root = geteuid() == 0 && access("/run", W_OK) == 0;

	assert_int_equal(setenv("XDG_RUNTIME_DIR", "/x/run", 1), 0);
	assert_int_equal(setenv("XDG_DATA_HOME", "/x/data", 1), 0);
	assert_int_equal(dirs_run(&run), 0);
	assert_int_equal(dirs_data(&data), 0);
	assert_string_equal(run, root ? "/run/ufs" : "/x/run/ufs");
	assert_string_equal(data, root ? "/var/lib/ufs" : "/x/data/ufs");
}

TEST(directories_are_made_private)
{
	char base[] = "/tmp/ufs-test-dirs-XXXXXX";
	_free_ char *a = NULL, *ab = NULL;
	struct stat st;

	assert_non_null(mkdtemp(base));
	assert_int_equal(str_printf(&a, "%s/a", base), 0);
	assert_int_equal(str_printf(&ab, "%s/a/b", base), 0);
	assert_int_equal(dirs_make(ab), 0);
	assert_int_equal(dirs_make(ab), 0);
	assert_int_equal(stat(ab, &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	assert_int_equal(rmdir(ab), 0);
	assert_int_equal(symlink("/etc/hostname", ab), 0);
	assert_true(dirs_make(ab) < 0);
	assert_int_equal(unlink(ab), 0);
	assert_int_equal(rmdir(a), 0);
	assert_int_equal(rmdir(base), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_come_back_from_json_byte_for_byte),
		cmocka_unit_test(a_missing_name_is_no_name),
		cmocka_unit_test(options_are_found_whole),
		cmocka_unit_test(proc_is_found_and_is_no_union),
		cmocka_unit_test(paths_are_resolved),
		cmocka_unit_test(the_run_directory_follows_the_table),
		cmocka_unit_test(directories_are_made_private),
	};

	return RUN_ALL(tests);
}
