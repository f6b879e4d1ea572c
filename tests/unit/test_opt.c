/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "opt.h"
#include "str.h"

struct seen {
	bool all, flag;
	char *name;
	char words[256]; /* of the list option, each with a comma behind it */
};

static int set_list(void *ctx, const struct opt *o _unused_, const char *value,
		    struct err *e)
{
	struct seen *s = ctx;
	size_t n = strlen(s->words);

	if (strcmp(value, "bad") == 0)
		return err_set(e, 0, "'%s' is not good", value);
	(void)snprintf(s->words + n, sizeof(s->words) - n, "%s,", value);
	return 0;
}

static const struct opt opts[] = {
	{ .letter = 'a', .name = "all", .help = "all of it", .set = opt_set_true,
	  .offset = offsetof(struct seen, all) },
	{ .letter = 'f', .name = "flag", .aliases = "flagge|fahne", .help = "a flag",
	  .set = opt_set_true, .offset = offsetof(struct seen, flag) },
	{ .letter = 'n', .name = "name", .arg = "NAME", .help = "the name",
	  .set = opt_set_string, .offset = offsetof(struct seen, name) },
	{ .name = "list", .arg = "WORD", .set = set_list },
};

/* A command line split at blanks, behind a programme's name. */
struct line {
	char *argv[32]; /* what is parsed; its pointers are moved about */
	char *own[32];  /* what is freed */
	int argc;
};

static void line_split(struct line *l, const char *text)
{
	const char *c = *text ? text : NULL;

	l->argv[0] = strdup("prog");
	for (l->argc = 1; c && list_next(&c, ' ', &l->argv[l->argc]) == 1; l->argc++)
		;
	l->argv[l->argc] = NULL;
	memcpy(l->own, l->argv, sizeof(l->own));
}

static void line_free(struct line *l)
{
	for (int i = 0; i < l->argc; i++)
		free(l->own[i]);
}

static void check(unsigned flags, const char *text, const char *want)
{
	struct err e = ERR_INIT;
	struct seen s = { 0 };
	struct line l;
	char got[512];
	int first;
	size_t n;

	line_split(&l, text);
	assert_int_equal(opt_parse(opts, ARRAY_LEN(opts), flags, &s, l.argc, l.argv,
				   &first, &e), 0);
	n = (size_t)snprintf(got, sizeof(got), "%s%s%s|%s|", s.all ? "a" : "",
			     s.flag ? "f" : "", s.name ? s.name : "", s.words);
	for (int i = first; i < l.argc; i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s ", l.argv[i]);
	assert_string_equal(got, want);
	free(s.name);
	line_free(&l);
	err_done(&e);
}

static void check_bad(const char *text, const char *message, const char *hint)
{
	struct err e = ERR_INIT;
	struct seen s = { 0 };
	struct line l;
	int first = -1;

	line_split(&l, text);
	assert_int_equal(opt_parse(opts, ARRAY_LEN(opts), 0, &s, l.argc, l.argv, &first,
				   &e), -EINVAL);
	assert_int_equal(e.status, EXIT_USAGE);
	assert_string_equal(e.text, message);
	if (hint)
		assert_string_equal(e.hint, hint);
	assert_int_equal(first, -1);
	free(s.name);
	line_free(&l);
	err_done(&e);
}

TEST(long_options_take_their_argument_in_both_ways)
{
	check(0, "--name=x y", "x||y ");
	check(0, "--name x y", "x||y ");
	check(0, "--name= y", "||y ");
	check(0, "--name -a y", "-a||y ");
}

TEST(letters_are_joined_and_the_last_takes_an_argument)
{
	check(0, "-af", "af||");
	check(0, "-an x", "ax||");
	check(0, "-anx", "ax||");
	check(0, "-nfa", "fa||");
}

TEST(aliases_mean_the_same_row)
{
	check(0, "--fahne", "f||");
	check(0, "--flagge", "f||");
}

TEST(an_option_may_be_repeated)
{
	check(0, "--list a --list=b", "|a,b,|");
}

TEST(words_keep_their_order_behind_the_options)
{
	check(0, "w1 -a w2 --list x w3", "a|x,|w1 w2 w3 ");
	check(0, "w1 -a -- -f w2", "a||w1 -f w2 ");
	check(0, "", "||");
	check(0, "-a", "a||");
	check(0, "- -a", "a||- ");
}

TEST(the_first_word_can_end_the_options)
{
	check(OPT_STOP_AT_WORD, "-a w1 -f w2", "a||w1 -f w2 ");
	check(OPT_STOP_AT_WORD, "-a -- -f w2", "a||-f w2 ");
}

TEST(an_unknown_option_names_the_nearest)
{
	check_bad("--nmae=x", "unknown option '--nmae'", "did you mean --name?");
	check_bad("--zzzzzz", "unknown option '--zzzzzz'", "--help lists the options");
	check_bad("-z", "unknown option '-z'", "--help lists the options");
	check_bad("-az", "unknown option '-z'", NULL);
}

TEST(a_missing_or_needless_argument_is_an_error)
{
	check_bad("w --name", "option '--name' needs an argument NAME", NULL);
	check_bad("-n", "option '-n' needs an argument NAME", NULL);
	check_bad("--all=1", "option '--all' takes no argument", NULL);
	check_bad("--list=bad", "'bad' is not good", NULL);
}

TEST(a_part_of_an_alias_is_no_option)
{
	check_bad("--fahn", "unknown option '--fahn'", NULL);
	check_bad("--flagge|fahne", "unknown option '--flagge|fahne'", NULL);
}

TEST(help_has_a_line_for_each_row_that_has_text)
{
	_free_ char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	opt_help(opts, ARRAY_LEN(opts), f);
	fclose(f);
	assert_string_equal(text,
			    "  -a, --all                     all of it\n"
			    "  -f, --flag                    a flag\n"
			    "  -n, --name NAME               the name\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			long_options_take_their_argument_in_both_ways),
		cmocka_unit_test(letters_are_joined_and_the_last_takes_an_argument),
		cmocka_unit_test(aliases_mean_the_same_row),
		cmocka_unit_test(an_option_may_be_repeated),
		cmocka_unit_test(words_keep_their_order_behind_the_options),
		cmocka_unit_test(the_first_word_can_end_the_options),
		cmocka_unit_test(an_unknown_option_names_the_nearest),
		cmocka_unit_test(a_missing_or_needless_argument_is_an_error),
		cmocka_unit_test(a_part_of_an_alias_is_no_option),
		cmocka_unit_test(help_has_a_line_for_each_row_that_has_text),
	};

	return RUN_ALL(tests);
}
