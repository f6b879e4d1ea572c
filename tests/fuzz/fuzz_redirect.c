/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A redirect that lies: the input is the attribute of a directory. The branch is
 * looked through to the end; nothing outside of it may ever show.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core.h"
#include "log.h"

static struct ufs *u;
static char top[64];
static int up = -1;

static void make_dir(const char *name)
{
	char p[128];

	(void)snprintf(p, sizeof(p), "%s/%s", top, name);
	if (mkdir(p, 0755) < 0)
		abort();
}

static void at_end(void)
{
	char cmd[128];

	ufs_close(u);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf '%s'", top);
	if (system(cmd) != 0)
		abort();
}

static void start(void)
{
	const char *base = getenv("TMPDIR");
	struct err e = ERR_INIT;
	struct ufs_config c;
	char p[128];

	log_init("fuzz", LOG_SINK_NONE, LOG_LVL_ERROR);
	(void)snprintf(top, sizeof(top), "%.40s/ufs-fuzz.XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(top))
		abort();
	make_dir("outside");
	make_dir("outside/secret");
	make_dir("up");
	make_dir("up/d");
	make_dir("lo");
	make_dir("lo/e");
	make_dir("lo/e/in");
	(void)snprintf(p, sizeof(p), "%s/up/d", top);
	up = open(p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	config_init(&c);
	(void)snprintf(p, sizeof(p), "%s/up", top);
	if (up < 0 || config_add_branch(&c, p, -1, BRANCH_RW, 0) < 0)
		abort();
	(void)snprintf(p, sizeof(p), "%s/lo", top);
	if (config_add_branch(&c, p, -1, BRANCH_RO, BRANCH_WH) < 0 ||
	    config_check(&c, &e) < 0 || ufs_open(&c, NULL, &u, &e) < 0)
		abort();
	config_done(&c);
	if (atexit(at_end) != 0)
		abort();
}

static int check_name(void *ctx, const char *name, const struct ufs_entry *entry, off_t next)
{
	(void)ctx;
	(void)entry;
	(void)next;
	if (strcmp(name, "secret") == 0 || strcmp(name, "outside") == 0)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *name = geteuid() == 0 ? "trusted.ufs.redirect" : "user.ufs.redirect";
	struct ufs_entry e, in;

	if (size > 4000)
		return -1;
	if (!u)
		start();
	if (fsetxattr(up, name, data, size, 0) < 0)
		return 0; /* attributes are not kept here */
	if (ufs_lookup(u, NODE_ROOT, "d", &e) < 0)
		return 0;
	(void)ufs_readdir(u, e.id, 0, false, check_name, NULL);
	if (ufs_lookup(u, e.id, "secret", &in) == 0)
		abort();
	if (ufs_lookup(u, e.id, "in", &in) == 0)
		ufs_forget(u, in.id, 1);
	ufs_forget(u, e.id, 1);
	return 0;
}
