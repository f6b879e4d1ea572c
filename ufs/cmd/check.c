/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

#include "cleanup.h"
#include "config.h"
#include "format.h"
#include "json.h"
#include "log.h"
#include "mounts.h"
#include "opt.h"
#include "stack.h"
#include "state.h"
#include "str.h"
#include "sys.h"
#include "workdir.h"

/* As fsck(8) ends; they are added up. */
enum {
	CHECK_MENDED = 1,
	CHECK_LEFT = 4,
	CHECK_FAILED = 8,
	CHECK_USAGE = 16,
};

struct check_request {
	bool fix, json, help;
	char *work, *format;
	struct names lowers; /* of --lower */
	struct json_object *branches;
};

/* One branch of the command line. */
struct check_branch {
	struct check_request *rq;
	const char *name;            /* as it was given */
	struct layer_check check;
	struct layer *lowers;
	char *work_name;
	int locks[2];
	struct json_object *findings;
};

static int check_add_lower(void *ctx, const struct opt *o _unused_, const char *value,
			   struct err *e)
{
	struct check_request *rq = ctx;

	if (names_add(&rq->lowers, value) < 0)
		return err_set(e, -ENOMEM, "cannot keep '--lower'");
	return 0;
}

static const struct opt check_opts[] = {
	{ 0, "fix", NULL, NULL, "mend what can be mended", opt_set_true,
	  offsetof(struct check_request, fix), 0 },
	{ 0, "lower", NULL, "DIR", "DIR lies below the branch (repeatable)",
	  check_add_lower, 0, 0 },
	{ 0, "work", NULL, "DIR", "the work directory of the branch", opt_set_string,
	  offsetof(struct check_request, work), 0 },
	{ 0, "format", NULL, "NAME", "aufs or overlay; else what the work directory says",
	  opt_set_string, offsetof(struct check_request, format), 0 },
	{ 0, "json", NULL, NULL, "as JSON", opt_set_true,
	  offsetof(struct check_request, json), 0 },
	{ 'h', "help", NULL, NULL, "show this help", opt_set_true,
	  offsetof(struct check_request, help), 0 },
};

/* -- what is found -------------------------------------------------------------- */

/* A name could move the cursor: on a terminal it may not. */
static void check_put(const char *s)
{
	bool escape = isatty(STDOUT_FILENO);

	for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
		if (escape && (*p < 0x20 || *p == 0x7f))
			printf("\\x%02x", *p);
		else
			putchar(*p);
	}
}

static int check_json_finding(struct json_object *to, const struct check_finding *f)
{
	struct json_object *o = json_object_new_object();

	if (o && json_add_name(o, "path", f->path) == 0 &&
	    json_add_name(o, "what", f->what) == 0 &&
	    json_add_string(o, "kind", f->note ? "note" : "fault") == 0 &&
	    json_object_object_add(o, "mended", json_object_new_boolean(f->mended)) == 0 &&
	    json_object_array_add(to, o) == 0)
		return 0;
	json_object_put(o);
	return -ENOMEM;
}

static int check_found(void *ctx, const struct check_finding *f)
{
	struct check_branch *b = ctx;

	if (b->findings)
		return check_json_finding(b->findings, f);
	check_put(b->name);
	printf(": ");
	check_put(f->path);
	printf(": ");
	check_put(f->what);
	printf(" (%s)%s\n", f->note ? "note" : "fault", f->mended ? ", mended" : "");
	return 0;
}

static void check_count(size_t n, const char *what)
{
	printf("%zu %s%s", n, what, n == 1 ? "" : "s");
}

static void check_summary(const struct check_branch *b)
{
	const struct layer_check *c = &b->check;

	check_put(b->name);
	printf(": ");
	if (!c->faults && !c->notes)
		printf("clean");
	if (c->faults || c->notes) {
		check_count(c->faults, "fault");
		if (c->faults)
			printf(", %zu mended", c->mended);
		printf(", ");
		check_count(c->notes, "note");
	}
	if (!c->nlowers)
		printf("; not compared with what lies below (no --lower)");
	putchar('\n');
}

static int check_json_count(struct json_object *o, const char *key, size_t n)
{
	return json_object_object_add(o, key, json_object_new_int64((int64_t)n));
}

/* The branch as an element of "branches". */
static int check_json_branch(struct check_branch *b)
{
	struct json_object *o = json_object_new_object();
	const struct layer_check *c = &b->check;

	if (o && json_add_name(o, "branch", b->name) == 0 &&
	    json_object_object_add(o, "findings", json_object_get(b->findings)) == 0 &&
	    check_json_count(o, "faults", c->faults) == 0 &&
	    check_json_count(o, "mended", c->mended) == 0 &&
	    check_json_count(o, "notes", c->notes) == 0 &&
	    json_object_object_add(o, "compared", json_object_new_boolean(c->nlowers)) == 0 &&
	    json_object_array_add(b->rq->branches, o) == 0)
		return 0;
	json_object_put(o);
	return -ENOMEM;
}

/* -- opening -------------------------------------------------------------------- */

static int check_open_dir(const char *what, const char *path, int *ret, struct err *e)
{
	char words[128];
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, -errno, "cannot open the %s '%s': %s", what, path,
			       err_words(errno, words, sizeof(words)));
	*ret = fd;
	return 0;
}

static int check_add_layer(struct check_branch *b, const char *path, bool marks,
			   struct err *e)
{
	struct layer *l = &b->lowers[b->check.nlowers];
	int r = check_open_dir("lower branch", path, &l->fd, e);

	l->marks = marks;
	b->check.nlowers += r == 0;
	return r;
}

static int check_open_work(struct check_branch *b, const char *path, struct err *e)
{
	int fd;

	b->work_name = strdup(path ? path : "/" WORKDIR_NAME);
	if (!b->work_name)
		return err_set(e, -ENOMEM, "cannot open the work directory");
	b->check.work_name = b->work_name;
	if (path)
		return check_open_dir("work directory", path, &b->check.work, e);
	fd = sys_openat(b->check.branch.fd, WORKDIR_NAME, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0 && fd != -ENOENT)
		return err_set(e, fd, "cannot open '%s' in branch '%s'", WORKDIR_NAME,
			       b->name);
	b->check.work = fd < 0 ? -EBADF : fd;
	return 0;
}

static int check_not_mounted(const char *path, struct err *e)
{
	_free_ char *real = realpath(path, NULL);
	struct mounts_entry m = { 0 };

	if (!real || mounts_find(real, &m) < 0)
		return 0;
	mounts_done(&m);
	(void)err_set(e, -EBUSY, "a union is mounted on '%s'", path);
	err_hint(e, "unmount it and name its writable branch: ufs umount %s", real);
	return -EBUSY;
}

/* UPPER with the lower branches LOWERS, of which "/" has no marks if HOST. */
static int check_open_at(struct check_branch *b, const char *upper, const char *work,
			 char *const *lowers, size_t n, bool host, struct err *e)
{
	int r = check_not_mounted(upper, e);

	if (r == 0)
		r = check_open_dir("branch", upper, &b->check.branch.fd, e);
	if (r == 0)
		r = check_open_work(b, work, e);
	b->lowers = calloc(n + 1, sizeof(*b->lowers));
	if (r == 0 && !b->lowers)
		r = err_set(e, -ENOMEM, "cannot keep the lower branches");
	b->check.lowers = b->lowers;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = check_add_layer(b, lowers[i], !host || strcmp(lowers[i], "/") != 0, e);
	return r;
}

static int check_open(struct check_branch *b, struct err *e)
{
	struct check_request *rq = b->rq;
	struct state_record s = STATE_INIT;
	int r;

	if (strchr(b->name, '/'))
		return check_open_at(b, b->name, rq->work, rq->lowers.v, rq->lowers.n, false, e);
	if (rq->work || rq->lowers.n)
		return err_set(e, 0, "'%s' is a container, which has its own work directory "
			       "and lower branches; a directory is written './%s'", b->name,
			       b->name);
	r = state_find(b->name, &s, e);
	if (r < 0)
		return r;
	r = check_open_at(b, s.upper, s.work, s.lowers.v, s.lowers.n, true, e);
	state_done(&s);
	return r;
}

static void check_close(struct check_branch *b)
{
	for (size_t i = 0; i < b->check.nlowers; i++)
		close_fd(&b->lowers[i].fd);
	free(b->lowers);
	free(b->work_name);
	close_fd(&b->locks[0]);
	close_fd(&b->locks[1]);
	close_fd(&b->check.work);
	close_fd(&b->check.branch.fd);
	json_object_put(b->findings);
}

/* -- the verb -------------------------------------------------------------------- */

/* The findings are out as far as they came, whatever the result. */
static int check_run(struct check_branch *b, struct err *e)
{
	struct layer_check *c = &b->check;
	const char *format = b->rq->format;
	int r = check_open(b, e);

	if (r == 0)
		r = layer_take(c, b->locks, e);
	if (r < 0)
		return r;
	c->branch.marks = true;
	c->branch.format = format ? format_find(format) : format_of_work(c->work);
	c->fix = b->rq->fix;
	c->found = check_found;
	c->ctx = b;
	r = layer_check(c, e);
	if (r == 0 && !b->findings)
		check_summary(b);
	if (b->findings && check_json_branch(b) < 0)
		return err_set(e, -ENOMEM, "cannot make the JSON text");
	if (r == 0 && c->unread)
		r = err_set(e, -EACCES, "%zu director%s could not be looked into", c->unread,
			    c->unread == 1 ? "y" : "ies");
	return r;
}

static int check_one(struct check_request *rq, const char *name)
{
	struct check_branch b = {
		.rq = rq, .name = name, .locks = { -EBADF, -EBADF },
		.check = { .branch.fd = -EBADF, .work = -EBADF },
	};
	struct err e = ERR_INIT;
	int status = 0, r = 0;

	if (rq->json) {
		b.findings = json_object_new_array();
		r = b.findings ? 0 : err_set(&e, -ENOMEM, "cannot make the JSON text");
	}
	if (r == 0)
		r = check_run(&b, &e);
	if (r < 0) {
		bool usage = e.status == EXIT_USAGE;

		if (!usage)
			(void)err_wrap(&e, "cannot check '%s'", name);
		(void)fflush(stdout);
		(void)cmd_fail(&e);
		status |= usage ? CHECK_USAGE : CHECK_FAILED;
	}
	status |= b.check.mended ? CHECK_MENDED : 0;
	status |= b.check.faults > b.check.mended ? CHECK_LEFT : 0;
	check_close(&b);
	return status;
}

static int check_parse(struct check_request *rq, int argc, char **argv, int *ret_first,
		       struct err *e)
{
	int r = opt_parse(check_opts, ARRAY_LEN(check_opts), 0, rq, argc, argv, ret_first, e);

	if (r < 0 || rq->help)
		return r;
	if (*ret_first == argc)
		return err_set(e, 0, "which branch is to be checked?");
	if (argc - *ret_first > 1 && rq->work)
		return err_set(e, 0, "option '--work' goes with one branch");
	if (rq->format && !format_find(rq->format))
		return err_set(e, 0, "unknown format '%s'", rq->format);
	return 0;
}

static int check_json(const struct check_request *rq)
{
	struct json_object *o = json_object_new_object();
	int r = -ENOMEM;

	if (o && json_add_string(o, "schema", "ufs.check/1") == 0 &&
	    json_object_object_add(o, "branches", json_object_get(rq->branches)) == 0) {
		printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
							      JSON_C_TO_STRING_NOSLASHESCAPE));
		r = 0;
	}
	json_object_put(o);
	return r;
}

static void check_help(void)
{
	printf("Usage: ufs check [--fix] [--lower DIR]... [--work DIR] [--format NAME] [--json] "
	       "BRANCH...\n"
	       "Find, and with --fix mend, what a crash or another program left in a branch\n"
	       "that is not mounted. The status is as of fsck(8).\n\n");
	opt_help(check_opts, ARRAY_LEN(check_opts), stdout);
}

int cmd_check(int argc, char **argv)
{
	struct check_request rq = { 0 };
	struct err e = ERR_INIT;
	int first = argc, status = 0;

	(void)sys_raise_nofile(); /* a descriptor for each level and branch */
	log_init("ufs", LOG_SINK_STDERR, LOG_LVL_ERROR); /* what is found is told here */
	if (check_parse(&rq, argc, argv, &first, &e) < 0) {
		(void)cmd_fail(&e);
		status = CHECK_USAGE;
	} else if (rq.help) {
		check_help();
	} else {
		rq.branches = json_object_new_array();
		for (int i = first; i < argc; i++)
			status |= rq.branches ? check_one(&rq, argv[i]) : CHECK_FAILED;
		if (rq.json && rq.branches && check_json(&rq) < 0)
			status |= CHECK_FAILED;
		if (fflush(stdout) != 0 || ferror(stdout))
			status |= CHECK_FAILED;
	}
	json_object_put(rq.branches);
	names_done(&rq.lowers);
	free(rq.work);
	free(rq.format);
	return status;
}
