/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operations by path in the view. */
#include "harness.h"

#include "path.h"

static int walk(struct uni *t, const char *path, size_t len, node_id *ret)
{
	const char *end = path + len, *c;
	node_id id = NODE_ROOT;
	size_t n;

	while (path < end && path_next(&path, &c, &n)) {
		char name[NAME_MAX + 2];
		struct ufs_entry e;
		int r;

		assert_true(n < sizeof(name));
		memcpy(name, c, n);
		name[n] = '\0';
		r = ufs_lookup(t->u, id, name, &e);
		if (r < 0)
			return r;
		id = e.id;
		uni_hold(t, id);
	}
	*ret = id;
	return 0;
}

/* The directory of PATH and the last name in it. */
static int walk_parent(struct uni *t, const char *path, node_id *ret,
		       const char **ret_name)
{
	const char *slash = strrchr(path, '/');

	*ret_name = slash ? slash + 1 : path;
	return walk(t, path, slash ? (size_t)(slash - path) : 0, ret);
}

int uni_lookup(struct uni *t, const char *path, struct ufs_entry *ret)
{
	const char *name;
	node_id dir;
	int r = walk_parent(t, path, &dir, &name);

	if (r == 0)
		r = ufs_lookup(t->u, dir, name, ret);
	if (r == 0)
		uni_hold(t, ret->id);
	return r;
}

node_id uni_id(struct uni *t, const char *path)
{
	node_id id = 0;

	assert_ok(walk(t, path, strlen(path), &id));
	return id;
}

int uni_stat(struct uni *t, const char *path, struct stat *ret)
{
	node_id id;
	int r = walk(t, path, strlen(path), &id);

	return r < 0 ? r : ufs_getattr(t->u, id, ret);
}

int uni_mknod(struct uni *t, const char *path, mode_t mode)
{
	struct ufs_entry e;
	const char *name;
	node_id dir;
	int r = walk_parent(t, path, &dir, &name);

	if (r == 0)
		r = ufs_mknod(t->u, &t->cred, dir, name, mode, 0, &e);
	if (r == 0)
		uni_hold(t, e.id);
	return r;
}

int uni_mkdir(struct uni *t, const char *path, mode_t mode)
{
	struct ufs_entry e;
	const char *name;
	node_id dir;
	int r = walk_parent(t, path, &dir, &name);

	if (r == 0)
		r = ufs_mkdir(t->u, &t->cred, dir, name, mode, &e);
	if (r == 0)
		uni_hold(t, e.id);
	return r;
}

int uni_create(struct uni *t, const char *path, mode_t mode, const char *data)
{
	int r = uni_mknod(t, path, S_IFREG | mode);

	return r < 0 || !*data ? r : uni_write(t, path, 0, data);
}

int uni_symlink(struct uni *t, const char *target, const char *path)
{
	struct ufs_entry e;
	const char *name;
	node_id dir;
	int r = walk_parent(t, path, &dir, &name);

	if (r == 0)
		r = ufs_symlink(t->u, &t->cred, dir, name, target, &e);
	if (r == 0)
		uni_hold(t, e.id);
	return r;
}

int uni_link(struct uni *t, const char *from, const char *to)
{
	struct ufs_entry e;
	const char *name;
	node_id id, dir;
	int r = walk(t, from, strlen(from), &id);

	if (r == 0)
		r = walk_parent(t, to, &dir, &name);
	if (r == 0)
		r = ufs_link(t->u, id, dir, name, &e);
	if (r == 0)
		uni_hold(t, e.id);
	return r;
}

int uni_unlink(struct uni *t, const char *path)
{
	const char *name;
	node_id dir;
	int r = walk_parent(t, path, &dir, &name);

	return r < 0 ? r : ufs_unlink(t->u, dir, name);
}

int uni_rmdir(struct uni *t, const char *path)
{
	const char *name;
	node_id dir;
	int r = walk_parent(t, path, &dir, &name);

	return r < 0 ? r : ufs_rmdir(t->u, dir, name);
}

int uni_rename(struct uni *t, const char *from, const char *to, unsigned flags)
{
	const char *name, *newname = NULL;
	node_id dir, newdir = 0;
	int r = walk_parent(t, from, &dir, &name);

	if (r == 0)
		r = walk_parent(t, to, &newdir, &newname);
	return r < 0 ? r : ufs_rename(t->u, dir, name, newdir, newname, flags);
}

int uni_write_id(struct uni *t, node_id id, off_t off, const char *data)
{
	struct ufs_data d;
	ssize_t n;
	int r = ufs_data_get(t->u, id, true, &d);

	if (r < 0)
		return r;
	n = pwrite(d.fd, data, strlen(data), off);
	r = n < 0 ? -errno : 0;
	ufs_data_put(t->u, &d);
	if (r == 0)
		assert_int_equal(n, strlen(data));
	return r;
}

int uni_write(struct uni *t, const char *path, off_t off, const char *data)
{
	node_id id;
	int r = walk(t, path, strlen(path), &id);

	return r < 0 ? r : uni_write_id(t, id, off, data);
}

ssize_t uni_read_id(struct uni *t, node_id id, char **ret)
{
	struct ufs_data d;
	struct stat st;
	char *buf;
	ssize_t n;
	int r = ufs_getattr(t->u, id, &st);

	if (r == 0)
		r = ufs_data_get(t->u, id, false, &d);
	if (r < 0)
		return r;
	buf = calloc(1, (size_t)st.st_size + 2);
	assert_non_null(buf);
	n = pread(d.fd, buf, (size_t)st.st_size + 1, 0);
	assert_int_equal(n, st.st_size);
	ufs_data_put(t->u, &d);
	*ret = buf;
	return n;
}

ssize_t uni_read(struct uni *t, const char *path, char **ret)
{
	node_id id;
	int r = walk(t, path, strlen(path), &id);

	return r < 0 ? r : uni_read_id(t, id, ret);
}

void uni_data_is(struct uni *t, const char *path, const char *want)
{
	_free_ char *s = NULL;

	assert_int_equal(uni_read(t, path, &s), strlen(want));
	assert_string_equal(s, want);
}

static int setattr(struct uni *t, const char *path, const struct stat *set, unsigned want)
{
	struct stat st;
	node_id id;
	int r = walk(t, path, strlen(path), &id);

	return r < 0 ? r : ufs_setattr(t->u, id, set, want, &st);
}

int uni_truncate(struct uni *t, const char *path, off_t size)
{
	struct stat st = { .st_size = size };

	return setattr(t, path, &st, UFS_SET_SIZE);
}

int uni_chmod(struct uni *t, const char *path, mode_t mode)
{
	struct stat st = { .st_mode = mode };

	return setattr(t, path, &st, UFS_SET_MODE);
}

int uni_chown(struct uni *t, const char *path, uid_t uid, gid_t gid)
{
	struct stat st = { .st_uid = uid, .st_gid = gid };

	return setattr(t, path, &st, UFS_SET_UID | UFS_SET_GID);
}

int uni_utimes(struct uni *t, const char *path, struct timespec atime,
	       struct timespec mtime)
{
	struct stat st = { .st_atim = atime, .st_mtim = mtime };

	return setattr(t, path, &st, UFS_SET_ATIME | UFS_SET_MTIME);
}
