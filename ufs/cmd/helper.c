/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mount.fuse.ufs: what mount(8) runs for "-t fuse.ufs" and for fstab. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

#include "mount.h"

/* mount(8): "EXIT STATUS" */
enum { MOUNT_USAGE = 1, MOUNT_SYSTEM = 2, MOUNT_FAIL = 32 };

static const char usage[] =
	"usage: mount.fuse.ufs SPEC MOUNTPOINT [-sfnv] [-o OPTIONS] [-t TYPE]\n"
	"The helper of mount(8) for unions. See mount.fuse.ufs(8).\n\n"
	"  -s  ignore options that are not known\n"
	"  -f  check everything, mount nothing\n"
	"  -n  accepted: there is no other mount table than the kernel's\n"
	"  -v  accepted\n"
	"  -o OPTIONS  mount options, as 'ufs mount --help' lists them\n"
	"  -t TYPE     fuse.ufs\n"
	"  -h  show this help\n";

static int helper_status(const struct err *e)
{
	switch (err_exit(e, EXIT_FAILED)) {
	case EXIT_USAGE:
		return MOUNT_USAGE;
	case EXIT_HOST:
		return MOUNT_SYSTEM;
	default:
		return e->code == -EPERM    ? MOUNT_USAGE
		       : e->code == -ENOMEM ? MOUNT_SYSTEM
					    : MOUNT_FAIL;
	}
}

/* 1: help was asked for. */
static int helper_option(struct mount_request *rq, int letter, struct err *e)
{
	switch (letter) {
	case 's':
		rq->cfg.overlay_syntax = true;
		return 0;
	case 'f':
		rq->fake = true;
		return 0;
	case 'n':
	case 'v':
		return 0;
	case 'o':
		if (mount_add_options(rq, optarg) < 0)
			return err_set(e, -ENOMEM, "cannot keep the mount options");
		return 0;
	case 't':
		if (strcmp(optarg, "fuse.ufs") == 0 || strcmp(optarg, "fuse") == 0)
			return 0;
		return err_set(e, 0, "cannot mount type '%s', only fuse.ufs", optarg);
	case 'N':
		return err_set(e, 0, "another mount namespace (-N) is not supported");
	case 'h':
		return 1;
	case ':':
		return err_set(e, 0, "option '-%c' needs an argument", optopt);
	default:
		return err_set(e, 0, "unknown option '-%c'", optopt);
	}
}

static int helper_parse(struct mount_request *rq, int argc, char **argv, struct err *e)
{
	int letter, r;

	while ((letter = getopt(argc, argv, ":sfnvhN:o:t:")) >= 0) {
		r = helper_option(rq, letter, e);
		if (r != 0)
			return r;
	}
	if (argc - optind != 2) {
		(void)err_set(e, 0, "a source and a mountpoint are needed");
		err_hint(e, "mount.fuse.ufs SPEC MOUNTPOINT [-o OPTIONS]");
		return -EINVAL;
	}
	rq->spec = argv[optind];
	rq->point = argv[optind + 1];
	return 0;
}

int cmd_helper(int argc, char **argv)
{
	struct mount_request rq;
	struct err e = ERR_INIT;
	int r, status = EXIT_OK;

	mount_init(&rq);
	opterr = 0;
	r = helper_parse(&rq, argc, argv, &e);
	if (r > 0)
		(void)fputs(usage, stdout);
	if (r == 0)
		r = mount_do(&rq, &e);
	if (r < 0) {
		err_print(&e, "mount.fuse.ufs", stderr);
		status = helper_status(&e);
	}
	err_done(&e);
	mount_done(&rq);
	return status;
}
