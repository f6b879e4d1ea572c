/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is made durable in each mode, and what a caller is told when that fails.
 * The linker sends sys_fsync() through here (--wrap).
 */
#include "harness.h"

#include "sys.h"

/* What was synced since the last look: paths below the test's directory. */
static struct {
	const char *base;
	char paths[2048];
	int count, fail_at; /* the call, from 1, that fails with EIO; 0: none */
} seen;

int __real_sys_fsync(int fd, bool data_only);
int __wrap_sys_fsync(int fd, bool data_only);
int __wrap_sys_fsync(int fd, bool data_only)
{
	char link[64], path[512];
	const char *p;
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n < 0 ? 0 : n] = '\0';
	/* As root a branch is a mount of its own: its paths begin in it. */
	p = seen.base && strncmp(path, seen.base, strlen(seen.base)) == 0 ?
	    path + strlen(seen.base) : path;
	if (strstr(p, "/tmp/t"))
		p = "tmp";
	else if (strstr(p, "/records"))
		p = "records";
	if (seen.count++)
		strncat(seen.paths, " ", sizeof(seen.paths) - strlen(seen.paths) - 1);
	strncat(seen.paths, p, sizeof(seen.paths) - strlen(seen.paths) - 1);
	return seen.count == seen.fail_at ? -EIO : __real_sys_fsync(fd, data_only);
}

static void forget_seen(void)
{
	seen.paths[0] = '\0';
	seen.count = seen.fail_at = 0;
}

static void synced_is(const char *want)
{
	assert_string_equal(seen.paths, want);
	forget_seen();
}

static void open_with(struct uni *t, enum ufs_sync mode)
{
	static char base[128];

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 data\n"
		    "lo/d/g file 0644 data\n"
		    "lo/d/empty file 0644\n"
		    "lo/h file 0644 h\n"
		    "lo/l1 file 0644 l\n"
		    "lo/l2 hard lo/l1\n");
	t->cfg.sync = mode;
	uni_open(t);
	(void)snprintf(base, sizeof(base), "%s/up", t->dir);
	seen.base = base;
	forget_seen();
}

/* rows: 37 */
TEST(auto_makes_the_data_of_a_copy_durable_and_nothing_else)
{
	struct uni *t = *state;

	open_with(t, SYNC_AUTO);
	assert_ok(uni_write(t, "d/f", 0, "D"));
	synced_is("tmp");
	assert_ok(uni_truncate(t, "d/g", 0));
	assert_ok(uni_chmod(t, "d/empty", 0600));
	assert_ok(uni_create(t, "new", 0644, "x"));
	assert_ok(uni_rename(t, "new", "d/new", 0));
	assert_ok(uni_unlink(t, "d/new"));
	assert_ok(uni_unlink(t, "d/g"));
	synced_is("");
	assert_ok(ufs_fsync(t->u, uni_id(t, "d/f"), false));
	synced_is("/d/f records");
	/* Those that nothing was added to need it no more. */
	assert_ok(ufs_fsync(t->u, uni_id(t, "d/f"), true));
	synced_is("/d/f");
	assert_ok(ufs_fsyncdir(t->u, uni_id(t, "d"), false));
	synced_is("/d");
}

/* Without the note a power cut would leave a copy that stands for one of the names. */
TEST(auto_makes_durable_what_keeps_names_together_before_a_copy_shows)
{
	struct uni *t = *state;
	struct stat a, b;

	open_with(t, SYNC_AUTO);
	seen.fail_at = 2;
	assert_int_equal(uni_write(t, "l1", 0, "L"), -EIO);
	synced_is("tmp records");
	assert_false(uni_has(t, "up/l1"));
	assert_ok(uni_stat(t, "l2", &b));
	assert_int_equal(b.st_nlink, 2);
	assert_ok(uni_write(t, "l1", 0, "L"));
	synced_is("tmp records");
	uni_data_is(t, "l2", "L");
	assert_ok(uni_stat(t, "l1", &a));
	assert_ok(uni_stat(t, "l2", &b));
	assert_int_equal(a.st_ino, b.st_ino);
	assert_int_equal(a.st_nlink, 2);
}

/* rows: 37 */
TEST(volatile_makes_nothing_durable)
{
	struct uni *t = *state;

	open_with(t, SYNC_VOLATILE);
	assert_ok(uni_write(t, "d/f", 0, "D"));
	assert_ok(uni_rename(t, "d/f", "f2", 0));
	assert_ok(uni_unlink(t, "d/g"));
	assert_ok(ufs_fsync(t->u, uni_id(t, "f2"), false));
	assert_ok(ufs_fsyncdir(t->u, uni_id(t, "d"), false));
	synced_is("");
}

/* The directory whose names changed is among what was synced. */
static void synced_has(const char *path)
{
	_free_ char *all = NULL, *one = NULL;

	assert_ok(str_printf(&all, " %s ", seen.paths));
	assert_ok(str_printf(&one, " %s ", path));
	if (!strstr(all, one))
		fail_msg("no '%s' in '%s'", path, seen.paths);
	forget_seen();
}

/* rows: 37 */
TEST(strict_makes_every_change_of_a_name_durable)
{
	struct uni *t = *state;
	const char *root;

	open_with(t, SYNC_STRICT);
	root = uni_is_root() ? "/" : "";
	assert_ok(uni_create(t, "d/new", 0644, "x"));
	synced_has("/d");
	assert_ok(uni_mkdir(t, "dir", 0755));
	synced_has(root);
	assert_ok(uni_symlink(t, "x", "dir/l"));
	synced_has("/dir");
	assert_ok(uni_link(t, "d/new", "dir/hard"));
	synced_has("/dir");
	assert_ok(uni_rename(t, "d/new", "new", 0));
	assert_non_null(strstr(seen.paths, "/d"));
	synced_has(root);
	assert_ok(uni_unlink(t, "d/g"));
	synced_has("/d");
	assert_ok(uni_chmod(t, "d/empty", 0600));
	assert_non_null(strstr(seen.paths, "records"));
	synced_has("/d");
	assert_ok(uni_unlink(t, "dir/l"));
	assert_ok(uni_unlink(t, "dir/hard"));
	forget_seen();
	assert_ok(uni_rmdir(t, "dir"));
	synced_has(root);
}

TEST(a_copy_that_cannot_be_made_durable_does_not_show)
{
	struct uni *t = *state;

	open_with(t, SYNC_AUTO);
	seen.fail_at = 1;
	assert_int_equal(uni_write(t, "d/f", 0, "D"), -EIO);
	uni_data_is(t, "d/f", "data");
	assert_false(uni_has(t, "up/d/f"));
	uni_tmp_is_empty(t, "up");
	forget_seen();
	assert_ok(uni_write(t, "d/f", 0, "D"));
	uni_data_is(t, "d/f", "Data");
}

TEST(a_failing_fsync_is_told)
{
	struct uni *t = *state;

	open_with(t, SYNC_AUTO);
	assert_ok(uni_write(t, "d/f", 0, "D"));
	forget_seen();
	seen.fail_at = 1;
	assert_int_equal(ufs_fsync(t->u, uni_id(t, "d/f"), false), -EIO);
	forget_seen();
	seen.fail_at = 1;
	assert_int_equal(ufs_fsyncdir(t->u, uni_id(t, "d"), false), -EIO);
	forget_seen();
}

/* In strict mode the change is made, and who asked for it knows that a power cut
 * may undo it: nothing leaks, the union goes on. */
TEST(a_change_that_cannot_be_made_durable_is_told)
{
	struct uni *t = *state;

	open_with(t, SYNC_STRICT);
	assert_ok(uni_chmod(t, "d", 0711)); /* so that it is there */
	forget_seen();
	seen.fail_at = 1;
	assert_int_equal(uni_create(t, "d/new", 0644, ""), -EIO);
	forget_seen();
	seen.fail_at = 1;
	assert_int_equal(uni_mkdir(t, "dir", 0755), -EIO);
	forget_seen();
	seen.fail_at = 1;
	assert_int_equal(uni_unlink(t, "d/g"), -EIO);
	forget_seen();
	seen.fail_at = 1;
	assert_int_equal(uni_rename(t, "h", "dir/h", 0), -EIO);
	forget_seen();
	seen.fail_at = 2; /* the first one is the data's */
	assert_int_equal(uni_write(t, "d/f", 0, "D"), -EIO);
	forget_seen();
	assert_ok(uni_write(t, "d/f", 0, "D"));
	assert_ok(uni_rename(t, "h", "dir/h", 0));
	uni_view_is(t, "d dir 0711\n"
		       "d/empty file 0644\n"
		       "d/f file 0644 Data\n"
		       "d/new file 0644\n"
		       "dir dir 0755\n"
		       "dir/h file 0644 h\n"
		       "l1 file 0644 l\n"
		       "l2 file 0644 l\n");
	uni_reopen(t);
	uni_data_is(t, "d/f", "Data");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(auto_makes_the_data_of_a_copy_durable_and_nothing_else),
		UNI_TEST(auto_makes_durable_what_keeps_names_together_before_a_copy_shows),
		UNI_TEST(volatile_makes_nothing_durable),
		UNI_TEST(strict_makes_every_change_of_a_name_durable),
		UNI_TEST(a_copy_that_cannot_be_made_durable_does_not_show),
		UNI_TEST(a_failing_fsync_is_told),
		UNI_TEST(a_change_that_cannot_be_made_durable_is_told),
	};

	return RUN_ALL(tests);
}
