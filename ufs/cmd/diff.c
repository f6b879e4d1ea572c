/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

#include "cleanup.h"
#include "diff.h"
#include "diff_target.h"
#include "json.h"
#include "log.h"
#include "opt.h"
#include "path.h"
#include "stack.h"
#include "str.h"
#include "sys.h"

struct diff_request {
	bool json, name_only, patch, help;
	struct names lowers; /* of --lower */
	char *work;          /* of --work */
	const char *target;
	char **paths;        /* cleaned, of the union; NULL-terminated */
};

struct diff_line {
	int kind;
	mode_t mode;
	char *path;
};

struct diff_lines {
	struct diff_request *rq;
	struct diff_line *v;
	size_t n, cap;
};

static int diff_set_lower(void *ctx, const struct opt *o _unused_, const char *value,
			  struct err *e)
{
	struct diff_request *rq = ctx;

	if (names_add(&rq->lowers, value) < 0)
		return err_set(e, -ENOMEM, "cannot keep '--lower'");
	return 0;
}

static const struct opt diff_opts[] = {
	{ 0, "json", NULL, NULL, "as JSON", opt_set_true,
	  offsetof(struct diff_request, json), 0 },
	{ 0, "name-only", NULL, NULL, "the paths alone", opt_set_true,
	  offsetof(struct diff_request, name_only), 0 },
	{ 0, "lower", NULL, "DIR", "TARGET is a branch, DIR lies below it (repeatable)",
	  diff_set_lower, 0, 0 },
	{ 0, "work", NULL, "DIR", "the work directory of that branch", opt_set_string,
	  offsetof(struct diff_request, work), 0 },
	{ 0, "patch", NULL, NULL, NULL, opt_set_true,
	  offsetof(struct diff_request, patch), 0 },
	{ 'h', "help", NULL, NULL, "show this help", opt_set_true,
	  offsetof(struct diff_request, help), 0 },
};

/* -- collecting ---------------------------------------------------------------- */

static bool is_wanted(const struct diff_request *rq, const char *path)
{
	if (!rq->paths[0])
		return true;
	for (char **p = rq->paths; *p; p++)
		if (path_is_beneath(path, *p))
			return true;
	return false;
}

static int diff_take(void *ctx, const struct layer_change *c)
{
	struct diff_lines *l = ctx;
	char *path;

	if (!is_wanted(l->rq, c->path))
		return 0;
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		struct diff_line *v = realloc(l->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		l->v = v;
		l->cap = cap;
	}
	path = strdup(c->path);
	if (!path)
		return -ENOMEM;
	l->v[l->n++] = (struct diff_line){ c->kind, c->st.st_mode, path };
	return 0;
}

static int diff_cmp(const void *a, const void *b)
{
	const struct diff_line *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static void diff_lines_done(struct diff_lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].path);
	free(l->v);
}

/* -- showing ------------------------------------------------------------------- */

/* A name could move the cursor or colour the text: on a terminal it may not. */
static void diff_put(const char *path, bool escape)
{
	for (const unsigned char *p = (const unsigned char *)path; *p; p++) {
		if (escape && (*p < 0x20 || *p == 0x7f))
			printf("\\x%02x", *p);
		else
			putchar(*p);
	}
}

static void diff_text(const struct diff_lines *l)
{
	bool escape = isatty(STDOUT_FILENO);

	for (size_t i = 0; i < l->n; i++) {
		if (!l->rq->name_only)
			printf("%c ", l->v[i].kind);
		diff_put(l->v[i].path, escape);
		putchar('\n');
	}
}

static const char *diff_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "symlink";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	case S_IFCHR:
		return "character-device";
	case S_IFBLK:
		return "block-device";
	default:
		return NULL; /* a whiteout with nothing below */
	}
}

static struct json_object *diff_json_line(const struct diff_line *l)
{
	struct json_object *o = json_object_new_object();
	char kind[2] = { (char)l->kind, '\0' };

	if (o && json_add_string(o, "kind", kind) == 0 &&
	    json_add_name(o, "path", l->path) == 0 &&
	    json_add_string(o, "type", diff_type(l->mode)) == 0)
		return o;
	json_object_put(o);
	return NULL;
}

static int diff_json(const struct diff_lines *l)
{
	struct json_object *o = json_object_new_object(), *a = NULL;
	int r = -ENOMEM;

	if (!o || json_add_string(o, "schema", "ufs.diff/1") < 0 ||
	    json_add_name(o, "target", l->rq->target) < 0)
		goto out;
	a = json_object_new_array();
	if (!a || json_object_object_add(o, "changes", a) < 0) {
		json_object_put(a);
		goto out;
	}
	for (size_t i = 0; i < l->n; i++) {
		struct json_object *line = diff_json_line(&l->v[i]);

		if (!line || json_object_array_add(a, line) < 0) {
			json_object_put(line);
			goto out;
		}
	}
	printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
						      JSON_C_TO_STRING_NOSLASHESCAPE));
	r = 0;
out:
	json_object_put(o);
	return r;
}

/* -- the verb ------------------------------------------------------------------- */

static int diff_parse(struct diff_request *rq, int argc, char **argv, struct err *e)
{
	int first, r;

	r = opt_parse(diff_opts, ARRAY_LEN(diff_opts), 0, rq, argc, argv, &first, e);
	if (r < 0 || rq->help)
		return r;
	if (rq->patch)
		return err_set(e, 0, "option '--patch' is not supported yet");
	if (rq->json && rq->name_only)
		return err_set(e, 0, "options '--json' and '--name-only' exclude each "
			       "other");
	if (first == argc)
		return err_set(e, 0, "what to show the changes of? "
			       "Name a container, a mountpoint or a branch");
	rq->target = argv[first++];
	rq->paths = calloc((size_t)(argc - first) + 1, sizeof(*rq->paths));
	if (!rq->paths)
		return err_set(e, -ENOMEM, "cannot keep the paths");
	for (int i = 0; first + i < argc; i++)
		if (path_clean("/", argv[first + i], &rq->paths[i]) < 0)
			return err_set(e, -ENOMEM, "cannot keep the paths");
	return 0;
}

static int diff_show(struct diff_request *rq, struct diff_lines *l, size_t *unread,
		     struct err *e)
{
	struct diff_target t = DIFF_TARGET_INIT;
	int r = diff_target_open(&t, rq->target, &rq->lowers, rq->work, e);

	if (r == 0) {
		t.diff.change = diff_take;
		t.diff.ctx = l;
		r = layer_diff(&t.diff, e);
		if (r < 0 && !err_isset(e))
			(void)err_set(e, r, "cannot collect the changes");
		*unread = t.diff.unread;
	}
	diff_target_close(&t);
	if (r < 0)
		return r;
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), diff_cmp);
	if (!rq->json)
		diff_text(l);
	else if (diff_json(l) < 0)
		return err_set(e, -ENOMEM, "cannot make the JSON text");
	if (fflush(stdout) != 0 || ferror(stdout))
		return err_set(e, -errno, "cannot write the changes");
	return 0;
}

static void diff_done(struct diff_request *rq)
{
	for (char **p = rq->paths; p && *p; p++)
		free(*p);
	free(rq->paths);
	names_done(&rq->lowers);
	free(rq->work);
}

int cmd_diff(int argc, char **argv)
{
	struct diff_request rq = { 0 };
	struct diff_lines lines = { .rq = &rq };
	struct err e = ERR_INIT;
	size_t unread = 0;
	int status = EXIT_OK;

	(void)sys_raise_nofile(); /* a descriptor for each level and branch */
	/* The log of a mounted union grows while it is read. */
	log_init("ufs", LOG_SINK_STDERR, LOG_LVL_ERROR);
	if (diff_parse(&rq, argc, argv, &e) == 0 && rq.help) {
		printf("Usage: ufs diff TARGET [PATH...] [--json|--name-only] "
		       "[--lower DIR]... [--work DIR]\n"
		       "Show what the writable branch changes: A added, C changed, "
		       "D deleted.\n\n");
		opt_help(diff_opts, ARRAY_LEN(diff_opts), stdout);
	} else if (!err_isset(&e)) {
		(void)diff_show(&rq, &lines, &unread, &e);
	}
	if (!err_isset(&e) && unread) {
		(void)err_set(&e, -EACCES, "%zu directories of lower branches may not be "
			      "read; what is in them counted as not there", unread);
		err_status(&e, EXIT_PART);
	}
	if (err_isset(&e))
		status = cmd_fail(&e);
	diff_lines_done(&lines);
	diff_done(&rq);
	return status;
}
