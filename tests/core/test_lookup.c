/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include <malloc.h>

TEST(upper_and_lower_names_are_seen_together)
{
	struct uni *t = *state;

	uni_three(t);
	uni_make(t, "up/a file 0644 up\n"
		    "l1/d/b file 0600 one\n"
		    "l2/d/c file 0644 two\n"
		    "l2/l link /etc/passwd\n");
	uni_open(t);
	uni_view_is(t, "a file 0644 up\n"
		       "d dir 0755\n"
		       "d/b file 0600 one\n"
		       "d/c file 0644 two\n"
		       "l link /etc/passwd\n");
}

TEST(the_topmost_file_wins)
{
	struct uni *t = *state;

	uni_three(t);
	uni_make(t, "up/f file 0640 up\n"
		    "l1/f file 0644 one\n"
		    "l1/g file 0644 one\n"
		    "l2/g link two\n");
	uni_open(t);
	uni_view_is(t, "f file 0640 up\n"
		       "g file 0644 one\n");
}

/* rows: 4: what is not a directory cuts off what lies below. */
TEST(a_file_over_a_directory_hides_it_and_the_inverse)
{
	struct uni *t = *state;

	uni_three(t);
	uni_make(t, "up/a file 0644 up\n"
		    "l1/a/x file 0644 one\n"
		    "up/b dir 0755\n"
		    "l1/b file 0644 one\n"
		    "l2/b/y file 0644 two\n");
	uni_open(t);
	uni_view_is(t, "a file 0644 up\n"
		       "b dir 0755\n");
}

TEST(a_whiteout_hides_what_lies_below)
{
	struct uni *t = *state;

	uni_three(t);
	uni_make(t, "up/f wh\n"
		    "l1/f file 0644 one\n"
		    "l1/g wh\n"
		    "l2/g file 0644 two\n"
		    "l2/h file 0644 two\n"
		    "l1/d wh\n"
		    "up/d/new file 0644 up\n"
		    "l2/d/old file 0644 two\n");
	uni_open(t);
	uni_view_is(t, "d dir 0755\n"
		       "d/new file 0644 up\n"
		       "h file 0644 two\n");
}

/* rows: 33: and the OCI image specification: only lower layers. */
TEST(a_real_entry_wins_over_the_whiteout_beside_it)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "up/f wh\n"
		    "up/f file 0644 up\n"
		    "lo/f file 0644 lo\n"
		    "up/d wh\n"
		    "up/d/x file 0644 up\n"
		    "lo/d/y file 0644 lo\n");
	uni_open(t);
	uni_view_is(t, "d dir 0755\n"
		       "d/x file 0644 up\n"
		       "f file 0644 up\n");
}

TEST(an_opaque_directory_shows_nothing_from_below)
{
	struct uni *t = *state;

	uni_three(t);
	uni_make(t, "l1/d opq\n"
		    "l1/d/x file 0644 one\n"
		    "l1/d/s/in file 0644 one\n"
		    "l2/d/y file 0644 two\n"
		    "l2/d/s/below file 0644 two\n");
	uni_open(t);
	uni_view_is(t, "d dir 0755\n"
		       "d/s dir 0755\n"
		       "d/s/in file 0644 one\n"
		       "d/x file 0644 one\n");
}

/* AUFS counts marks on a read-only branch only with "+wh". */
TEST(marks_on_a_branch_without_wh_do_not_count)
{
	struct uni *t = *state;
	struct ufs_entry e;

	uni_branch(t, "up", BRANCH_RW, 0);
	uni_branch(t, "l1", BRANCH_RO, 0);
	uni_branch(t, "l2", BRANCH_RO, 0);
	uni_make(t, "l1/f wh\n"
		    "l2/f file 0644 two\n"
		    "l1/d opq\n"
		    "l2/d/y file 0644 two\n");
	uni_open(t);
	assert_ok(uni_lookup(t, "f", &e));
	assert_ok(uni_lookup(t, "d/y", &e));
}

TEST(overlay_marks_are_read_on_lower_branches)
{
	struct uni *t = *state;

	uni_three(t);
	if (uni_is_root())
		uni_make(t, "l1/f char\n"
			    "l2/f file 0644 two\n");
	uni_make(t, "l1/d dir 0755\n"
		    "l1/d oopq\n"
		    "l2/d/y file 0644 two\n");
	uni_open(t);
	uni_view_is(t, "d dir 0755\n");
}

TEST(a_missing_name_is_enoent_and_a_long_one_enametoolong)
{
	struct uni *t = *state;
	struct ufs_entry e;
	char name[NAME_MAX + 2];

	uni_two(t);
	uni_make(t, "lo/f file 0644 x\n");
	uni_open(t);
	assert_int_equal(uni_lookup(t, "none", &e), -ENOENT);
	assert_int_equal(uni_lookup(t, "f/x", &e), -ENOTDIR);
	memset(name, 'n', sizeof(name));
	name[NAME_MAX] = '\0';
	assert_int_equal(uni_lookup(t, name, &e), -ENOENT);
	name[NAME_MAX] = 'n';
	name[NAME_MAX + 1] = '\0';
	assert_int_equal(ufs_lookup(t->u, NODE_ROOT, name, &e), -ENAMETOOLONG);
}

/* Looking up what the format reserves is ENOENT; none of it is listed. */
TEST(reserved_names_are_not_there)
{
	static const char *const names[] = {
		".wh.f", ".wh..wh..opq", ".wh..wh.ufs", ".wh..wh.plnk", ".wh."
	};
	struct uni *t = *state;
	struct ufs_entry e;

	uni_two(t);
	uni_make(t, "up/f wh\n"
		    "lo/f file 0644 lo\n"
		    "lo/.wh..wh.plnk dir 0700\n"
		    "lo/. opq\n");
	uni_open(t);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(uni_lookup(t, names[i], &e), -ENOENT);
	uni_view_is(t, "");
}

/* rows: 50: the topmost directory's mode counts. */
TEST(a_merged_directory_has_the_attributes_of_the_topmost)
{
	struct uni *t = *state;
	struct stat st, up;

	uni_three(t);
	uni_make(t, "up/d dir 0700\n"
		    "l1/d dir 0755\n"
		    "l2/d dir 0777\n"
		    "up/d time 1000\n"
		    "l1/e dir 0711\n"
		    "l2/e dir 0777\n");
	uni_open(t);
	assert_ok(uni_stat(t, "d", &st));
	uni_lstat(t, "up/d", &up);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	assert_int_equal(st.st_mtim.tv_sec, 1000);
	assert_int_equal(st.st_mtim.tv_nsec, up.st_mtim.tv_nsec);
	assert_ok(uni_stat(t, "e", &st));
	assert_int_equal(st.st_mode, S_IFDIR | 0711);
}

/* rows: 20: within one mount. */
TEST(the_inode_number_stays_over_forget_and_is_unique)
{
	struct uni *t = *state;
	struct stat a, b, c;

	uni_two(t);
	uni_make(t, "up/a file 0644 x\n"
		    "lo/b file 0644 y\n"
		    "lo/c dir 0755\n");
	uni_open(t);
	assert_ok(uni_stat(t, "a", &a));
	assert_ok(uni_stat(t, "b", &b));
	assert_ok(uni_stat(t, "c", &c));
	assert_true(a.st_ino != b.st_ino && b.st_ino != c.st_ino);
	assert_true(a.st_dev == b.st_dev && b.st_dev == c.st_dev);
	uni_forget(t);
	assert_ok(uni_stat(t, "b", &c));
	assert_int_equal(c.st_ino, b.st_ino);
}

TEST(an_id_is_not_used_again_after_it_was_forgotten)
{
	struct uni *t = *state;
	struct stat st;
	node_id first, second;

	uni_two(t);
	uni_make(t, "lo/f file 0644 x\n");
	uni_open(t);
	first = uni_id(t, "f");
	uni_forget(t);
	second = uni_id(t, "f");
	assert_true(first != second);
	assert_int_equal(ufs_getattr(t->u, first, &st), -ESTALE);
	ufs_forget(t->u, first, 1);
	ufs_forget(t->u, second + 1000, 1);
	assert_ok(ufs_getattr(t->u, second, &st));
}

TEST(a_symbolic_link_in_a_branch_is_never_followed)
{
	struct uni *t = *state;
	struct ufs_entry e;

	uni_two(t);
	uni_make(t, "lo/d link /etc\n"
		    "up/e link d\n");
	uni_open(t);
	assert_int_equal(uni_lookup(t, "d/passwd", &e), -ENOTDIR);
	assert_int_equal(uni_lookup(t, "e/passwd", &e), -ENOTDIR);
	assert_int_equal(ufs_lookup(t->u, NODE_ROOT, "..", &e), -EINVAL);
	assert_int_equal(ufs_lookup(t->u, NODE_ROOT, "d/passwd", &e), -EINVAL);
}

TEST(a_link_reads_as_it_was_written)
{
	struct uni *t = *state;
	_free_ char *s = NULL;
	char target[1000]; /* xfs takes 1023 bytes */
	_free_ char *spec = NULL;

	uni_two(t);
	memset(target, 'x', sizeof(target) - 1);
	target[sizeof(target) - 1] = '\0';
	assert_ok(str_printf(&spec, "lo/l link %s\n", target));
	uni_make(t, spec);
	uni_make(t, "lo/f file 0644 x\n");
	uni_open(t);
	assert_ok(ufs_readlink(t->u, uni_id(t, "l"), &s));
	assert_string_equal(s, target);
	assert_int_equal(ufs_readlink(t->u, uni_id(t, "f"), &s), -EINVAL);
}

/* What malloc has handed out, in bytes. */
static size_t in_use(void)
{
	return mallinfo2().uordblks + mallinfo2().hblkhd;
}

/* Make, look up and forget N names in "d"; what is left of it is asked after. */
static void look_up_many(struct uni *t, int n)
{
	for (int i = 0; i < n; i++) {
		struct ufs_entry e;
		char name[32];

		(void)snprintf(name, sizeof(name), "name-%06d", i);
		assert_ok(ufs_lookup(t->u, uni_id(t, "d"), name, &e));
		uni_hold(t, e.id);
	}
}

/* rows: 59 */
TEST(a_hundred_thousand_names_cost_no_descriptors_and_are_forgotten)
{
	const int n = 100000;
	struct ufs_counts counts;
	struct uni *t = *state;
	_free_ char *d = NULL;
	size_t before, most;
	int fd;

	uni_branch(t, "lo", BRANCH_RO, BRANCH_WH);
	uni_make(t, "lo/d/target file 0644 x\n");
	d = uni_real(t, "lo/d");
	fd = open(d, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	for (int i = 0; i < n; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "name-%06d", i);
		assert_ok(symlinkat("x", fd, name));
	}
	close(fd);
	uni_open(t);
	look_up_many(t, n); /* so that tables have grown to their size */
	uni_forget(t);
	before = in_use();
	look_up_many(t, n);
	most = in_use();
	ufs_counts(t->u, &counts);
	assert_true(counts.nodes > (uint64_t)n);
	assert_true(counts.dir_fds + counts.data_fds < 64);
	assert_true(uni_open_fds() < t->fds + 64);
	uni_forget(t);
	ufs_counts(t->u, &counts);
	assert_true(counts.nodes < 16);
	if (most > before + (size_t)n * 300)
		fail_msg("%zu bytes a name", (most - before) / (size_t)n);
	/* The ids that the test itself holds are in MOST and BEFORE alike. */
	if (in_use() > before + (1 << 20))
		fail_msg("%zu bytes stay", in_use() - before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(upper_and_lower_names_are_seen_together),
		UNI_TEST(the_topmost_file_wins),
		UNI_TEST(a_file_over_a_directory_hides_it_and_the_inverse),
		UNI_TEST(a_whiteout_hides_what_lies_below),
		UNI_TEST(a_real_entry_wins_over_the_whiteout_beside_it),
		UNI_TEST(an_opaque_directory_shows_nothing_from_below),
		UNI_TEST(marks_on_a_branch_without_wh_do_not_count),
		UNI_TEST(overlay_marks_are_read_on_lower_branches),
		UNI_TEST(a_missing_name_is_enoent_and_a_long_one_enametoolong),
		UNI_TEST(reserved_names_are_not_there),
		UNI_TEST(a_merged_directory_has_the_attributes_of_the_topmost),
		UNI_TEST(the_inode_number_stays_over_forget_and_is_unique),
		UNI_TEST(an_id_is_not_used_again_after_it_was_forgotten),
		UNI_TEST(a_symbolic_link_in_a_branch_is_never_followed),
		UNI_TEST(a_link_reads_as_it_was_written),
		UNI_TEST(a_hundred_thousand_names_cost_no_descriptors_and_are_forgotten),
	};

	return RUN_ALL(tests);
}
