/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "host.h"
#include "runconf.h"

/* Parse the words; the message of a usage error goes to *RET. */
static int parse(struct run_config *c, enum cli_do *what, struct err *e, char **words)
{
	int n = 0;

	while (words[n])
		n++;
	return cli_parse(n, words, c, what, e);
}

#define PARSE(c, e, ...) \
	({ char *words_[] = { (char[]){ "ufs-run" }, __VA_ARGS__, NULL }; \
	   enum cli_do what_; parse(c, &what_, e, words_); })
#define W(s) ((char[]){ s })

static void refused(struct err *e, int r, const char *text)
{
	assert_true(r < 0);
	assert_int_equal(e->status, EXIT_USAGE);
	if (!strstr(e->text, text))
		fail_msg("'%s' does not say '%s'", e->text, text);
	err_done(e);
}

TEST(options_end_at_the_command)
{
	struct run_config c = { .upper = NULL };
	struct err e = ERR_INIT;

	assert_int_equal(PARSE(&c, &e, W("--name"), W("n"), W("-it"), W("ls"), W("--rm")),
			 0);
	assert_string_equal(c.name, "n");
	assert_true(c.interactive && c.tty);
	assert_false(c.rm);
	assert_int_equal(c.argv.n, 2);
	assert_string_equal(c.argv.v[1], "--rm");
	runconf_done(&c);
	assert_int_equal(
		PARSE(&c, &e, W("--lower=/a"), W("--lower"), W("/b"), W("--"), W("-x")),
		0);
	assert_int_equal(c.lowers.n, 2);
	assert_string_equal(c.lowers.v[1], "/b");
	assert_string_equal(c.argv.v[0], "-x");
	runconf_done(&c);
}

TEST(volumes_have_a_source_and_an_absolute_destination)
{
	struct run_config c = { .upper = NULL };
	struct err e = ERR_INIT;

	assert_int_equal(runconf_add_volume(&c, "/a/../b/:/x//y/", &e), 0);
	assert_int_equal(runconf_add_volume(&c, "/with\\:colon:/z:ro", &e), 0);
	assert_int_equal(c.nvolumes, 2);
	assert_string_equal(c.volumes[0].src, "/b");
	assert_string_equal(c.volumes[0].dst, "/x/y");
	assert_false(c.volumes[0].ro);
	assert_string_equal(c.volumes[1].src, "/with:colon");
	assert_true(c.volumes[1].ro);
	refused(&e, runconf_add_volume(&c, "/a", &e), "SRC:DST");
	refused(&e, runconf_add_volume(&c, "", &e), "SRC:DST");
	refused(&e, runconf_add_volume(&c, ":/a", &e), "SRC:DST");
	refused(&e, runconf_add_volume(&c, "/a:/b:rx", &e), "SRC:DST");
	refused(&e, runconf_add_volume(&c, "/a:/b:ro:x", &e), "SRC:DST");
	refused(&e, runconf_add_volume(&c, "/a:b", &e), "absolute");
	refused(&e, runconf_add_volume(&c, "/a:/", &e), "'/'");
	refused(&e, runconf_add_volume(&c, "/a:/x/..", &e), "'/'");
	refused(&e, runconf_add_volume(&c, "/a:/proc/self", &e), "/proc");
	assert_int_equal(c.nvolumes, 2);
	runconf_done(&c);
}

TEST(tmpfs_takes_a_size)
{
	struct run_config c = { .upper = NULL };
	struct err e = ERR_INIT;

	assert_int_equal(runconf_add_tmpfs(&c, "/t", &e), 0);
	assert_int_equal(runconf_add_tmpfs(&c, "/u:size=64m", &e), 0);
	assert_null(c.tmpfs[0].size);
	assert_string_equal(c.tmpfs[1].size, "64m");
	refused(&e, runconf_add_tmpfs(&c, "/t:size=", &e), "DST[:size=N]");
	refused(&e, runconf_add_tmpfs(&c, "/t:size=1,uid=0", &e), "DST[:size=N]");
	refused(&e, runconf_add_tmpfs(&c, "/t:mode=1", &e), "DST[:size=N]");
	refused(&e, runconf_add_tmpfs(&c, "t", &e), "absolute");
	runconf_done(&c);
}

TEST(a_variable_without_value_is_the_callers)
{
	struct run_config c = { .upper = NULL };
	struct err e = ERR_INIT;

	assert_int_equal(setenv("UFS_TEST_SET", "yes", 1), 0);
	assert_int_equal(unsetenv("UFS_TEST_UNSET"), 0);
	assert_int_equal(runconf_add_env(&c, "UFS_TEST_SET", &e), 0);
	assert_int_equal(runconf_add_env(&c, "UFS_TEST_UNSET", &e), 0);
	assert_int_equal(runconf_add_env(&c, "A=", &e), 0);
	assert_int_equal(c.env.n, 2);
	assert_string_equal(c.env.v[0], "UFS_TEST_SET=yes");
	assert_string_equal(c.env.v[1], "A=");
	refused(&e, runconf_add_env(&c, "=x", &e), "NAME[=VALUE]");
	refused(&e, runconf_add_env(&c, "", &e), "NAME[=VALUE]");
	runconf_done(&c);
}

TEST(names_cannot_lead_anywhere)
{
	static const char *const good[] = { "a", "0", "web-1.2_x", "A" };
	static const char *const bad[] = { "", ".", "..", ".a", "-a", "_a", "a/b", "a b",
					   "a\n", "\xc3\xa4" };
	char longest[66];

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(runconf_is_name(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (runconf_is_name(bad[i]))
			fail_msg("'%s' is taken for a name", bad[i]);
	memset(longest, 'a', sizeof(longest));
	longest[65] = '\0';
	assert_false(runconf_is_name(longest));
	longest[64] = '\0';
	assert_true(runconf_is_name(longest));
}

TEST(wrong_use_is_refused)
{
	struct run_config c = { .upper = NULL };
	struct err e = ERR_INIT;

	refused(&e, PARSE(&c, &e, W("--rm"), W("--try"), W("x")), "--try");
	refused(&e, PARSE(&c, &e, W("--name"), W("../x"), W("x")), "name");
	refused(&e, PARSE(&c, &e, W("--net"), W("bridge"), W("x")), "bridge");
	refused(&e, PARSE(&c, &e, W("--userns"), W("x")), "x");
	refused(&e, PARSE(&c, &e, W("--workdir"), W("rel"), W("x")), "rel");
	refused(&e, PARSE(&c, &e, W("--hostname"), W("a b"), W("x")), "a b");
	refused(&e, PARSE(&c, &e, W("-u"), W(""), W("x")), "--user");
	refused(&e, PARSE(&c, &e, W("--reed-only")), "reed-only");
	refused(&e, PARSE(&c, &e, W("--name")), "name");
	refused(&e, PARSE(&c, &e, W("-v"), W("/a:/b"), W("--tmpfs"), W("/b"), W("x")),
		"/b");
	refused(&e, PARSE(&c, &e, W("-v"), W("/a:/b"), W("-v"), W("/c:/b/"), W("x")),
		"/b");
}

TEST(ranges_of_the_user_alone_are_read)
{
	struct run_ranges l = { NULL, 0 };
	static const char text[] =
		"other:1000:10\n"
		"me:100000:65536\n"
		"1001:300000:10\n"
		"me:x:10\nme:200:\nme:200\nme\n\n"
		"me:0:10\n"
		"me:4294967000:1000\n"
		"me:165530:100\n" /* overlaps the first */
		"mee:500000:1\n"
		"me:400000:1";

	assert_int_equal(host_parse_subids(text, "me", 1001, &l), 0);
	assert_int_equal(l.n, 3);
	assert_int_equal(l.v[0].first, 100000);
	assert_int_equal(l.v[0].count, 65536);
	assert_int_equal(l.v[1].first, 300000);
	assert_int_equal(l.v[2].first, 400000);
	free(l.v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_end_at_the_command),
		cmocka_unit_test(volumes_have_a_source_and_an_absolute_destination),
		cmocka_unit_test(tmpfs_takes_a_size),
		cmocka_unit_test(a_variable_without_value_is_the_callers),
		cmocka_unit_test(names_cannot_lead_anywhere),
		cmocka_unit_test(wrong_use_is_refused),
		cmocka_unit_test(ranges_of_the_user_alone_are_read),
	};

	return RUN_ALL(tests);
}
