/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "branch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "fdio.h"
#include "format.h"
#include "inum.h"
#include "path.h"
#include "probe.h"
#include "records.h"
#include "str.h"
#include "sys.h"
#include "sysmount.h"
#include "workdir.h"

/* -- opening the roots ---------------------------------------------------------- */

/*
 * In the child: a user and mount namespace of its own, in which a copy of the
 * tree may be made, and its descriptor for the parent. Only calls that are
 * safe after fork.
 */
static _noreturn_ void clone_child(int sock, const char *path)
{
	int fd = -1, code = 0;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) {
		code = -errno;
	} else {
		fd = sysmount_clone(AT_FDCWD, path, true);
		code = fd < 0 ? fd : 0;
	}
	(void)fd_send(sock, fd, &code, sizeof(code)); /* no answer is an answer */
	_exit(0);
}

/*
 * A private copy of the tree at PATH for a process that may not make one
 * itself: a child does it in a user namespace. Returns the descriptor.
 */
static int clone_in_userns(const char *path)
{
	int sock[2], fd = -EBADF, code = -EPROTO;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock) < 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		code = -errno;
		close(sock[0]);
		close(sock[1]);
		return code;
	}
	if (pid == 0)
		clone_child(sock[1], path);
	close(sock[1]);
	if (fd_recv(sock[0], &fd, &code, sizeof(code)) != (ssize_t)sizeof(code))
		code = -EPROTO;
	close(sock[0]);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (code < 0)
		close_fd(&fd);
	return code < 0 ? code : fd;
}

/* A private copy of the tree at PATH, or -errno. */
static int clone_tree(const char *path, bool must)
{
	int fd = geteuid() == 0 ? sysmount_clone(AT_FDCWD, path, true) : -EPERM;

	return fd < 0 && must ? clone_in_userns(path) : fd;
}

/* The deepest directory that has both A and B; cuts A, which is absolute. */
static void common_dir(char *a, const char *b)
{
	while (!path_is_beneath(b, a)) {
		char *slash = strrchr(a, '/');

		slash[slash == a] = '\0';
	}
}

static int open_in(int root, const char *path, const char *dir)
{
	const char *rel = path_relative(path, dir);

	return sys_open_beneath(root, *rel ? rel : ".", O_PATH | O_DIRECTORY, 0);
}

/*
 * Branch and work directory through one mount, between two of which nothing
 * could be renamed: a copy of the directory that has both.
 */
static int open_with_work(struct branch *b, const char *work, bool must)
{
	_free_ char *real = realpath(work, NULL);
	_free_ char *dir = strdup(b->real);
	_close_ int root = -EBADF;

	if (!real || !dir)
		return real ? -ENOMEM : -errno;
	common_dir(dir, real);
	root = clone_tree(dir, must);
	if (root < 0)
		return root;
	b->work_fd = open_in(root, real, dir);
	if (b->work_fd < 0)
		return b->work_fd;
	return open_in(root, b->real, dir);
}

static int open_root(struct branch *b, int i, const struct branch_spec *s,
		     const char *work, const char *mountpoint, struct err *e)
{
	bool inside = mountpoint && path_is_beneath(mountpoint, b->real) &&
		      strcmp(mountpoint, b->real) != 0;

	if (s->fd >= 0) {
		b->fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 3);
		return b->fd < 0 ? err_set(e, -errno, "cannot use branch %d '%s'", i,
					   b->path) : 0;
	}
	b->fd = work ? open_with_work(b, work, inside) : clone_tree(b->real, inside);
	if (b->fd < 0 && inside) {
		(void)err_set(e, b->fd, "cannot look beneath the mountpoint, which lies in "
			      "branch %d '%s'", i, b->path);
		err_hint(e, "mount outside of the branch, or allow user namespaces: sysctl "
			 "kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000");
		err_status(e, EXIT_HOST);
		return b->fd;
	}
	if (b->fd < 0)
		close_fd(&b->work_fd);
	if (b->fd < 0)
		b->fd = open(b->real, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (b->fd < 0)
		return err_set(e, -errno, "cannot open branch %d '%s'", i, b->path);
	return 0;
}

static int resolve_root(struct branch *b, int i, const struct branch_spec *s,
			struct err *e)
{
	char words[128];
	struct stat st;

	b->path = strdup(s->path);
	if (!b->path)
		return err_set(e, -ENOMEM, "cannot open branch %d", i);
	b->real = realpath(s->path, NULL);
	if (!b->real) {
		int r = -errno;

		(void)err_set(e, r, "branch %d '%s' %s", i, s->path, r == -ENOENT ?
			      "does not exist" : err_words(r, words, sizeof(words)));
		if (r == -ENOENT)
			err_status(e, EXIT_NOTFOUND);
		return r;
	}
	if (stat(b->real, &st) < 0)
		return err_set(e, -errno, "cannot read branch %d '%s'", i, s->path);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, -ENOTDIR, "branch %d '%s' is not a directory", i, s->path);
	return 0;
}

/* WORK: the work directory that goes with this branch, or NULL. */
static int branch_open(struct branch *b, int i, const struct ufs_config *cfg,
		       const char *work, struct err *e)
{
	const struct branch_spec *s = &cfg->branches[i];
	struct stat st;
	int r;

	b->fd = b->work_fd = -EBADF;
	atomic_init(&b->links, -EBADF);
	b->perm = s->perm;
	b->attrs = s->attrs;
	b->marks = s->perm == BRANCH_RW || (s->attrs & BRANCH_WH);
	b->writable = s->perm == BRANCH_RW && !cfg->read_only;
	r = resolve_root(b, i, s, e);
	if (r == 0)
		r = open_root(b, i, s, b->writable ? work : NULL, cfg->mountpoint, e);
	if (r < 0)
		return r;
	r = sys_stat(b->fd, "", &st);
	if (r < 0)
		return err_set(e, r, "cannot read branch %d '%s'", i, b->path);
	b->dev = st.st_dev;
	b->ino = st.st_ino;
	if (inum_fd_is_void(b->fd)) {
		(void)err_set(e, -EINVAL, "branch %d '%s' is on a filesystem of the kernel's "
			      "own, whose files cannot be stacked", i, b->path);
		err_status(e, EXIT_HOST);
		return -EINVAL;
	}
	return probe_branch(b, i, e);
}

/* -- do they go together? ----------------------------------------------------------- */

static int check_pair(const struct branches *bs, int i, int j, struct err *e)
{
	const struct branch *a = &bs->v[i], *b = &bs->v[j];
	int in, out;

	if (a->dev == b->dev && a->ino == b->ino) {
		(void)err_set(e, -EINVAL, "branches %d '%s' and %d '%s' are the same directory",
			      i, a->path, j, b->path);
		err_status(e, EXIT_USAGE);
		return -EINVAL;
	}
	if (path_is_beneath(a->real, b->real)) {
		in = i;
		out = j;
	} else if (path_is_beneath(b->real, a->real)) {
		in = j;
		out = i;
	} else {
		return 0;
	}
	if (bs->v[in].perm == BRANCH_RW && bs->v[out].perm != BRANCH_RW)
		return 0; /* it is hidden in the view */
	(void)err_set(e, -EINVAL, "branch %d '%s' lies inside branch %d '%s'", in,
		      bs->v[in].path, out, bs->v[out].path);
	err_hint(e, "only a writable branch may lie inside a read-only one");
	err_status(e, EXIT_USAGE);
	return -EINVAL;
}

static int check_pairs(const struct branches *bs, struct err *e)
{
	for (int i = 0; i < bs->n; i++) {
		for (int j = i + 1; j < bs->n; j++) {
			int r = check_pair(bs, i, j, e);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* -- what is hidden ------------------------------------------------------------------ */

static int add_hidden(struct branch *b, dev_t dev, ino_t ino, const char *name)
{
	struct hidden *v = realloc(b->hide, (b->nhide + 1) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	b->hide = v;
	v[b->nhide].dev = dev;
	v[b->nhide].ino = ino;
	v[b->nhide].name = strdup(name);
	if (!v[b->nhide].name)
		return -ENOMEM;
	b->nhide++;
	return 0;
}

/* Hide host path PATH in branch B, if it lies in it. */
static int hide_path(struct branch *b, const char *path)
{
	_free_ char *real = realpath(path, NULL);
	_close_ int fd = -EBADF;
	const char *rel;
	char *slash;
	struct stat st;
	int r;

	if (!real)
		return errno == ENOMEM ? -ENOMEM : 0; /* nothing to hide yet */
	rel = path_relative(real, b->real);
	if (!rel || !*rel)
		return 0;
	slash = strrchr(real + (rel - real), '/');
	if (slash)
		*slash = '\0';
	fd = sys_open_beneath(b->fd, slash ? rel : ".", O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return 0; /* not reachable in the branch either */
	r = sys_stat(fd, "", &st);
	return r < 0 ? r : add_hidden(b, st.st_dev, st.st_ino, slash ? slash + 1 : rel);
}

static int hide_all(struct branches *bs, const struct ufs_config *cfg, struct err *e)
{
	int r = 0;

	for (int i = 0; i < bs->n && r == 0; i++) {
		struct branch *b = &bs->v[i];

		if (b->marks)
			r = add_hidden(b, b->dev, b->ino, WORKDIR_NAME);
		for (int j = 0; j < bs->n && r == 0; j++)
			if (j != i)
				r = hide_path(b, bs->v[j].real);
		if (cfg->work && r == 0)
			r = hide_path(b, cfg->work);
		for (size_t k = 0; k < cfg->nhide && r == 0; k++)
			r = hide_path(b, cfg->hide[k]);
		if (r < 0)
			return err_set(e, r, "cannot prepare branch %d '%s'", i, b->path);
	}
	return r;
}

bool branch_hides(const struct branch *b, int dirfd, const char *name)
{
	for (size_t i = 0; i < b->nhide; i++) {
		struct stat st;

		if (strcmp(b->hide[i].name, name) != 0)
			continue;
		if (sys_stat(dirfd, "", &st) == 0 && st.st_dev == b->hide[i].dev &&
		    st.st_ino == b->hide[i].ino)
			return true;
	}
	return false;
}

/* -- writable branches ----------------------------------------------------------------- */

/*
 * Records that are only read: of a branch that was writable once and has its
 * work directory inside, or of one that is not written yet. Whoever can write
 * them can show any directory of the branches below anywhere: they have to be
 * the daemon's own or root's.
 */
static void read_kept(struct branch *b, const char *work, struct inums *inums)
{
	_close_ int fd = -EBADF;
	struct stat st;
	int r;

	if (b->work_fd >= 0)
		fd = sys_openat(b->work_fd, ".", O_RDONLY | O_DIRECTORY, 0);
	else if (work)
		fd = open(work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	else
		fd = sys_openat(b->fd, WORKDIR_NAME, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0 || sys_stat(fd, "", &st) < 0 || (st.st_mode & 022) ||
	    (st.st_uid != geteuid() && st.st_uid != 0))
		return;
	r = records_open(&b->read_records, fd, false, inums);
	if (r < 0)
		return;
	atomic_store(&b->records, b->read_records);
	atomic_store(&b->links, sys_openat(fd, LINKS_NAME, O_PATH | O_DIRECTORY, 0));
}

static int open_writable(struct branches *bs, const struct ufs_config *cfg,
			 struct inums *inums, struct sb *notes, struct err *e)
{
	const char *name = cfg->format ? cfg->format : "aufs";
	const struct format *f = format_find(name);
	const char *work = cfg->work;
	int r = 0;

	if (!f)
		return err_set(e, 0, "unknown format '%s'", name);
	for (int i = 0; i < bs->n && r == 0; i++) {
		struct branch *b = &bs->v[i];

		/* overlayfs's lower branches are read as the kernel reads them; under
		 * AUFS's format layers of either kind are. */
		if (b->perm == BRANCH_RW || f->whiteout_in_place)
			b->format = f;
		if (!b->writable) {
			if (b->marks)
				read_kept(b, b->perm == BRANCH_RW ? work : NULL, inums);
			if (b->perm == BRANCH_RW)
				work = NULL;
			continue;
		}
		if (f->needs_work && !work && cfg->lazy_work) {
			b->writable = false; /* it will stay read-only */
			continue;
		}
		if (f->needs_work && !work) {
			(void)err_set(e, 0, "format '%s' needs a work directory for branch %d "
				      "'%s'", f->name, i, b->path);
			err_hint(e, "name one with workdir= or --work");
			return -EINVAL;
		}
		r = probe_xattr(b, i, notes, e);
		if (r == 0)
			r = workdir_open(b, work, cfg, inums, e);
		if (r == 0)
			r = probe_writable(b, i, notes, e);
		if (r == 0 && !b->records)
			read_kept(b, work, inums);
		b->redirects = cfg->redirect != REDIRECT_OFF && !b->no_xattr;
		work = NULL; /* further writable branches keep theirs inside */
		bs->read_only = false;
	}
	return r;
}

/* -- the stack -------------------------------------------------------------------------- */

int branches_open(struct branches *bs, const struct ufs_config *cfg,
		  struct inums *inums, struct sb *notes, struct err *e)
{
	const char *work = cfg->work;
	int r = 0;

	*bs = (struct branches){ .read_only = true };
	if (cfg->nbranches == 0)
		return err_set(e, 0, "no branch was given");
	if (cfg->nbranches > BRANCHES_MAX)
		return err_set(e, 0, "%zu branches are too many: the limit is %d",
			       cfg->nbranches, BRANCHES_MAX);
	bs->v = calloc(cfg->nbranches, sizeof(*bs->v));
	if (!bs->v)
		return err_set(e, -ENOMEM, "cannot open the branches");
	for (size_t i = 0; i < cfg->nbranches && r == 0; i++) {
		bs->n = (int)i + 1;
		r = branch_open(&bs->v[i], (int)i, cfg, work, e);
		if (r == 0 && bs->v[i].writable)
			work = NULL; /* it is the first one's */
	}
	if (r == 0)
		r = check_pairs(bs, e);
	if (r == 0)
		r = open_writable(bs, cfg, inums, notes, e);
	if (r == 0)
		r = hide_all(bs, cfg, e);
	if (r < 0)
		branches_close(bs);
	return r;
}

void branches_close(struct branches *bs)
{
	for (int i = 0; i < bs->n; i++) {
		struct branch *b = &bs->v[i];

		workdir_close(b->work);
		records_close(b->read_records);
		if (b->links >= 0)
			(void)close(b->links);
		close_fd(&b->work_fd);
		close_fd(&b->fd);
		for (size_t k = 0; k < b->nhide; k++)
			free(b->hide[k].name);
		free(b->hide);
		free(b->path);
		free(b->real);
	}
	free(bs->v);
	*bs = (struct branches){ .v = NULL };
}

int branch_links(struct branch *b, bool make)
{
	int fd = atomic_load(&b->links);

	return fd >= 0 || !make || !b->work ? fd : workdir_links(b);
}

/* -- marks -------------------------------------------------------------------------------- */

int branch_classify(const struct branch *b, int dirfd, const char *name,
		    unsigned char dtype, const char **ret_victim)
{
	if (b->format)
		return b->format->classify(dirfd, name, dtype, ret_victim);
	if (b->marks)
		return format_any_classify(dirfd, name, dtype, ret_victim);
	/* Without +wh such names hide nothing, and still do not show. */
	return branch_reserves(b, name) ? MARK_INTERNAL : MARK_NONE;
}

bool branch_reserves(const struct branch *b, const char *name)
{
	for (size_t i = 0; !b->format && format_row(i); i++)
		if (format_row(i)->reserved(name))
			return true;
	return b->format && b->format->reserved(name);
}

bool branch_is_whiteout(const struct branch *b, const struct stat *st)
{
	if (!b->marks)
		return false;
	return b->format ? b->format->is_whiteout(st) : format_any_whiteout(st);
}

int branch_hidden(const struct branch *b, int dirfd, const char *name)
{
	int r;

	if (!b->marks)
		return 0;
	r = b->format ? b->format->hidden(dirfd, name) : format_any_hidden(dirfd, name);
	return r != 0 ? r : records_hidden(b->records, dirfd, name);
}

int branch_hide(const struct branch *b, int dirfd, const char *name)
{
	int r = b->format->hide(dirfd, b->work->fd, name);

	if (r != -ENAMETOOLONG || !b->records)
		return r;
	r = records_hide(b->records, dirfd, name);
	return r < 0 ? r : 1;
}

int branch_unhide(const struct branch *b, int dirfd, const char *name)
{
	int r = b->format->unhide(dirfd, name), s = records_unhide(b->records, dirfd, name);

	return r < 0 ? r : s;
}

int branch_opaque(const struct branch *b, int dirfd)
{
	if (!b->marks)
		return 0;
	return b->format ? b->format->opaque(dirfd) : format_any_opaque(dirfd);
}
