/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd.h"

#include "cleanup.h"
#include "fdio.h"
#include "mountinfo.h"
#include "mounts.h"
#include "opt.h"
#include "str.h"
#include "sys.h"

#define DAEMON_END_MS 10000 /* how long a daemon may take to write all out */
#define LAZY_END_MS 500	    /* a lazy unmount may leave it working for others */

struct umount_request {
	bool lazy, help;
};

static const struct opt umount_opts[] = {
	{'z', "lazy", NULL, NULL, "detach it now, though files on it are in use",
	 opt_set_true, offsetof(struct umount_request, lazy), 0},
	{'h', "help", NULL, NULL, "show this help", opt_set_true,
	 offsetof(struct umount_request, help), 0},
};

/* The path of a standing union, resolved. */
static int umount_find(const char *point, char **ret, struct err *e)
{
	_free_ char *path = NULL;
	struct mountinfo m = {0};
	char words[128];
	int r = mountinfo_resolve(point, &path);

	if (r < 0) {
		if (r == -ENOENT || r == -ENOTDIR)
			err_status(e, EXIT_NOTFOUND);
		return err_set(e, r, "%s", err_words(r, words, sizeof(words)));
	}
	r = mountinfo_find(path, &m);
	if (r < 0 && r != -ENOENT)
		return err_set(e, r, "cannot read the mount table");
	if (r == -ENOENT || !mountinfo_is_ufs(&m)) {
		err_status(e, EXIT_NOTFOUND);
		r = r == 0 ? err_set(e, -EINVAL,
				     "a filesystem of type %s is mounted there, no union",
				     m.type)
			   : err_set(e, -EINVAL, "no union is mounted there");
		err_hint(e, "'ufs status' lists the unions of this user");
		mountinfo_done(&m);
		return r;
	}
	mountinfo_done(&m);
	*ret = take_ptr(path);
	return 0;
}

static int umount_busy(const char *path, struct err *e)
{
	err_status(e, EXIT_BUSY);
	(void)err_set(e, -EBUSY, "it is in use");
	err_hint(e, "'fuser -vm %s' shows by whom; --lazy detaches it now", path);
	return -EBUSY;
}

static int umount_as_root(const char *path, bool lazy, struct err *e)
{
	char words[128];
	int code;

	if (umount2(path, UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0)) == 0)
		return 0;
	code = -errno;
	return code == -EBUSY
		       ? umount_busy(path, e)
		       : err_set(e, code, "%s", err_words(code, words, sizeof(words)));
}

/* Run fusermount3; what it complains about comes back in *RET, not to the person. */
static int run_fusermount(const char *path, bool lazy, int *ret_status, char **ret)
{
	const char *argv[] = {"fusermount3", lazy ? "-uz" : "-u", "--", path, NULL};
	_close_ int in = -EBADF, out = -EBADF;
	char text[1024];
	int fds[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	in = fds[0];
	out = fds[1];
	(void)fflush(NULL);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		(void)dup2(out, STDERR_FILENO);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	close_fd(&out);
	n = fd_read_all(in, text, sizeof(text) - 1);
	while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
		;
	text[MAX(n, 0)] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return str_printf(ret, "%s", text);
}

static int umount_as_user(const char *path, bool lazy, struct err *e)
{
	_free_ char *text = NULL;
	struct mountinfo m = {0};
	const char *why;
	int status = 0, r;

	r = run_fusermount(path, lazy, &status, &text);
	if (r < 0)
		return err_set(e, r, "cannot start fusermount3");
	if (status == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		err_status(e, EXIT_HOST);
		(void)err_set(e, -ENOENT,
			      "fusermount3, which unmounts for users, is missing");
		err_hint(e, "install the package fuse3");
		return -ENOENT;
	}
	if (mountinfo_find(path, &m) < 0)
		return 0; /* someone else was faster */
	mountinfo_done(&m);
	if (strstr(text, "busy"))
		return umount_busy(path, e);
	why = str_after(text, "fusermount3: ");
	return err_set(e, -EPERM, "fusermount3 refused it: %s", why ? why : text);
}

/* Until the daemon has written everything and gone. */
static int umount_wait(const struct mounts_entry *en, int pidfd, bool lazy, struct err *e)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	int r;

	do {
		r = poll(&p, 1, lazy ? LAZY_END_MS : DAEMON_END_MS);
	} while (r < 0 && errno == EINTR);
	if (r != 0 || lazy)
		return 0;
	err_status(e, EXIT_PART);
	return err_set(e, -ETIMEDOUT,
		       "unmounted, but its daemon (process %d) has not ended",
		       (int)en->pid);
}

static int umount_do(const char *point, bool lazy, struct err *e)
{
	struct mounts_entry en = {0};
	_close_ int pidfd = -EBADF;
	_free_ char *path = NULL;
	int r = umount_find(point, &path, e);

	if (r < 0)
		return r;
	if (mounts_find(path, &en) == 0)
		pidfd = sys_pidfd_open(en.pid);
	r = geteuid() == 0 ? umount_as_root(path, lazy, e)
			   : umount_as_user(path, lazy, e);
	if (r == 0 && pidfd >= 0)
		r = umount_wait(&en, pidfd, lazy, e);
	mounts_done(&en);
	return r;
}

int cmd_umount(int argc, char **argv)
{
	struct umount_request rq = {0};
	struct err e = ERR_INIT;
	int first, r;

	r = opt_parse(umount_opts, ARRAY_LEN(umount_opts), 0, &rq, argc, argv, &first,
		      &e);
	if (r == 0 && rq.help) {
		printf("usage: ufs umount [--lazy] MOUNTPOINT\n"
		       "Unmount a union and wait for the end of its daemon.\n\n");
		opt_help(umount_opts, ARRAY_LEN(umount_opts), stdout);
		return EXIT_OK;
	}
	if (r == 0 && argc - first != 1) {
		r = err_set(&e, 0,
			    argc == first ? "no mountpoint is given"
					  : "one mountpoint at a time");
		err_hint(&e, "ufs umount [--lazy] MOUNTPOINT");
	} else if (r == 0) {
		r = umount_do(argv[first], rq.lazy, &e);
		if (r < 0)
			(void)err_wrap(&e, "cannot unmount '%s'", argv[first]);
	}
	return r < 0 ? cmd_fail(&e) : EXIT_OK;
}
