/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copy-ups, lookups and listings by many threads at once. */
#include "threads.h"

static void make_big(struct uni *t, const char *path, size_t size)
{
	_free_ char *real = uni_real(t, path), *data = malloc(size);
	_close_ int fd = -EBADF;

	assert_non_null(data);
	for (size_t i = 0; i < size; i++)
		data[i] = (char)('a' + i % 23);
	fd = open(real, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(write(fd, data, size), size);
}

/* -- copy-up ------------------------------------------------------------- */

static void *write_own_byte(void *arg)
{
	struct job *j = arg;
	node_id dir, f;
	char c = (char)('A' + j->num);

	pthread_barrier_wait(j->start);
	if (job_lookup(j, NODE_ROOT, "d", &dir) < 0 || job_lookup(j, dir, "big", &f) < 0)
		return job_note(j, "the file cannot be looked up");
	if (job_write(j, f, &c, 1, j->num * 1000) < 0)
		job_note(j, "the file cannot be written");
	ufs_forget(j->t->u, f, 1);
	ufs_forget(j->t->u, dir, 1);
	return NULL;
}

/* rows: 39 */
TEST(one_lower_file_written_by_many_threads_is_copied_once)
{
	struct uni *t = *state;
	_free_ char *s = NULL;
	struct ufs_counts c;

	uni_two(t);
	uni_make(t, "lo/d dir 0755\n");
	make_big(t, "lo/d/big", 6 << 20);
	uni_open(t);
	jobs_run(t, THREADS, write_own_byte, NULL);
	ufs_counts(t->u, &c);
	assert_int_equal(c.copyups, 2); /* the file and its directory */
	assert_int_equal(uni_read(t, "d/big", &s), 6 << 20);
	for (size_t i = 0; i < 6 << 20; i++) {
		char want = (char)('a' + i % 23);

		if (i % 1000 == 0 && i / 1000 < THREADS)
			want = (char)('A' + i / 1000);
		if (s[i] != want)
			fail_msg("byte %zu is '%c', not '%c'", i, s[i], want);
	}
}

static void *write_own_file(void *arg)
{
	struct job *j = arg;
	static const char *const dirs[] = { "a", "b", "c" };
	node_id id[4] = { NODE_ROOT }, f;
	char name[16];
	size_t i;

	pthread_barrier_wait(j->start);
	for (i = 0; i < 3; i++)
		if (job_lookup(j, id[i], dirs[i], &id[i + 1]) < 0)
			return job_note(j, "'%s' cannot be looked up", dirs[i]);
	(void)snprintf(name, sizeof(name), "f%d", j->num);
	if (job_lookup(j, id[3], name, &f) < 0 || job_write(j, f, "D", 1, 0) < 0)
		job_note(j, "'%s' cannot be written", name);
	else
		ufs_forget(j->t->u, f, 1);
	while (i-- > 0)
		ufs_forget(j->t->u, id[i + 1], 1);
	return NULL;
}

TEST(parents_wanted_by_many_threads_are_copied_once)
{
	struct uni *t = *state;
	struct ufs_counts c;

	uni_two(t);
	for (int i = 0; i < THREADS; i++) {
		_free_ char *s = NULL;

		assert_ok(str_printf(&s, "lo/a/b/c/f%d file 0644 data\n", i));
		uni_make(t, s);
	}
	uni_open(t);
	jobs_run(t, THREADS, write_own_file, NULL);
	ufs_counts(t->u, &c);
	assert_int_equal(c.copyups, 3 + THREADS);
	uni_data_is(t, "a/b/c/f3", "Data");
}

/*
 * Thread 0 writes the file; the others take its name away meanwhile. What was
 * written must be where the name went, and nowhere else.
 */
static void *write_or_rename(void *arg)
{
	struct job *j = arg;
	node_id f;
	int r;

	if (j->num == 0) {
		r = job_lookup(j, NODE_ROOT, "big", &f);
		pthread_barrier_wait(j->start);
		if (r < 0)
			return job_note(j, "not found");
		r = job_write(j, f, "WRITTEN", 7, 0);
		if (r < 0)
			job_note(j, "the write says %s", err_name(r));
		ufs_forget(j->t->u, f, 1);
		return NULL;
	}
	pthread_barrier_wait(j->start);
	usleep((unsigned)(uintptr_t)j->priv);
	r = ufs_rename(j->t->u, NODE_ROOT, "big", NODE_ROOT, "moved", 0);
	if (r < 0)
		job_note(j, "the rename says %s", err_name(r));
	return NULL;
}

TEST(a_rename_during_the_copy_up_is_honoured)
{
	struct uni *t = *state;

	uni_two(t);
	make_big(t, "lo/big", 6 << 20);
	uni_make(t, "lo/moved file 0644 replaced\n");
	for (unsigned delay = 0; delay < 8; delay++) {
		void *priv[2] = { NULL, (void *)(uintptr_t)(delay * 400) };
		_free_ char *s = NULL;

		uni_open(t);
		jobs_run(t, 2, write_or_rename, priv);
		assert_int_equal(uni_read(t, "moved", &s), 6 << 20);
		assert_memory_equal(s, "WRITTEN", 7);
		assert_int_equal(uni_stat(t, "big", &(struct stat){ 0 }), -ENOENT);
		uni_reopen(t);
		assert_int_equal(uni_stat(t, "big", &(struct stat){ 0 }), -ENOENT);
		assert_ok(uni_unlink(t, "moved"));
		uni_close(t);
		uni_tmp_is_empty(t, "up");
		uni_disk_is(t, "up", ".wh.big file 0444\n"
				     ".wh.moved file 0444\n");
		{
			_free_ char *a = uni_real(t, "up/.wh.big");
			_free_ char *b = uni_real(t, "up/.wh.moved");

			assert_ok(unlink(a));
			assert_ok(unlink(b));
		}
	}
}

static void *write_or_unlink(void *arg)
{
	struct job *j = arg;
	node_id f;
	int r;

	if (j->num == 0) {
		r = job_lookup(j, NODE_ROOT, "big", &f);
		pthread_barrier_wait(j->start);
		if (r < 0)
			return job_note(j, "not found");
		r = job_write(j, f, "WRITTEN", 7, 0);
		if (r < 0)
			job_note(j, "the write says %s", err_name(r));
		r = job_write(j, f, "AGAIN", 5, 7);
		if (r < 0)
			job_note(j, "the second write says %s", err_name(r));
		ufs_forget(j->t->u, f, 1);
		return NULL;
	}
	pthread_barrier_wait(j->start);
	usleep((unsigned)(uintptr_t)j->priv);
	r = ufs_unlink(j->t->u, NODE_ROOT, "big");
	if (r < 0)
		job_note(j, "the unlink says %s", err_name(r));
	return NULL;
}

TEST(an_unlink_during_the_copy_up_is_honoured)
{
	struct uni *t = *state;

	uni_two(t);
	make_big(t, "lo/big", 6 << 20);
	for (unsigned delay = 0; delay < 8; delay++) {
		void *priv[2] = { NULL, (void *)(uintptr_t)(delay * 400) };
		_free_ char *mark = uni_real(t, "up/.wh.big");

		uni_open(t);
		jobs_run(t, 2, write_or_unlink, priv);
		uni_view_is(t, "");
		uni_close(t);
		uni_disk_is(t, "up", ".wh.big file 0444\n");
		uni_tmp_is_empty(t, "up");
		assert_ok(unlink(mark));
	}
}

/* -- lookups, forgets, listings ------------------------------------------ */

static int count_entry(void *ctx, const char *name, const struct ufs_entry *e _unused_,
		       off_t next _unused_)
{
	*(int *)ctx += str_has_prefix(name, "stay");
	return 0;
}

static void *look_and_forget(void *arg)
{
	struct job *j = arg;
	node_id d, f;

	pthread_barrier_wait(j->start);
	for (int i = 0; i < 2000 && !j->wrong[0]; i++) {
		char name[16];
		int n = 0;

		(void)snprintf(name, sizeof(name), "stay%d", rand_r(&j->seed) % 5);
		if (job_lookup(j, NODE_ROOT, "d", &d) < 0) {
			job_note(j, "the directory is gone");
			return NULL;
		}
		if (job_lookup(j, d, name, &f) < 0)
			job_note(j, "'%s' is gone", name);
		else
			ufs_forget(j->t->u, f, 1);
		if (i % 16 == 0) {
			if (ufs_readdir(j->t->u, d, 0, false, count_entry, &n) < 0 ||
			    n != 5)
				job_note(j, "%d of 5 names were listed", n);
		}
		if (j->num < 2) {
			(void)snprintf(name, sizeof(name), "go%d", j->num);
			if (job_create(j, d, name, i) < 0 ||
			    ufs_unlink(j->t->u, d, name) < 0)
				job_note(j, "'%s' cannot come and go", name);
		}
		ufs_forget(j->t->u, d, 1);
	}
	return NULL;
}

/* The teardown finds a node that is left over. */
TEST(lookups_forgets_and_listings_beside_changes_lose_nothing)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/stay0 file 0644 x\n"
		    "lo/d/stay1 file 0644 x\n"
		    "lo/d/stay2 file 0644 x\n"
		    "up/d/stay3 file 0644 x\n"
		    "up/d/stay4 hard up/d/stay3\n");
	uni_open(t);
	jobs_run(t, THREADS, look_and_forget, NULL);
}

/* rows: 17: the kernel gives each write its offset; none gets lost. */
static void *append(void *arg)
{
	struct job *j = arg;
	node_id f;

	if (job_lookup(j, NODE_ROOT, "log", &f) < 0)
		job_note(j, "not found");
	pthread_barrier_wait(j->start);
	for (int i = 0; i < 100 && !j->wrong[0]; i++) {
		char line[32];

		(void)snprintf(line, sizeof(line), "%03d-%03d\n", j->num, i);
		if (job_write(j, f, line, 8, 8 + ((off_t)i * THREADS + j->num) * 8) < 0)
			job_note(j, "a write failed");
	}
	ufs_forget(j->t->u, f, 1);
	return NULL;
}

/* rows: 17 */
TEST(writes_across_the_copy_up_lose_no_data)
{
	struct uni *t = *state;
	_free_ char *s = NULL;

	uni_two(t);
	uni_make(t, "lo/log file 0644 oldline.\n");
	uni_open(t);
	jobs_run(t, THREADS, append, NULL);
	assert_int_equal(uni_read(t, "log", &s), 8 + 8 * 100 * THREADS);
	assert_memory_equal(s, "oldline.", 8);
	for (int i = 0; i < 100 * THREADS; i++) {
		char line[32];

		(void)snprintf(line, sizeof(line), "%03d-%03d\n", i % THREADS,
			       i / THREADS);
		assert_memory_equal(s + 8 + (size_t)i * 8, line, 8);
	}
}

enum { SHUT = 300 };

/* Thread 0 writes files that are 0444; nobody sees them otherwise. */
static void *write_or_look(void *arg)
{
	struct job *j = arg;

	pthread_barrier_wait(j->start);
	for (int i = 0; i < SHUT && !j->wrong[0]; i++) {
		struct ufs_entry e;
		struct stat st;
		char name[16];
		int r;

		(void)snprintf(name, sizeof(name), "f%d", i);
		r = ufs_lookup(j->t->u, NODE_ROOT, name, &e);
		if (r < 0)
			return job_note(j, "'%s' is not found: %s", name, err_name(r));
		if (j->num == 0)
			r = job_write(j, e.id, "x", 1, 0);
		if (r == 0)
			r = ufs_getattr(j->t->u, e.id, &st);
		if (r < 0)
			job_note(j, "'%s' says %s", name, err_name(r));
		else if ((st.st_mode & 07777) != 0444 || (e.attr.st_mode & 07777) != 0444)
			job_note(j, "'%s' shows %04o and %04o", name, st.st_mode & 07777,
				 e.attr.st_mode & 07777);
		ufs_forget(j->t->u, e.id, 1);
	}
	return NULL;
}

TEST(a_mode_that_is_lent_for_an_open_is_never_seen)
{
	struct uni *t = *state;

	if (uni_is_root())
		uni_skip("root needs no right to be lent");
	uni_two(t);
	uni_open(t);
	for (int i = 0; i < SHUT; i++) {
		_free_ char *s = NULL;

		assert_ok(str_printf(&s, "f%d", i));
		assert_ok(uni_create(t, s, 0444, ""));
	}
	uni_reopen(t);
	jobs_run(t, 4, write_or_look, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(one_lower_file_written_by_many_threads_is_copied_once),
		UNI_TEST(parents_wanted_by_many_threads_are_copied_once),
		UNI_TEST(a_rename_during_the_copy_up_is_honoured),
		UNI_TEST(an_unlink_during_the_copy_up_is_honoured),
		UNI_TEST(lookups_forgets_and_listings_beside_changes_lose_nothing),
		UNI_TEST(a_mode_that_is_lent_for_an_open_is_never_seen),
		UNI_TEST(writes_across_the_copy_up_lose_no_data),
	};

	return RUN_ALL(tests);
}
