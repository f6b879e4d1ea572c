/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

struct names {
	char v[4096][16];
	off_t next[4096];
	size_t n, room;
	off_t last;
	bool plus_without_id;
};

static int take(void *ctx, const char *name, const struct ufs_entry *e, off_t next)
{
	struct names *s = ctx;

	if (s->room == 0)
		return 1;
	s->room--;
	if (name[0] == '.')
		return s->last = next, 0;
	assert_true(s->n < ARRAY_LEN(s->v));
	(void)snprintf(s->v[s->n], sizeof(s->v[0]), "%s", name);
	s->next[s->n++] = next;
	s->last = next;
	if (e->id == 0)
		s->plus_without_id = true;
	return 0;
}

static void make_many(struct uni *t, const char *branch, int from, int to)
{
	for (int i = from; i < to; i++) {
		_free_ char *line = NULL;

		assert_ok(str_printf(&line, "%s/d/f%05d file 0644 x\n", branch, i));
		uni_make(t, line);
	}
}

/* Read from offset OFF up to ROOM entries, dots included. */
static void read_some(struct uni *t, node_id dir, struct names *s, size_t room)
{
	s->room = room;
	assert_ok(ufs_readdir(t->u, dir, s->last, false, take, s));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Every name of F..T comes once; others are not there. */
static void check_all(struct names *s, int from, int to)
{
	qsort(s->v, s->n, sizeof(s->v[0]), by_name);
	assert_int_equal(s->n, to - from);
	for (int i = from; i < to; i++) {
		char want[16];

		(void)snprintf(want, sizeof(want), "f%05d", i);
		assert_string_equal(s->v[i - from], want);
	}
}

static struct names *names_new(void)
{
	struct names *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	return s;
}

/* rows: 23 */
TEST(a_large_merged_directory_lists_each_name_once)
{
	struct uni *t = *state;
	_free_ struct names *s = names_new();
	node_id d;

	uni_three(t);
	make_many(t, "up", 0, 600);
	make_many(t, "l1", 300, 900);
	make_many(t, "l2", 600, 1500);
	uni_open(t);
	d = uni_id(t, "d");
	while (read_some(t, d, s, 13), s->room == 0)
		;
	check_all(s, 0, 1500);
}

TEST(a_directory_of_one_branch_lists_each_name_once)
{
	struct uni *t = *state;
	_free_ struct names *s = names_new();
	node_id d;

	uni_two(t);
	make_many(t, "lo", 0, 1500);
	uni_open(t);
	d = uni_id(t, "d");
	while (read_some(t, d, s, 13), s->room == 0)
		;
	check_all(s, 0, 1500);
}

/* rows: 21: the offset names the entry and not its position. */
static void surviving_names_come_once(struct uni *t, const char *gone_from)
{
	_free_ struct names *s = names_new();
	node_id d;
	size_t before;

	make_many(t, gone_from, 0, 1000);
	uni_open(t);
	d = uni_id(t, "d");
	read_some(t, d, s, 302);
	before = s->n;
	assert_int_equal(before, 300);
	/* All that was listed goes, as rm -r does it, and something comes. */
	for (size_t i = 0; i < before; i++) {
		_free_ char *p = NULL;

		assert_ok(str_printf(&p, "d/%s", s->v[i]));
		assert_ok(uni_unlink(t, p));
	}
	assert_ok(uni_create(t, "d/fnew", 0644, ""));
	while (read_some(t, d, s, 50), s->room == 0)
		;
	qsort(s->v, s->n, sizeof(s->v[0]), by_name);
	if (s->n && strcmp(s->v[s->n - 1], "fnew") == 0)
		s->n--; /* may or may not come */
	check_all(s, 0, 1000);
}

TEST(names_deleted_while_listing_a_lower_directory_skip_none)
{
	struct uni *t = *state;

	uni_two(t);
	surviving_names_come_once(t, "lo");
}

/* rows: 21 */
TEST(names_deleted_while_listing_a_merged_directory_skip_none)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "up/d dir 0755\n"
		    "lo/d dir 0755\n");
	surviving_names_come_once(t, "lo");
}

TEST(names_deleted_while_listing_an_upper_directory_skip_none)
{
	struct uni *t = *state;

	uni_two(t);
	surviving_names_come_once(t, "up");
}

TEST(a_new_listing_from_the_start_shows_what_is_new)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/d/a file 0644 x\n"
		    "lo/d/b file 0644 y\n");
	uni_open(t);
	uni_view_is(t, "d dir 0755\n"
		       "d/a file 0644 x\n"
		       "d/b file 0644 y\n");
	assert_ok(uni_unlink(t, "d/a"));
	assert_ok(uni_create(t, "d/c", 0644, "z"));
	uni_view_is(t, "d dir 0755\n"
		       "d/b file 0644 y\n"
		       "d/c file 0644 z\n");
}

struct plus {
	struct uni *t;
	size_t n, room, dots;
};

static int take_plus(void *ctx, const char *name, const struct ufs_entry *e,
		     off_t next _unused_)
{
	struct plus *p = ctx;

	if (p->room == 0)
		return 1;
	p->room--;
	if (name[0] == '.') {
		assert_int_equal(e->id, 0);
		p->dots++;
		return 0;
	}
	assert_true(e->id != 0);
	assert_int_equal(e->attr.st_size, 1);
	uni_hold(p->t, e->id);
	p->n++;
	return 0;
}

/* The teardown fails the test when a lookup is left over. */
TEST(readdirplus_counts_only_entries_that_fitted)
{
	struct uni *t = *state;
	struct plus p = { .t = t, .room = 10 };
	struct ufs_counts c;

	uni_two(t);
	make_many(t, "lo", 0, 100);
	uni_open(t);
	assert_ok(ufs_readdir(t->u, uni_id(t, "d"), 0, true, take_plus, &p));
	assert_int_equal(p.n + p.dots, 10);
	ufs_counts(t->u, &c);
	assert_int_equal(c.nodes, t->nodes + 1 + p.n);
}

TEST(a_file_is_not_listed)
{
	struct uni *t = *state;
	_free_ struct names *s = names_new();

	uni_two(t);
	uni_make(t, "lo/f file 0644 x\n");
	uni_open(t);
	s->room = 10;
	assert_int_equal(ufs_readdir(t->u, uni_id(t, "f"), 0, false, take, s), -ENOTDIR);
}

TEST(a_deleted_directory_lists_nothing)
{
	struct uni *t = *state;
	_free_ struct names *s = names_new();
	node_id d;
	int r;

	uni_two(t);
	uni_make(t, "lo/d dir 0755\n");
	uni_open(t);
	d = uni_id(t, "d");
	assert_ok(uni_rmdir(t, "d"));
	s->room = 10;
	r = ufs_readdir(t->u, d, 0, false, take, s);
	assert_true(r == 0 || r == -ENOENT);
	assert_int_equal(s->n, 0);
}

TEST(a_virtual_mountpoint_is_listed_and_is_in_no_branch)
{
	struct uni *t = *state;

	uni_two(t);
	uni_make(t, "lo/a/f file 0644 x\n");
	assert_ok(config_add_virt(&t->cfg, "/proc", true));
	assert_ok(config_add_virt(&t->cfg, "/a/b/c", true));
	assert_ok(config_add_virt(&t->cfg, "/a/conf", false));
	assert_ok(config_add_virt(&t->cfg, "/a/f", false));
	uni_open(t);
	uni_view_is(t, "a dir 0755\n"
		       "a/b dir 0755\n"
		       "a/b/c dir 0755\n"
		       "a/conf file 0644\n"
		       "a/f file 0644 x\n"
		       "proc dir 0755\n");
	uni_disk_is(t, "up", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(a_large_merged_directory_lists_each_name_once),
		UNI_TEST(a_directory_of_one_branch_lists_each_name_once),
		UNI_TEST(names_deleted_while_listing_a_lower_directory_skip_none),
		UNI_TEST(names_deleted_while_listing_a_merged_directory_skip_none),
		UNI_TEST(names_deleted_while_listing_an_upper_directory_skip_none),
		UNI_TEST(a_new_listing_from_the_start_shows_what_is_new),
		UNI_TEST(readdirplus_counts_only_entries_that_fitted),
		UNI_TEST(a_file_is_not_listed),
		UNI_TEST(a_deleted_directory_lists_nothing),
		UNI_TEST(a_virtual_mountpoint_is_listed_and_is_in_no_branch),
	};

	return RUN_ALL(tests);
}
