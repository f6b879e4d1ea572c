/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "branch.h"
#include "cleanup.h"
#include "fdio.h"
#include "format.h"
#include "log.h"
#include "macros.h"
#include "path.h"
#include "records.h"
#include "reserve.h"
#include "str.h"
#include "sys.h"

/*
 * A directory of ours that is to be emptied: a mode that forbids it goes until
 * then. Who has it open still looks at it afterwards.
 */
static int open_to_empty(int parent, const char *name, mode_t *ret_mode, bool *ret_lent)
{
	_close_ int path = sys_openat(parent, name, O_PATH | O_DIRECTORY, 0);
	struct stat st;
	int r = path < 0 ? path : sys_stat(path, "", &st);

	if (r < 0)
		return r;
	*ret_mode = st.st_mode & 07777;
	*ret_lent = geteuid() != 0 && (st.st_mode & 0700) != 0700;
	if (*ret_lent)
		(void)sys_chmod(path, 0700); /* failing shows at the next call */
	return sys_reopen(path, O_RDONLY | O_DIRECTORY);
}

int workdir_remove_tree(int parent, const char *name)
{
	_dir_ DIR *d = NULL;
	int fd, r, first = 0;
	mode_t mode = 0;
	bool lent = false;

	r = sys_unlinkat(parent, name, 0);
	if (r != -EISDIR && r != -EPERM)
		return r == -ENOENT ? 0 : r;
	fd = open_to_empty(parent, name, &mode, &lent);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	d = fdopendir(fd);
	if (!d) {
		r = -errno;
		close_fd(&fd);
		return r;
	}
	for (struct dirent *de; (errno = 0, de = readdir(d));) {
		if (!path_is_component(de->d_name))
			continue;
		r = workdir_remove_tree(dirfd(d), de->d_name);
		if (r < 0 && first == 0)
			first = r;
	}
	if (lent)
		(void)sys_chmod(dirfd(d), mode); /* looks only */
	r = sys_unlinkat(parent, name, AT_REMOVEDIR);
	return first ? first : r;
}

static void workdir_sweep(struct workdir *w)
{
	_dir_ DIR *d = NULL;
	int fd = sys_openat(w->tmp, ".", O_RDONLY | O_DIRECTORY, 0);

	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return;
	for (struct dirent *de; (de = readdir(d));) {
		int r;

		if (!path_is_component(de->d_name))
			continue;
		r = workdir_remove_tree(w->tmp, de->d_name);
		if (r < 0)
			log_warn("left in the work directory: tmp/%s (%s)", de->d_name,
				 err_name(r));
	}
}

/* Back to "not there yet". */
static void workdir_reset(struct workdir *w)
{
	records_close(w->records);
	w->records = NULL;
	close_fd(&w->tmp);
	close_fd(&w->fd);
	close_fd(&w->lock);
}

static int workdir_busy(struct workdir *w, const struct branch *b, struct err *e)
{
	_free_ char *text = NULL;
	char *where;
	ssize_t n = fd_read_file(w->fd, LOCK_NAME, 65536, &text);

	if (n > 0 && text[n - 1] == '\n')
		text[n - 1] = '\0';
	where = n > 0 ? strchr(text, ' ') : NULL;
	if (where)
		*where++ = '\0';
	(void)err_set(e, -EBUSY, "branch '%s' is written by another union (process %s, "
		      "mounted on '%s')", b->path, where ? text : "unknown",
		      where && *where ? where : "?");
	err_status(e, EXIT_BUSY);
	if (where && *where)
		err_hint(e, "unmount it first: ufs umount %s", where);
	return -EBUSY;
}

static int workdir_lock(struct workdir *w, const struct branch *b, struct err *e)
{
	_free_ char *text = NULL;
	int r;

	w->lock = sys_openat(w->fd, LOCK_NAME, O_RDWR | O_CREAT, 0600);
	if (w->lock < 0)
		return err_set(e, w->lock, "cannot open the lock in the work directory of "
			       "branch '%s'", b->path);
	if (flock(w->lock, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? workdir_busy(w, b, e) :
		       err_set(e, -errno, "cannot lock the work directory of branch '%s'",
			       b->path);
	/* Who holds it is for the person; a full filesystem must not stop us. */
	r = str_printf(&text, "%d %s\n", (int)getpid(), w->mountpoint);
	if (r < 0 || ftruncate(w->lock, 0) < 0 ||
	    fd_write_all(w->lock, text, strlen(text)) < 0)
		log_debug("the holder of branch '%s' could not be noted", b->path);
	return 0;
}

/* Open, making it where it is ours to make. Fills w->fd. */
static int workdir_open_dir(const struct branch *b, const char *path, struct workdir *w,
			    struct err *e)
{
	struct statx st, root;
	int r;

	if (path) {
		w->fd = b->work_fd >= 0 ?
			openat(b->work_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) :
			open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (w->fd < 0)
			return err_set(e, -errno, "cannot open the work directory '%s' of "
				       "branch '%s'", path, b->path);
	} else {
		path = WORKDIR_NAME;
		r = sys_mkdirat(b->fd, WORKDIR_NAME, 0700);
		if (r < 0 && r != -EEXIST)
			return err_set(e, r, "cannot make the work directory '%s' in branch "
				       "'%s'", WORKDIR_NAME, b->path);
		w->fd = sys_openat(b->fd, WORKDIR_NAME, O_RDONLY | O_DIRECTORY, 0);
		if (w->fd < 0)
			return err_set(e, w->fd, "cannot open the work directory '%s' in "
				       "branch '%s'", WORKDIR_NAME, b->path);
	}
	r = sys_statx(w->fd, "", &st);
	if (r == 0)
		r = sys_statx(b->fd, "", &root);
	if (r < 0)
		return err_set(e, r, "cannot read the work directory '%s'", path);
	/* Nothing can be renamed between two mounts, be they of one filesystem. */
	if (st.stx_dev_major != root.stx_dev_major || st.stx_dev_minor != root.stx_dev_minor ||
	    st.stx_mnt_id != root.stx_mnt_id) {
		(void)err_set(e, -EXDEV, "the work directory '%s' is not on the mount "
			      "of branch '%s'", path, b->path);
		err_hint(e, "name a directory beside the branch with workdir= or --work");
		return -EXDEV;
	}
	return 0;
}

/*
 * Can a rename leave a whiteout at the old name, in one step? Without that the
 * lower entry would show for a moment, and after a crash for good.
 */
static int probe_whiteout(struct workdir *w, const struct branch *b, struct err *e)
{
	int fd = sys_openat(w->tmp, "probe", O_WRONLY | O_CREAT, 0600), r;

	if (fd < 0)
		return fd == -ENOSPC || fd == -EDQUOT ? fd :
		       err_set(e, fd, "cannot use the work directory of branch '%s'", b->path);
	close_fd(&fd);
	r = sys_renameat2(w->tmp, "probe", w->tmp, "probed", RENAME_WHITEOUT);
	(void)sys_unlinkat(w->tmp, "probe", 0);
	(void)sys_unlinkat(w->tmp, "probed", 0);
	if (r == 0 || r == -ENOSPC || r == -EDQUOT)
		return r;
	(void)err_set(e, r, "branch '%s' cannot be renamed on with a whiteout, which format "
		      "'%s' needs", b->path, w->format->name);
	err_hint(e, "use -o format=aufs, or a branch on another filesystem");
	err_status(e, EXIT_HOST);
	return r;
}

/* Files in links/ whose last name went just before a crash. */
struct unlinked {
	struct origin v[64];
	size_t n;
};

static int collect_unlinked(void *ctx, const struct origin *o, const struct link_record *l)
{
	struct unlinked *all = ctx;

	if (l->upper && l->gone >= l->nlink && all->n < ARRAY_LEN(all->v))
		all->v[all->n++] = *o;
	return 0;
}

static void sweep_links(struct workdir *w, const struct branch *b)
{
	struct unlinked all = { .n = 0 };

	(void)records_each_link(w->records, collect_unlinked, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct origin *o = &all.v[i];
		struct links_name name;
		struct stat st;

		if (b->links < 0 || !records_link_name(w->records, o->fs, o->ino, &name))
			continue;
		if (sys_stat(b->links, name.s, &st) == 0 && st.st_nlink == 1 &&
		    sys_unlinkat(b->links, name.s, 0) == 0)
			(void)records_drop_link(w->records, o);
	}
}

/* A branch whose records are not in use yet. */
struct unsettled {
	const struct branch *b;
	struct records *records;
};

/* Is there an entry or a whiteout at PATH in the branch? For records_settle. */
static int is_covered(void *ctx, const char *path)
{
	const struct unsettled *x = ctx;
	const struct branch *b = x->b;
	_free_ char *dir = strdup(path);
	_close_ int fd = -EBADF;
	char *slash = dir ? strrchr(dir, '/') : NULL;
	struct stat st;

	if (!slash)
		return dir ? 0 : -ENOMEM;
	*slash = '\0';
	fd = sys_open_beneath(b->fd, slash == dir ? "." : dir + 1, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return fd == -ENOMEM ? fd : 0;
	if (sys_stat(fd, slash + 1, &st) == 0)
		return 1;
	return branch_hidden(b, fd, slash + 1) > 0 ||
	       records_hidden(x->records, fd, slash + 1) > 0;
}

static int workdir_set_up(struct branch *b, struct workdir *w, struct err *e)
{
	int r = workdir_open_dir(b, w->path, w, e), fd;
	struct unsettled x = { .b = b };

	if (r == 0)
		r = workdir_lock(w, b, e);
	if (r < 0)
		return r;
	r = sys_mkdirat(w->fd, TMP_NAME, 0700);
	if (r == 0 || r == -EEXIST)
		r = w->tmp = sys_openat(w->fd, TMP_NAME, O_RDONLY | O_DIRECTORY, 0);
	if (r < 0)
		return err_set(e, r, "cannot use the work directory of branch '%s'", b->path);
	workdir_sweep(w);
	r = w->format->whiteout_in_place ? probe_whiteout(w, b, e) : 0;
	if (r < 0)
		return r;
	r = w->format->base(w->fd);
	if (r < 0) /* each whiteout will be a file of its own */
		log_debug("no shared whiteout for branch '%s' (%s)", b->path, err_name(r));
	r = records_open(&w->records, w->fd, true, w->inums);
	x.records = w->records;
	if (r == 0)
		r = records_settle(w->records, is_covered, &x);
	if ((r == -ENOSPC || r == -EDQUOT) && !w->must_record)
		r = 0; /* what is known is read; no more can be noted for now */
	if (r < 0)
		return err_set(e, r, "cannot read the records of branch '%s'", b->path);
	if (w->records)
		atomic_store(&b->records, w->records);
	fd = sys_openat(w->fd, LINKS_NAME, O_PATH | O_DIRECTORY, 0);
	if (fd >= 0 && b->links >= 0)
		close_fd(&fd);
	else if (fd >= 0)
		atomic_store(&b->links, fd);
	if (w->records)
		sweep_links(w, b);
	atomic_store(&w->spent, !reserve_fill(w->fd));
	atomic_store(&w->ready, true);
	return 0;
}

/*
 * The lock that counts is on the branch's root as well: it works on a full
 * filesystem, where no file can be made in a work directory.
 */
static int workdir_lock_root(const struct branch *b, struct workdir *w, struct err *e)
{
	int code;

	w->root_lock = sys_openat(b->fd, ".", O_RDONLY | O_DIRECTORY, 0);
	if (w->root_lock < 0)
		return err_set(e, w->root_lock, "cannot read branch '%s'", b->path);
	if (flock(w->root_lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	code = -errno;
	close_fd(&w->root_lock); /* open means locked, see workdir_ready */
	if (code != -EWOULDBLOCK)
		return err_set(e, code, "cannot lock branch '%s'", b->path);
	w->fd = w->path ? open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) :
			  sys_openat(b->fd, WORKDIR_NAME, O_RDONLY | O_DIRECTORY, 0);
	return workdir_busy(w, b, e);
}

int workdir_open(struct branch *b, const char *path, const struct ufs_config *cfg,
		 struct inums *inums, struct err *e)
{
	struct workdir *w = calloc(1, sizeof(*w));
	int r = -ENOMEM;

	if (!w)
		return err_set(e, r, "cannot open branch '%s'", b->path);
	w->fd = w->tmp = w->lock = w->root_lock = -EBADF;
	w->format = b->format;
	w->inums = inums;
	w->must_record = cfg->ids.virt;
	pthread_mutex_init(&w->mutex, NULL);
	w->mountpoint = strdup(cfg->mountpoint ? cfg->mountpoint : "");
	w->path = path ? strdup(path) : NULL;
	if (!w->mountpoint || (path && !w->path))
		(void)err_set(e, r, "cannot open branch '%s'", b->path);
	else
		r = 0;
	/* Records have to be read before the first change, too. */
	if (r == 0 && (!cfg->lazy_work || cfg->ids.virt)) {
		r = workdir_lock_root(b, w, e);
		if (r == 0)
			r = workdir_set_up(b, w, e);
		if (r == -ENOSPC || r == -EDQUOT) {
			workdir_reset(w);
			err_done(e);
			r = 0; /* the first change will say so, or find room */
		}
	}
	if (r < 0) {
		workdir_close(w);
		return r;
	}
	b->work = w;
	return 0;
}

int workdir_links(struct branch *b)
{
	struct workdir *w = b->work;
	int r, fd;

	pthread_mutex_lock(&w->mutex);
	fd = atomic_load(&b->links);
	if (fd < 0) {
		r = sys_mkdirat(w->fd, LINKS_NAME, 0700);
		fd = r < 0 && r != -EEXIST ? r :
		     sys_openat(w->fd, LINKS_NAME, O_PATH | O_DIRECTORY, 0);
		if (fd >= 0)
			atomic_store(&b->links, fd);
	}
	pthread_mutex_unlock(&w->mutex);
	return fd;
}

int workdir_ready(struct branch *b)
{
	struct workdir *w = b->work;
	int r = 0;

	if (atomic_load(&w->ready))
		return 0;
	pthread_mutex_lock(&w->mutex);
	if (!atomic_load(&w->ready)) {
		r = w->root_lock < 0 ? workdir_lock_root(b, w, NULL) : 0;
		if (r == 0)
			r = workdir_set_up(b, w, NULL);
		if (r < 0)
			workdir_reset(w);
		if (r == -EBUSY) {
			log_warn("branch '%s' is written by another union", b->path);
			close_fd(&w->root_lock);
		}
	}
	pthread_mutex_unlock(&w->mutex);
	return r == -EBUSY ? -EROFS : r;
}

bool workdir_give(struct branch *b)
{
	struct workdir *w = b->work;

	if (!w || !atomic_load(&w->ready) || !reserve_give(w->fd))
		return false;
	atomic_store(&w->spent, true);
	return true;
}

void workdir_refill(struct branch *b)
{
	struct workdir *w = b->work;

	if (w && atomic_load(&w->ready) && atomic_load(&w->spent))
		atomic_store(&w->spent, !reserve_fill(w->fd));
}

void workdir_close(struct workdir *w)
{
	if (!w)
		return;
	workdir_reset(w);
	close_fd(&w->root_lock);
	pthread_mutex_destroy(&w->mutex);
	free(w->path);
	free(w->mountpoint);
	free(w);
}

void workdir_name(struct workdir *w, struct work_name *ret)
{
	(void)snprintf(ret->s, sizeof(ret->s), "t%lx", atomic_fetch_add(&w->next, 1));
}
