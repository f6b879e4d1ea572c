/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "cleanup.h"
#include "dirs.h"
#include "fdio.h"
#include "str.h"

#define HOST_TTY_GID 5 /* everywhere */

static bool host_overlaps(const struct run_ranges *l, uint64_t first, uint64_t count)
{
	for (size_t i = 0; i < l->n; i++)
		if (first < (uint64_t)l->v[i].first + l->v[i].count &&
		    l->v[i].first < first + count)
			return true;
	return false;
}

/* One "OWNER:FIRST:COUNT". Returns 0 (also when it is not ours) or -ENOMEM. */
static int host_subid_line(char *line, const char *name, const char *number,
			   struct run_ranges *ret)
{
	char *first = strchr(line, ':');
	char *count = first ? strchr(first + 1, ':') : NULL;
	unsigned long long from, n;
	struct run_range *v;

	if (!count)
		return 0;
	*first++ = '\0';
	*count++ = '\0';
	if ((!name || strcmp(line, name) != 0) && strcmp(line, number) != 0)
		return 0;
	if (str_to_u64(first, UINT32_MAX - 1, &from) < 0 || from == 0 ||
	    str_to_u64(count, UINT32_MAX - from, &n) < 0 || n == 0)
		return 0;
	if (host_overlaps(ret, from, n))
		return 0;
	v = realloc(ret->v, (ret->n + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	ret->v = v;
	ret->v[ret->n++] = (struct run_range){ (uint32_t)from, (uint32_t)n };
	return 0;
}

int host_parse_subids(const char *text, const char *name, uid_t uid,
		      struct run_ranges *ret)
{
	_free_ char *copy = strdup(text);
	char number[16], *save = NULL;
	int r = 0;

	if (!copy)
		return -ENOMEM;
	(void)snprintf(number, sizeof(number), "%u", (unsigned)uid);
	for (char *line = strtok_r(copy, "\n", &save); line && r == 0;
	     line = strtok_r(NULL, "\n", &save))
		r = host_subid_line(line, name, number, ret);
	return r;
}

static int host_subids(const char *file, const char *name, uid_t uid,
		       struct run_ranges *ret)
{
	_free_ char *text = NULL;

	if (fd_read_file(AT_FDCWD, file, 4 << 20, &text) < 0)
		return 0; /* no file, no ranges */
	return host_parse_subids(text, name, uid, ret);
}

static bool host_has_program(const char *name)
{
	static const char *const dirs[] = { "/usr/bin", "/bin", "/usr/local/bin" };
	char path[256];

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dirs[i], name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* Is GID mapped in the user namespace that we run in? */
static bool host_maps_gid(unsigned long long gid)
{
	unsigned long long inner, outer, count;
	_free_ char *text = NULL;

	if (fd_read_file(AT_FDCWD, "/proc/self/gid_map", 1 << 20, &text) < 0)
		return false;
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%llu %llu %llu", &inner, &outer, &count) == 3 &&
		    gid >= inner && gid - inner < count)
			return true;
	}
	return false;
}

static int host_env(const char *name, char **ret)
{
	const char *v = getenv(name);

	if (!v || !*v)
		return 0;
	*ret = strdup(v);
	return *ret ? 0 : -ENOMEM;
}

static int host_made_name(char **ret)
{
	unsigned char b[4];

	if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b))
		return -EIO;
	return str_printf(ret, "c%02x%02x%02x%02x", b[0], b[1], b[2], b[3]);
}

static int host_dirs(struct run_host *h, struct err *e)
{
	int r = dirs_data(&h->data);

	if (r == 0)
		r = dirs_run(&h->runtime);
	if (r < 0) {
		(void)err_set(e, r, "cannot tell where to keep containers");
		err_hint(e, "set HOME or XDG_DATA_HOME");
	}
	return r;
}

int host_probe(struct run_host *h, struct err *e)
{
	struct passwd pw, *found = NULL;
	char buf[4096];
	const char *name = NULL;
	int r;

	h->uid = geteuid();
	h->gid = getegid();
	if (getpwuid_r(h->uid, &pw, buf, sizeof(buf), &found) == 0 && found)
		name = found->pw_name;
	r = host_subids("/etc/subuid", name, h->uid, &h->subuids);
	if (r == 0)
		r = host_subids("/etc/subgid", name, h->uid, &h->subgids);
	h->has_newuidmap = host_has_program("newuidmap") && host_has_program("newgidmap");
	h->cwd = getcwd(NULL, 0);
	if (h->cwd && *h->cwd != '/')
		free(take_ptr(h->cwd)); /* "(unreachable)…" */
	h->resolv = realpath("/etc/resolv.conf", NULL);
	h->has_tty_gid = host_maps_gid(HOST_TTY_GID);
	h->stdin_tty = isatty(0);
	h->stdout_tty = isatty(1);
	if (r == 0)
		r = host_env("HOME", &h->home);
	if (r == 0 && !h->home && found && found->pw_dir && *found->pw_dir == '/')
		r = str_printf(&h->home, "%s", found->pw_dir);
	if (r == 0)
		r = host_env("SHELL", &h->shell);
	if (r == 0)
		r = host_env("PATH", &h->path);
	if (r == 0)
		r = host_env("TERM", &h->term);
	if (r == 0)
		r = host_env("LANG", &h->lang);
	if (r == 0)
		r = host_made_name(&h->made_name);
	if (r < 0)
		return err_set(e, r, "cannot look at the host");
	return host_dirs(h, e);
}

void host_done(struct run_host *h)
{
	free(h->subuids.v);
	free(h->subgids.v);
	free(h->cwd);
	free(h->home);
	free(h->shell);
	free(h->path);
	free(h->term);
	free(h->lang);
	free(h->resolv);
	free(h->data);
	free(h->runtime);
	free(h->made_name);
	*h = (struct run_host){ .uid = 0 };
}
