/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files with several names and renamed directories, by many threads at once. */
#include "threads.h"

enum { FILES = 24, SIZE = 3000, DIRS = 6, MOVES = 150 };

/* lo/N/F: thread N has a name of its own for each of the files. */
static void make_names(struct uni *t)
{
	for (int f = 0; f < FILES; f++) {
		_free_ char *first = NULL;

		for (int n = 0; n < THREADS; n++) {
			char name[32];
			_free_ char *path = NULL;
			_close_ int fd = -EBADF;

			(void)snprintf(name, sizeof(name), "lo/%d", n);
			path = uni_real(t, name);
			(void)mkdir(path, 0755);
			free(path);
			(void)snprintf(name, sizeof(name), "lo/%d/%d", n, f);
			path = uni_real(t, name);
			if (first) {
				assert_int_equal(link(first, path), 0);
				continue;
			}
			fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
			assert_int_equal(ftruncate(fd, SIZE), 0);
			first = take_ptr(path);
		}
	}
}

/* Write through the own name; it then stays, goes or gets another name. */
static void *use_names(void *arg)
{
	struct job *j = arg;
	char dirname[16], name[16], other[24];
	node_id dir, f;
	int r = 0;

	pthread_barrier_wait(j->start);
	(void)snprintf(dirname, sizeof(dirname), "%d", j->num);
	if (job_lookup(j, NODE_ROOT, dirname, &dir) < 0)
		return job_note(j, "the directory cannot be looked up");
	for (int i = 0; i < FILES && r == 0; i++) {
		char c = (char)('A' + j->num);

		(void)snprintf(name, sizeof(name), "%d", i);
		(void)snprintf(other, sizeof(other), "to%d", i);
		r = job_lookup(j, dir, name, &f);
		if (r == 0) {
			r = job_write(j, f, &c, 1, j->num);
			ufs_forget(j->t->u, f, 1);
		}
		if (r == 0 && (j->num + i) % 3 == 1)
			r = ufs_unlink(j->t->u, dir, name);
		else if (r == 0 && (j->num + i) % 3 == 2)
			r = ufs_rename(j->t->u, dir, name, dir, other, 0);
	}
	if (r < 0)
		job_note(j, "'%s' in '%s': %s", name, dirname, err_name(r));
	ufs_forget(j->t->u, dir, 1);
	return NULL;
}

/* The names of file F that are left lead to one file, with all that was written. */
static void check_file(struct uni *t, int f)
{
	nlink_t left = 0, nlink = 0;
	ino_t ino = 0;

	for (int n = 0; n < THREADS; n++) {
		_free_ char *data = NULL;
		char name[32];
		struct stat st;

		if ((n + f) % 3 == 1)
			continue;
		(void)snprintf(name, sizeof(name), (n + f) % 3 ? "%d/to%d" : "%d/%d", n, f);
		assert_int_equal(uni_stat(t, name, &st), 0);
		assert_true(left++ == 0 || st.st_ino == ino);
		ino = st.st_ino;
		nlink = st.st_nlink;
		assert_int_equal(uni_read(t, name, &data), SIZE);
		for (int i = 0; i < THREADS; i++)
			assert_int_equal(data[i], 'A' + i);
	}
	assert_int_equal(nlink, left);
}

TEST(names_of_one_file_used_by_many_threads_stay_together)
{
	struct uni *t = *state;

	uni_two(t);
	make_names(t);
	uni_open(t);
	jobs_run(t, THREADS, use_names, NULL);
	for (int mount = 0; mount < 2; mount++) {
		for (int f = 0; f < FILES; f++)
			check_file(t, f);
		uni_reopen(t);
	}
}

/* Move directories of the lower branch about; look into them meanwhile. */
static void *move_dirs(void *arg)
{
	struct job *j = arg;
	char from[16], to[16];
	node_id top[DIRS], inner;

	pthread_barrier_wait(j->start);
	for (int i = 0; i < DIRS; i++) {
		(void)snprintf(from, sizeof(from), "p%d", i);
		if (job_lookup(j, NODE_ROOT, from, &top[i]) < 0)
			return job_note(j, "'%s' cannot be looked up", from);
	}
	for (int i = 0; i < MOVES; i++) {
		int a = rand_r(&j->seed) % DIRS, b = rand_r(&j->seed) % DIRS;
		int d = rand_r(&j->seed) % DIRS, r;

		(void)snprintf(from, sizeof(from), "d%d", d);
		(void)snprintf(to, sizeof(to), "d%d", d);
		r = ufs_rename(j->t->u, top[a], from, top[b], to,
			       i % 4 ? 0 : RENAME_NOREPLACE);
		if (r < 0 && r != -ENOENT && r != -EEXIST && r != -ENOTEMPTY)
			job_note(j, "rename: %s", err_name(r));
		if (job_lookup(j, top[b], from, &inner) < 0)
			continue;
		r = job_create(j, inner, j->num % 2 ? "odd" : "even", i);
		if (r < 0 && r != -EEXIST && r != -ENOENT)
			job_note(j, "create: %s", err_name(r));
		ufs_forget(j->t->u, inner, 1);
	}
	for (int i = 0; i < DIRS; i++)
		ufs_forget(j->t->u, top[i], 1);
	return NULL;
}

TEST(directories_moved_by_many_threads_keep_what_is_in_them)
{
	struct uni *t = *state;
	_free_ char *now = NULL, *then = NULL;

	uni_two(t);
	for (int i = 0; i < DIRS; i++) {
		char spec[128];

		(void)snprintf(spec, sizeof(spec), "lo/p%d/d%d/deep/f%d file 0644 %d\n",
			       i, i, i, i);
		uni_make(t, spec);
	}
	uni_open(t);
	jobs_run(t, THREADS, move_dirs, NULL);
	now = uni_view(t);
	for (int i = 0; i < DIRS; i++) {
		char want[64];

		(void)snprintf(want, sizeof(want), "/d%d/deep/f%d file 0644 %d", i, i, i);
		if (!strstr(now, want))
			fail_msg("'%s' is gone:\n%s", want, now);
	}
	uni_reopen(t);
	then = uni_view(t);
	assert_string_equal(now, then);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(names_of_one_file_used_by_many_threads_stay_together),
		UNI_TEST(directories_moved_by_many_threads_keep_what_is_in_them),
	};

	return RUN_ALL(tests);
}
