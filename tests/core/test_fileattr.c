/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flags of chattr(1): forwarded, kept, minded. xfstests overlay/040, 075. */
#include "harness.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

#include "sys.h"

static unsigned flags_of(struct uni *t, const char *branchpath)
{
	_free_ char *path = uni_real(t, branchpath);
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned flags;

	assert_true(fd >= 0);
	assert_ok(sys_get_flags(fd, &flags));
	return flags;
}

/* Whether the filesystem and we may: FLAGS on, or off. */
static bool change_flags(struct uni *t, const char *branchpath, unsigned flags, bool on)
{
	_free_ char *path = uni_real(t, branchpath);
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned now;

	assert_true(fd >= 0);
	if (sys_get_flags(fd, &now) < 0)
		return false;
	return sys_set_flags(fd, on ? now | flags : now & ~flags) == 0;
}

/* The branch is what it was; from here on it may be cleaned up. */
static void lower_is_untouched(struct uni *t, size_t branch)
{
	struct uni_branch *b = &t->branches[branch];
	_free_ char *now = uni_digest(t, b->name);

	assert_string_equal(now, b->before);
	free(b->before);
	b->before = NULL;
}

static void protect(struct uni *t, bool on)
{
	static const struct {
		const char *path;
		unsigned flag;
	} marked[] = {
		{ "lo/still", FS_IMMUTABLE_FL }, { "lo/grows", FS_APPEND_FL },
		{ "lo/dir", FS_IMMUTABLE_FL },
	};

	for (size_t i = 0; i < ARRAY_LEN(marked); i++)
		if (!change_flags(t, marked[i].path, marked[i].flag, on) && on)
			uni_skip("no chattr +i here");
}

/* rows: 56 */
TEST(an_immutable_or_append_only_lower_object_stays_as_it_is)
{
	static const char *const files[] = { "still", "grows" };
	struct uni *t = *state;

	if (!uni_is_root())
		uni_skip("needs root");
	uni_two(t);
	uni_make(t, "lo/still file 0644 s\n"
		    "lo/grows file 0644 g\n"
		    "lo/dir dir 0755\n"
		    "lo/dir/in file 0644 i\n"
		    "lo/other file 0644 o\n");
	protect(t, true);
	uni_open(t);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		assert_int_equal(uni_write(t, files[i], 1, "x"), -EPERM);
		assert_int_equal(uni_truncate(t, files[i], 0), -EPERM);
		assert_int_equal(uni_chmod(t, files[i], 0600), -EPERM);
		assert_int_equal(uni_unlink(t, files[i]), -EPERM);
		assert_int_equal(uni_rename(t, files[i], "new", 0), -EPERM);
		assert_int_equal(uni_rename(t, "other", files[i], 0), -EPERM);
		assert_int_equal(uni_rename(t, "other", files[i], RENAME_EXCHANGE), -EPERM);
		assert_int_equal(uni_link(t, files[i], "new"), -EPERM);
	}
	assert_int_equal(uni_create(t, "dir/new", 0644, ""), -EPERM);
	assert_int_equal(uni_unlink(t, "dir/in"), -EPERM);
	assert_int_equal(uni_write(t, "dir/in", 0, "x"), -EPERM);
	assert_int_equal(uni_rename(t, "dir", "moved", 0), -EPERM);
	assert_int_equal(uni_chmod(t, "dir", 0700), -EPERM);
	uni_view_is(t, "dir dir 0755\n"
		       "dir/in file 0644 i\n"
		       "grows file 0644 g\n"
		       "other file 0644 o\n"
		       "still file 0644 s\n");
	lower_is_untouched(t, 1);
	uni_close(t);
	protect(t, false);
	/* "other" was brought up for the renames that failed, and no more. */
	uni_disk_is(t, "up", "other file 0644 o\n");
}

/* rows: 56 */
TEST(flags_are_kept_over_a_copy_up)
{
	const unsigned flags = FS_NODUMP_FL | FS_NOATIME_FL | FS_SYNC_FL;
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 data\n"
		    "lo/d/empty file 0644\n");
	if (!change_flags(t, "lo/d/f", flags, true))
		uni_skip("no chattr +dAS here");
	assert_true(change_flags(t, "lo/d/empty", FS_NODUMP_FL, true));
	assert_true(change_flags(t, "lo/d", FS_NODUMP_FL, true));
	uni_open(t);
	assert_ok(uni_write(t, "d/f", 4, "+"));
	assert_ok(uni_chmod(t, "d/empty", 0600));
	assert_int_equal(flags_of(t, "up/d/f") & flags, flags);
	assert_int_equal(flags_of(t, "up/d/empty") & flags, FS_NODUMP_FL);
	assert_int_equal(flags_of(t, "up/d") & flags, FS_NODUMP_FL);
	uni_data_is(t, "d/f", "data+");
}

TEST(flags_are_asked_where_the_file_lies_and_set_on_a_copy)
{
	struct fsxattr x = { 0 };
	struct uni *t = *state;
	unsigned flags = 0;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 data\n"
		    "lo/p fifo 0644\n"
		    "lo/l link f\n");
	if (!change_flags(t, "lo/d/f", FS_NODUMP_FL, true))
		uni_skip("no chattr here");
	uni_open(t);
	assert_ok(ufs_ioctl(t->u, uni_id(t, "d/f"), FS_IOC_GETFLAGS, &flags));
	assert_true(flags & FS_NODUMP_FL);
	assert_ok(ufs_ioctl(t->u, uni_id(t, "d"), FS_IOC_GETFLAGS, &flags));
	assert_false(flags & FS_NODUMP_FL);
	assert_false(uni_has(t, "up/d"));
	flags = flags_of(t, "lo/d/f") | FS_NOATIME_FL;
	assert_ok(ufs_ioctl(t->u, uni_id(t, "d/f"), FS_IOC_SETFLAGS, &flags));
	assert_int_equal(flags_of(t, "up/d/f") & (FS_NODUMP_FL | FS_NOATIME_FL),
			 FS_NODUMP_FL | FS_NOATIME_FL);
	assert_ok(ufs_ioctl(t->u, uni_id(t, "d/f"), FS_IOC_FSGETXATTR, &x));
	assert_true(x.fsx_xflags & FS_XFLAG_NODUMP);
	x.fsx_xflags &= ~(unsigned)FS_XFLAG_NODUMP;
	assert_ok(ufs_ioctl(t->u, uni_id(t, "d/f"), FS_IOC_FSSETXATTR, &x));
	assert_int_equal(flags_of(t, "up/d/f") & FS_NODUMP_FL, 0);
	assert_int_equal(ufs_ioctl(t->u, uni_id(t, "p"), FS_IOC_GETFLAGS, &flags), -ENOTTY);
	assert_int_equal(ufs_ioctl(t->u, uni_id(t, "l"), FS_IOC_GETFLAGS, &flags), -ENOTTY);
	assert_int_equal(ufs_ioctl(t->u, uni_id(t, "d"), FIGETBSZ, &flags), -ENOTTY);
	assert_int_equal(ufs_ioctl_size(FS_IOC_FSGETXATTR), sizeof(x));
	assert_int_equal(ufs_ioctl_size(FIGETBSZ), -ENOTTY);
}

TEST(an_append_only_file_of_the_writable_branch_is_appended_to)
{
	struct ufs_data d;
	struct uni *t = *state;
	node_id id;

	if (!uni_is_root())
		uni_skip("needs root");
	uni_two(t);
	uni_make(t, "up/log file 0644 one\n"
		    "lo/low file 0644 low\n");
	if (!change_flags(t, "up/log", FS_APPEND_FL, true))
		uni_skip("no chattr +a here");
	uni_open(t);
	id = uni_id(t, "log");
	assert_int_equal(ufs_data_get(t->u, id, true, &d), -EPERM);
	assert_ok(ufs_data_append(t->u, id, &d));
	assert_int_equal(pwrite(d.fd, "two", 3, 0), 3);
	ufs_data_put(t->u, &d);
	uni_data_is(t, "log", "onetwo");
	/* The descriptor was for this write alone. */
	assert_int_equal(ufs_data_get(t->u, id, true, &d), -EPERM);
	assert_int_equal(ufs_data_append(t->u, uni_id(t, "low"), &d), -EPERM);
	uni_close(t);
	(void)change_flags(t, "up/log", FS_APPEND_FL, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(an_immutable_or_append_only_lower_object_stays_as_it_is),
		UNI_TEST(flags_are_kept_over_a_copy_up),
		UNI_TEST(flags_are_asked_where_the_file_lies_and_set_on_a_copy),
		UNI_TEST(an_append_only_file_of_the_writable_branch_is_appended_to),
	};

	return RUN_ALL(tests);
}
