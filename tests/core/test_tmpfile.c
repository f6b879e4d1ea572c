/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files without a name: open(2) with O_TMPFILE, then linkat(2). */
#include "threads.h"

/* One in directory PATH; its id is held. */
static int make_unnamed(struct uni *t, const char *path, mode_t mode, struct ufs_entry *e)
{
	int r = ufs_tmpfile(t->u, &t->cred, uni_id(t, path), mode, e);

	if (r == 0)
		uni_hold(t, e->id);
	return r;
}

static int name_it(struct uni *t, node_id id, const char *dir, const char *name,
		   struct ufs_entry *e)
{
	int r = ufs_link(t->u, id, uni_id(t, dir), name, e);

	if (r == 0)
		uni_hold(t, e->id);
	return r;
}

/* rows: 19 */
TEST(a_file_without_a_name_is_written_and_read_and_is_in_no_listing)
{
	struct uni *t = *state;
	struct ufs_counts counts;
	struct ufs_entry e;
	struct stat st;
	char *data;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 f\n");
	uni_open(t);
	assert_ok(make_unnamed(t, "d", 0640, &e));
	assert_int_equal(e.attr.st_nlink, 0);
	assert_int_equal(e.attr.st_mode, S_IFREG | 0640);
	assert_ok(uni_write_id(t, e.id, 0, "unnamed"));
	assert_int_equal(uni_read_id(t, e.id, &data), 7);
	assert_string_equal(data, "unnamed");
	free(data);
	assert_ok(ufs_getattr(t->u, e.id, &st));
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(st.st_size, 7);
	assert_int_equal(st.st_ino, e.attr.st_ino);
	uni_view_is(t, "d dir 0755\n"
		       "d/f file 0644 f\n");
	uni_disk_is(t, "up", "d dir 0755\n");
	uni_forget(t);
	ufs_counts(t->u, &counts);
	assert_int_equal(counts.orphans, 0);
}

/* rows: 19 */
TEST(a_link_gives_it_a_name_and_it_stays_the_same_file)
{
	struct ufs_entry e, named, second;
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/f file 0644 f\n"
		    "lo/gone file 0644 old\n");
	uni_open(t);
	assert_ok(make_unnamed(t, "d", 0644, &e));
	assert_ok(uni_write_id(t, e.id, 0, "one"));
	assert_ok(name_it(t, e.id, "d", "named", &named));
	assert_int_equal(named.id, e.id);
	assert_int_equal(named.attr.st_nlink, 1);
	assert_int_equal(named.attr.st_ino, e.attr.st_ino);
	assert_ok(uni_write_id(t, e.id, 3, "two"));
	uni_data_is(t, "d/named", "onetwo");
	/* Over a name that was deleted; a name that is there is no place. */
	assert_ok(uni_unlink(t, "gone"));
	assert_ok(name_it(t, e.id, "", "gone", &second));
	assert_int_equal(second.attr.st_nlink, 2);
	assert_int_equal(name_it(t, e.id, "d", "f", &second), -EEXIST);
	assert_ok(uni_unlink(t, "d/named"));
	uni_data_is(t, "gone", "onetwo");
	uni_reopen(t);
	uni_view_is(t, "d dir 0755\n"
		       "d/f file 0644 f\n"
		       "gone file 0644 onetwo\n");
}

TEST(several_of_one_directory_are_several_files)
{
	struct ufs_entry a, b, e;
	struct uni *t = *state;

	uni_two(t);
	uni_open(t);
	assert_ok(make_unnamed(t, "", 0644, &a));
	assert_ok(make_unnamed(t, "", 0600, &b));
	assert_true(a.id != b.id);
	assert_true(a.attr.st_ino != b.attr.st_ino);
	assert_ok(uni_write_id(t, a.id, 0, "a"));
	assert_ok(uni_write_id(t, b.id, 0, "b"));
	assert_ok(name_it(t, b.id, "", "b", &e));
	assert_ok(name_it(t, a.id, "", "a", &e));
	uni_view_is(t, "a file 0644 a\n"
		       "b file 0600 b\n");
}

TEST(it_inherits_what_a_file_of_the_directory_would)
{
	struct uni *t = *state;
	struct ufs_entry e;

	if (!uni_is_root())
		uni_skip("needs root");
	uni_two(t);
	uni_make(t, "lo/d dir 2775\n");
	uni_open(t);
	assert_ok(uni_chown(t, "d", 0, 4321));
	assert_ok(uni_chmod(t, "d", 02775));
	t->cred.uid = 1234;
	t->cred.gid = 1234;
	t->cred.umask = 027;
	assert_ok(make_unnamed(t, "d", 0666, &e));
	assert_int_equal(e.attr.st_uid, 1234);
	assert_int_equal(e.attr.st_gid, 4321);
	assert_int_equal(e.attr.st_mode & 07777, 0640);
}

TEST(a_virtual_owner_is_kept_until_it_has_a_name)
{
	struct uni *t = *state;
	struct ufs_entry e;
	struct stat st;

	uni_two(t);
	t->cfg.ids.virt = true;
	t->cfg.ids.uids = calloc(1, sizeof(struct id_range));
	t->cfg.ids.gids = calloc(1, sizeof(struct id_range));
	assert_non_null(t->cfg.ids.uids);
	assert_non_null(t->cfg.ids.gids);
	t->cfg.ids.uids[0].count = t->cfg.ids.gids[0].count = 2000;
	t->cfg.ids.nuids = t->cfg.ids.ngids = 1;
	uni_open(t);
	t->cred.uid = 1001;
	t->cred.gid = 1002;
	assert_ok(make_unnamed(t, "", 04755, &e));
	assert_int_equal(e.attr.st_uid, 1001);
	assert_ok(name_it(t, e.id, "", "f", &e));
	uni_reopen(t);
	assert_ok(uni_stat(t, "f", &st));
	assert_int_equal(st.st_uid, 1001);
	assert_int_equal(st.st_gid, 1002);
	assert_int_equal(st.st_mode & 07777, 04755);
}

TEST(without_a_writable_branch_or_a_directory_there_is_none)
{
	struct uni *t = *state;
	struct ufs_entry e;

	uni_branch(t, "lo", BRANCH_RO, BRANCH_WH);
	uni_make(t, "lo/f file 0644 f\n");
	uni_open(t);
	assert_int_equal(make_unnamed(t, "", 0644, &e), -EROFS);
	assert_int_equal(make_unnamed(t, "f", 0644, &e), -ENOTDIR);
}

enum { ROUNDS = 200 };

/* Half of them get a name, under which they are found with their content. */
static void *name_many(void *arg)
{
	struct job *j = arg;
	node_id dir;
	int r;

	(void)pthread_barrier_wait(j->start);
	r = job_lookup(j, NODE_ROOT, "d", &dir);
	for (int i = 0; r == 0 && i < ROUNDS; i++) {
		struct ufs_entry e, named;
		char name[32], data[32];

		(void)snprintf(name, sizeof(name), "%d-%d", j->num, i);
		(void)snprintf(data, sizeof(data), "%06d", j->num * ROUNDS + i);
		r = ufs_tmpfile(j->t->u, &j->t->cred, dir, 0644, &e);
		if (r < 0)
			break;
		r = job_write(j, e.id, data, 6, 0);
		if (r == 0 && i % 2) {
			r = ufs_link(j->t->u, e.id, dir, name, &named);
			if (r == 0 && named.id != e.id)
				job_note(j, "%s is another file", name);
			if (r == 0)
				ufs_forget(j->t->u, named.id, 1);
		}
		ufs_forget(j->t->u, e.id, 1);
	}
	if (r < 0)
		job_note(j, "%s", err_name(r));
	else
		ufs_forget(j->t->u, dir, 1);
	return NULL;
}

TEST(many_are_made_and_named_at_once)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d dir 0755\n");
	uni_open(t);
	jobs_run(t, THREADS, name_many, NULL);
	for (int n = 0; n < THREADS; n++) {
		for (int i = 0; i < ROUNDS; i++) {
			char path[48], data[32];
			struct ufs_entry e;

			(void)snprintf(path, sizeof(path), "d/%d-%d", n, i);
			(void)snprintf(data, sizeof(data), "%06d", n * ROUNDS + i);
			if (i % 2)
				uni_data_is(t, path, data);
			else
				assert_int_equal(uni_lookup(t, path, &e), -ENOENT);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(a_file_without_a_name_is_written_and_read_and_is_in_no_listing),
		UNI_TEST(a_link_gives_it_a_name_and_it_stays_the_same_file),
		UNI_TEST(several_of_one_directory_are_several_files),
		UNI_TEST(it_inherits_what_a_file_of_the_directory_would),
		UNI_TEST(a_virtual_owner_is_kept_until_it_has_a_name),
		UNI_TEST(without_a_writable_branch_or_a_directory_there_is_none),
		UNI_TEST(many_are_made_and_named_at_once),
	};

	return RUN_ALL(tests);
}
