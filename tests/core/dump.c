/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The merged view and the branches as text. */
#include "harness.h"

#include <dirent.h>
#include <inttypes.h>
#include <sys/xattr.h>

#include "hash.h"
#include "path.h"

/* A growing array of lines, sorted at the end. */
struct lines {
	char **v;
	size_t n, cap;
};

static void lines_add(struct lines *l, char *line)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->v = realloc(l->v, l->cap * sizeof(*l->v));
		assert_non_null(l->v);
	}
	l->v[l->n++] = line;
}

static int lines_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *lines_take(struct lines *l)
{
	struct sb b = SB_INIT;
	char *s;

	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), lines_cmp);
	for (size_t i = 0; i < l->n; i++) {
		sb_addf(&b, "%s\n", l->v[i]);
		free(l->v[i]);
	}
	free(l->v);
	*l = (struct lines){ 0 };
	assert_ok(sb_take(&b, &s));
	return s;
}

static const char *type_word(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "dir";
	case S_IFLNK:
		return "link";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "sock";
	case S_IFCHR:
		return "char";
	default:
		return "block";
	}
}

/* Take DATA over. Long or binary data is shown by its length alone. */
static char *line_for(const char *path, const struct stat *st, char *data)
{
	_free_ char *text = data;
	char *s;

	if (S_ISLNK(st->st_mode))
		assert_ok(str_printf(&s, "%s link %s", path, text));
	else if (text && *text && st->st_size < 200 &&
		 strlen(text) == (size_t)st->st_size)
		assert_ok(str_printf(&s, "%s file %04o %s", path, st->st_mode & 07777,
				     text));
	else if (S_ISREG(st->st_mode) && st->st_size)
		assert_ok(str_printf(&s, "%s file %04o size=%lld", path,
				     st->st_mode & 07777, (long long)st->st_size));
	else
		assert_ok(str_printf(&s, "%s %s %04o", path, type_word(st->st_mode),
				     st->st_mode & 07777));
	return s;
}

/* -- the merged view ----------------------------------------------------------- */

struct seen {
	char **names;
	struct stat *attrs;
	size_t n, cap;
	off_t next;
	size_t fill; /* entries to take before saying "full" */
};

static int see(void *ctx, const char *name, const struct ufs_entry *e, off_t next)
{
	struct seen *s = ctx;

	if (s->fill == 0)
		return 1;
	s->fill--;
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 16;
		s->names = realloc(s->names, s->cap * sizeof(*s->names));
		s->attrs = realloc(s->attrs, s->cap * sizeof(*s->attrs));
		assert_non_null(s->names);
		assert_non_null(s->attrs);
	}
	s->names[s->n] = strdup(name);
	s->attrs[s->n++] = e->attr;
	s->next = next;
	return 0;
}

/* All entries, fetched in small pieces as the kernel does. */
static void list_dir(struct uni *t, node_id id, struct seen *s)
{
	size_t before;

	do {
		before = s->n;
		s->fill = 7;
		assert_ok(ufs_readdir(t->u, id, s->next, false, see, s));
	} while (s->n > before);
}

static void view_dir(struct uni *t, node_id id, node_id parent, const char *path,
		     struct lines *out);

static void view_entry(struct uni *t, node_id dir, const char *path, const char *name,
		       const struct stat *listed, struct lines *out)
{
	struct ufs_entry e;
	char *data = NULL, *p;
	int r = ufs_lookup(t->u, dir, name, &e);

	if (r < 0)
		fail_msg("'%s' is listed in '%s' but its lookup says %s", name, path,
			 err_name(r));
	if (e.attr.st_ino != listed->st_ino)
		fail_msg("'%s' in '%s' is listed as %ju, looked up as %ju", name, path,
			 (uintmax_t)listed->st_ino, (uintmax_t)e.attr.st_ino);
	assert_int_equal(e.attr.st_mode & S_IFMT, listed->st_mode & S_IFMT);
	assert_ok(str_printf(&p, "%s%s%s", path, *path ? "/" : "", name));
	if (S_ISREG(e.attr.st_mode))
		(void)uni_read_id(t, e.id, &data); /* unreadable: shown by its size */
	if (S_ISLNK(e.attr.st_mode))
		assert_ok(ufs_readlink(t->u, e.id, &data));
	lines_add(out, line_for(p, &e.attr, data));
	if (S_ISDIR(e.attr.st_mode))
		view_dir(t, e.id, dir, p, out);
	ufs_forget(t->u, e.id, 1);
	free(p);
}

static void check_dots(struct uni *t, node_id id, node_id parent, const struct seen *s)
{
	bool dot = false, dotdot = false;
	struct stat self, up;

	assert_ok(ufs_getattr(t->u, id, &self));
	assert_ok(ufs_getattr(t->u, parent, &up));
	for (size_t i = 0; i < s->n; i++) {
		for (size_t j = 0; j < i; j++)
			if (strcmp(s->names[i], s->names[j]) == 0)
				fail_msg("'%s' is listed twice", s->names[i]);
		if (strcmp(s->names[i], ".") == 0) {
			dot = true;
			assert_int_equal(s->attrs[i].st_ino, self.st_ino);
		} else if (strcmp(s->names[i], "..") == 0) {
			dotdot = true;
			assert_int_equal(s->attrs[i].st_ino, up.st_ino);
		}
	}
	assert_true(dot);
	assert_true(dotdot);
}

static void view_dir(struct uni *t, node_id id, node_id parent, const char *path,
		     struct lines *out)
{
	struct seen s = { 0 };

	list_dir(t, id, &s);
	check_dots(t, id, parent, &s);
	for (size_t i = 0; i < s.n; i++) {
		if (path_is_component(s.names[i]))
			view_entry(t, id, path, s.names[i], &s.attrs[i], out);
		free(s.names[i]);
	}
	free(s.names);
	free(s.attrs);
}

char *uni_view(struct uni *t)
{
	struct lines out = { 0 };

	view_dir(t, NODE_ROOT, NODE_ROOT, "", &out);
	return lines_take(&out);
}

void uni_view_is(struct uni *t, const char *want)
{
	_free_ char *got = uni_view(t);

	assert_string_equal(got, want);
}

/* -- branches on disk ------------------------------------------------------------ */

/* What a small file or a link holds; "" for what is shown by its size alone. */
static char *disk_data(const char *path, const struct stat *st)
{
	bool has_data = S_ISREG(st->st_mode) || S_ISLNK(st->st_mode);
	bool small = has_data && st->st_size < 1 << 20;
	char *data = calloc(1, small ? (size_t)st->st_size + 1 : 1);
	_close_ int fd = -EBADF;

	assert_non_null(data);
	if (small && S_ISLNK(st->st_mode)) {
		assert_int_equal(readlink(path, data, (size_t)st->st_size), st->st_size);
	} else if (small) {
		fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			assert_int_equal(read(fd, data, (size_t)st->st_size),
					 st->st_size);
	}
	return data;
}

/* Of all data of a file and where it lies; holes are passed over. */
static uint64_t disk_hash(const char *path)
{
	_close_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	_free_ char *buf = malloc(1 << 16);
	uint64_t h = 0;
	off_t off = 0;

	assert_non_null(buf);
	while (fd >= 0 && (off = lseek(fd, off, SEEK_DATA)) >= 0) {
		ssize_t n = pread(fd, buf, 1 << 16, off);

		assert_true(n > 0);
		h = hash_bytes(buf, (size_t)n, h ^ (uint64_t)off);
		off += n;
	}
	return h;
}

static void disk_walk(const char *dir, const char *rel, struct lines *out,
		      char *(*describe)(const char *path, const char *rel,
					const struct stat *st))
{
	_dir_ DIR *d = opendir(dir);

	if (!d)
		return; /* a test took the right to read away: its line says so */
	for (struct dirent *de; (de = readdir(d));) {
		_free_ char *path = NULL, *sub = NULL;
		struct stat st;

		if (!path_is_component(de->d_name) ||
		    strcmp(de->d_name, ".wh..wh.ufs") == 0)
			continue;
		assert_ok(path_join(dir, de->d_name, &path));
		assert_ok(str_printf(&sub, "%s%s%s", rel, *rel ? "/" : "", de->d_name));
		assert_ok(lstat(path, &st));
		lines_add(out, describe(path, sub, &st));
		if (S_ISDIR(st.st_mode))
			disk_walk(path, sub, out, describe);
	}
}

static char *describe_shape(const char *path, const char *rel, const struct stat *st)
{
	return line_for(rel, st, disk_data(path, st));
}

char *uni_disk(struct uni *t, const char *branch)
{
	_free_ char *top = uni_real(t, branch);
	struct lines out = { 0 };

	disk_walk(top, "", &out, describe_shape);
	return lines_take(&out);
}

void uni_disk_is(struct uni *t, const char *branch, const char *want)
{
	_free_ char *got = uni_disk(t, branch);

	assert_string_equal(got, want);
}

void uni_tmp_is_empty(struct uni *t, const char *branch)
{
	_free_ char *in = NULL;
	struct lines out = { 0 };

	if (t->cfg.work && strcmp(branch, t->branches[0].name) == 0) {
		assert_ok(path_join(t->cfg.work, "tmp", &in));
	} else {
		_free_ char *top = uni_real(t, branch);

		assert_ok(path_join(top, ".wh..wh.ufs/tmp", &in));
	}
	disk_walk(in, "", &out, describe_shape);
	{
		_free_ char *left = lines_take(&out);

		assert_string_equal(left, "");
	}
}

static void add_xattrs(struct sb *b, const char *path)
{
	char names[4096], value[4096];
	ssize_t n = llistxattr(path, names, sizeof(names));

	for (char *p = names; n > 0 && p < names + n; p += strlen(p) + 1) {
		ssize_t len = lgetxattr(path, p, value, sizeof(value));

		sb_addf(b, " %s=%016" PRIx64, p,
			len < 0 ? 0 : hash_bytes(value, (size_t)len, 0));
	}
}

static char *describe_all(const char *path, const char *rel, const struct stat *st)
{
	struct sb b = SB_INIT;
	char *s;

	sb_addf(&b, "%s %o %u:%u %lld %ju/%ju %lld.%09ld %lld.%09ld", rel, st->st_mode,
		st->st_uid, st->st_gid, (long long)st->st_size, (uintmax_t)st->st_ino,
		(uintmax_t)st->st_nlink, (long long)st->st_mtim.tv_sec,
		st->st_mtim.tv_nsec, (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
	if (S_ISREG(st->st_mode)) {
		sb_addf(&b, " %016" PRIx64, disk_hash(path));
	} else if (S_ISLNK(st->st_mode)) {
		_free_ char *target = disk_data(path, st);

		sb_addf(&b, " -> %s", target);
	}
	add_xattrs(&b, path);
	assert_ok(sb_take(&b, &s));
	return s;
}

char *uni_digest(struct uni *t, const char *branch)
{
	_free_ char *top = uni_real(t, branch);
	struct lines out = { 0 };
	struct stat st;

	assert_ok(lstat(top, &st));
	lines_add(&out, describe_all(top, "", &st));
	disk_walk(top, "", &out, describe_all);
	return lines_take(&out);
}
