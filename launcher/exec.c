/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exec.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/close_range.h>
#include <sys/syscall.h>

#include "cleanup.h"
#include "path.h"
#include "str.h"

static const char exec_path[] =
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

static int exec_plan_env(const struct run_config *c, const struct run_host *h,
			 struct run_plan *p)
{
	const char *path = p->host_root && h->path ? h->path : exec_path;
	int r = strv_setenv(&p->env, "PATH", path);

	if (r == 0 && h->term && (p->host_root || p->tty))
		r = strv_setenv(&p->env, "TERM", h->term);
	if (r == 0 && h->lang && p->host_root)
		r = strv_setenv(&p->env, "LANG", h->lang);
	/* Else it is that of the user inside, known only there. */
	if (r == 0 && h->home && p->host_root && !p->user)
		r = strv_setenv(&p->env, "HOME", h->home);
	for (size_t i = 0; r == 0 && i < c->env.n; i++) {
		const char *eq = strchr(c->env.v[i], '=');
		_free_ char *name = strndup(c->env.v[i], (size_t)(eq - c->env.v[i]));

		r = name ? strv_setenv(&p->env, name, eq + 1) : -ENOMEM;
	}
	return r;
}

static int exec_plan_argv(const struct run_config *c, const struct run_host *h,
			  struct run_plan *p)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->argv.n; i++)
		r = strv_add(&p->argv, c->argv.v[i]);
	if (c->argv.n)
		return r;
	/* A person at a terminal wants a shell to type in. */
	if (h->stdin_tty && h->stdout_tty)
		p->tty = p->interactive = true;
	return strv_add(&p->argv, p->host_root && h->shell ? h->shell : "/bin/sh");
}

int exec_plan(const struct run_config *c, const struct run_host *h, struct run_plan *p,
	      struct err *e)
{
	const char *cwd = c->workdir ? c->workdir :
			  p->host_root && h->cwd ? h->cwd : "/";
	int r;

	p->tty = c->tty;
	p->interactive = c->interactive;
	p->explain = c->explain;
	r = exec_plan_argv(c, h, p);
	if (r == 0 && c->user && !(p->user = strdup(c->user)))
		r = -ENOMEM;
	if (r == 0)
		r = exec_plan_env(c, h, p);
	if (r == 0)
		r = path_clean("/", cwd, &p->cwd);
	p->cwd_given = c->workdir != NULL;
	return r < 0 ? err_set(e, r, "cannot plan the command") : 0;
}

static int exec_chdir(const struct run_plan *p, const char *home, struct err *e)
{
	_free_ char *cwd = NULL;

	if (chdir(p->cwd) < 0) {
		if (p->cwd_given) {
			(void)err_set(e, -errno,
				      "cannot enter the working directory '%s'", p->cwd);
			return e->code;
		}
		/* The caller's own may be hidden inside (/run, a record). */
		if ((!home || chdir(home) < 0) && chdir("/") < 0)
			return err_set(e, -errno, "cannot enter any working directory");
	}
	cwd = getcwd(NULL, 0);
	if (!cwd || *cwd != '/')
		return err_set(e, -EPERM, "the working directory '%s' lies outside",
			       p->cwd);
	return 0;
}

/* Why execve of the file FOUND failed with CODE. */
static int exec_failed(const char *found, int code, struct err *e)
{
	struct stat st;

	if ((code == -ENOENT || code == -ENOTDIR) && stat(found, &st) < 0) {
		(void)err_set(e, code, "command '%s' was not found", found);
		err_status(e, RUN_EXIT_NOTFOUND);
		return code;
	}
	if (code == -ENOENT)
		(void)err_set(e, code,
			      "cannot execute '%s': its interpreter or loader is missing",
			      found);
	else if (stat(found, &st) == 0 && S_ISDIR(st.st_mode))
		(void)err_set(e, -EISDIR, "cannot execute '%s': it is a directory",
			      found);
	else if (code == -ENOEXEC)
		(void)err_set(e, code, "cannot execute '%s': its format is not known",
			      found);
	else
		(void)err_set(e, code, "cannot execute '%s'", found);
	err_status(e, RUN_EXIT_NOEXEC);
	return e->code;
}

/*
 * Execute NAME as execvp(3) does, but remember what was in the way: one that
 * is there and cannot be executed counts more than "not found".
 */
static int exec_search(char *const *argv, char *const *env, const char *path,
		       struct err *e)
{
	_free_ char *denied = NULL;
	int code = -ENOENT;

	while (path) {
		const char *end = strchrnul(path, ':');
		_free_ char *dir = strndup(path, (size_t)(end - path)), *file = NULL;

		if (!dir || path_join(*dir ? dir : ".", argv[0], &file) < 0)
			return err_set(e, -ENOMEM, "cannot look for '%s'", argv[0]);
		(void)execve(file, argv, env);
		if (errno != ENOENT && errno != ENOTDIR) {
			code = -errno;
			free(denied);
			denied = take_ptr(file);
			if (errno != EACCES)
				break;
		} else if (access(file, F_OK) == 0) {
			return exec_failed(file, -ENOENT, e);
		}
		path = *end ? end + 1 : NULL;
	}
	if (denied)
		return exec_failed(denied, code, e);
	(void)err_set(e, -ENOENT, "command '%s' was not found in PATH", argv[0]);
	err_status(e, RUN_EXIT_NOTFOUND);
	return -ENOENT;
}

int exec_payload(const struct run_plan *p, struct run_live *live, struct err *e)
{
	struct strv env = { NULL, 0 };
	const char *path;
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->env.n; i++)
		r = strv_add(&env, p->env.v[i]);
	if (r == 0 && !strv_getenv(&env, "HOME"))
		r = strv_setenv(&env, "HOME", live->home ? live->home : "/");
	if (r < 0)
		return err_set(e, r, "cannot build the environment");
	r = exec_chdir(p, strv_getenv(&env, "HOME"), e);
	if (r < 0)
		return r;
	umask(live->umask);
	/* The socket stays open until the command is there. */
	if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return err_set(e, -errno, "cannot close descriptors");
	if (sigprocmask(SIG_SETMASK, &live->sigmask, NULL) < 0)
		return err_set(e, -errno, "cannot set the signal mask");
	if (!strchr(p->argv.v[0], '/')) {
		path = strv_getenv(&env, "PATH");
		r = exec_search(p->argv.v, env.v, path ? path : exec_path, e);
	} else {
		(void)execve(p->argv.v[0], p->argv.v, env.v);
		r = exec_failed(p->argv.v[0], -errno, e);
	}
	strv_done(&env);
	return r;
}
