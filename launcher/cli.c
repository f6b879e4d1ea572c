/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "runconf.h"

struct cli {
	struct run_config c; /* first: the rows' offsets are those of the config */
	enum cli_do what;
};

static int cli_list(void *ctx, const struct opt *o, const char *value, struct err *e)
{
	struct strv *l = (struct strv *)((char *)ctx + o->offset);

	return strv_add(l, value) < 0 ?
	       err_set(e, -ENOMEM, "cannot keep '--%s'", o->name) : 0;
}

static int cli_volume(void *ctx, const struct opt *o _unused_, const char *value,
		      struct err *e)
{
	return runconf_add_volume(ctx, value, e);
}

static int cli_tmpfs(void *ctx, const struct opt *o _unused_, const char *value,
		     struct err *e)
{
	return runconf_add_tmpfs(ctx, value, e);
}

static int cli_env(void *ctx, const struct opt *o _unused_, const char *value,
		   struct err *e)
{
	return runconf_add_env(ctx, value, e);
}

static int cli_net(void *ctx, const struct opt *o _unused_, const char *value,
		   struct err *e)
{
	struct run_config *c = ctx;

	c->net_host = strcmp(value, "host") == 0;
	if (!c->net_host && strcmp(value, "none") != 0) {
		(void)err_set(e, 0, "--net '%s' is not known", value);
		err_hint(e, "--net none or --net host");
		return -EINVAL;
	}
	return 0;
}

static int cli_userns(void *ctx, const struct opt *o _unused_, const char *value,
		      struct err *e)
{
	static const char *const names[] = {
		[USERNS_AUTO] = "auto",
		[USERNS_SINGLE] = "single",
		[USERNS_HOST] = "host",
	};
	struct run_config *c = ctx;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], value) == 0) {
			c->userns = (enum run_userns)i;
			return 0;
		}
	(void)err_set(e, 0, "--userns '%s' is not known", value);
	err_hint(e, "--userns auto, single or host");
	return -EINVAL;
}

static int cli_what(void *ctx, const struct opt *o, const char *value _unused_,
		    struct err *e _unused_)
{
	((struct cli *)ctx)->what = (enum cli_do)o->num;
	return 0;
}

#define AT(field) offsetof(struct run_config, field)

static const struct opt cli_opts[] = {
	{ 0, "lower", NULL, "DIR",
	  "a lower branch, top first (default: the host's own /)", cli_list, AT(lowers), 0 },
	{ 0, "upper", NULL, "DIR", "keep the changes in DIR, which is never removed",
	  opt_set_string, AT(upper), 0 },
	{ 0, "name", NULL, "NAME", "keep the changes under NAME until removed",
	  opt_set_string, AT(name), 0 },
	{ 0, "rm", NULL, NULL, "remove the changes at exit (default without --name)",
	  opt_set_true, AT(rm), 0 },
	{ 0, "try", NULL, NULL, "keep the changes and say at exit what they are",
	  opt_set_true, AT(keep_try), 0 },
	{ 0, "read-only", NULL, NULL, "nothing in the view can be changed",
	  opt_set_true, AT(read_only), 0 },
	{ 'v', "volume", NULL, "SRC:DST[:ro]", "show SRC of the host at DST",
	  cli_volume, 0, 0 },
	{ 0, "tmpfs", NULL, "DST[:size=N]", "an empty filesystem in memory at DST",
	  cli_tmpfs, 0, 0 },
	{ 'u', "user", NULL, "USER[:GROUP]", "run as USER of the view (name or number)",
	  opt_set_string, AT(user), 0 },
	{ 0, "userns", NULL, "KIND",
	  "user namespace: auto (ranges, else one id), single, host", cli_userns, 0, 0 },
	{ 0, "hostname", NULL, "NAME", "host name inside (default: the container's name)",
	  opt_set_string, AT(hostname), 0 },
	{ 'w', "workdir", NULL, "DIR", "working directory inside",
	  opt_set_string, AT(workdir), 0 },
	{ 'e', "env", NULL, "NAME[=VALUE]", "set or pass an environment variable",
	  cli_env, 0, 0 },
	{ 0, "net", "network", "KIND", "network: none (default; only lo) or host",
	  cli_net, 0, 0 },
	{ 'i', "interactive", NULL, NULL, "pass standard input on",
	  opt_set_true, AT(interactive), 0 },
	{ 't', "tty", NULL, NULL, "a terminal of its own",
	  opt_set_true, AT(tty), 0 },
	{ 0, "dry-run", NULL, NULL, "print the plan and end",
	  opt_set_true, AT(dry_run), 0 },
	{ 0, "explain", NULL, NULL, "say each step as it happens",
	  opt_set_true, AT(explain), 0 },
	{ 'h', "help", NULL, NULL, "print this text", cli_what, 0, CLI_HELP },
	{ 'V', "version", NULL, NULL, "print the version", cli_what, 0, CLI_VERSION },
};

int cli_parse(int argc, char **argv, struct run_config *c, enum cli_do *ret_do,
	      struct err *e)
{
	struct cli cli = { .what = CLI_RUN };
	int first, r;

	r = opt_parse(cli_opts, ARRAY_LEN(cli_opts), OPT_STOP_AT_WORD, &cli, argc, argv,
		      &first, e);
	for (int i = first; r == 0 && i < argc; i++)
		if (strv_add(&cli.c.argv, argv[i]) < 0)
			r = err_set(e, -ENOMEM, "cannot keep the command");
	if (r == 0 && cli.what == CLI_RUN)
		r = runconf_check(&cli.c, e);
	if (r < 0) {
		runconf_done(&cli.c);
		return r;
	}
	*c = cli.c;
	*ret_do = cli.what;
	return 0;
}

void cli_help(FILE *out)
{
	fputs("Usage: ufs-run [OPTIONS] [--] [COMMAND [ARG...]]\n"
	      "Run COMMAND (default: $SHELL) isolated, on a union of the host's own\n"
	      "files or of the given branches. It may change what it likes; the host\n"
	      "stays as it was.\n\n",
	      out);
	opt_help(cli_opts, ARRAY_LEN(cli_opts), out);
	fputs("\nExit status: the command's own; 125 when ufs-run failed, 126 when the\n"
	      "command cannot be executed, 127 when it was not found, 128+N when signal\n"
	      "N ended it.\n"
	      "See also: ufs ps, ufs diff NAME, ufs discard NAME\n", out);
}

const struct opt *cli_rows(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(cli_opts);
	return cli_opts;
}
