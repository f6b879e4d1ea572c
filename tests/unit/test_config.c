/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "config.h"
#include "str.h"

/* Take OPTIONS into C, which is not checked yet. */
static void take(struct ufs_config *c, const char *options)
{
	struct err e = ERR_INIT;

	config_init(c);
	c->from = "-o";
	if (config_options(c, options, &e) < 0)
		fail_msg("'%s': %s", options, e.text);
}

static void taken(struct ufs_config *c, const char *options)
{
	struct err e = ERR_INIT;

	take(c, options);
	if (config_check(c, &e) < 0)
		fail_msg("'%s': %s", options, e.text);
}

static void add_escaped(struct sb *b, const char *s)
{
	for (; *s; s++) {
		if (strchr(":,=\\", *s))
			sb_addc(b, '\\');
		sb_addc(b, *s);
	}
}

/* The stack as a branch list, which parses to the same stack. */
static char *printed(const struct ufs_config *c)
{
	struct sb b = SB_INIT;
	char *s;

	sb_add(&b, "br");
	for (size_t i = 0; i < c->nbranches; i++) {
		sb_addc(&b, ':');
		add_escaped(&b, c->branches[i].path);
		sb_addf(&b, "=%s",
			config_perm_name(c->branches[i].perm, c->branches[i].attrs));
	}
	assert_int_equal(sb_take(&b, &s), 0);
	return s;
}

static void assert_stack(const char *options, const char *wanted)
{
	struct ufs_config c;
	_free_ char *got = NULL;

	taken(&c, options);
	got = printed(&c);
	assert_string_equal(got, wanted);
	config_done(&c);
}

static bool has_notice(const struct ufs_config *c, const char *part)
{
	for (size_t i = 0; i < c->nnotices; i++)
		if (strstr(c->notices[i], part))
			return true;
	return false;
}

/* -- AUFS's branch lists (aufs.5, "br:") ---------------------------------------- */

TEST(the_first_branch_is_rw_and_the_others_are_ro)
{
	assert_stack("br:/a:/b:/c", "br:/a=rw:/b=ro:/c=ro");
	assert_stack("br=/a:/b", "br:/a=rw:/b=ro");
	assert_stack("dirs=/a:/b", "br:/a=rw:/b=ro");
	assert_stack("dirs:/a", "br:/a=rw");
}

TEST(permissions_and_attributes_are_taken)
{
	assert_stack("br:/a=ro:/b=rw:/c=rr", "br:/a=ro:/b=rw:/c=rr");
	assert_stack("br:/a=rw:/b=ro+wh:/c=rr+wh", "br:/a=rw:/b=ro+wh:/c=rr+wh");
	assert_stack("br:/a=rw+nolwh:/b=ro+wh+nolwh", "br:/a=rw:/b=ro+wh");
}

TEST(whiteouts_of_a_read_only_branch_count_only_with_wh)
{
	struct ufs_config c;

	taken(&c, "br:/a:/b=ro:/c=ro+wh");
	assert_int_equal(c.branches[0].attrs, BRANCH_WH);
	assert_int_equal(c.branches[1].attrs, 0);
	assert_int_equal(c.branches[2].attrs, BRANCH_WH);
	config_done(&c);
}

TEST(escapes_are_taken_literally)
{
	struct ufs_config c;

	taken(&c, "br:/a\\:b=rw:/c\\,d\\\\e=ro:/f\\=rw:/g=h/i,noatime");
	assert_int_equal(c.nbranches, 4);
	assert_string_equal(c.branches[0].path, "/a:b");
	assert_string_equal(c.branches[1].path, "/c,d\\e");
	assert_string_equal(c.branches[2].path, "/f=rw");
	assert_string_equal(c.branches[3].path, "/g=h/i");
	assert_non_null(config_fuse_opt(&c, "noatime"));
	config_done(&c);
}

TEST(what_is_printed_parses_to_the_same_stack)
{
	static const char *const stacks[] = {
		"br:/a=rw",
		"br:/a=rw:/b=ro:/c=rr:/d=ro+wh:/e=rr+wh:/f=rw",
		"br:/a\\:\\:b=rw:/c\\,\\,=ro+wh:/\\\\\\\\\\:=ro",
		"br:/with space=rw:/\\=\\=ro=ro",
		"br:/\xc3\xa9\xff=rw:/\n=ro",
	};

	for (size_t i = 0; i < ARRAY_LEN(stacks); i++)
		assert_stack(stacks[i], stacks[i]);
}

TEST(a_file_gives_one_branch_a_line)
{
	char name[] = "/tmp/ufs-test-config-XXXXXX";
	static const char text[] = "# a comment\n/a=rw\n\n/b:c=ro+wh\n/d\n/e";
	_free_ char *options = NULL, *mixed = NULL;
	_close_ int fd = mkstemp(name);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	assert_int_equal(str_printf(&options, "br=@%s", name), 0);
	assert_int_equal(str_printf(&mixed, "br:/top:@%s:/low", name), 0);
	assert_stack(options, "br:/a=rw:/b\\:c=ro+wh:/d=ro:/e=ro");
	assert_stack(mixed, "br:/top=rw:/a=rw:/b\\:c=ro+wh:/d=ro:/e=ro:/low=ro");
	assert_int_equal(unlink(name), 0);
}

TEST(there_may_be_hundreds_of_branches)
{
	struct sb b = SB_INIT;
	_free_ char *options = NULL;
	struct ufs_config c;

	sb_add(&b, "lowerdir=");
	for (int i = 0; i < 600; i++)
		sb_addf(&b, "%s/layers/%d", i ? ":" : "", i);
	assert_int_equal(sb_take(&b, &options), 0);
	taken(&c, options);
	assert_int_equal(c.nbranches, 600);
	assert_string_equal(c.branches[599].path, "/layers/599");
	config_done(&c);
}

/* -- overlayfs's directories ---------------------------------------------------- */

TEST(overlay_syntax_makes_the_upper_the_top)
{
	assert_stack("lowerdir=/l1:/l2,upperdir=/u,workdir=/w",
		     "br:/u=rw:/l1=ro+wh:/l2=ro+wh");
	assert_stack("upperdir=/u,lowerdir=/l\\:1", "br:/u=rw:/l\\:1=ro+wh");
	assert_stack("lowerdir+=/l1,lowerdir+=/l:2", "br:/l1=ro+wh:/l\\:2=ro+wh");
	assert_stack("lowerdir=/l1:/l2", "br:/l1=ro+wh:/l2=ro+wh");
}

TEST(the_work_directory_is_kept)
{
	struct ufs_config c;

	taken(&c, "lowerdir=/l,upperdir=/u,workdir=/w\\,1");
	assert_string_equal(c.work, "/w,1");
	config_done(&c);
	taken(&c, "br:/a:/b,work=/w");
	assert_string_equal(c.work, "/w");
	config_done(&c);
	taken(&c, "br:/a:/b,work=w");
	assert_int_equal(c.work[0], '/');
	assert_string_equal(c.items[0].value, c.work);
	config_done(&c);
}

/* containers/storage: empty items, and whatever the storage.conf says. */
TEST(podmans_options_are_taken)
{
	struct ufs_config c;

	taken(&c, "lowerdir=l/A:l/B,upperdir=diff,workdir=work,,volatile,nodev,"
		  "metacopy=on,brandnew=7,context=\"system_u:object_r:c0,c1\",");
	assert_int_equal(c.nbranches, 3);
	assert_int_equal(c.branches[1].path[0], '/');
	assert_non_null(strstr(c.branches[1].path, "/l/A"));
	assert_true(has_notice(&c, "'brandnew' is ignored"));
	assert_true(has_notice(&c, "'metacopy' has no effect"));
	assert_string_equal(config_fuse_opt(&c, "context"),
			    "context=\"system_u:object_r:c0,c1\"");
	config_done(&c);
}

TEST(the_order_of_options_does_not_matter_to_overlay_syntax)
{
	struct ufs_config c;

	taken(&c, "brandnew,lowerdir=/l");
	assert_true(has_notice(&c, "'brandnew' is ignored"));
	config_done(&c);
}

/* -- options for the kernel ------------------------------------------------------- */

TEST(the_last_of_two_opposites_wins)
{
	struct ufs_config c;

	taken(&c, "br:/a,suid,nosuid,ro,rw,noatime,max_read=4096,max_read=8192");
	assert_null(config_fuse_opt(&c, "suid"));
	assert_non_null(config_fuse_opt(&c, "nosuid"));
	assert_null(config_fuse_opt(&c, "ro"));
	assert_false(c.read_only);
	assert_string_equal(config_fuse_opt(&c, "max_read"), "max_read=8192");
	config_done(&c);
	taken(&c, "br:/a,rw,ro");
	assert_true(c.read_only);
	assert_non_null(config_fuse_opt(&c, "ro"));
	config_done(&c);
}

TEST(words_of_fstab_are_not_passed_on)
{
	struct ufs_config c;

	taken(&c, "br:/a,defaults,noauto,nofail,user=me,_netdev,x-systemd.automount");
	assert_int_equal(c.nfuse_opts, 0);
	assert_int_equal(c.nnotices, 0);
	config_done(&c);
}

TEST(each_option_in_force_knows_where_it_came_from)
{
	struct err e = ERR_INIT;
	struct ufs_config c;

	config_init(&c);
	c.from = "SPEC";
	assert_int_equal(config_spec(&c, "br:/a:/b", &e), 0);
	c.from = "-o";
	assert_int_equal(config_options(&c, "noatime,create=tdp", &e), 0);
	assert_int_equal(config_check(&c, &e), 0);
	assert_string_equal(c.branches[0].from, "SPEC");
	assert_int_equal(c.nitems, 4);
	assert_string_equal(c.items[0].name, "noatime");
	assert_string_equal(c.items[0].from, "-o");
	assert_string_equal(c.items[1].value, "tdp");
	assert_string_equal(c.items[2].name, "format");
	assert_string_equal(c.items[2].from, "default");
	assert_string_equal(c.items[3].name, "sync");
	assert_string_equal(c.items[3].value, "auto");
	config_done(&c);
}

/* -- AUFS's other options ----------------------------------------------------------- */

TEST(what_is_done_anyway_is_accepted_silently)
{
	struct ufs_config c;

	taken(&c, "br:/a:/b,create=tdp,cpup=top-down-parent,udba=none,diropq=w,noshwh,"
		  "nodirren,dirperm1,nosum,noplink,dio,acl");
	assert_int_equal(c.nnotices, 0);
	config_done(&c);
}

TEST(obsolete_options_are_accepted_with_a_notice)
{
	struct ufs_config c;

	taken(&c, "br:/a,clean_plink,nodlgt,xino=/dev/shm/x,rdcache=5");
	assert_int_equal(c.nnotices, 4);
	assert_true(has_notice(&c, "'clean_plink' is obsolete"));
	assert_true(has_notice(&c, "'xino' has no effect"));
	config_done(&c);
}

/* -- what is refused ---------------------------------------------------------------- */

struct bad {
	const char *options, *text, *hint;
};

static const struct bad bads[] = {
	/* names */
	{"br:/a,alow_other", "unknown mount option 'alow_other'", "'allow_other'"},
	{"br:/a,nosiud", "unknown mount option 'nosiud'", "'nosuid'"},
	{"br:/a,zzzzzzzzzzzzzzz", "unknown mount option", "--help"},
	{"br:/a,lowrdir=/b", "unknown mount option 'lowrdir'", "'lowerdir'"},
	/* values */
	{"br", "'br' needs a value", NULL},
	{"br:", "'br' needs a value", NULL},
	{"br:/a,work=", "'work' needs a value", NULL},
	{"br:/a,ro=1", "'ro' takes no value", NULL},
	{"br:/a,max_read=x", "needs a number", NULL},
	{"br:/a,max_read=-1", "needs a number", NULL},
	{"br:/a,format=ext4", "unknown format 'ext4'", "aufs and overlay"},
	{"br:/a,subtype=other", "fuse.other", NULL},
	/* branch lists */
	{"br:/a::/b", "branch 1 has an empty path", NULL},
	{"br:/a:", "branch 1 has an empty path", NULL},
	{"br:=rw", "branch 0 has an empty path", NULL},
	{"br:/a=rx", "unknown permission 'rx'", "rw, ro and rr"},
	{"br:/a=", "unknown permission ''", "rw, ro and rr"},
	{"br:/a=rw+", "unknown attribute '+'", NULL},
	{"br:/a=rw:/b=ro+hw", "branch 1 '/b': unknown attribute '+hw'", "+wh"},
	{"br:/a=rw+fhsm", "'+fhsm' is not supported yet", NULL},
	{"br:/a=rw+icexsec", "'+icexsec' is not supported yet", NULL},
	{"br=@/nonexistent/list", "cannot read the list of branches", NULL},
	/* overlayfs's */
	{"lowerdir=", "'lowerdir' needs a value", NULL},
	{"lowerdir=/a:", "empty name", NULL},
	{"lowerdir=/a::/data", "data-only", NULL},
	{"upperdir=/a,upperdir=/b", "given twice, as '/a' and '/b'", NULL},
	{"workdir=/a,workdir=/b,br:/c", "given twice, as '/a' and '/b'", NULL},
	/* not built */
	{"br:/a,create=mfs", "'create=mfs' is not supported yet", "create=tdp"},
	{"br:/a,cpup=bu", "'cpup=bu' is not supported yet", "cpup=tdp"},
	{"br:/a,udba=notify", "'udba=notify' is not supported yet", "udba=none"},
	{"br:/a,diropq=a", "'diropq=a' is not supported yet", NULL},
	{"br:/a,shwh", "'shwh' is not supported yet", NULL},
	{"br:/a,sum", "'sum' is not supported yet", NULL},
	{"br:/a,add:1:/b", "is not supported yet", NULL},
	{"br:/a,uidmapping=0:1:2", "is not supported yet", NULL},
	{"br:/a,squash_to_uid=0", "is not supported yet", NULL},
	{"br:/a,verity=require", "is not supported yet", "verity=off"},
	{"br:/a,allow_root", "'allow_root' is not supported yet", NULL},
};

static const struct bad bad_stacks[] = {
	{"noatime", "no branch is given", "--lower"},
	{"br:/a:/b,lowerdir=/c", "two stacks are given", "top first"},
	{"br:/a:/b,upperdir=/c", "two stacks are given", "top first"},
	{"br:/a:/b:/a/", "branch 2 '/a' is given twice, as branch 0 too", NULL},
	{"lowerdir=/a:/./a", "given twice", NULL},
	{"br:/a,format=overlay", "needs a work directory", "--work"},
};

static void assert_bad(const struct bad *b, const struct err *e)
{
	assert_non_null(e->text);
	if (!strstr(e->text, b->text))
		fail_msg("'%s': '%s' lacks '%s'", b->options, e->text, b->text);
	if (b->hint && (!e->hint || !strstr(e->hint, b->hint)))
		fail_msg("'%s': hint '%s' lacks '%s'", b->options, e->hint ? e->hint : "",
			 b->hint);
}

TEST(every_bad_option_is_named)
{
	for (size_t i = 0; i < ARRAY_LEN(bads); i++) {
		struct err e = ERR_INIT;
		struct ufs_config c;

		config_init(&c);
		if (config_options(&c, bads[i].options, &e) == 0)
			fail_msg("'%s' was accepted", bads[i].options);
		assert_bad(&bads[i], &e);
		if (!strstr(bads[i].options, "nonexistent"))
			assert_int_equal(err_exit(&e, EXIT_FAILED), EXIT_USAGE);
		err_done(&e);
		config_done(&c);
	}
}

TEST(every_bad_stack_is_named)
{
	for (size_t i = 0; i < ARRAY_LEN(bad_stacks); i++) {
		struct err e = ERR_INIT;
		struct ufs_config c;

		take(&c, bad_stacks[i].options);
		assert_int_equal(config_check(&c, &e), -EINVAL);
		assert_bad(&bad_stacks[i], &e);
		assert_int_equal(err_exit(&e, EXIT_FAILED), EXIT_USAGE);
		err_done(&e);
		config_done(&c);
	}
}

/* -- the SPEC word of mount(8) ------------------------------------------------------ */

TEST(the_spec_is_a_name_or_options_or_branches)
{
	static const struct {
		const char *spec, *stack;
	} specs[] = {
		{"br:/a:/b", "br:/a=rw:/b=ro"},
		{"dirs=/a", "br:/a=rw"},
		{"lowerdir=/a,upperdir=/b", "br:/b=rw:/a=ro+wh"},
		{"/a=rw:/b", "br:/a=rw:/b=ro"},
		{"/a:/b", "br:/a=rw:/b=ro"},
	};
	struct err e = ERR_INIT;
	struct ufs_config c;

	for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
		_free_ char *got = NULL;

		config_init(&c);
		assert_int_equal(config_spec(&c, specs[i].spec, &e), 0);
		assert_int_equal(config_check(&c, &e), 0);
		got = printed(&c);
		assert_string_equal(got, specs[i].stack);
		config_done(&c);
	}
	config_init(&c);
	assert_int_equal(config_spec(&c, "none", &e), 0);
	assert_int_equal(config_spec(&c, "ufs", &e), 0);
	assert_int_equal(c.nbranches, 0);
	assert_int_equal(config_spec(&c, "lowerdr=/a", &e), -EINVAL);
	assert_string_equal(e.hint, "did you mean 'lowerdir'?");
	err_done(&e);
	config_done(&c);
}

/* -- paths, tables --------------------------------------------------------------------
 */

TEST(paths_become_absolute_and_dot_dot_stays)
{
	_free_ char *cwd = getcwd(NULL, 0), *wanted = NULL, *up = NULL;
	struct ufs_config c;

	assert_non_null(cwd);
	assert_int_equal(str_printf(&wanted, "%s/a", strcmp(cwd, "/") ? cwd : ""), 0);
	assert_int_equal(str_printf(&up, "%s/../b", strcmp(cwd, "/") ? cwd : ""), 0);
	taken(&c, "br:./a/:../b:/c/../d");
	assert_string_equal(c.branches[0].path, wanted);
	assert_string_equal(c.branches[1].path, up);
	assert_string_equal(c.branches[2].path, "/c/../d");
	config_done(&c);
}

TEST(the_table_has_each_name_once)
{
	const struct config_row *rows;
	size_t n;

	rows = config_rows(&n);
	assert_true(n > 50);
	for (size_t i = 0; i < n; i++) {
		assert_non_null(rows[i].set);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(rows[i].name, rows[j].name);
	}
}

TEST(upper_and_lower_of_the_command_line_make_a_stack)
{
	struct err e = ERR_INIT;
	_free_ char *got = NULL;
	struct ufs_config c;

	config_init(&c);
	assert_int_equal(config_add_lower(&c, "/l1", &e), 0);
	assert_int_equal(config_set_upper(&c, "/u", &e), 0);
	assert_int_equal(config_add_lower(&c, "/l2", &e), 0);
	assert_int_equal(config_set_upper(&c, "/v", &e), -EINVAL);
	assert_int_equal(config_add_lower(&c, "", &e), -EINVAL);
	assert_int_equal(config_options(&c, "nosuhoption", &e), -EINVAL);
	assert_int_equal(config_check(&c, &e), 0);
	got = printed(&c);
	assert_string_equal(got, "br:/u=rw:/l1=ro+wh:/l2=ro+wh");
	err_done(&e);
	config_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_branch_is_rw_and_the_others_are_ro),
		cmocka_unit_test(permissions_and_attributes_are_taken),
		cmocka_unit_test(whiteouts_of_a_read_only_branch_count_only_with_wh),
		cmocka_unit_test(escapes_are_taken_literally),
		cmocka_unit_test(what_is_printed_parses_to_the_same_stack),
		cmocka_unit_test(a_file_gives_one_branch_a_line),
		cmocka_unit_test(there_may_be_hundreds_of_branches),
		cmocka_unit_test(overlay_syntax_makes_the_upper_the_top),
		cmocka_unit_test(the_work_directory_is_kept),
		cmocka_unit_test(podmans_options_are_taken),
		cmocka_unit_test(the_order_of_options_does_not_matter_to_overlay_syntax),
		cmocka_unit_test(the_last_of_two_opposites_wins),
		cmocka_unit_test(words_of_fstab_are_not_passed_on),
		cmocka_unit_test(each_option_in_force_knows_where_it_came_from),
		cmocka_unit_test(what_is_done_anyway_is_accepted_silently),
		cmocka_unit_test(obsolete_options_are_accepted_with_a_notice),
		cmocka_unit_test(every_bad_option_is_named),
		cmocka_unit_test(every_bad_stack_is_named),
		cmocka_unit_test(the_spec_is_a_name_or_options_or_branches),
		cmocka_unit_test(paths_become_absolute_and_dot_dot_stays),
		cmocka_unit_test(the_table_has_each_name_once),
		cmocka_unit_test(upper_and_lower_of_the_command_line_make_a_stack),
	};

	return RUN_ALL(tests);
}
