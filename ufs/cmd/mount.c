/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mount.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "cmd.h"
#include "daemon.h"
#include "mount_check.h"
#include "opt.h"
#include "remount.h"
#include "str.h"
#include "userns.h"

#define SOURCE_MAX 200 /* bytes of a SPEC that is shown in the mount table */

void mount_init(struct mount_request *rq)
{
	*rq = (struct mount_request){0};
	config_init(&rq->cfg);
}

void mount_done(struct mount_request *rq)
{
	config_done(&rq->cfg);
	free(rq->options);
	mount_init(rq);
}

int mount_add_options(struct mount_request *rq, const char *text)
{
	char *joined;
	int r = str_printf(&joined, "%s%s%s", rq->options ? rq->options : "",
			   rq->options ? "," : "", text);

	if (r < 0)
		return r;
	free(rq->options);
	rq->options = joined;
	return 0;
}

/* The default NAME, unless it or its opposite was given. */
static int default_option(struct ufs_config *c, const char *name, const char *opposite)
{
	int r;

	if (config_fuse_opt(c, name) || (opposite && config_fuse_opt(c, opposite)))
		return 0;
	r = config_add_fuse_opt(c, name);
	return r < 0 ? r : config_note(c, name, NULL);
}

static int default_source(struct ufs_config *c, const char *spec)
{
	_free_ char *opt = NULL;
	bool plain = spec && strlen(spec) <= SOURCE_MAX && !strpbrk(spec, ",\\\n");

	if (config_fuse_opt(c, "fsname"))
		return 0;
	if (str_printf(&opt, "fsname=%s", plain ? spec : "ufs") < 0)
		return -ENOMEM;
	return config_add_fuse_opt(c, opt);
}

static int mount_defaults(struct mount_request *rq)
{
	struct ufs_config *c = &rq->cfg;
	bool root = geteuid() == 0;
	int r;

	c->from = "default";
	r = default_option(c, "default_permissions", NULL);
	if (r == 0)
		r = config_add_fuse_opt(c, "subtype=ufs");
	if (r == 0)
		r = default_source(c, rq->spec);
	c->from = root ? "root's default" : "user's default";
	if (r == 0 && root)
		r = default_option(c, "allow_other", NULL);
	if (r == 0)
		r = default_option(c, root ? "suid" : "nosuid", root ? "nosuid" : "suid");
	if (r == 0)
		r = default_option(c, root ? "dev" : "nodev", root ? "nodev" : "dev");
	return r;
}

/* What a user may not have is said, not silently dropped. */
static int mount_user_limits(const struct ufs_config *c, struct err *e)
{
	static const char *const refused[] = {"suid", "dev"};

	for (size_t i = 0; geteuid() != 0 && i < ARRAY_LEN(refused); i++) {
		if (!config_fuse_opt(c, refused[i]))
			continue;
		err_status(e, EXIT_HOST);
		(void)err_set(e, -EPERM, "only root may mount with '%s'", refused[i]);
		err_hint(e, "leave it out: a user's mount is no%s", refused[i]);
		return -EPERM;
	}
	return 0;
}

static int mount_parse(struct mount_request *rq, struct err *e)
{
	int r = 0;

	if (!*rq->point)
		return err_set(e, 0, "the mountpoint has an empty name");
	rq->cfg.from = "SPEC";
	if (rq->spec)
		r = config_spec(&rq->cfg, rq->spec, e);
	rq->cfg.from = "-o";
	if (r == 0 && rq->options)
		r = config_options(&rq->cfg, rq->options, e);
	if (r < 0)
		return r;
	free(rq->cfg.mountpoint);
	rq->cfg.mountpoint = strdup(rq->point);
	if (!rq->cfg.mountpoint)
		return err_set(e, -ENOMEM, "cannot keep the mountpoint");
	return config_check(&rq->cfg, e);
}

static int mount_steps(struct mount_request *rq, struct err *e)
{
	int r = mount_parse(rq, e);

	if (r == 0)
		r = mount_check_point(&rq->cfg, e);
	if (r == 0)
		r = mount_user_limits(&rq->cfg, e);
	if (r == 0)
		r = mount_check_host(&rq->cfg, e);
	if (r < 0)
		return r;
	if (mount_defaults(rq) < 0)
		return err_set(e, -ENOMEM, "cannot keep the mount options");
	r = userns_ids(&rq->cfg);
	if (r < 0)
		return err_set(e, r, "cannot read the id maps of this process");
	for (size_t i = 0; i < rq->cfg.nnotices; i++)
		fprintf(stderr, "ufs: note: %s\n", rq->cfg.notices[i]);
	if (rq->fake)
		return 0;
	return rq->foreground ? daemon_serve(&rq->cfg, rq->debug, e)
			      : daemon_start(&rq->cfg, e);
}

int mount_do(struct mount_request *rq, struct err *e)
{
	int r;

	if (rq->options && remount_asked(rq->options)) {
		r = remount_do(rq->point, rq->options, rq->fake, e);
		if (r < 0)
			(void)err_wrap(e, "cannot remount '%s'", rq->point);
		return r;
	}
	r = mount_steps(rq, e);
	if (r < 0)
		(void)err_wrap(e, "cannot mount on '%s'", rq->point);
	return r;
}

/* -- the verb ------------------------------------------------------------------ */

static int take_options(void *ctx, const struct opt *o _unused_, const char *value,
			struct err *e)
{
	int r = mount_add_options(ctx, value);

	return r < 0 ? err_set(e, r, "cannot keep the mount options") : 0;
}

static int take_lower(void *ctx, const struct opt *o _unused_, const char *value,
		      struct err *e)
{
	struct mount_request *rq = ctx;

	rq->cfg.from = "--lower";
	return config_add_lower(&rq->cfg, value, e);
}

static int take_upper(void *ctx, const struct opt *o _unused_, const char *value,
		      struct err *e)
{
	struct mount_request *rq = ctx;

	rq->cfg.from = "--upper";
	return config_set_upper(&rq->cfg, value, e);
}

static int take_work(void *ctx, const struct opt *o _unused_, const char *value,
		     struct err *e)
{
	struct mount_request *rq = ctx;
	char *copy;

	if (!*value)
		return err_set(e, 0, "the work directory has an empty name");
	if (rq->cfg.work)
		return err_set(e, 0,
			       "the work directory is given twice, as '%s' and '%s'",
			       rq->cfg.work, value);
	rq->cfg.from = "--work";
	copy = strdup(value);
	if (!copy || config_note(&rq->cfg, "work", value) < 0) {
		free(copy);
		return err_set(e, -ENOMEM, "cannot keep the work directory");
	}
	rq->cfg.work = copy;
	return 0;
}

static const struct opt mount_opts[] = {
	{'f', "foreground", NULL, NULL, "stay in the foreground", opt_set_true,
	 offsetof(struct mount_request, foreground), 0},
	{'d', "debug", NULL, NULL, "stay in the foreground and log every step",
	 opt_set_true, offsetof(struct mount_request, debug), 0},
	{'o', "options", NULL, "OPTIONS", "mount options, listed below; repeatable",
	 take_options, 0, 0},
	{0, "lower", NULL, "DIR", "a read-only branch; repeatable, top first", take_lower,
	 0, 0},
	{0, "upper", NULL, "DIR", "the writable branch, on top", take_upper, 0, 0},
	{0, "work", NULL, "DIR",
	 "where the upper branch's bookkeeping lies (default: in it)", take_work, 0, 0},
	{'h', "help", NULL, NULL, "show this help", opt_set_true,
	 offsetof(struct mount_request, help), 0},
};

static void mount_help(void)
{
	const struct config_row *rows;
	size_t n;

	printf("usage: ufs mount [-f] [-d] [-o OPTIONS] [--lower DIR]... [--upper DIR]"
	       " [--work DIR]\n"
	       "                 [SPEC] MOUNTPOINT\n"
	       "       ufs SPEC MOUNTPOINT [-o OPTIONS]\n"
	       "       ufs -o OPTIONS MOUNTPOINT\n"
	       "Mount a union of directories.\n\n");
	opt_help(mount_opts, ARRAY_LEN(mount_opts), stdout);
	printf("\nmount options:\n");
	rows = config_rows(&n);
	for (size_t i = 0; i < n; i++) {
		const char *arg = rows[i].arg;
		char left[64];

		if (!rows[i].help)
			continue;
		/* "[X]" may be left out, with the "=". */
		(void)snprintf(left, sizeof(left), "%s%s%s", rows[i].name,
			       !arg ? "" : *arg == '[' ? "[=" : "=",
			       !arg ? "" : *arg == '[' ? arg + 1 : arg);
		printf("  %-30s%s\n", left, rows[i].help);
	}
}

static int mount_words(struct mount_request *rq, int n, char **words, struct err *e)
{
	if (n == 1 || n == 2) {
		rq->spec = n == 2 ? words[0] : NULL;
		rq->point = words[n - 1];
		return 0;
	}
	if (n < 1)
		(void)err_set(e, 0, "no mountpoint is given");
	else
		(void)err_set(e, 0, "one word too many: '%s'", words[2]);
	err_hint(e, "ufs mount [OPTIONS] [SPEC] MOUNTPOINT");
	return -EINVAL;
}

int cmd_mount(int argc, char **argv)
{
	struct mount_request rq;
	struct err e = ERR_INIT;
	int first, r;

	mount_init(&rq);
	r = opt_parse(mount_opts, ARRAY_LEN(mount_opts), 0, &rq, argc, argv, &first, &e);
	if (r == 0 && rq.help) {
		mount_help();
		mount_done(&rq);
		return EXIT_OK;
	}
	if (r == 0)
		r = mount_words(&rq, argc - first, argv + first, &e);
	rq.foreground = rq.foreground || rq.debug;
	if (r == 0)
		r = mount_do(&rq, &e);
	mount_done(&rq);
	return r < 0 ? cmd_fail(&e) : EXIT_OK;
}
