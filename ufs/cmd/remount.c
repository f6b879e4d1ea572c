/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "remount.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "cleanup.h"
#include "mountinfo.h"
#include "mounts.h"
#include "str.h"

struct remount {
	struct mountinfo now;
	struct mounts_entry entry; /* what the daemon told, when it is known */
	bool known;
	bool ro, rw;	/* the last of the two that was given */
	struct sb rest; /* options that are neither */
};

/* The flags of a mount, which MS_REMOUNT would drop when they are not repeated. */
static const struct {
	const char *name;
	unsigned long flag;
} kept[] = {
	{"nosuid", MS_NOSUID},	   {"nodev", MS_NODEV},
	{"noexec", MS_NOEXEC},	   {"noatime", MS_NOATIME},
	{"relatime", MS_RELATIME}, {"nodiratime", MS_NODIRATIME},
	{"sync", MS_SYNCHRONOUS},  {"dirsync", MS_DIRSYNC},
};

bool remount_asked(const char *options)
{
	return mountinfo_has(options, "remount");
}

static int remount_find(struct remount *rm, const char *point, struct err *e)
{
	_free_ char *path = NULL;
	int r = mountinfo_resolve(point, &path);

	if (r == 0)
		r = mountinfo_find(path, &rm->now);
	if (r == -ENOENT || (r == 0 && !mountinfo_is_ufs(&rm->now))) {
		err_status(e, EXIT_NOTFOUND);
		return err_set(e, -ENOENT, "no union is mounted there");
	}
	if (r < 0)
		return err_set(e, r, "cannot find the mount");
	rm->known = mounts_find(path, &rm->entry) == 0;
	return 0;
}

/* What the kernel shows in the mount table is no wish. */
static bool remount_is_shown(const char *item)
{
	static const char *const shown[] = {
		"remount", "user_id=", "group_id=", "rootmode=",
		"fd=",	   "blksize=", "seclabel"};

	for (size_t i = 0; i < ARRAY_LEN(shown); i++)
		if (str_has_prefix(item, shown[i]))
			return true;
	return false;
}

static int remount_read(struct remount *rm, const char *options, struct err *e)
{
	size_t left = strlen(options);

	for (;;) {
		size_t n = config_span(options, left, ',');
		_free_ char *item = strndup(options, n);

		if (!item)
			return err_set(e, -ENOMEM, "cannot read the options");
		if (strcmp(item, "ro") == 0 || strcmp(item, "rw") == 0) {
			rm->ro = item[1] == 'o';
			rm->rw = !rm->ro;
		} else if (*item && !remount_is_shown(item)) {
			sb_addc(&rm->rest, ',');
			sb_add(&rm->rest, item);
		}
		if (n >= left)
			return rm->rest.err < 0
				       ? err_set(e, -ENOMEM, "cannot read the options")
				       : 0;
		options += n + 1;
		left -= n + 1;
	}
}

static int remount_refuse(struct err *e, const char *what)
{
	(void)err_set(e, -EINVAL, "%s cannot be changed while it is mounted", what);
	err_hint(e, "only ro and rw can; for others unmount it and mount it again");
	return -EINVAL;
}

static bool remount_same_branches(const struct ufs_config *a, const struct ufs_config *b)
{
	if (a->nbranches != b->nbranches)
		return false;
	for (size_t i = 0; i < a->nbranches; i++)
		if (strcmp(a->branches[i].path, b->branches[i].path) != 0 ||
		    a->branches[i].perm != b->branches[i].perm ||
		    a->branches[i].attrs != b->branches[i].attrs)
			return false;
	return true;
}

/* Is OPT of the kernel's options in force, judged by the mount table? */
static bool remount_in_force(const struct remount *rm, const char *opt)
{
	static const char *const positive[] = {"suid", "dev", "exec", "atime"};
	_free_ char *no = NULL;
	const char *source = str_after(opt, "fsname=");

	if (source)
		return strcmp(source, rm->now.source) == 0;
	if (strcmp(opt, "async") == 0)
		return !mountinfo_has(rm->now.super_options, "sync");
	for (size_t i = 0; i < ARRAY_LEN(positive); i++)
		if (strcmp(opt, positive[i]) == 0)
			return str_printf(&no, "no%s", opt) == 0 &&
			       !mountinfo_has(rm->now.options, no);
	return mountinfo_has(rm->now.options, opt) ||
	       mountinfo_has(rm->now.super_options, opt);
}

/* The value of sync=, as noted. */
static const char *remount_sync(const struct ufs_config *c)
{
	for (size_t i = 0; i < c->nitems; i++)
		if (strcmp(c->items[i].name, "sync") == 0 && c->items[i].value)
			return c->items[i].value;
	return "";
}

static bool remount_same_sync(const struct ufs_config *a, const struct ufs_config *b)
{
	return strcmp(remount_sync(a), remount_sync(b)) == 0;
}

/* Everything but ro and rw must be what is in force already. */
static int remount_compare(struct remount *rm, const struct ufs_config *want,
			   struct err *e)
{
	const struct ufs_config *now = &rm->entry.cfg;

	for (size_t i = 0; i < want->nfuse_opts; i++) {
		_free_ char *what = NULL;

		if (remount_in_force(rm, want->fuse_opts[i]))
			continue;
		if (str_printf(&what, "'%s'", want->fuse_opts[i]) < 0)
			return err_set(e, -ENOMEM, "cannot compare the options");
		return remount_refuse(e, what);
	}
	if (want->nbranches && (!rm->known || !remount_same_branches(want, now)))
		return remount_refuse(e, "the stack of branches");
	if (want->sync_given && (!rm->known || !remount_same_sync(want, now)))
		return remount_refuse(e, "what is made durable (sync=)");
	if (want->format && (!rm->known || strcmp(want->format, now->format) != 0))
		return remount_refuse(e, "the format");
	if (want->work &&
	    (!rm->known || !now->work || strcmp(want->work, now->work) != 0))
		return remount_refuse(e, "the work directory");
	return 0;
}

static int remount_check(struct remount *rm, struct err *e)
{
	struct ufs_config want;
	int r = 0;

	config_init(&want);
	if (rm->rest.len)
		r = config_options(&want, rm->rest.s, e);
	if (r == 0 && want.nbranches) {
		want.read_only = rm->known && rm->entry.cfg.read_only;
		r = config_check(&want, e);
	}
	if (r == 0)
		r = remount_compare(rm, &want, e);
	config_done(&want);
	return r;
}

static int remount_apply(const struct remount *rm, struct err *e)
{
	unsigned long flags = MS_REMOUNT | (rm->ro ? MS_RDONLY : 0);
	char words[128];
	int code;

	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (mountinfo_has(rm->now.options, kept[i].name) ||
		    mountinfo_has(rm->now.super_options, kept[i].name))
			flags |= kept[i].flag;
	if (mount(rm->now.source, rm->now.target, rm->now.type, flags, NULL) == 0)
		return 0;
	code = -errno;
	if (code == -EBUSY) {
		err_status(e, EXIT_BUSY);
		(void)err_set(e, code, "files on it are open for writing");
	} else if (code == -EPERM) {
		(void)err_set(e, code, "only root may do this");
	} else {
		(void)err_set(e, code, "%s", err_words(code, words, sizeof(words)));
	}
	return code;
}

int remount_do(const char *point, const char *options, bool fake, struct err *e)
{
	struct remount rm = {.rest = SB_INIT};
	int r = remount_find(&rm, point, e);

	if (r == 0)
		r = remount_read(&rm, options, e);
	if (r == 0)
		r = remount_check(&rm, e);
	if (r == 0 && !fake && (rm.ro || rm.rw))
		r = remount_apply(&rm, e);
	if (rm.known)
		mounts_done(&rm.entry);
	mountinfo_done(&rm.now);
	sb_done(&rm.rest);
	return r;
}
