/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "serve.h"
#include "path.h"
#include "state.h"
#include "str.h"
#include "sync.h"
#include "sys.h"
#include "sysmount.h"

/* How long a daemon may take for its last writes once its mount is gone. */
#define ROOTFS_STOP_MS 30000
#define ROOTFS_TERM_MS 5000

static const char rootfs_who[] = "the filesystem's daemon";

int rootfs_plan(const struct run_config *c, const struct run_host *h, struct run_plan *p,
		struct err *e)
{
	int r = 0;

	p->name = strdup(c->name ? c->name : h->made_name);
	p->data = strdup(h->data);
	p->runtime = strdup(h->runtime);
	if (!p->name || !p->data || !p->runtime)
		r = -ENOMEM;
	if (r == 0 && c->upper && !(p->upper = strdup(c->upper)))
		r = -ENOMEM;
	p->host_root = c->lowers.n == 0 ||
		       (c->lowers.n == 1 && strcmp(c->lowers.v[0], "/") == 0);
	for (size_t i = 0; r == 0 && i < c->lowers.n; i++)
		r = strv_add(&p->lowers, c->lowers.v[i]);
	if (r == 0 && c->lowers.n == 0)
		r = strv_add(&p->lowers, "/");
	p->remove = c->rm || (!c->name && !c->keep_try);
	p->keep_try = c->keep_try;
	p->read_only = c->read_only;
	return r < 0 ? err_set(e, r, "cannot plan the branches") : 0;
}

int rootfs_open(const struct run_plan *p, struct run_live *live, struct err *e)
{
	struct state_record *r = calloc(1, sizeof(*r));
	int code = 0;

	if (!r)
		return err_set(e, -ENOMEM, "cannot make the record");
	*r = (struct state_record)STATE_INIT;
	r->name = strdup(p->name);
	r->upper = p->upper ? strdup(p->upper) : NULL;
	r->remove = p->remove;
	if (!r->name || (p->upper && !r->upper))
		code = -ENOMEM;
	for (size_t i = 0; code == 0 && i < p->lowers.n; i++)
		code = strv_add(&r->lowers, p->lowers.v[i]);
	for (size_t i = 0; code == 0 && i < p->argv.n; i++)
		code = strv_add(&r->command, p->argv.v[i]);
	code = code < 0 ? err_set(e, code, "cannot make the record") :
	       state_create(p->data, r, e);
	if (code < 0) {
		state_done(r);
		free(r);
		return code;
	}
	live->record = r;
	return 0;
}

int rootfs_serve(const struct run_plan *p, struct run_live *live, struct err *e)
{
	int pair[2], r = sync_pair(pair);
	pid_t pid;

	if (r < 0)
		return err_set(e, r, "cannot start %s", rootfs_who);
	fflush(NULL); /* what waits in stdio must not be printed twice */
	pid = fork();
	if (pid == 0) {
		int keep[] = { pair[1], live->record->lock };

		sys_close_others(keep, ARRAY_LEN(keep));
		_exit(serve_main(p, live->record, pair[1]));
	}
	r = -errno;
	(void)close(pair[1]);
	live->daemon_sock = pair[0];
	if (pid < 0)
		return err_set(e, r, "cannot start %s", rootfs_who);
	live->daemon = pid;
	live->daemon_fd = sys_pidfd_open(pid);
	return live->daemon_fd < 0 ?
	       err_set(e, live->daemon_fd, "cannot watch %s", rootfs_who) : 0;
}

int rootfs_started(const struct run_plan *p _unused_, struct run_live *live,
		   struct err *e)
{
	int r = state_set_pid(live->record, live->init);

	return r < 0 ? err_set(e, r, "cannot note the container's process") : 0;
}

/* Hand a private copy of each lower tree to the daemon. */
static int rootfs_lowers(const struct run_plan *p, const struct run_live *live,
			 struct err *e)
{
	for (size_t i = 0; i < p->lowers.n; i++) {
		_close_ int fd = sysmount_clone(AT_FDCWD, p->lowers.v[i], true);
		int r = fd < 0 ? fd : sync_send(live->daemon_sock, SYNC_BRANCH, fd);

		if (r < 0) {
			(void)err_set(e, r, "cannot take lower branch '%s'",
				      p->lowers.v[i]);
			if (r == -EACCES)
				err_hint(e, "every directory on the way to it must be "
					    "open to you");
			return r;
		}
	}
	return 0;
}

static int rootfs_open_fuse(struct err *e)
{
	_close_ int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	struct stat st;
	int r = -errno;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	    st.st_rdev == makedev(10, 229))
		return take_fd(&fd);
	if (fd >= 0)
		return err_set(e, -ENODEV,
			       "cannot use '/dev/fuse': it is not the FUSE device");
	if (r == -EACCES && stat("/dev/fuse", &st) == 0) {
		(void)err_set(e, r, "cannot open '/dev/fuse': its mode is %04o",
			      (unsigned)st.st_mode & 07777);
		err_hint(e, "sudo chmod 0666 /dev/fuse");
	} else {
		(void)err_set(e, r, "cannot open '/dev/fuse'");
		err_hint(e, r == -EPERM
				    ? "allow the device, in docker: --device /dev/fuse"
				    : "sudo modprobe fuse");
	}
	return r;
}

/* A detached FUSE mount, served by nobody yet. */
static int rootfs_new(const struct run_plan *p, int fuse)
{
	_free_ char *fd = NULL;
	const char *params[] = {
		NULL, "rootmode=40000", "user_id=0", "group_id=0", "default_permissions",
		"allow_other", "source=ufs", "subtype=ufs", NULL,
	};
	uint64_t attrs = MOUNT_ATTR_NODEV;

	if (p->ids.kind != IDS_HOST)
		attrs |= MOUNT_ATTR_NOSUID;
	if (p->read_only)
		attrs |= MOUNT_ATTR_RDONLY;
	if (str_printf(&fd, "fd=%d", fuse) < 0)
		return -ENOMEM;
	params[0] = fd;
	return sysmount_new("fuse", params, attrs);
}

int rootfs_mount(const struct run_plan *p, struct run_live *live, struct err *e)
{
	_close_ int fuse = -EBADF, mnt = -EBADF;
	_free_ char *at = NULL;
	int r;

	r = rootfs_lowers(p, live, e);
	if (r == 0)
		r = sync_wait(live->daemon_sock, SYNC_GO, NULL, rootfs_who, e);
	if (r < 0)
		return r;
	fuse = rootfs_open_fuse(e);
	if (fuse < 0)
		return fuse;
	mnt = rootfs_new(p, fuse);
	if (mnt < 0)
		return err_set(e, mnt, "cannot mount the union");
	/* Over the record, which only this mount namespace sees covered. */
	if (str_printf(&at, "%s/containers/%s", p->data, p->name) < 0)
		return err_set(e, -ENOMEM, "cannot mount the union");
	r = sysmount_attach(mnt, AT_FDCWD, at);
	if (r < 0)
		return err_set(e, r, "cannot mount the union over '%s'", at);
	r = sync_send(live->daemon_sock, SYNC_FUSE, fuse);
	if (r == 0)
		r = sync_wait(live->daemon_sock, SYNC_GO, NULL, rootfs_who, e);
	if (r < 0)
		return err_isset(e) ? r : err_set(e, r, "cannot reach %s", rootfs_who);
	/* fsmount's descriptor is O_PATH: enough to resolve beneath and fchdir. */
	live->root = take_fd(&mnt);
	close_fd(&live->daemon_sock);
	return 0;
}

/* Wait TIMEOUT_MS for the daemon's end. */
static bool rootfs_ended(const struct run_live *live, int timeout_ms)
{
	struct pollfd p = { .fd = live->daemon_fd, .events = POLLIN };

	while (poll(&p, 1, timeout_ms) < 0)
		if (errno != EINTR)
			return false;
	return p.revents != 0;
}

void rootfs_stop(const struct run_plan *p _unused_, struct run_live *live)
{
	close_fd(&live->daemon_sock);
	if (live->daemon <= 0)
		return;
	if (live->daemon_fd >= 0 && !rootfs_ended(live, ROOTFS_STOP_MS)) {
		(void)sys_pidfd_send_signal(live->daemon_fd, SIGTERM);
		if (!rootfs_ended(live, ROOTFS_TERM_MS))
			(void)sys_pidfd_send_signal(live->daemon_fd, SIGKILL);
	}
	while (waitpid(live->daemon, NULL, 0) < 0 && errno == EINTR)
		;
	live->daemon = 0;
	close_fd(&live->daemon_fd);
}

void rootfs_down(const struct run_plan *p, struct run_live *live)
{
	struct err e = ERR_INIT;

	if (!live->record)
		return;
	/* A container that never ran leaves nothing, whatever was asked for. */
	if (p->remove || live->init <= 0)
		(void)state_remove(live->record, &e);
	err_print(&e, "ufs-run", stderr);
	err_done(&e);
	state_done(live->record);
	free(live->record);
	live->record = NULL;
}
