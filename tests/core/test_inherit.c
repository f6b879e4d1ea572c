/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a new object takes from the directory it is made in, and what not, where
 * a mark stood at its name: in AUFS's format the mark stands beside it, in
 * overlayfs's at it, and the object is made elsewhere first.
 */
#include "harness.h"

#include <sys/xattr.h>

/* As setfacl -d -m u::rwx,u:12345:rwx,g::r-x,m::rwx,o::- writes it. */
static const unsigned char acl[] = {
	2, 0, 0, 0,
	1, 0, 7, 0, 0xff, 0xff, 0xff, 0xff,
	2, 0, 7, 0, 0x39, 0x30, 0, 0,
	4, 0, 5, 0, 0xff, 0xff, 0xff, 0xff,
	0x10, 0, 7, 0, 0xff, 0xff, 0xff, 0xff,
	0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
};

static void use_overlay(struct uni *t)
{
	_free_ char *work = uni_real(t, "work");

	assert_ok(mkdir(work, 0755));
	t->cfg.work = strdup(work);
	t->cfg.format = strdup("overlay");
	assert_non_null(t->cfg.work);
	assert_non_null(t->cfg.format);
}

/* The value that NAME of the writable branch has, as bytes; 0: none. */
static size_t value_of(struct uni *t, const char *path, const char *name, char *buf,
		       size_t size)
{
	_free_ char *real = uni_real(t, path);
	ssize_t n = lgetxattr(real, name, buf, size);

	return n < 0 ? 0 : (size_t)n;
}

static void same_as_fresh(struct uni *t, const char *was, const char *fresh, bool is_dir)
{
	_free_ char *a = NULL, *b = NULL;
	char x[256], y[256];
	struct stat st, want;
	size_t n;

	assert_ok(str_printf(&a, "up/%s", was));
	assert_ok(str_printf(&b, "up/%s", fresh));
	assert_ok(uni_stat(t, was, &st));
	assert_ok(uni_stat(t, fresh, &want));
	assert_int_equal(st.st_mode, want.st_mode);
	assert_int_equal(st.st_uid, want.st_uid);
	assert_int_equal(st.st_gid, want.st_gid);
	n = value_of(t, a, "system.posix_acl_access", x, sizeof(x));
	assert_int_equal(n, value_of(t, b, "system.posix_acl_access", y, sizeof(y)));
	assert_memory_equal(x, y, n);
	n = value_of(t, a, "system.posix_acl_default", x, sizeof(x));
	assert_int_equal(n, value_of(t, b, "system.posix_acl_default", y, sizeof(y)));
	assert_memory_equal(x, y, n);
	assert_true(!is_dir || n > 0);
}

static void over_whiteouts(struct uni *t, mode_t umask_of_caller)
{
	_free_ char *d = NULL;

	uni_make(t, "lo/d dir 2775\n"
		    "lo/d/file file 0644 x\n"
		    "lo/d/dir/x file 0644 x\n"
		    "lo/d/pipe fifo 0644\n");
	d = uni_real(t, "lo/d");
	if (setxattr(d, "system.posix_acl_default", acl, sizeof(acl), 0) < 0)
		uni_skip("this filesystem has no ACLs");
	if (uni_is_root())
		assert_ok(chown(d, 0, 4321));
	assert_ok(chmod(d, 02775));
	uni_open(t);
	t->cred.umask = umask_of_caller;
	if (uni_is_root())
		t->cred.uid = t->cred.gid = 1234;
	assert_ok(uni_unlink(t, "d/file"));
	assert_ok(uni_unlink(t, "d/dir/x"));
	assert_ok(uni_rmdir(t, "d/dir"));
	assert_ok(uni_unlink(t, "d/pipe"));
	assert_ok(uni_create(t, "d/file", 0666, ""));
	assert_ok(uni_create(t, "d/file2", 0666, ""));
	assert_ok(uni_mkdir(t, "d/dir", 0777));
	assert_ok(uni_mkdir(t, "d/dir2", 0777));
	assert_ok(uni_mknod(t, "d/pipe", S_IFIFO | 0662));
	assert_ok(uni_mknod(t, "d/pipe2", S_IFIFO | 0662));
	same_as_fresh(t, "d/file", "d/file2", false);
	same_as_fresh(t, "d/dir", "d/dir2", true);
	same_as_fresh(t, "d/pipe", "d/pipe2", false);
}

/* rows: 27 */
TEST(what_is_made_over_a_whiteout_inherits_group_and_acl)
{
	struct uni *t = *state;

	uni_two(t);
	over_whiteouts(t, 077);
}

/* rows: 27 */
TEST(what_is_made_at_a_mark_in_place_inherits_group_and_acl)
{
	struct uni *t = *state;

	if (!uni_is_root())
		uni_skip("needs root for overlayfs's whiteouts");
	uni_two(t);
	use_overlay(t);
	over_whiteouts(t, 077);
}

static void opaque_stays(struct uni *t, const char *attr)
{
	char v[4];

	uni_make(t, "lo/d/sub/x file 0644 x\n"
		    "lo/d/y file 0644 y\n");
	uni_open(t);
	assert_ok(uni_unlink(t, "d/sub/x"));
	assert_ok(uni_rmdir(t, "d/sub"));
	assert_ok(uni_unlink(t, "d/y"));
	assert_ok(uni_rmdir(t, "d"));
	assert_ok(uni_mkdir(t, "d", 0755));
	assert_ok(uni_mkdir(t, "d/sub", 0755));
	assert_ok(uni_mkdir(t, "d/sub/deeper", 0755));
	if (attr) {
		assert_int_equal(value_of(t, "up/d", attr, v, sizeof(v)), 1);
		assert_int_equal(value_of(t, "up/d/sub", attr, v, sizeof(v)), 0);
		assert_int_equal(value_of(t, "up/d/sub/deeper", attr, v, sizeof(v)), 0);
	} else {
		assert_true(uni_has(t, "up/d/.wh..wh..opq"));
		assert_false(uni_has(t, "up/d/sub/.wh..wh..opq"));
		assert_false(uni_has(t, "up/d/sub/deeper/.wh..wh..opq"));
	}
	uni_reopen(t);
	uni_view_is(t, "d dir 0755\n"
		       "d/sub dir 0755\n"
		       "d/sub/deeper dir 0755\n");
}

/* rows: 3 */
TEST(an_opaque_mark_is_not_handed_to_directories_below)
{
	struct uni *t = *state;

	uni_two(t);
	opaque_stays(t, NULL);
}

/* rows: 3 */
TEST(an_opaque_attribute_is_not_handed_to_directories_below)
{
	struct uni *t = *state;

	if (!uni_is_root())
		uni_skip("needs root for overlayfs's whiteouts");
	uni_two(t);
	use_overlay(t);
	opaque_stays(t, "trusted.overlay.opaque");
}

/* rows: 3 */
TEST(a_copy_of_an_opaque_lower_directory_hides_no_more_than_it_did)
{
	struct uni *t = *state;

	uni_three(t);
	uni_make(t, "l1/d/a file 0644 a\n"
		    "l1/d opq\n"
		    "l2/d/b file 0644 b\n");
	uni_open(t);
	assert_ok(uni_chmod(t, "d", 0711));
	assert_false(uni_has(t, "up/d/.wh..wh..opq"));
	uni_reopen(t);
	uni_view_is(t, "d dir 0711\n"
		       "d/a file 0644 a\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(what_is_made_over_a_whiteout_inherits_group_and_acl),
		UNI_TEST(what_is_made_at_a_mark_in_place_inherits_group_and_acl),
		UNI_TEST(an_opaque_mark_is_not_handed_to_directories_below),
		UNI_TEST(an_opaque_attribute_is_not_handed_to_directories_below),
		UNI_TEST(a_copy_of_an_opaque_lower_directory_hides_no_more_than_it_did),
	};

	return RUN_ALL(tests);
}
