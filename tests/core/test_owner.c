/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Virtual owners: what a daemon keeps that may not set them (struct id_view). */
#include "harness.h"

static void add_range(struct id_range **v, size_t *n, uint32_t first, uint32_t count)
{
	*v = realloc(*v, (*n + 1) * sizeof(**v));
	assert_non_null(*v);
	(*v)[(*n)++] = (struct id_range){ first, count };
}

/* Ids 0 and 1..1000 exist inside; our own files show as 0:0. */
static void open_virtual(struct uni *t)
{
	struct id_view *ids = &t->cfg.ids;

	ids->virt = true;
	add_range(&ids->uids, &ids->nuids, 0, 1);
	add_range(&ids->uids, &ids->nuids, 1, 1000);
	add_range(&ids->gids, &ids->ngids, 0, 1);
	add_range(&ids->gids, &ids->ngids, 1, 1000);
	t->cred = (struct ufs_cred){ 0, 0, 022 };
	uni_open(t);
}

/* What an id of the host shows as. */
static unsigned shown(unsigned id)
{
	return id <= 1000 ? id : 0;
}

static void owner_is(struct uni *t, const char *path, uid_t uid, gid_t gid, mode_t mode)
{
	struct stat st;

	assert_ok(uni_stat(t, path, &st));
	if (st.st_uid != uid || st.st_gid != gid || (st.st_mode & 07777) != mode)
		fail_msg("'%s' is %u:%u %04o, not %u:%u %04o", path, st.st_uid, st.st_gid,
			 st.st_mode & 07777, uid, gid, mode);
}

TEST(a_change_of_owner_is_kept_over_a_restart)
{
	struct uni *t = *state;
	struct stat st;

	uni_two(t);
	uni_make(t, "lo/f file 0644 x\n"
		    "lo/l link f\n"
		    "lo/d dir 0755\n");
	open_virtual(t);
	assert_ok(uni_chown(t, "f", 33, 44));
	assert_ok(uni_chown(t, "l", 34, 45));
	assert_ok(uni_chown(t, "d", 35, 46));
	owner_is(t, "f", 33, 44, 0644);
	uni_lstat(t, "up/f", &st);
	assert_int_equal(st.st_uid, geteuid());
	uni_reopen(t);
	owner_is(t, "f", 33, 44, 0644);
	owner_is(t, "l", 34, 45, 0777);
	owner_is(t, "d", 35, 46, 0755);
}

TEST(special_bits_stand_in_the_record_and_not_on_the_branch)
{
	struct uni *t = *state;
	struct stat st;

	uni_two(t);
	uni_make(t, "lo/f file 0755 x\n"
		    "lo/s file 0755 x\n"
		    "lo/s mode 4755\n");
	open_virtual(t);
	assert_ok(uni_chmod(t, "f", 06755));
	owner_is(t, "f", shown(geteuid()), shown(getegid()), 06755);
	uni_lstat(t, "up/f", &st);
	assert_int_equal(st.st_mode & 07000, 0);
	assert_ok(uni_write(t, "s", 1, "y"));
	uni_lstat(t, "up/s", &st);
	assert_int_equal(st.st_mode & 07000, 0);
	uni_reopen(t);
	owner_is(t, "f", shown(geteuid()), shown(getegid()), 06755);
}

TEST(a_new_file_belongs_to_who_made_it)
{
	struct uni *t = *state;
	struct stat st;

	uni_two(t);
	uni_make(t, "lo/d dir 0777\n");
	open_virtual(t);
	t->cred = (struct ufs_cred){ 100, 200, 022 };
	assert_ok(uni_create(t, "d/f", 0666, "x"));
	assert_ok(uni_mkdir(t, "d/s", 0777));
	assert_ok(uni_symlink(t, "x", "d/l"));
	owner_is(t, "d/f", 100, 200, 0644);
	owner_is(t, "d/s", 100, 200, 0755);
	owner_is(t, "d/l", 100, 200, 0777);
	uni_lstat(t, "up/d/f", &st);
	assert_int_equal(st.st_uid, geteuid());
	uni_reopen(t);
	owner_is(t, "d/f", 100, 200, 0644);
	owner_is(t, "d/s", 100, 200, 0755);
	owner_is(t, "d/l", 100, 200, 0777);
}

TEST(a_setgid_directory_hands_its_recorded_group_down)
{
	struct uni *t = *state;

	uni_two(t);
	open_virtual(t);
	assert_ok(uni_mkdir(t, "d", 0777));
	assert_ok(uni_chown(t, "d", 1, 300));
	assert_ok(uni_chmod(t, "d", 02777));
	t->cred = (struct ufs_cred){ 100, 200, 0 };
	assert_ok(uni_create(t, "d/f", 0644, ""));
	assert_ok(uni_mkdir(t, "d/s", 0755));
	owner_is(t, "d/f", 100, 300, 0644);
	owner_is(t, "d/s", 100, 300, 02755);
}

TEST(an_id_outside_of_the_ranges_shows_as_root)
{
	struct uni *t = *state;
	_free_ char *f = NULL, *g = NULL;

	if (!uni_is_root())
		uni_skip("needs root to give files away");
	uni_two(t);
	uni_make(t, "lo/f file 0644 x\n"
		    "lo/g file 0644 x\n");
	f = uni_real(t, "lo/f");
	g = uni_real(t, "lo/g");
	assert_ok(chown(f, 500, 54321));
	assert_ok(chown(g, 54321, 500));
	open_virtual(t);
	owner_is(t, "f", 500, 0, 0644);
	owner_is(t, "g", 0, 500, 0644);
}

TEST(a_copied_up_file_keeps_the_owner_it_showed)
{
	struct uni *t = *state;
	_free_ char *f = NULL;

	if (!uni_is_root())
		uni_skip("needs root to give files away");
	uni_two(t);
	uni_make(t, "lo/f file 0640 x\n");
	f = uni_real(t, "lo/f");
	assert_ok(chown(f, 500, 501));
	open_virtual(t);
	assert_ok(uni_write(t, "f", 0, "y"));
	owner_is(t, "f", 500, 501, 0640);
	uni_reopen(t);
	owner_is(t, "f", 500, 501, 0640);
}

TEST(the_record_goes_with_a_rename_and_ends_with_the_file)
{
	struct uni *t = *state;

	uni_two(t);
	open_virtual(t);
	assert_ok(uni_create(t, "a", 0600, "x"));
	assert_ok(uni_chown(t, "a", 7, 8));
	assert_ok(uni_rename(t, "a", "b", 0));
	owner_is(t, "b", 7, 8, 0600);
	uni_reopen(t);
	owner_is(t, "b", 7, 8, 0600);
	/* A new file may get the inode number of the old one, not its owner. */
	for (int i = 0; i < 20; i++) {
		assert_ok(uni_unlink(t, "b"));
		uni_forget(t);
		assert_ok(uni_create(t, "b", 0644, ""));
		owner_is(t, "b", 0, 0, 0644);
		assert_ok(uni_chown(t, "b", 7, 8));
	}
}

TEST(records_of_many_files_survive)
{
	struct uni *t = *state;

	uni_two(t);
	open_virtual(t);
	for (int i = 0; i < 400; i++) {
		_free_ char *s = NULL;

		assert_ok(str_printf(&s, "f%d", i));
		assert_ok(uni_create(t, s, 0644, ""));
		assert_ok(uni_chown(t, s, (uid_t)i + 1, (gid_t)i + 2));
		if (i % 2)
			assert_ok(uni_chmod(t, s, 04711));
	}
	uni_reopen(t);
	for (int i = 0; i < 400; i++) {
		_free_ char *s = NULL;

		assert_ok(str_printf(&s, "f%d", i));
		owner_is(t, s, (uid_t)i + 1, (gid_t)i + 2, i % 2 ? 04711 : 0644);
	}
}

/* A crash may tear the last entry; what was acknowledged before it stays. */
TEST(a_torn_record_at_the_end_loses_nothing_before_it)
{
	struct uni *t = *state;
	_free_ char *log = NULL;
	struct stat st;

	uni_two(t);
	open_virtual(t);
	assert_ok(uni_create(t, "a", 0644, ""));
	assert_ok(uni_chown(t, "a", 1, 2));
	assert_ok(uni_create(t, "b", 0644, ""));
	assert_ok(uni_chown(t, "b", 3, 4));
	uni_close(t);
	log = uni_real(t, "up/.wh..wh.ufs/records");
	assert_ok(stat(log, &st));
	assert_ok(truncate(log, st.st_size - 5));
	uni_open(t);
	owner_is(t, "a", 1, 2, 0644);
	assert_ok(uni_chown(t, "b", 5, 6));
	uni_reopen(t);
	owner_is(t, "a", 1, 2, 0644);
	owner_is(t, "b", 5, 6, 0644);
}

/* What the daemon may not read as itself, the record's mode does not change. */
TEST(a_file_without_permissions_in_the_view_can_still_be_served)
{
	struct uni *t = *state;

	uni_two(t);
	open_virtual(t);
	assert_ok(uni_create(t, "shadow", 0600, "secret"));
	assert_ok(uni_chmod(t, "shadow", 0000));
	owner_is(t, "shadow", 0, 0, 0000);
	uni_data_is(t, "shadow", "secret");
	assert_ok(uni_mkdir(t, "d", 0755));
	assert_ok(uni_chmod(t, "d", 0000));
	assert_ok(uni_create(t, "d/f", 0644, "x"));
	uni_reopen(t);
	uni_data_is(t, "shadow", "secret");
	uni_data_is(t, "d/f", "x");
	owner_is(t, "d", 0, 0, 0000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(a_change_of_owner_is_kept_over_a_restart),
		UNI_TEST(special_bits_stand_in_the_record_and_not_on_the_branch),
		UNI_TEST(a_new_file_belongs_to_who_made_it),
		UNI_TEST(a_setgid_directory_hands_its_recorded_group_down),
		UNI_TEST(an_id_outside_of_the_ranges_shows_as_root),
		UNI_TEST(a_copied_up_file_keeps_the_owner_it_showed),
		UNI_TEST(the_record_goes_with_a_rename_and_ends_with_the_file),
		UNI_TEST(records_of_many_files_survive),
		UNI_TEST(a_torn_record_at_the_end_loses_nothing_before_it),
		UNI_TEST(a_file_without_permissions_in_the_view_can_still_be_served),
	};

	return RUN_ALL(tests);
}
