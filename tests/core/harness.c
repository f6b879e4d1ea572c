/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include <dirent.h>
#include <inttypes.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include "path.h"

bool uni_is_root(void)
{
	return geteuid() == 0;
}

void uni_skip(const char *why)
{
	print_message("skipped: %s\n", why);
	skip();
}

int uni_open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

int uni_setup(void **state)
{
	struct uni *t = calloc(1, sizeof(*t));
	const char *base = getenv("TMPDIR");

	if (!t)
		return -1;
	(void)snprintf(t->dir, sizeof(t->dir), "%.40s/ufs-core.XXXXXX",
		       base ? base : "/tmp");
	if (!mkdtemp(t->dir))
		return -1;
	/* Room for what a test of failing allocations holds. */
	t->cap = 512;
	t->held = calloc(t->cap, sizeof(*t->held));
	if (!t->held)
		return -1;
	config_init(&t->cfg);
	t->cred = (struct ufs_cred){ geteuid(), getegid(), 022 };
	umask(022);
	*state = t;
	return 0;
}

static void remove_tree(int parent, const char *name)
{
	_dir_ DIR *d = NULL;
	int fd;

	if (unlinkat(parent, name, 0) == 0)
		return;
	(void)fchmodat(parent, name, 0700, 0); /* a test may have locked it */
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (d)
		for (struct dirent *de; (de = readdir(d));)
			if (path_is_component(de->d_name))
				remove_tree(dirfd(d), de->d_name);
	(void)unlinkat(parent, name, AT_REMOVEDIR); /* what stays shows in /tmp */
}

void uni_empty(struct uni *t, const char *name)
{
	_free_ char *path = uni_real(t, name);
	_dir_ DIR *d = opendir(path);

	assert_non_null(d);
	for (struct dirent *de; (de = readdir(d));)
		if (path_is_component(de->d_name))
			remove_tree(dirfd(d), de->d_name);
}

int uni_teardown(void **state)
{
	struct uni *t = *state;

	uni_close(t);
	for (size_t i = 0; i < t->nbranches; i++) {
		struct uni_branch *b = &t->branches[i];

		if (b->perm == BRANCH_RW)
			uni_tmp_is_empty(t, b->name);
		if (b->before) {
			_free_ char *now = uni_digest(t, b->name);

			assert_string_equal(now, b->before);
		}
		free(b->before);
	}
	remove_tree(AT_FDCWD, t->dir);
	config_done(&t->cfg);
	free(t->held);
	free(t);
	return 0;
}

void uni_branch(struct uni *t, const char *name, enum branch_perm perm, unsigned attrs)
{
	struct uni_branch *b = &t->branches[t->nbranches++];
	_free_ char *path = uni_real(t, name);

	assert_true(t->nbranches <= UNI_BRANCHES);
	(void)snprintf(b->name, sizeof(b->name), "%s", name);
	b->perm = perm;
	b->attrs = attrs;
	assert_ok(mkdir(path, 0755));
}

void uni_on_top(struct uni *t, const char *name)
{
	config_done(&t->cfg);
	config_init(&t->cfg);
	uni_branch(t, name, BRANCH_RW, 0);
	for (size_t i = t->nbranches - 1; i > 0; i--) {
		struct uni_branch b = t->branches[i];

		t->branches[i] = t->branches[i - 1];
		t->branches[i - 1] = b;
	}
	for (size_t i = 1; i < t->nbranches; i++) {
		t->branches[i].perm = BRANCH_RO;
		t->branches[i].attrs = BRANCH_WH;
	}
}

void uni_two(struct uni *t)
{
	uni_branch(t, "up", BRANCH_RW, 0);
	uni_branch(t, "lo", BRANCH_RO, BRANCH_WH);
}

void uni_three(struct uni *t)
{
	uni_branch(t, "up", BRANCH_RW, 0);
	uni_branch(t, "l1", BRANCH_RO, BRANCH_WH);
	uni_branch(t, "l2", BRANCH_RO, BRANCH_WH);
}

char *uni_real(struct uni *t, const char *branchpath)
{
	char *s;

	assert_ok(path_join(t->dir, branchpath, &s));
	return s;
}

bool uni_has(struct uni *t, const char *branchpath)
{
	_free_ char *p = uni_real(t, branchpath);
	struct stat st;

	return lstat(p, &st) == 0;
}

void uni_lstat(struct uni *t, const char *branchpath, struct stat *ret)
{
	_free_ char *p = uni_real(t, branchpath);

	assert_ok(lstat(p, ret));
}

/* -- making branches -------------------------------------------------------- */

/* TOP: the length of what is there for sure. */
static void make_parents(char *path, size_t top)
{
	for (size_t i = top; path[i]; i++) {
		if (path[i] != '/')
			continue;
		path[i] = '\0';
		(void)mkdir(path, 0755); /* most are there; the object's call tells */
		path[i] = '/';
	}
}

/* "d/NAME" becomes "d/PREFIXNAME". */
static char *beside(const char *path, const char *prefix)
{
	const char *name = strrchr(path, '/') + 1;
	char *s;

	assert_ok(str_printf(&s, "%.*s%s%s", (int)(name - path), path, prefix, name));
	return s;
}

static void make_file(const char *path, mode_t mode, off_t off, const char *data)
{
	_close_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, strlen(data), off), strlen(data));
	if (mode != (mode_t)-1)
		assert_ok(fchmod(fd, mode));
}

static void make_socket(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(strlen(path) < sizeof(a.sun_path));
	memcpy(a.sun_path, path, strlen(path) + 1);
	assert_ok(bind(fd, (struct sockaddr *)&a, sizeof(a)));
}

static void make_meta(const char *path, const char *what, const char *arg,
		      const char *rest)
{
	if (strcmp(what, "size") == 0) {
		assert_ok(truncate(path, strtoll(arg, NULL, 10)));
	} else if (strcmp(what, "time") == 0) {
		struct timespec ts = { strtoll(arg, NULL, 10), 123456789 };
		struct timespec both[2] = { ts, ts };

		assert_ok(utimensat(AT_FDCWD, path, both, AT_SYMLINK_NOFOLLOW));
	} else if (strcmp(what, "xattr") == 0) {
		assert_ok(lsetxattr(path, arg, rest, strlen(rest), 0));
	} else if (strcmp(what, "mode") == 0) {
		assert_ok(chmod(path, (mode_t)strtoul(arg, NULL, 8)));
	} else if (strcmp(what, "oopq") == 0) {
		assert_ok(lsetxattr(path, "user.overlay.opaque", "y", 1, 0));
	} else {
		fail_msg("unknown word '%s' in a specification", what);
	}
}

static void make_object(struct uni *t, const char *path, const char *what,
			const char *arg, const char *rest)
{
	mode_t mode = (mode_t)strtoul(arg, NULL, 8);

	if (strcmp(what, "file") == 0) {
		make_file(path, mode, 0, rest);
	} else if (strcmp(what, "at") == 0) {
		make_file(path, (mode_t)-1, strtoll(arg, NULL, 10), rest);
	} else if (strcmp(what, "dir") == 0) {
		(void)mkdir(path, 0700); /* may be there as a parent */
		assert_ok(chmod(path, mode));
	} else if (strcmp(what, "link") == 0) {
		assert_ok(symlink(arg, path));
	} else if (strcmp(what, "fifo") == 0) {
		assert_ok(mkfifo(path, mode));
	} else if (strcmp(what, "sock") == 0) {
		make_socket(path);
		assert_ok(chmod(path, mode));
	} else if (strcmp(what, "hard") == 0) {
		_free_ char *other = uni_real(t, arg);

		assert_ok(link(other, path));
	} else if (strcmp(what, "wh") == 0) {
		_free_ char *mark = beside(path, ".wh.");

		make_file(mark, 0444, 0, "");
	} else if (strcmp(what, "opq") == 0) {
		_free_ char *in = NULL, *mark = NULL;

		(void)mkdir(path, 0755); /* may be there */
		assert_ok(str_printf(&in, "%s/.wh..opq", path));
		mark = beside(in, ".wh.");
		make_file(mark, 0444, 0, "");
	} else if (strcmp(what, "char") == 0) {
		assert_ok(mknod(path, S_IFCHR, makedev(0, 0)));
	} else {
		make_meta(path, what, arg, rest);
	}
}

void uni_make(struct uni *t, const char *spec)
{
	_free_ char *copy = strdup(spec);
	char *save = NULL;

	assert_non_null(copy);
	for (char *l = strtok_r(copy, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		_free_ char *path = NULL;
		char *word[4] = { l, NULL, NULL, NULL };

		for (size_t i = 1; i < ARRAY_LEN(word) && word[i - 1]; i++) {
			word[i] = strchr(word[i - 1], ' ');
			if (word[i])
				*word[i]++ = '\0';
		}
		assert_non_null(word[1]);
		path = uni_real(t, word[0]);
		make_parents(path, strlen(t->dir) + 1);
		make_object(t, path, word[1], word[2] ? word[2] : "",
			    word[3] ? word[3] : "");
	}
}

/* -- opening ------------------------------------------------------------------ */

/* The same lines for the same branches each time the union is opened. */
static void set_branches(struct uni *t)
{
	t->cfg.nbranches = 0;
	for (size_t i = 0; i < t->nbranches; i++) {
		_free_ char *path = uni_real(t, t->branches[i].name);
		int fd = t->by_fd ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -EBADF;

		assert_true(fd >= 0 || !t->by_fd);
		assert_ok(config_add_branch(&t->cfg, path, fd, t->branches[i].perm,
					    t->branches[i].attrs));
	}
}

static bool is_dir(struct uni *t, const char *branch)
{
	_free_ char *path = uni_real(t, branch);
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int uni_try_open(struct uni *t, struct err *e)
{
	struct ufs_counts c;
	int r;

	for (size_t i = 0; i < t->nbranches; i++) {
		struct uni_branch *b = &t->branches[i];

		if (b->perm != BRANCH_RW && !b->before && is_dir(t, b->name))
			b->before = uni_digest(t, b->name);
	}
	if (t->cfg.nbranches == 0)
		set_branches(t);
	t->fds = uni_open_fds();
	r = config_check(&t->cfg, e);
	if (r == 0)
		r = ufs_open(&t->cfg, NULL, &t->u, e);
	if (r < 0) {
		t->u = NULL;
		assert_int_equal(uni_open_fds(), t->fds);
		return r;
	}
	ufs_counts(t->u, &c);
	t->nodes = c.nodes;
	return 0;
}

void uni_open(struct uni *t)
{
	struct err e = ERR_INIT;

	if (uni_try_open(t, &e) < 0)
		fail_msg("ufs_open: %s", e.text ? e.text : err_name(e.code));
	err_done(&e);
}

void uni_hold(struct uni *t, node_id id)
{
	if (t->nheld == t->cap) {
		t->cap *= 2;
		t->held = realloc(t->held, t->cap * sizeof(*t->held));
		assert_non_null(t->held);
	}
	t->held[t->nheld++] = id;
}

void uni_forget(struct uni *t)
{
	while (t->nheld)
		ufs_forget(t->u, t->held[--t->nheld], 1);
}

void uni_close(struct uni *t)
{
	struct ufs_counts c;

	if (!t->u)
		return;
	uni_forget(t);
	ufs_counts(t->u, &c);
	ufs_close(t->u);
	t->u = NULL;
	assert_int_equal(c.nodes, t->nodes);
	assert_int_equal(c.orphans, 0);
	assert_int_equal(uni_open_fds(), t->fds);
}

void uni_reopen(struct uni *t)
{
	uni_close(t);
	uni_open(t);
}
