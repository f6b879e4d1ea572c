/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include <sys/xattr.h>

static void value_is(struct uni *t, const char *path, const char *name, const char *want)
{
	char buf[256];
	ssize_t n = ufs_getxattr(t->u, uni_id(t, path), name, buf, sizeof(buf));

	assert_int_equal(n, strlen(want));
	assert_memory_equal(buf, want, strlen(want));
}

static int set(struct uni *t, const char *path, const char *name, const char *v,
	       int flags)
{
	return ufs_setxattr(t->u, uni_id(t, path), name, v, strlen(v), flags);
}

/* Is NAME in the list that the union gives? */
static bool listed(struct uni *t, const char *path, const char *name)
{
	char buf[4096];
	ssize_t n = ufs_listxattr(t->u, uni_id(t, path), buf, sizeof(buf));

	assert_true(n >= 0);
	for (char *p = buf; p < buf + n; p += strlen(p) + 1)
		if (strcmp(p, name) == 0)
			return true;
	return false;
}

/* rows: 25 */
TEST(attributes_of_a_lower_file_are_copied_up)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 data\n"
		    "lo/d/f xattr user.a one\n"
		    "lo/d/f xattr user.b two\n"
		    "lo/d xattr user.dir three\n");
	uni_open(t);
	value_is(t, "d/f", "user.a", "one");
	assert_ok(uni_write(t, "d/f", 0, "D"));
	assert_true(uni_has(t, "up/d/f"));
	value_is(t, "d/f", "user.a", "one");
	value_is(t, "d/f", "user.b", "two");
	value_is(t, "d", "user.dir", "three");
	uni_reopen(t);
	value_is(t, "d/f", "user.b", "two");
	value_is(t, "d", "user.dir", "three");
}

TEST(setting_and_removing_an_attribute_copies_up_first)
{
	struct uni *t = *state;
	char buf[16];

	uni_two(t);
	uni_make(t, "lo/f file 0644 data\n"
		    "lo/f xattr user.a one\n"
		    "lo/g file 0644 data\n"
		    "lo/g xattr user.a one\n");
	uni_open(t);
	assert_ok(set(t, "f", "user.b", "new", 0));
	value_is(t, "f", "user.a", "one");
	value_is(t, "f", "user.b", "new");
	assert_ok(ufs_removexattr(t->u, uni_id(t, "g"), "user.a"));
	assert_int_equal(ufs_getxattr(t->u, uni_id(t, "g"), "user.a", buf, sizeof(buf)),
			 -ENODATA);
	assert_true(uni_has(t, "up/g"));
}

TEST(create_and_replace_are_minded)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/f file 0644 data\n"
		    "lo/f xattr user.a one\n");
	uni_open(t);
	assert_int_equal(set(t, "f", "user.a", "x", XATTR_CREATE), -EEXIST);
	assert_int_equal(set(t, "f", "user.b", "x", XATTR_REPLACE), -ENODATA);
	assert_ok(set(t, "f", "user.b", "x", XATTR_CREATE));
	assert_ok(set(t, "f", "user.a", "x", XATTR_REPLACE));
}

TEST(sizes_are_asked_and_checked)
{
	struct uni *t = *state;
	char buf[64];
	node_id f;

	uni_two(t);
	uni_make(t, "lo/f file 0644 data\n"
		    "lo/f xattr user.a 12345\n");
	uni_open(t);
	f = uni_id(t, "f");
	assert_int_equal(ufs_getxattr(t->u, f, "user.a", NULL, 0), 5);
	assert_int_equal(ufs_getxattr(t->u, f, "user.a", buf, 4), -ERANGE);
	assert_int_equal(ufs_getxattr(t->u, f, "user.a", buf, 5), 5);
	assert_int_equal(ufs_getxattr(t->u, f, "user.none", buf, 5), -ENODATA);
	assert_true(ufs_listxattr(t->u, f, NULL, 0) >= 7);
	assert_int_equal(ufs_listxattr(t->u, f, buf, 3), -ERANGE);
}

/* rows: 25 */
TEST(attributes_of_formats_are_private)
{
	static const char *const names[] = {
		"user.overlay.opaque", "trusted.overlay.opaque", "user.overlay.whiteout",
		"trusted.overlay.redirect", "trusted.overlay.origin"
	};
	struct uni *t = *state;
	char buf[16];

	uni_two(t);
	uni_make(t, "lo/d dir 0755\n"
		    "lo/d xattr user.overlay.opaque y\n"
		    "lo/d xattr user.seen y\n"
		    "up/d dir 0755\n"
		    "lo/e dir 0755\n"
		    "lo/e xattr user.overlay.opaque y\n"
		    "lo/e xattr user.seen y\n");
	uni_open(t);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		int r;

		r = (int)ufs_getxattr(t->u, uni_id(t, "e"), names[i], buf, sizeof(buf));
		assert_true(r == -ENODATA || r == -EOPNOTSUPP || r == -EPERM);
		assert_true(set(t, "e", names[i], "y", 0) < 0);
		assert_true(ufs_removexattr(t->u, uni_id(t, "e"), names[i]) < 0);
	}
	assert_true(listed(t, "e", "user.seen"));
	assert_false(listed(t, "e", "user.overlay.opaque"));
	assert_ok(uni_chmod(t, "e", 0700));
	{
		_free_ char *e = uni_real(t, "up/e");

		assert_true(getxattr(e, "user.seen", buf, sizeof(buf)) == 1);
		assert_true(getxattr(e, "user.overlay.opaque", buf, sizeof(buf)) < 0);
	}
}

/* Not those of what the link leads to (faults: fuse-overlayfs followed it). */
TEST(attributes_of_a_link_are_its_own)
{
	struct uni *t = *state;
	_free_ char *victim = NULL, *spec = NULL;
	char buf[16];
	int r;

	uni_two(t);
	victim = uni_real(t, "victim");
	assert_ok(close(open(victim, O_CREAT | O_WRONLY | O_CLOEXEC, 0644)));
	assert_ok(str_printf(&spec, "lo/l link %s\n", victim));
	uni_make(t, spec);
	uni_open(t);
	/* The kernel refuses user.* on links, and root may set trusted.*. */
	r = set(t, "l", "user.a", "x", 0);
	assert_int_equal(r, -EPERM);
	r = set(t, "l", "trusted.a", "x", 0);
	assert_int_equal(r, uni_is_root() ? 0 : -EPERM);
	if (uni_is_root())
		value_is(t, "l", "trusted.a", "x");
	assert_true(getxattr(victim, "user.a", buf, sizeof(buf)) < 0);
	assert_true(getxattr(victim, "trusted.a", buf, sizeof(buf)) < 0);
	assert_true(ufs_getxattr(t->u, uni_id(t, "l"), "user.a", buf, sizeof(buf)) < 0);
}

/* A POSIX ACL as the kernel stores it: version 2, tags, permissions, ids. */
static const unsigned char acl[] = {
	2, 0, 0, 0,
	1, 0, 6, 0, 0xff, 0xff, 0xff, 0xff, /* user:: rw- */
	2, 0, 4, 0, 0xd2, 0x04, 0, 0,       /* user:1234: r-- */
	4, 0, 4, 0, 0xff, 0xff, 0xff, 0xff, /* group:: r-- */
	16, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,/* mask:: r-- */
	32, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,/* other:: --- */
};

TEST(acls_are_copied_up)
{
	struct uni *t = *state;
	_free_ char *f = NULL, *up = NULL;
	char buf[256];

	uni_two(t);
	uni_make(t, "lo/f file 0640 data\n");
	f = uni_real(t, "lo/f");
	if (setxattr(f, "system.posix_acl_access", acl, sizeof(acl), 0) < 0)
		uni_skip("this filesystem has no ACLs");
	uni_open(t);
	assert_ok(uni_write(t, "f", 0, "D"));
	up = uni_real(t, "up/f");
	assert_int_equal(getxattr(up, "system.posix_acl_access", buf, sizeof(buf)),
			 sizeof(acl));
	assert_memory_equal(buf, acl, sizeof(acl));
	assert_int_equal(ufs_getxattr(t->u, uni_id(t, "f"), "system.posix_acl_access", buf,
				      sizeof(buf)), sizeof(acl));
}

/* rows: 27: as the branch's own kernel does it. */
TEST(a_default_acl_of_a_lower_directory_is_inherited)
{
	struct uni *t = *state;
	_free_ char *d = NULL, *f = NULL;
	char buf[256];
	struct stat st;

	uni_two(t);
	uni_make(t, "lo/d dir 0755\n");
	d = uni_real(t, "lo/d");
	if (setxattr(d, "system.posix_acl_default", acl, sizeof(acl), 0) < 0)
		uni_skip("this filesystem has no ACLs");
	uni_open(t);
	assert_ok(uni_create(t, "d/f", 0666, ""));
	f = uni_real(t, "up/d/f");
	assert_true(getxattr(f, "system.posix_acl_access", buf, sizeof(buf)) > 0);
	/* The umask does not count where a default ACL is: rw-r-----. */
	assert_ok(uni_stat(t, "d/f", &st));
	assert_int_equal(st.st_mode & 07777, 0640);
}

TEST(file_capabilities_are_copied_up)
{
	/* VFS_CAP_REVISION_2, effective, cap_net_bind_service permitted */
	static const unsigned char cap[] = {
		1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
	};
	struct uni *t = *state;
	_free_ char *f = NULL, *up = NULL;
	char buf[64];

	if (!uni_is_root())
		uni_skip("needs root to set file capabilities");
	uni_two(t);
	uni_make(t, "lo/f file 0755 data\n");
	f = uni_real(t, "lo/f");
	assert_ok(setxattr(f, "security.capability", cap, sizeof(cap), 0));
	uni_open(t);
	assert_ok(uni_chmod(t, "f", 0700));
	up = uni_real(t, "up/f");
	assert_int_equal(getxattr(up, "security.capability", buf, sizeof(buf)),
			 sizeof(cap));
	assert_memory_equal(buf, cap, sizeof(cap));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(attributes_of_a_lower_file_are_copied_up),
		UNI_TEST(setting_and_removing_an_attribute_copies_up_first),
		UNI_TEST(create_and_replace_are_minded),
		UNI_TEST(sizes_are_asked_and_checked),
		UNI_TEST(attributes_of_formats_are_private),
		UNI_TEST(attributes_of_a_link_are_its_own),
		UNI_TEST(acls_are_copied_up),
		UNI_TEST(a_default_acl_of_a_lower_directory_is_inherited),
		UNI_TEST(file_capabilities_are_copied_up),
	};

	return RUN_ALL(tests);
}
