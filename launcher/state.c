/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "dirs.h"
#include "fdio.h"
#include "path.h"
#include "runconf.h"
#include "state_json.h"
#include "str.h"
#include "tree.h"

/* Names under removal; no container's name begins with a dot. */
#define STATE_DEAD ".dead."

/*
 * The directory of records. *RET_LOCK, another descriptor of it, holds the
 * lock over all of them until it is closed.
 */
static int state_store(const char *data, char **ret_path, int *ret_lock, struct err *e)
{
	_close_ int dir = -EBADF, lock = -EBADF;
	_free_ char *path = NULL;

	if (path_join(data, "containers", &path) < 0)
		return err_set(e, -ENOMEM, "cannot open the records");
	dir = dirs_open(data);
	if (dir >= 0) {
		close_fd(&dir);
		dir = dirs_open(path);
	}
	lock = dir < 0 ? dir : dirs_open(path);
	if (dir < 0 || lock < 0) {
		(void)err_set(e, MIN(dir, lock), "cannot keep containers in '%s'", path);
		if (dir == -EPERM)
			err_hint(e,
				 "it must belong to you and be writable by nobody else");
		return MIN(dir, lock);
	}
	if (flock(lock, LOCK_EX) < 0)
		return err_set(e, -errno, "cannot lock the records in '%s'", path);
	*ret_path = take_ptr(path);
	*ret_lock = take_fd(&lock);
	return take_fd(&dir);
}

/* The lock of the record at DIRFD. Returns it, -EAGAIN when held, -errno. */
static int state_lock(int dirfd, int flags)
{
	_close_ int fd =
		openat(dirfd, "lock", flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	return take_fd(&fd);
}

/* Is the lock held by a living container? Does not keep it. */
static void state_probe(int dirfd, struct state_record *r)
{
	_close_ int fd = state_lock(dirfd, 0);
	_free_ char *text = NULL;

	r->running = fd == -EAGAIN;
	if (r->running && fd_read_file(dirfd, "lock", 64, &text) >= 0)
		r->pid = (pid_t)strtol(text, NULL, 10);
}

/* Rename the record away; what remains to do needs no lock. */
static int state_unpublish(int store, const char *name, char **ret_dead)
{
	_free_ char *dead = NULL;
	int r = str_printf(&dead, STATE_DEAD "%s.%d", name, (int)getpid());

	if (r == 0 && renameat(store, name, store, dead) < 0)
		r = -errno;
	if (r == 0)
		*ret_dead = take_ptr(dead);
	return r;
}

/* A record that nobody holds: an ended --rm, or one that was never finished. */
static bool state_is_litter(int dirfd)
{
	struct state_record r = STATE_INIT;
	int code = state_json_read(dirfd, &r);
	bool litter = code == -ENOENT || (code == 0 && r.remove);

	state_done(&r);
	return litter;
}

static void state_sweep_one(int store, const char *name)
{
	_close_ int dir = -EBADF, lock = -EBADF;
	_free_ char *dead = NULL;

	if (str_has_prefix(name, STATE_DEAD)) {
		(void)tree_remove(store, name); /* tried again at the next sweep */
		return;
	}
	if (!runconf_is_name(name))
		return;
	dir = openat(store, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return;
	lock = state_lock(dir, 0);
	if (lock < 0 && lock != -ENOENT)
		return;
	if (state_is_litter(dir) && state_unpublish(store, name, &dead) == 0)
		(void)tree_remove(store, dead); /* tried again at the next sweep */
}

/* The names in the store, sorted. The lock over the records is held. */
static int state_names(int store, struct strv *ret)
{
	_dir_ DIR *d = NULL;
	struct dirent *ent;
	int fd = openat(store, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		close_fd(&fd);
		return -EIO;
	}
	while ((ent = readdir(d)))
		if (path_is_component(ent->d_name) && strv_add(ret, ent->d_name) < 0)
			return -ENOMEM;
	return 0;
}

static int state_by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int state_sweep(int store)
{
	struct strv names = { NULL, 0 };
	int r = state_names(store, &names);

	for (size_t i = 0; r == 0 && i < names.n; i++)
		state_sweep_one(store, names.v[i]);
	strv_done(&names);
	return r;
}

static int state_taken(const struct state_record *r, struct err *e)
{
	(void)err_set(e, -EEXIST, "the name '%s' is taken", r->name);
	err_hint(e, "choose another, or drop it: ufs discard %s", r->name);
	return -EEXIST;
}

/* The view's root shows the upper's attributes: make them the lower's. */
static int state_make_upper(int dir, const struct state_record *r)
{
	struct stat st;

	if (stat(r->lowers.v[0], &st) < 0 || mkdirat(dir, "upper", 0700) < 0)
		return -errno;
	/* EINVAL: root of a user namespace that lacks the owner. */
	if (geteuid() == 0 && fchownat(dir, "upper", st.st_uid, st.st_gid, 0) < 0 &&
	    errno != EINVAL)
		return -errno;
	return fchmodat(dir, "upper", st.st_mode & 07777, 0) < 0 ? -errno : 0;
}

static int state_fill(int dir, struct state_record *r)
{
	int code = 0;

	r->own_upper = !r->upper;
	r->created = time(NULL);
	if (r->own_upper) {
		code = state_make_upper(dir, r);
		if (code == 0 && mkdirat(dir, "work", 0700) < 0)
			code = -errno;
		if (code == 0)
			code = path_join(r->dir, "upper", &r->upper);
		if (code == 0)
			code = path_join(r->dir, "work", &r->work);
	}
	return code < 0 ? code : state_json_write(dir, r);
}

int state_create(const char *data, struct state_record *r, struct err *e)
{
	_close_ int store = -EBADF, all = -EBADF, dir = -EBADF;
	_free_ char *path = NULL;
	int code;

	store = state_store(data, &path, &all, e);
	if (store < 0)
		return store;
	(void)state_sweep(store); /* litter does not stop a new container */
	if (mkdirat(store, r->name, 0700) < 0)
		return errno == EEXIST ? state_taken(r, e)
				       : err_set(e, -errno,
						 "cannot make the record of '%s' in '%s'",
						 r->name, path);
	code = path_join(path, r->name, &r->dir);
	dir = openat(store, r->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (code == 0 && dir < 0)
		code = -errno;
	if (code == 0) {
		r->lock = state_lock(dir, O_CREAT | O_EXCL);
		code = MIN(r->lock, 0);
	}
	if (code == 0)
		code = state_fill(dir, r);
	if (code == 0)
		return 0;
	close_fd(&r->lock);
	(void)tree_remove(store, r->name); /* the first error counts */
	return err_set(e, code, "cannot make the record of '%s' in '%s'", r->name, path);
}

int state_set_pid(struct state_record *r, pid_t pid)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%d\n", (int)pid);

	return pwrite(r->lock, text, (size_t)n, 0) == n ? 0 : -EIO;
}

static int state_read(int store, const char *path, const char *name,
		      struct state_record *ret)
{
	_close_ int dir = openat(store, name,
				 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r = dir < 0 ? -errno : state_json_read(dir, ret);

	if (r == 0)
		r = path_join(path, name, &ret->dir);
	if (r == 0)
		state_probe(dir, ret);
	return r;
}

int state_find(const char *name, struct state_record *ret, struct err *e)
{
	struct state_record found = STATE_INIT;
	_free_ char *data = NULL, *path = NULL;
	_close_ int store = -EBADF;
	int r = runconf_is_name(name) ? dirs_data(&data) : -ENOENT;

	if (r == 0)
		r = path_join(data, "containers", &path);
	if (r == 0) {
		store = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = store < 0 ? -errno : state_read(store, path, name, &found);
	}
	if (r < 0) {
		state_done(&found);
		(void)err_set(e, r, r == -ENOENT ? "there is no container '%s'" :
			      "cannot read the record of '%s'", name);
		if (r == -ENOENT) {
			err_status(e, EXIT_NOTFOUND);
			err_hint(e,
				 "'ufs ps -a' lists the containers; a path needs a '/'");
		}
		return r;
	}
	*ret = found;
	return 0;
}

int state_each(int (*fn)(void *ctx, const struct state_record *r), void *ctx,
	       struct err *e)
{
	_close_ int store = -EBADF, all = -EBADF;
	_free_ char *data = NULL, *path = NULL;
	struct strv names = { NULL, 0 };
	int r = dirs_data(&data);

	if (r < 0)
		return err_set(e, r, "cannot tell where containers are kept");
	if (access(data, F_OK) < 0 && errno == ENOENT)
		return 0; /* nothing was ever run: make nothing */
	store = state_store(data, &path, &all, e);
	if (store < 0)
		return store;
	r = state_sweep(store);
	if (r == 0)
		r = state_names(store, &names);
	if (r < 0)
		r = err_set(e, r, "cannot read the records in '%s'", path);
	else if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), state_by_name);
	close_fd(&all);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		struct state_record rec = STATE_INIT;

		/* One that vanishes or cannot be read does not hide the others. */
		if (runconf_is_name(names.v[i]) &&
		    state_read(store, path, names.v[i], &rec) == 0)
			r = fn(ctx, &rec);
		state_done(&rec);
	}
	strv_done(&names);
	return r;
}

static int state_busy(const struct state_record *r, struct err *e)
{
	(void)err_set(e, -EBUSY, "container '%s' is running", r->name);
	err_status(e, EXIT_BUSY);
	err_hint(e, "end it first: kill %d", (int)r->pid);
	return -EBUSY;
}

int state_remove(struct state_record *r, struct err *e)
{
	_close_ int store = -EBADF, all = -EBADF, dir = -EBADF;
	_free_ char *data = NULL, *path = NULL, *dead = NULL;
	int code;

	/* DIR is DATA/containers/NAME */
	code = path_join(r->dir, "../..", &path);
	if (code == 0)
		code = path_clean("/", path, &data);
	if (code < 0)
		return err_set(e, code, "cannot remove the record of '%s'", r->name);
	free(take_ptr(path));
	store = state_store(data, &path, &all, e);
	if (store < 0)
		return store;
	dir = openat(store, r->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? 0 : /* somebody else was first */
		       err_set(e, -errno, "cannot remove the record of '%s'", r->name);
	if (r->lock < 0)
		r->lock = state_lock(dir, O_CREAT);
	if (r->lock == -EAGAIN)
		return state_busy(r, e);
	code = r->lock < 0 ? r->lock : state_unpublish(store, r->name, &dead);
	if (code < 0)
		return err_set(e, code, "cannot remove the record of '%s'", r->name);
	close_fd(&all);
	code = tree_remove(store, dead);
	return code < 0 ? err_set(e, code, "cannot remove all of '%s/%s'", path, dead)
			: 0;
}

void state_done(struct state_record *r)
{
	free(r->name);
	free(r->dir);
	free(r->upper);
	free(r->work);
	strv_done(&r->lowers);
	strv_done(&r->command);
	close_fd(&r->lock);
	*r = (struct state_record)STATE_INIT;
}
