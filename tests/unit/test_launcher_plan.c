/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plans are printed and compared with the files of tests/unit/golden. After a wanted
 * change of the plan: UFS_GOLDEN_WRITE=1 writes the files anew; look at the
 * difference before it is committed.
 */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "dump.h"
#include "fdio.h"
#include "filter.h"
#include "runconf.h"
#include "stage.h"
#include "str.h"

static struct run_range ranges[] = { { 100000, 65536 }, { 300000, 10 } };

static char host_cwd[] = "/home/me/src";
static char host_home[] = "/home/me";
static char host_shell[] = "/bin/zsh";
static char host_path[] = "/usr/bin:/bin";
static char host_term[] = "xterm";
static char host_lang[] = "C.UTF-8";
static char host_resolv[] = "/run/systemd/resolve/stub-resolv.conf";
static char host_data[] = "/home/me/.local/share/ufs";
static char host_runtime[] = "/run/user/1000/ufs";
static char host_made_name[] = "c00000001";
static char root_data[] = "/var/lib/ufs";
static char root_run[] = "/run/ufs";

static struct run_host user_host(void)
{
	return (struct run_host){
		.uid = 1000, .gid = 1000,
		.cwd = host_cwd, .home = host_home,
		.shell = host_shell, .path = host_path,
		.term = host_term, .lang = host_lang,
		.resolv = host_resolv,
		.data = host_data,
		.runtime = host_runtime,
		.made_name = host_made_name,
		.has_tty_gid = true,
	};
}

static struct run_host root_host(void)
{
	struct run_host h = user_host();

	h.uid = h.gid = 0;
	h.data = root_data;
	h.runtime = root_run;
	return h;
}

static void plan(const struct run_config *c, const struct run_host *h, struct run_plan *p)
{
	struct err e = ERR_INIT;

	if (stages_plan(c, h, p, &e) < 0)
		fail_msg("no plan: %s", e.text);
}

static void golden(const char *name, const struct run_config *c, const struct run_host *h)
{
	struct run_plan p = { .name = NULL };
	_free_ char *text = NULL, *want = NULL, *path = NULL;
	const char *src = getenv("srcdir");
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	plan(c, h, &p);
	plan_print(&p, f);
	plan_done(&p);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(
		str_printf(&path, "%s/tests/unit/golden/%s.txt", src ? src : ".", name),
		0);
	if (getenv("UFS_GOLDEN_WRITE")) {
		f = fopen(path, "w");
		assert_non_null(f);
		assert_int_equal(fwrite(text, 1, len, f), len);
		assert_int_equal(fclose(f), 0);
	}
	assert_true(fd_read_file(AT_FDCWD, path, 1 << 20, &want) > 0);
	assert_string_equal(text, want);
}

TEST(root_over_the_hosts_root)
{
	struct run_config c = { .upper = NULL };
	struct run_host h = root_host();

	assert_int_equal(strv_add(&c.argv, "id"), 0);
	golden("root", &c, &h);
	runconf_done(&c);
}

TEST(a_user_with_one_id)
{
	struct run_config c = { .keep_try = true };
	struct run_host h = user_host();

	assert_int_equal(strv_add(&c.argv, "id"), 0);
	golden("user-single", &c, &h);
	runconf_done(&c);
}

TEST(a_user_with_ranges)
{
	struct run_config c = { .read_only = true, .tty = true };
	struct run_host h = user_host();
	struct err e = ERR_INIT;

	h.subuids = h.subgids = (struct run_ranges){ ranges, 2 };
	h.has_newuidmap = true;
	c.name = strdup("web");
	c.user = strdup("www-data");
	c.workdir = strdup("/srv");
	c.hostname = strdup("host");
	assert_int_equal(strv_add(&c.lowers, "/srv/l2"), 0);
	assert_int_equal(strv_add(&c.lowers, "/srv/l1"), 0);
	assert_int_equal(runconf_add_volume(&c, "/data:/srv/data:ro", &e), 0);
	assert_int_equal(runconf_add_volume(&c, "/sock:/run/app/sock", &e), 0);
	assert_int_equal(runconf_add_tmpfs(&c, "/srv:size=1m", &e), 0);
	assert_int_equal(runconf_add_env(&c, "A=b", &e), 0);
	c.volumes[0].is_dir = true;
	assert_int_equal(strv_add(&c.argv, "server"), 0);
	golden("user-ranges", &c, &h);
	runconf_done(&c);
}

TEST(a_user_on_the_hosts_network)
{
	struct run_config c = { .net_host = true, .rm = true };
	struct run_host h = user_host();

	c.name = strdup("n");
	assert_int_equal(strv_add(&c.argv, "id"), 0);
	golden("user-net-host", &c, &h);
	runconf_done(&c);
}

TEST(without_a_command_a_terminal_gets_a_shell)
{
	struct run_config c = { .upper = NULL };
	struct run_host h = user_host();
	struct run_plan p = { .name = NULL };

	plan(&c, &h, &p);
	assert_string_equal(p.argv.v[0], "/bin/zsh");
	assert_false(p.tty || p.interactive);
	plan_done(&p);
	h.stdin_tty = h.stdout_tty = true;
	plan(&c, &h, &p);
	assert_true(p.tty && p.interactive);
	plan_done(&p);
	/* The caller's shell need not be in somebody else's tree. */
	assert_int_equal(strv_add(&c.lowers, "/srv"), 0);
	plan(&c, &h, &p);
	assert_string_equal(p.argv.v[0], "/bin/sh");
	assert_string_equal(p.cwd, "/");
	assert_null(strv_getenv(&p.env, "HOME"));
	assert_null(strv_getenv(&p.env, "LANG"));
	plan_done(&p);
	runconf_done(&c);
}

TEST(a_user_cannot_do_without_a_namespace)
{
	struct run_config c = { .userns = USERNS_HOST };
	struct run_host h = user_host();
	struct run_plan p = { .name = NULL };
	struct err e = ERR_INIT;

	assert_true(stages_plan(&c, &h, &p, &e) < 0);
	assert_non_null(strstr(e.text, "needs root"));
	assert_non_null(e.hint);
	err_done(&e);
	plan_done(&p);
	runconf_done(&c);
}

TEST(a_range_with_the_own_id_is_left_out)
{
	struct run_range own[] = { { 900, 200 }, { 5000, 10 } };
	struct run_config c = { .upper = NULL };
	struct run_host h = user_host();
	struct run_plan p = { .name = NULL };

	h.subuids = h.subgids = (struct run_ranges){ own, 2 };
	h.has_newuidmap = true;
	plan(&c, &h, &p);
	assert_int_equal(p.ids.nuids, 2);
	assert_int_equal(p.ids.uids[1].inner, 1);
	assert_int_equal(p.ids.uids[1].outer, 5000);
	plan_done(&p);
	runconf_done(&c);
}

TEST(every_stage_has_a_name_of_its_own_and_something_to_do)
{
	size_t n;
	const struct stage *s = stages(&n);

	for (size_t i = 0; i < n; i++) {
		assert_non_null(s[i].what);
		assert_true(s[i].plan || s[i].up || s[i].down);
		assert_true(!s[i].up == !(s[i].sides && (s[i].up || !s[i].down)));
		/* Only ufs-run undoes. */
		assert_true(!s[i].down || s[i].sides == SIDE_PARENT);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(s[i].name, s[k].name);
	}
}

TEST(no_system_call_is_both_allowed_and_denied)
{
	for (size_t i = 0; filter_allowed[i]; i++) {
		/* Sorted, so that a double is seen. */
		assert_true(!i || strcmp(filter_allowed[i - 1], filter_allowed[i]) < 0);
		for (size_t k = 0; filter_denied[k]; k++)
			assert_string_not_equal(filter_allowed[i], filter_denied[k]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_over_the_hosts_root),
		cmocka_unit_test(a_user_with_one_id),
		cmocka_unit_test(a_user_with_ranges),
		cmocka_unit_test(a_user_on_the_hosts_network),
		cmocka_unit_test(without_a_command_a_terminal_gets_a_shell),
		cmocka_unit_test(a_user_cannot_do_without_a_namespace),
		cmocka_unit_test(a_range_with_the_own_id_is_left_out),
		cmocka_unit_test(every_stage_has_a_name_of_its_own_and_something_to_do),
		cmocka_unit_test(no_system_call_is_both_allowed_and_denied),
	};

	return RUN_ALL(tests);
}
