/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ufs discard: drop a container's changes and its record. */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "opt.h"
#include "state.h"

struct discard {
	bool help;
};

static const struct opt discard_opts[] = {
	{ 'h', "help", NULL, NULL, "print this text",
	  opt_set_true, offsetof(struct discard, help), 0 },
};

static int discard_target(const char *target, struct err *e)
{
	struct state_record r = STATE_INIT;
	int code;

	if (strchr(target, '/')) {
		(void)err_set(e, 0,
			      "cannot discard '%s': only containers can be discarded yet",
			      target);
		err_hint(e, "'ufs ps -a' lists the containers");
		return -EINVAL;
	}
	code = state_find(target, &r, e);
	if (code == 0)
		code = state_remove(&r, e);
	if (code == 0 && !r.own_upper)
		fprintf(stderr, "ufs: '%s' was given with --upper and stays as it is\n",
			r.upper);
	state_done(&r);
	return code < 0 ? err_wrap(e, "cannot discard '%s'", target) : 0;
}

int cmd_discard(int argc, char **argv)
{
	struct discard d = { .help = false };
	struct err e = ERR_INIT;
	int first, status = EXIT_OK, r;

	r = opt_parse(discard_opts, ARRAY_LEN(discard_opts), 0, &d, argc, argv, &first,
		      &e);
	if (r == 0 && d.help) {
		puts("Usage: ufs discard NAME\n"
		     "Drop the changes of container NAME, which must not run, and its "
		     "record.\n");
		opt_help(discard_opts, ARRAY_LEN(discard_opts), stdout);
	} else if (r == 0 && argc - first != 1) {
		r = err_set(&e, 0, "discard takes the name of one container");
	} else if (r == 0) {
		r = discard_target(argv[first], &e);
	}
	if (r < 0)
		status = err_exit(&e, EXIT_FAILED);
	err_print(&e, "ufs", stderr);
	err_done(&e);
	return status;
}
