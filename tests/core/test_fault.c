/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failures in the middle (semantics row 35). The linker sends the calls that
 * change something through here (--wrap); the test makes the Nth of one kind
 * fail, and looks at what is left. Each kind is tried from the first call to
 * the one behind the last that the operation makes, so no step is left out.
 */
#include "harness.h"

#include "sys.h"

enum call {
	RENAMEAT2, LINKAT, MKDIRAT, MKNODAT, SYMLINKAT, OPENAT, COPY_RANGE, PWRITE,
	FTRUNCATE, CLONE, NCALLS
};

static const char *const call_names[NCALLS] = {
	"renameat2", "linkat", "mkdirat", "mknodat", "symlinkat", "openat",
	"copy_file_range", "pwrite", "ftruncate", "ioctl(FICLONE)"
};

static struct {
	bool on;
	enum call call;
	int at;        /* the call that fails, counted from 0 */
	int seen;
	int code;
	bool no_range; /* copy_file_range is not supported: bytes are written */
} fault;

/* 0 to go on, or the error to give. */
static int hit(enum call c)
{
	if (!fault.on || fault.call != c)
		return 0;
	return fault.seen++ == fault.at ? fault.code : 0;
}

int __real_sys_renameat2(int od, const char *o, int nd, const char *n, unsigned flags);
int __wrap_sys_renameat2(int od, const char *o, int nd, const char *n, unsigned flags);
int __wrap_sys_renameat2(int od, const char *o, int nd, const char *n, unsigned flags)
{
	int r = hit(RENAMEAT2);

	return r ? r : __real_sys_renameat2(od, o, nd, n, flags);
}

int __real_sys_linkat(int od, const char *o, int nd, const char *n, int flags);
int __wrap_sys_linkat(int od, const char *o, int nd, const char *n, int flags);
int __wrap_sys_linkat(int od, const char *o, int nd, const char *n, int flags)
{
	int r = hit(LINKAT);

	return r ? r : __real_sys_linkat(od, o, nd, n, flags);
}

int __real_sys_mkdirat(int dirfd, const char *name, mode_t mode);
int __wrap_sys_mkdirat(int dirfd, const char *name, mode_t mode);
int __wrap_sys_mkdirat(int dirfd, const char *name, mode_t mode)
{
	int r = hit(MKDIRAT);

	return r ? r : __real_sys_mkdirat(dirfd, name, mode);
}

int __real_sys_mknodat(int dirfd, const char *name, mode_t mode, dev_t dev);
int __wrap_sys_mknodat(int dirfd, const char *name, mode_t mode, dev_t dev);
int __wrap_sys_mknodat(int dirfd, const char *name, mode_t mode, dev_t dev)
{
	int r = hit(MKNODAT);

	return r ? r : __real_sys_mknodat(dirfd, name, mode, dev);
}

int __real_sys_symlinkat(const char *target, int dirfd, const char *name);
int __wrap_sys_symlinkat(const char *target, int dirfd, const char *name);
int __wrap_sys_symlinkat(const char *target, int dirfd, const char *name)
{
	int r = hit(SYMLINKAT);

	return r ? r : __real_sys_symlinkat(target, dirfd, name);
}

int __real_sys_openat(int dirfd, const char *name, int flags, mode_t mode);
int __wrap_sys_openat(int dirfd, const char *name, int flags, mode_t mode);
int __wrap_sys_openat(int dirfd, const char *name, int flags, mode_t mode)
{
	int r = flags & O_CREAT ? hit(OPENAT) : 0;

	return r ? r : __real_sys_openat(dirfd, name, flags, mode);
}

ssize_t __real_sys_copy_file_range(int in, off_t *io, int out, off_t *oo, size_t len);
ssize_t __wrap_sys_copy_file_range(int in, off_t *io, int out, off_t *oo, size_t len);
ssize_t __wrap_sys_copy_file_range(int in, off_t *io, int out, off_t *oo, size_t len)
{
	int r = fault.no_range ? -EOPNOTSUPP : hit(COPY_RANGE);

	return r ? r : __real_sys_copy_file_range(in, io, out, oo, len);
}

ssize_t __real_sys_pwrite(int fd, const void *buf, size_t len, off_t off);
ssize_t __wrap_sys_pwrite(int fd, const void *buf, size_t len, off_t off);
ssize_t __wrap_sys_pwrite(int fd, const void *buf, size_t len, off_t off)
{
	int r = hit(PWRITE);

	return r ? r : __real_sys_pwrite(fd, buf, len, off);
}

int __real_sys_ftruncate(int fd, off_t size);
int __wrap_sys_ftruncate(int fd, off_t size);
int __wrap_sys_ftruncate(int fd, off_t size)
{
	int r = hit(FTRUNCATE);

	return r ? r : __real_sys_ftruncate(fd, size);
}

int __real_sys_clone_file(int in, int out);
int __wrap_sys_clone_file(int in, int out);
int __wrap_sys_clone_file(int in, int out)
{
	int r = fault.no_range ? -EOPNOTSUPP : hit(CLONE);

	return r ? r : __real_sys_clone_file(in, out);
}

/* What is tried: an operation, the tree before it and the tree after it. */
struct trial {
	int (*run)(struct uni *t);
	const char *before, *after;
};

/*
 * One failure, then the same again without. Returns whether the call was
 * reached at all.
 */
static bool try_once(struct uni *t, const struct trial *what)
{
	int r, again;

	fault.seen = 0;
	fault.on = true;
	r = what->run(t);
	fault.on = false;
	if (fault.seen <= fault.at) {
		assert_ok(r);
		uni_view_is(t, what->after);
		return false;
	}
	/* A fallback may have saved the operation: then it is done. */
	if (r < 0 && r != fault.code)
		fail_msg("call %d of %s fails with %s, the operation with %s", fault.at,
			 call_names[fault.call], err_name(fault.code), err_name(r));
	{
		_free_ char *view = uni_view(t);

		if (strcmp(view, r < 0 ? what->before : what->after) != 0)
			fail_msg("after %s at call %d of %s the view is\n%s",
				 err_name(fault.code), fault.at, call_names[fault.call],
				 view);
	}
	uni_tmp_is_empty(t, "up");
	if (r < 0) {
		again = what->run(t);
		if (again < 0)
			fail_msg("after %s at call %d of %s trying again says %s",
				 err_name(fault.code), fault.at, call_names[fault.call],
				 err_name(again));
	}
	uni_reopen(t);
	uni_view_is(t, what->after);
	return true;
}

/* Empty the writable branch for the next round. */
static void start_over(struct uni *t, const char *upper)
{
	_free_ char *cmd = NULL, *up = uni_real(t, "up");

	uni_close(t);
	assert_ok(str_printf(&cmd, "rm -rf '%s' && mkdir '%s'", up, up));
	assert_ok(system(cmd));
	if (upper)
		uni_make(t, upper);
	uni_open(t);
}

static void try_all(struct uni *t, const struct trial *what, const char *upper)
{
	static const int codes[] = { -ENOSPC, -EIO };
	int reached = 0;

	uni_open(t);
	for (int c = 0; c < NCALLS; c++)
		for (size_t i = 0; i < ARRAY_LEN(codes); i++)
			for (int at = 0; at < 20; at++) {
				fault.call = (enum call)c;
				fault.code = codes[i];
				fault.at = at;
				start_over(t, upper);
				if (!try_once(t, what))
					break;
				reached++;
			}
	assert_true(reached > 0);
}

static int write_file(struct uni *t)
{
	return uni_write(t, "d/f", 0, "NEW");
}

static const struct trial copy_up = {
	write_file,
	"d dir 0755\nd/f file 0640 old data\nd/g file 0644 x\n",
	"d dir 0755\nd/f file 0640 NEW data\nd/g file 0644 x\n",
};

static void lower_tree(struct uni *t)
{
	uni_two(t);
	uni_make(t, "lo/d/f file 0640 old data\n"
		    "lo/d/f xattr user.a b\n"
		    "lo/d/g file 0644 x\n");
}

/* rows: 35 */
TEST(a_copy_up_that_fails_leaves_the_lower_file_visible)
{
	struct uni *t = *state;

	lower_tree(t);
	fault.no_range = false;
	try_all(t, &copy_up, NULL);
}

TEST(a_copy_up_by_writing_that_fails_leaves_the_lower_file_visible)
{
	struct uni *t = *state;

	lower_tree(t);
	fault.no_range = true;
	try_all(t, &copy_up, NULL);
	fault.no_range = false;
}

static int unlink_file(struct uni *t)
{
	return uni_unlink(t, "d/f");
}

TEST(a_deletion_that_fails_deletes_nothing)
{
	struct uni *t = *state;
	static const struct trial what = {
		unlink_file,
		"d dir 0755\nd/f file 0640 old data\nd/g file 0644 x\n",
		"d dir 0755\nd/g file 0644 x\n",
	};

	lower_tree(t);
	try_all(t, &what, NULL);
}

TEST(a_deletion_of_a_copy_that_fails_shows_no_old_data)
{
	struct uni *t = *state;
	static const struct trial what = {
		unlink_file,
		"d dir 0755\nd/f file 0640 copy\nd/g file 0644 x\n",
		"d dir 0755\nd/g file 0644 x\n",
	};

	lower_tree(t);
	try_all(t, &what, "up/d/f file 0640 copy\n");
}

static int create_file(struct uni *t)
{
	return uni_mknod(t, "d/n", S_IFREG | 0600);
}

TEST(a_creation_that_fails_creates_nothing)
{
	struct uni *t = *state;
	static const struct trial what = {
		create_file,
		"d dir 0755\nd/f file 0640 old data\nd/g file 0644 x\n",
		"d dir 0755\nd/f file 0640 old data\nd/g file 0644 x\nd/n file 0600\n",
	};

	lower_tree(t);
	try_all(t, &what, NULL);
}

static int make_dir_again(struct uni *t)
{
	return uni_mkdir(t, "e", 0755);
}

TEST(a_directory_over_a_whiteout_never_shows_the_lower_one)
{
	struct uni *t = *state;
	static const struct trial what = {
		make_dir_again,
		"d dir 0755\nd/f file 0640 old data\nd/g file 0644 x\n",
		"d dir 0755\nd/f file 0640 old data\nd/g file 0644 x\ne dir 0755\n",
	};

	lower_tree(t);
	uni_make(t, "lo/e/old file 0644 old\n");
	try_all(t, &what, "up/e wh\n");
}

static int rename_file(struct uni *t)
{
	return uni_rename(t, "d/f", "h", 0);
}

TEST(a_rename_that_fails_renames_nothing)
{
	struct uni *t = *state;
	static const struct trial what = {
		rename_file,
		"d dir 0755\nd/f file 0640 old data\nd/g file 0644 x\n",
		"d dir 0755\nd/g file 0644 x\nh file 0640 old data\n",
	};

	lower_tree(t);
	try_all(t, &what, NULL);
}

static int exchange_files(struct uni *t)
{
	return uni_rename(t, "d/f", "d/g", RENAME_EXCHANGE);
}

TEST(an_exchange_that_fails_exchanges_nothing)
{
	struct uni *t = *state;
	static const struct trial what = {
		exchange_files,
		"d dir 0755\nd/f file 0640 old data\nd/g file 0644 x\n",
		"d dir 0755\nd/f file 0644 x\nd/g file 0640 old data\n",
	};

	lower_tree(t);
	try_all(t, &what, NULL);
}

static int link_file(struct uni *t)
{
	return uni_link(t, "d/f", "h");
}

TEST(a_link_that_fails_links_nothing)
{
	struct uni *t = *state;
	static const struct trial what = {
		link_file,
		"d dir 0755\nd/f file 0640 old data\nd/g file 0644 x\n",
		"d dir 0755\nd/f file 0640 old data\nd/g file 0644 x\n"
		"h file 0640 old data\n",
	};

	lower_tree(t);
	try_all(t, &what, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(a_copy_up_that_fails_leaves_the_lower_file_visible),
		UNI_TEST(a_copy_up_by_writing_that_fails_leaves_the_lower_file_visible),
		UNI_TEST(a_deletion_that_fails_deletes_nothing),
		UNI_TEST(a_deletion_of_a_copy_that_fails_shows_no_old_data),
		UNI_TEST(a_creation_that_fails_creates_nothing),
		UNI_TEST(a_directory_over_a_whiteout_never_shows_the_lower_one),
		UNI_TEST(a_rename_that_fails_renames_nothing),
		UNI_TEST(an_exchange_that_fails_exchanges_nothing),
		UNI_TEST(a_link_that_fails_links_nothing),
	};

	return RUN_ALL(tests);
}
