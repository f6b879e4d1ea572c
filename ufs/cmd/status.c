/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

#include "cleanup.h"
#include "json.h"
#include "mountinfo.h"
#include "mounts.h"
#include "opt.h"
#include "str.h"

struct status_request {
	bool json, help;
	const char *only;	  /* resolved mountpoint, or NULL: all */
	struct json_object *list; /* with --json */
	size_t shown;
};

static const struct opt status_opts[] = {
	{0, "json", NULL, NULL, "as JSON", opt_set_true,
	 offsetof(struct status_request, json), 0},
	{'h', "help", NULL, NULL, "show this help", opt_set_true,
	 offsetof(struct status_request, help), 0},
};

static void status_line(const char *what, const char *name)
{
	struct sb b = SB_INIT;

	sb_quote(&b, name);
	printf("%s%s", what, b.s ? b.s : "");
	sb_done(&b);
}

static void status_text(const struct mounts_entry *en, bool first)
{
	const struct ufs_config *c = &en->cfg;

	status_line(first ? "" : "\n", c->mountpoint);
	printf("  (daemon: process %d)\n", (int)en->pid);
	for (size_t i = 0; i < c->nbranches; i++) {
		const struct branch_spec *b = &c->branches[i];

		printf("  branch %-4zu%-8s", i, config_perm_name(b->perm, b->attrs));
		status_line("", b->path);
		printf("  [%s]\n", b->from);
	}
	for (size_t i = 0; i < c->nitems; i++) {
		const struct config_item *it = &c->items[i];

		printf("  option     %s%s%s  [%s]\n", it->name, it->value ? "=" : "",
		       it->value ? it->value : "", it->from);
	}
}

/* A daemon may outlive its mountpoint by a moment, or sit in another namespace. */
static bool status_stands(const char *mountpoint)
{
	struct mountinfo m = {0};
	bool ours = mountinfo_find(mountpoint, &m) == 0 && mountinfo_is_ufs(&m);

	mountinfo_done(&m);
	return ours;
}

static int status_one(void *ctx, struct mounts_entry *en)
{
	struct status_request *rq = ctx;
	bool stands = status_stands(en->cfg.mountpoint);

	if (rq->only && strcmp(rq->only, en->cfg.mountpoint) != 0)
		return 0;
	if (!rq->json) {
		status_text(en, rq->shown == 0);
		if (!stands)
			printf("  not in this mount namespace\n");
	} else {
		struct json_object *o = json_object_get(en->json);

		json_object_object_del(o, "schema"); /* the whole answer has one */
		if (json_object_object_add(o, "visible",
					   json_object_new_boolean(stands)) < 0 ||
		    json_object_array_add(rq->list, o) < 0) {
			json_object_put(o);
			return -ENOMEM;
		}
	}
	rq->shown++;
	return 0;
}

static int status_print_json(struct status_request *rq)
{
	struct json_object *o = json_object_new_object();
	int r = -ENOMEM;

	if (o && json_add_string(o, "schema", "ufs.status/1") == 0 &&
	    json_object_object_add(o, "unions", json_object_get(rq->list)) == 0) {
		printf("%s\n", json_object_to_json_string_ext(
				       o, JSON_C_TO_STRING_PRETTY |
						  JSON_C_TO_STRING_NOSLASHESCAPE));
		r = 0;
	}
	json_object_put(o);
	return r;
}

static int status_missing(const char *point, const char *path, struct err *e)
{
	struct mountinfo m = {0};

	err_status(e, EXIT_NOTFOUND);
	if (mountinfo_find(path, &m) == 0 && mountinfo_is_ufs(&m)) {
		(void)err_set(e, -ENOTCONN,
			      "'%s': the union's daemon is dead, or not this user's",
			      point);
		err_hint(e, "ufs umount --lazy '%s'", point);
	} else {
		(void)err_set(e, -ENOENT, "'%s': no union is mounted there", point);
		err_hint(e, "'ufs status' lists the unions of this user");
	}
	mountinfo_done(&m);
	return -ENOENT;
}

static int status_do(struct status_request *rq, const char *point, struct err *e)
{
	_free_ char *path = NULL;
	char words[128];
	int r = point ? mountinfo_resolve(point, &path) : 0;

	if (r < 0) {
		if (r == -ENOENT || r == -ENOTDIR)
			err_status(e, EXIT_NOTFOUND);
		return err_set(e, r, "'%s': %s", point,
			       err_words(r, words, sizeof(words)));
	}
	rq->only = path;
	rq->list = rq->json ? json_object_new_array() : NULL;
	r = rq->json && !rq->list ? -ENOMEM : mounts_each(status_one, rq);
	if (r == 0 && point && rq->shown == 0)
		r = status_missing(point, path, e);
	else if (r == 0 && rq->json)
		r = status_print_json(rq);
	json_object_put(rq->list);
	if (r < 0 && !err_isset(e))
		(void)err_set(e, r, "cannot list the unions");
	return r;
}

int cmd_status(int argc, char **argv)
{
	struct status_request rq = {0};
	struct err e = ERR_INIT;
	int first, r;

	r = opt_parse(status_opts, ARRAY_LEN(status_opts), 0, &rq, argc, argv, &first,
		      &e);
	if (r == 0 && rq.help) {
		printf("usage: ufs status [MOUNTPOINT] [--json]\n"
		       "Show the unions of this user: their branches, the options in "
		       "force\n"
		       "and where each came from.\n\n");
		opt_help(status_opts, ARRAY_LEN(status_opts), stdout);
		return EXIT_OK;
	}
	if (r == 0 && argc - first > 1)
		r = err_set(&e, 0, "one mountpoint at a time");
	if (r == 0)
		r = status_do(&rq, argc > first ? argv[first] : NULL, &e);
	return r < 0 ? cmd_fail(&e) : EXIT_OK;
}
