/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Branches on filesystems that lack something: refused at once with the reason,
 * or told of and worked with. What is missing is played by the linker's --wrap.
 */
#include "harness.h"

#include <ctype.h>
#include <linux/fs.h>

#include "sys.h"

/* What the filesystem lacks; 0 when a test does not play. */
static struct {
	bool modes, owners, case_seen, folds, links, symlinks, exchange, tmpfile;
} lacks;

int __real_fchmodat(int dirfd, const char *name, mode_t mode, int flags);
int __wrap_fchmodat(int dirfd, const char *name, mode_t mode, int flags);
int __wrap_fchmodat(int dirfd, const char *name, mode_t mode, int flags)
{
	/* As vfat: no error, no effect. */
	return lacks.modes ? 0 : __real_fchmodat(dirfd, name, mode, flags);
}

int __real_fchownat(int dirfd, const char *name, uid_t uid, gid_t gid, int flags);
int __wrap_fchownat(int dirfd, const char *name, uid_t uid, gid_t gid, int flags);
int __wrap_fchownat(int dirfd, const char *name, uid_t uid, gid_t gid, int flags)
{
	if (!lacks.owners)
		return __real_fchownat(dirfd, name, uid, gid, flags);
	errno = EPERM;
	return -1;
}

int __real_sys_stat(int dirfd, const char *name, struct stat *ret);
int __wrap_sys_stat(int dirfd, const char *name, struct stat *ret);
int __wrap_sys_stat(int dirfd, const char *name, struct stat *ret)
{
	char low[NAME_MAX + 1] = "";

	for (size_t i = 0; lacks.case_seen && name[i] && i < NAME_MAX; i++)
		low[i] = (char)tolower((unsigned char)name[i]);
	return __real_sys_stat(dirfd, *low ? low : name, ret);
}

int __real_sys_get_flags(int fd, unsigned *ret);
int __wrap_sys_get_flags(int fd, unsigned *ret);
int __wrap_sys_get_flags(int fd, unsigned *ret)
{
	if (!lacks.folds)
		return __real_sys_get_flags(fd, ret);
	*ret = FS_CASEFOLD_FL;
	return 0;
}

int __real_sys_linkat(int od, const char *o, int nd, const char *n, int flags);
int __wrap_sys_linkat(int od, const char *o, int nd, const char *n, int flags);
int __wrap_sys_linkat(int od, const char *o, int nd, const char *n, int flags)
{
	return lacks.links ? -EPERM : __real_sys_linkat(od, o, nd, n, flags);
}

int __real_sys_symlinkat(const char *target, int dirfd, const char *name);
int __wrap_sys_symlinkat(const char *target, int dirfd, const char *name);
int __wrap_sys_symlinkat(const char *target, int dirfd, const char *name)
{
	return lacks.symlinks ? -EPERM : __real_sys_symlinkat(target, dirfd, name);
}

int __real_sys_renameat2(int od, const char *o, int nd, const char *n, unsigned flags);
int __wrap_sys_renameat2(int od, const char *o, int nd, const char *n, unsigned flags);
int __wrap_sys_renameat2(int od, const char *o, int nd, const char *n, unsigned flags)
{
	return lacks.exchange && flags ? -EINVAL : __real_sys_renameat2(od, o, nd, n, flags);
}

int __real_sys_openat(int dirfd, const char *name, int flags, mode_t mode);
int __wrap_sys_openat(int dirfd, const char *name, int flags, mode_t mode);
int __wrap_sys_openat(int dirfd, const char *name, int flags, mode_t mode)
{
	if (lacks.tmpfile && (flags & O_TMPFILE) == O_TMPFILE)
		return -EOPNOTSUPP;
	return __real_sys_openat(dirfd, name, flags, mode);
}

static void open_is_refused(struct uni *t, const char *why)
{
	struct err e = ERR_INIT;

	assert_true(uni_try_open(t, &e) < 0);
	memset(&lacks, 0, sizeof(lacks));
	assert_non_null(strstr(e.text, "branch 0 '"));
	if (!strstr(e.text, why))
		fail_msg("no '%s' in: %s", why, e.text);
	assert_non_null(e.hint);
	assert_int_equal(err_exit(&e, EXIT_FAILED), EXIT_HOST);
	err_done(&e);
}

TEST(a_branch_that_ignores_case_is_refused)
{
	struct uni *t = *state;

	uni_two(t);
	lacks.case_seen = true;
	open_is_refused(t, "ignores the case of names");
	lacks.folds = true;
	open_is_refused(t, "ignores the case of names there (chattr +F)");
}

TEST(a_branch_without_modes_or_owners_is_refused)
{
	struct uni *t = *state;

	uni_two(t);
	lacks.modes = true;
	open_is_refused(t, "does not keep modes");
	if (!uni_is_root())
		uni_skip("the rest needs root");
	lacks.owners = true;
	open_is_refused(t, "does not let root change owners");
}

TEST(a_branch_without_symbolic_links_is_refused)
{
	struct uni *t = *state;

	uni_two(t);
	lacks.symlinks = true;
	open_is_refused(t, "has no symbolic links");
}

TEST(a_branch_that_cannot_exchange_names_is_refused)
{
	struct uni *t = *state;

	uni_two(t);
	lacks.exchange = true;
	open_is_refused(t, "cannot exchange two names");
}

TEST(a_branch_without_hard_links_is_told_of_and_used)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/a file 0644 a\n"
		    "lo/b file 0644 b\n"
		    "lo/d/e dir 0755\n");
	lacks.links = true;
	uni_open(t);
	assert_non_null(strstr(ufs_notices(t->u), "branch 0 '"));
	assert_non_null(strstr(ufs_notices(t->u), "has no hard links"));
	assert_int_equal(uni_link(t, "a", "c"), -EPERM);
	assert_ok(uni_write(t, "a", 0, "A"));
	assert_ok(uni_rename(t, "a", "a2", 0));
	assert_ok(uni_unlink(t, "b"));
	assert_ok(uni_rmdir(t, "d/e"));
	assert_ok(uni_mkdir(t, "d/e", 0755));
	uni_view_is(t, "a2 file 0644 A\n"
		       "d dir 0755\n"
		       "d/e dir 0755\n");
	uni_close(t);
	lacks.links = false;
	uni_open(t);
	uni_view_is(t, "a2 file 0644 A\n"
		       "d dir 0755\n"
		       "d/e dir 0755\n");
	assert_string_equal(ufs_notices(t->u), "");
}

TEST(a_branch_without_o_tmpfile_needs_no_notice)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/a file 0644 a\n");
	lacks.tmpfile = true;
	uni_open(t);
	lacks.tmpfile = false;
	assert_string_equal(ufs_notices(t->u), "");
	assert_ok(uni_write(t, "a", 0, "A"));
	uni_data_is(t, "a", "A");
}

TEST(a_probe_leaves_nothing_behind)
{
	struct uni *t = *state;

	uni_two(t);
	uni_open(t);
	uni_tmp_is_empty(t, "up");
	uni_disk_is(t, "up", "");
	assert_string_equal(ufs_notices(t->u), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(a_branch_that_ignores_case_is_refused),
		UNI_TEST(a_branch_without_modes_or_owners_is_refused),
		UNI_TEST(a_branch_without_symbolic_links_is_refused),
		UNI_TEST(a_branch_that_cannot_exchange_names_is_refused),
		UNI_TEST(a_branch_without_hard_links_is_told_of_and_used),
		UNI_TEST(a_branch_without_o_tmpfile_needs_no_notice),
		UNI_TEST(a_probe_leaves_nothing_behind),
	};

	return RUN_ALL(tests);
}
