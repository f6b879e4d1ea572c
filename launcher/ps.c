/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ufs ps: the containers of this user. */
#include "cmd.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "opt.h"
#include "state.h"
#include "str.h"

#define PS_SCHEMA "ufs.ps/1"

struct ps {
	bool all, quiet, json, help;
	bool header; /* was printed */
	struct json_object *list;
};

static const struct opt ps_opts[] = {
	{ 'a', "all", NULL, NULL, "ended containers that were kept, too",
	  opt_set_true, offsetof(struct ps, all), 0 },
	{ 'q', "quiet", NULL, NULL, "names only",
	  opt_set_true, offsetof(struct ps, quiet), 0 },
	{ 0, "json", NULL, NULL, "as JSON", opt_set_true, offsetof(struct ps, json), 0 },
	{ 'h', "help", NULL, NULL, "print this text",
	  opt_set_true, offsetof(struct ps, help), 0 },
};

/* "5 minutes ago" would be read against a clock that may have been set. */
static void ps_time(int64_t seconds, char *buf, size_t size)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!localtime_r(&t, &tm) || strftime(buf, size, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		(void)snprintf(buf, size, "%lld", (long long)seconds);
}

static void ps_text(struct ps *ps, const struct state_record *r)
{
	struct sb cmd = SB_INIT;
	char made[64];

	for (size_t i = 0; i < r->command.n; i++)
		sb_addf(&cmd, "%s%s", i ? " " : "", r->command.v[i]);
	for (size_t i = 0; i < cmd.len; i++)
		if ((unsigned char)cmd.s[i] < ' ' || cmd.s[i] == 0x7f)
			cmd.s[i] = '?'; /* a terminal must not obey it */
	ps_time(r->created, made, sizeof(made));
	if (!ps->header)
		printf("%-20s %-8s %-8s %-20s %s\n", "NAME", "STATE", "PID", "CREATED",
		       "COMMAND");
	ps->header = true;
	printf("%-20s %-8s ", r->name, r->running ? "running" : "ended");
	if (r->pid)
		printf("%-8d", (int)r->pid);
	else
		printf("%-8s", "-");
	printf(" %-20s %.60s\n", made, cmd.s ? cmd.s : "");
	sb_done(&cmd);
}

static struct json_object *ps_strings(const struct strv *l)
{
	struct json_object *a = json_object_new_array();

	for (size_t i = 0; a && i < l->n; i++)
		(void)json_object_array_add(a, json_object_new_string(l->v[i]));
	return a;
}

static int ps_json(struct ps *ps, const struct state_record *r)
{
	struct json_object *o = json_object_new_object();

	if (!o)
		return -ENOMEM;
	json_object_object_add(o, "name", json_object_new_string(r->name));
	json_object_object_add(o, "state",
			       json_object_new_string(r->running ? "running" : "ended"));
	json_object_object_add(o, "pid", r->pid ? json_object_new_int64(r->pid) : NULL);
	json_object_object_add(o, "created", json_object_new_int64(r->created));
	json_object_object_add(o, "upper", json_object_new_string(r->upper));
	json_object_object_add(o, "lower", ps_strings(&r->lowers));
	json_object_object_add(o, "command", ps_strings(&r->command));
	return json_object_array_add(ps->list, o) < 0 ? -ENOMEM : 0;
}

static int ps_one(void *ctx, const struct state_record *r)
{
	struct ps *ps = ctx;

	if (!ps->all && !r->running)
		return 0;
	if (ps->json)
		return ps_json(ps, r);
	if (ps->quiet)
		printf("%s\n", r->name);
	else
		ps_text(ps, r);
	return 0;
}

static int ps_run(struct ps *ps, struct err *e)
{
	struct json_object *top = NULL;
	int r;

	if (ps->json) {
		top = json_object_new_object();
		ps->list = json_object_new_array();
		json_object_object_add(top, "schema", json_object_new_string(PS_SCHEMA));
		json_object_object_add(top, "containers", ps->list);
	}
	r = state_each(ps_one, ps, e);
	if (r == 0 && top)
		printf("%s\n",
		       json_object_to_json_string_ext(top, JSON_C_TO_STRING_PRETTY));
	json_object_put(top);
	if (r == 0 && (fflush(stdout) == EOF || ferror(stdout)))
		r = err_set(e, -EIO, "cannot print");
	return r;
}

int cmd_ps(int argc, char **argv)
{
	struct ps ps = { .list = NULL };
	struct err e = ERR_INIT;
	int first, status = EXIT_OK, r;

	r = opt_parse(ps_opts, ARRAY_LEN(ps_opts), 0, &ps, argc, argv, &first, &e);
	if (r == 0 && first < argc)
		r = err_set(&e, 0, "ps takes no argument '%s'", argv[first]);
	if (r == 0 && ps.help) {
		puts("Usage: ufs ps [-a] [-q|--json]\nThe containers of this user that "
		     "run.\n");
		opt_help(ps_opts, ARRAY_LEN(ps_opts), stdout);
	} else if (r == 0) {
		r = ps_run(&ps, &e);
	}
	if (r < 0)
		status = err_exit(&e, EXIT_FAILED);
	err_print(&e, "ufs", stderr);
	err_done(&e);
	return status;
}
