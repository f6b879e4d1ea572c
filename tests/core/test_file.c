/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

static struct ufs_counts counts(struct uni *t)
{
	struct ufs_counts c;

	ufs_counts(t->u, &c);
	return c;
}

TEST(a_write_copies_up_and_keeps_the_rest)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/f file 0640 0123456789\n");
	uni_open(t);
	uni_data_is(t, "d/f", "0123456789");
	assert_false(uni_has(t, "up/d"));
	assert_ok(uni_write(t, "d/f", 3, "xyz"));
	uni_data_is(t, "d/f", "012xyz6789");
	uni_disk_is(t, "up", "d dir 0755\n"
			     "d/f file 0640 012xyz6789\n");
	assert_int_equal(counts(t).copyups, 2);
}

/* rows: 15: in the cached mode nothing happens before the write. */
TEST(reading_copies_nothing)
{
	struct uni *t = *state;
	struct ufs_data d;

	uni_two(t);
	uni_make(t, "lo/f file 0644 data\n");
	uni_open(t);
	assert_ok(ufs_data_get(t->u, uni_id(t, "f"), false, &d));
	ufs_data_put(t->u, &d);
	assert_false(uni_has(t, "up/f"));
	assert_int_equal(counts(t).copyups, 0);
}

/* rows: 16 */
TEST(truncating_copies_only_what_stays)
{
	struct uni *t = *state;
	struct stat st;

	uni_two(t);
	uni_make(t, "lo/f file 0644 head\n"
		    "lo/f at 9000000 tail\n"
		    "lo/g file 0644 head\n"
		    "lo/g at 9000000 tail\n"
		    "lo/h file 0644 head\n");
	uni_open(t);
	assert_ok(uni_truncate(t, "f", 0));
	assert_ok(uni_stat(t, "f", &st));
	assert_int_equal(st.st_size, 0);
	assert_int_equal(st.st_blocks, 0);
	assert_int_equal(counts(t).copyup_bytes, 0);
	assert_ok(uni_truncate(t, "g", 2));
	uni_data_is(t, "g", "he");
	assert_true(counts(t).copyup_bytes <= 4096);
	assert_ok(uni_truncate(t, "h", 6));
	assert_ok(uni_stat(t, "h", &st));
	assert_int_equal(st.st_size, 6);
	uni_reopen(t);
	uni_data_is(t, "g", "he");
}

/* rows: 13: the descriptor that was lent goes on, a new one is new. */
TEST(a_reader_that_asks_again_after_the_write_sees_it)
{
	struct uni *t = *state;
	struct ufs_data old, new;
	char buf[5] = "";
	node_id f;

	uni_two(t);
	uni_make(t, "lo/f file 0644 data\n");
	uni_open(t);
	f = uni_id(t, "f");
	assert_ok(ufs_data_get(t->u, f, false, &old));
	assert_ok(uni_write(t, "f", 0, "DATA"));
	assert_int_equal(pread(old.fd, buf, 4, 0), 4);
	assert_string_equal(buf, "data");
	assert_ok(ufs_data_get(t->u, f, false, &new));
	assert_int_equal(pread(new.fd, buf, 4, 0), 4);
	assert_string_equal(buf, "DATA");
	ufs_data_put(t->u, &new);
	ufs_data_put(t->u, &old);
}

TEST(a_borrowed_descriptor_outlives_name_and_node)
{
	struct uni *t = *state;
	struct ufs_data d;
	char buf[5] = "";

	uni_two(t);
	uni_make(t, "up/f file 0644 data\n");
	uni_open(t);
	assert_ok(ufs_data_get(t->u, uni_id(t, "f"), true, &d));
	assert_ok(uni_unlink(t, "f"));
	uni_forget(t);
	assert_int_equal(pwrite(d.fd, "D", 1, 0), 1);
	assert_int_equal(pread(d.fd, buf, 4, 0), 4);
	assert_string_equal(buf, "Data");
	ufs_data_put(t->u, &d);
}

/* rows: 24 */
TEST(holes_stay_holes)
{
	struct uni *t = *state;
	struct stat st;
	node_id f;

	uni_two(t);
	uni_make(t, "lo/f file 0644 head\n"
		    "lo/f at 1000000000 middle\n"
		    "lo/f size 10737418240\n");
	uni_open(t);
	f = uni_id(t, "f");
	assert_ok(uni_write(t, "f", 2000000000, "x"));
	uni_lstat(t, "up/f", &st);
	assert_true(st.st_size == 10737418240LL);
	assert_true(st.st_blocks < 2048);
	assert_int_equal(ufs_lseek(t->u, f, 0, SEEK_DATA), 0);
	assert_true(ufs_lseek(t->u, f, 0, SEEK_HOLE) <= 1 << 20);
	assert_true(ufs_lseek(t->u, f, 1 << 20, SEEK_DATA) >= 999000000);
	assert_true(ufs_lseek(t->u, f, 3000000000, SEEK_DATA) == -ENXIO);
	assert_int_equal(ufs_lseek(t->u, f, 0, SEEK_SET), -EINVAL);
}

TEST(a_file_of_some_megabytes_arrives_whole)
{
	enum { SIZE = 5 << 20 };
	struct uni *t = *state;
	_free_ char *path = NULL, *copy = NULL, *made = malloc(SIZE + 1);
	_close_ int fd = -EBADF;

	assert_non_null(made);
	for (size_t i = 0; i < SIZE; i++)
		made[i] = (char)('a' + (i * 2654435761U >> 7) % 26);
	made[SIZE] = '\0';
	uni_two(t);
	path = uni_real(t, "lo/f");
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(write(fd, made, SIZE), SIZE);
	close_fd(&fd);
	uni_open(t);
	assert_ok(uni_write(t, "f", SIZE / 2, "!"));
	made[SIZE / 2] = '!';
	assert_int_equal(uni_read(t, "f", &copy), SIZE);
	assert_memory_equal(copy, made, SIZE);
}

/* rows: 58 */
TEST(fallocate_works_on_the_copy)
{
	struct uni *t = *state;
	struct stat st;
	node_id f;
	int r;

	uni_two(t);
	uni_make(t, "lo/f file 0644 data\n");
	uni_open(t);
	f = uni_id(t, "f");
	r = ufs_fallocate(t->u, f, 0, 0, 10000);
	if (r == -EOPNOTSUPP)
		uni_skip("this filesystem has no fallocate");
	assert_ok(r);
	assert_ok(ufs_getattr(t->u, f, &st));
	assert_int_equal(st.st_size, 10000);
	assert_ok(ufs_fallocate(t->u, f, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				2));
	{
		_free_ char *s = NULL;

		assert_int_equal(uni_read(t, "f", &s), 10000);
		assert_memory_equal(s, "\0\0ta", 4);
	}
}

/* rows: 57: the source is not copied up. */
TEST(copying_a_range_leaves_its_source_where_it_is)
{
	struct uni *t = *state;
	node_id a, b;

	uni_two(t);
	uni_make(t, "lo/a file 0644 0123456789\n"
		    "lo/b file 0644 ..........\n");
	uni_open(t);
	a = uni_id(t, "a");
	b = uni_id(t, "b");
	assert_int_equal(ufs_copy_range(t->u, a, 2, b, 4, 3, 0), 3);
	uni_data_is(t, "b", "....234...");
	assert_false(uni_has(t, "up/a"));
	assert_int_equal(ufs_copy_range(t->u, a, 10, b, 0, 3, 0), 0);
}

/* rows: 37 */
TEST(fsync_reaches_files_and_directories_of_every_branch)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 x\n"
		    "up/e/g file 0644 x\n");
	uni_open(t);
	assert_ok(ufs_fsync(t->u, uni_id(t, "d/f"), false));
	assert_ok(ufs_fsync(t->u, uni_id(t, "e/g"), true));
	assert_ok(ufs_fsyncdir(t->u, uni_id(t, "d"), false));
	assert_ok(ufs_fsyncdir(t->u, uni_id(t, "e"), true));
	assert_ok(ufs_fsyncdir(t->u, NODE_ROOT, false));
	uni_disk_is(t, "up", "e dir 0755\n"
			     "e/g file 0644 x\n");
}

/* rows: 51 */
TEST(a_file_that_may_not_be_read_says_so_when_its_bytes_are_needed)
{
	struct uni *t = *state;
	struct stat st;
	struct ufs_data d;

	if (uni_is_root())
		uni_skip("root may read everything");
	uni_two(t);
	uni_make(t, "lo/f file 0000 secret\n"
		    "lo/g file 0000 secret\n"
		    "lo/e file 0000 \n"
		    "lo/u file 0000 secret\n");
	/* As the launcher has it: what is copied is the daemon's own. */
	t->cfg.ids.virt = true;
	uni_open(t);
	assert_ok(uni_stat(t, "f", &st));
	assert_int_equal(st.st_size, 6);
	assert_int_equal(ufs_data_get(t->u, uni_id(t, "f"), false, &d), -EACCES);
	assert_int_equal(ufs_data_get(t->u, uni_id(t, "f"), true, &d), -EACCES);
	/* No byte of these is needed. */
	assert_ok(uni_truncate(t, "g", 0));
	assert_ok(uni_write(t, "e", 0, ""));
	assert_true(uni_has(t, "up/e"));
	assert_ok(uni_unlink(t, "u"));
}

/* As git makes its objects: open(O_CREAT | O_WRONLY, 0444), then write. */
TEST(a_new_file_without_write_permission_can_be_written)
{
	struct uni *t = *state;
	struct stat st;

	uni_two(t);
	uni_make(t, "lo/g file 0444 data\n");
	uni_open(t);
	assert_ok(uni_create(t, "f", 0444, "data"));
	uni_data_is(t, "f", "data");
	/* Opened for writing before its mode was changed. */
	assert_ok(uni_create(t, "h", 0644, "data"));
	assert_ok(uni_chmod(t, "h", 0400));
	ufs_idle(t->u);
	assert_ok(uni_write(t, "h", 0, "DA"));
	assert_ok(uni_write(t, "g", 0, "DA"));
	uni_view_is(t, "f file 0444 data\n"
		       "g file 0444 DAta\n"
		       "h file 0400 DAta\n");
	assert_ok(uni_stat(t, "f", &st));
	assert_int_equal(st.st_mode, S_IFREG | 0444);
}

TEST(descriptors_rest_in_the_cache_and_leave_it)
{
	struct uni *t = *state;
	struct ufs_counts c;

	uni_two(t);
	for (int i = 0; i < 50; i++) {
		_free_ char *s = NULL;

		assert_ok(str_printf(&s, "lo/d%d/f file 0644 x\n", i));
		uni_make(t, s);
	}
	uni_open(t);
	for (int i = 0; i < 50; i++) {
		_free_ char *s = NULL;

		assert_ok(str_printf(&s, "d%d/f", i));
		uni_data_is(t, s, "x");
	}
	c = counts(t);
	assert_true(c.dir_fds <= 50 * 2 + 2);
	uni_forget(t);
	c = counts(t);
	assert_int_equal(c.nodes, t->nodes);
	assert_int_equal(c.data_fds, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(a_write_copies_up_and_keeps_the_rest),
		UNI_TEST(reading_copies_nothing),
		UNI_TEST(truncating_copies_only_what_stays),
		UNI_TEST(a_reader_that_asks_again_after_the_write_sees_it),
		UNI_TEST(a_borrowed_descriptor_outlives_name_and_node),
		UNI_TEST(holes_stay_holes),
		UNI_TEST(a_file_of_some_megabytes_arrives_whole),
		UNI_TEST(fallocate_works_on_the_copy),
		UNI_TEST(copying_a_range_leaves_its_source_where_it_is),
		UNI_TEST(fsync_reaches_files_and_directories_of_every_branch),
		UNI_TEST(a_file_that_may_not_be_read_says_so_when_its_bytes_are_needed),
		UNI_TEST(a_new_file_without_write_permission_can_be_written),
		UNI_TEST(descriptors_rest_in_the_cache_and_leave_it),
	};

	return RUN_ALL(tests);
}
