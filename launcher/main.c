/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ufs-run: argv → config → plan → run → exit status. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "cleanup.h"
#include "cli.h"
#include "dump.h"
#include "host.h"
#include "idmap.h"
#include "runconf.h"
#include "stage.h"

static const char prog[] = "ufs-run";

/* Of the statuses that an error may carry, two are ours; all others are 125. */
static int main_status(const struct err *e)
{
	int s = err_exit(e, RUN_EXIT_FAILED);

	return s == RUN_EXIT_NOEXEC || s == RUN_EXIT_NOTFOUND ? s : RUN_EXIT_FAILED;
}

/* A person is told that there is one id only, where more were hoped for. */
static bool main_says_ids(const struct run_config *c, const struct run_plan *p)
{
	return p->ids.kind == IDS_SINGLE && c->userns == USERNS_AUTO &&
	       isatty(STDERR_FILENO);
}

static int main_act(const struct run_config *c, const struct run_plan *p, int *ret_status,
		    struct err *e)
{
	_free_ char *ids = NULL;

	if (!c->dry_run) {
		if ((c->explain || main_says_ids(c, p)) && idmap_note(&p->ids, &ids) == 0)
			fprintf(stderr, "%s: ids: %s\n", prog, ids);
		if (!c->name && c->keep_try)
			fprintf(stderr, "%s: container '%s'\n", prog, p->name);
		return stages_run(p, ret_status, e);
	}
	plan_print(p, stdout);
	*ret_status = 0;
	if (fflush(stdout) == EOF)
		return err_set(e, -errno, "cannot print the plan");
	return 0;
}

static int main_run(struct run_config *c, int *ret_status, struct err *e)
{
	struct run_host h = { .uid = 0 };
	struct run_plan p = { .name = NULL };
	int r = runconf_probe(c, e);

	if (r == 0)
		r = host_probe(&h, e);
	if (r == 0)
		r = stages_plan(c, &h, &p, e);
	if (r == 0)
		r = main_act(c, &p, ret_status, e);
	plan_done(&p);
	host_done(&h);
	return r;
}

int main(int argc, char **argv)
{
	struct run_config c = { .upper = NULL };
	enum cli_do what = CLI_RUN;
	struct err e = ERR_INIT;
	int status = 0, r;

	if (getauxval(AT_SECURE)) {
		fprintf(stderr,
			"%s: must not be installed setuid or with capabilities (EPERM)\n"
			"  hint: it needs none: chmod u-s, setcap -r\n",
			prog);
		return RUN_EXIT_FAILED;
	}
	r = cli_parse(argc, argv, &c, &what, &e);
	if (r == 0) {
		switch (what) {
		case CLI_HELP:
			cli_help(stdout);
			break;
		case CLI_VERSION:
			printf("ufs-run %s\n", PACKAGE_VERSION);
			break;
		case CLI_RUN:
			r = main_run(&c, &status, &e);
			break;
		}
	}
	if (r < 0)
		status = main_status(&e);
	err_print(&e, prog, stderr);
	err_done(&e);
	runconf_done(&c);
	return status;
}
