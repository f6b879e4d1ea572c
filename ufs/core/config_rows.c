/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of mount options: what each row does, and the rows. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

#include "cleanup.h"
#include "str.h"

static int opt_memory(const struct config_row *o, struct err *e)
{
	return err_set(e, -ENOMEM, "cannot keep option '%s'", o->name);
}

/* -- what a row does -------------------------------------------------------- */

static int set_branches(struct ufs_config *c, const struct config_row *o _unused_,
			const char *value, struct err *e)
{
	return config_branches(c, value, e);
}

static int set_lowerdir(struct ufs_config *c, const struct config_row *o _unused_,
			const char *value, struct err *e)
{
	return config_lowers(c, value, e);
}

/* The value is one path, escapes and all. */
static int opt_path(const char *value, char **ret, const struct config_row *o,
		    struct err *e)
{
	int r = config_unescape(value, strlen(value), ret);

	if (r < 0)
		return opt_memory(o, e);
	return **ret ? 0 : err_set(e, 0, "option '%s' has an empty path", o->name);
}

static int set_lower_one(struct ufs_config *c, const struct config_row *o,
			 const char *value, struct err *e)
{
	_free_ char *path = NULL;
	int r = opt_path(value, &path, o, e);

	return r < 0 ? r : config_add_lower(c, path, e);
}

static int set_upperdir(struct ufs_config *c, const struct config_row *o,
			const char *value, struct err *e)
{
	_free_ char *path = NULL;
	int r = opt_path(value, &path, o, e);

	return r < 0 ? r : config_set_upper(c, path, e);
}

static int set_workdir(struct ufs_config *c, const struct config_row *o,
		       const char *value, struct err *e)
{
	_free_ char *path = NULL;
	int r = opt_path(value, &path, o, e);

	if (r < 0)
		return r;
	if (c->work && strcmp(c->work, path) != 0)
		return err_set(e, 0,
			       "the work directory is given twice, as '%s' and '%s'",
			       c->work, path);
	free(c->work);
	c->work = take_ptr(path);
	return config_note(c, "work", c->work) < 0 ? opt_memory(o, e) : 0;
}

static int set_format(struct ufs_config *c, const struct config_row *o, const char *value,
		      struct err *e)
{
	char *copy;

	if (strcmp(value, "aufs") != 0 && strcmp(value, "overlay") != 0) {
		(void)err_set(e, 0, "unknown format '%s'", value);
		err_hint(e, "the formats are aufs and overlay");
		return -EINVAL;
	}
	copy = strdup(value);
	if (!copy || config_note(c, "format", value) < 0) {
		free(copy);
		return opt_memory(o, e);
	}
	free(c->format);
	c->format = copy;
	return 0;
}

static int note_redirect(struct ufs_config *c, const struct config_row *o, bool on,
			 struct err *e)
{
	c->redirect = on ? REDIRECT_ON : REDIRECT_OFF;
	return config_note(c, "redirect", on ? "on" : "off") < 0 ? opt_memory(o, e) : 0;
}

/* overlayfs's values too: to follow what is there is not to make new ones. */
static int set_redirect(struct ufs_config *c, const struct config_row *o,
			const char *value, struct err *e)
{
	static const char *const no[] = { "off", "follow", "nofollow" };

	if (strcmp(value, "on") == 0)
		return note_redirect(c, o, true, e);
	for (size_t i = 0; i < (o->aux ? ARRAY_LEN(no) : 1); i++)
		if (strcmp(value, no[i]) == 0)
			return note_redirect(c, o, false, e);
	(void)err_set(e, 0, "unknown value '%s' of option '%s'", value, o->name);
	err_hint(e, "the values are on and off");
	return -EINVAL;
}

/* AUFS's flags. */
static int set_dirren(struct ufs_config *c, const struct config_row *o,
		      const char *value _unused_, struct err *e)
{
	return note_redirect(c, o, o->aux == NULL, e);
}

static void opt_drop(struct ufs_config *c, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < c->nfuse_opts; i++) {
		if (strcmp(c->fuse_opts[i], name) == 0)
			free(c->fuse_opts[i]);
		else
			c->fuse_opts[n++] = c->fuse_opts[i];
	}
	c->nfuse_opts = n;
	n = 0;
	for (size_t i = 0; i < c->nitems; i++) {
		if (strcmp(c->items[i].name, name) == 0 && !c->items[i].value) {
			free(c->items[i].name);
			free(c->items[i].value);
		} else {
			c->items[n++] = c->items[i];
		}
	}
	c->nitems = n;
}

/* A flag or "name=value" for the kernel; aux is the flag that it undoes. */
static int set_kernel(struct ufs_config *c, const struct config_row *o, const char *value,
		      struct err *e)
{
	_free_ char *plain = NULL, *text = NULL;

	if (value && config_unescape(value, strlen(value), &plain) < 0)
		return opt_memory(o, e);
	if (str_printf(&text, "%s%s%s", o->name, plain ? "=" : "", plain ? plain : "") <
	    0)
		return opt_memory(o, e);
	if (o->aux)
		opt_drop(c, o->aux);
	if (config_add_fuse_opt(c, text) < 0 || config_note(c, o->name, plain) < 0)
		return opt_memory(o, e);
	return 0;
}

static const char *const sync_names[] = {
	[SYNC_AUTO] = "auto", [SYNC_STRICT] = "strict", [SYNC_VOLATILE] = "volatile",
};

static int opt_sync(struct ufs_config *c, const struct config_row *o, enum ufs_sync mode,
		    struct err *e)
{
	c->sync = mode;
	c->sync_given = true;
	return config_note(c, "sync", sync_names[mode]) < 0 ? opt_memory(o, e) : 0;
}

/* Without a value the kernel's flag, with one what ufs makes durable. */
static int set_sync(struct ufs_config *c, const struct config_row *o, const char *value,
		    struct err *e)
{
	if (!value)
		return set_kernel(c, o, value, e);
	for (size_t i = 0; i < ARRAY_LEN(sync_names); i++)
		if (strcmp(value, sync_names[i]) == 0)
			return opt_sync(c, o, (enum ufs_sync)i, e);
	(void)err_set(e, 0, "option 'sync' does not know '%s'", value);
	err_hint(e, "it is auto, strict or volatile; or plain 'sync' for the kernel's own");
	return -EINVAL;
}

/* overlayfs's. */
static int set_volatile(struct ufs_config *c, const struct config_row *o,
			const char *value _unused_, struct err *e)
{
	return opt_sync(c, o, SYNC_VOLATILE, e);
}

/* fuse-overlayfs's. */
static int set_fsync(struct ufs_config *c, const struct config_row *o, const char *value,
		     struct err *e)
{
	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return err_set(e, 0, "option 'fsync' is 0 or 1, not '%s'", value);
	return opt_sync(c, o, *value == '0' ? SYNC_VOLATILE : SYNC_AUTO, e);
}

static int set_ro(struct ufs_config *c, const struct config_row *o, const char *value,
		  struct err *e)
{
	c->read_only = true;
	return set_kernel(c, o, value, e);
}

static int set_rw(struct ufs_config *c, const struct config_row *o,
		  const char *value _unused_, struct err *e _unused_)
{
	c->read_only = false;
	opt_drop(c, o->aux);
	return 0;
}

static int set_number(struct ufs_config *c, const struct config_row *o, const char *value,
		      struct err *e)
{
	unsigned long long n;

	if (str_to_u64(value, 1u << 30, &n) < 0)
		return err_set(e, 0, "option '%s' needs a number of bytes, not '%s'",
			       o->name, value);
	return set_kernel(c, o, value, e);
}

/* Only the values in aux ("a|b") are what this version does. */
static int set_only(struct ufs_config *c, const struct config_row *o, const char *value,
		    struct err *e)
{
	const char *p = o->aux ? o->aux : "";

	while (value && *p) {
		size_t n = strcspn(p, "|");

		if (strlen(value) == n && memcmp(p, value, n) == 0)
			return config_note(c, o->name, value) < 0 ? opt_memory(o, e) : 0;
		p += n + (p[n] == '|');
	}
	(void)err_set(e, 0, "option '%s%s%s' is not supported yet", o->name,
		      value ? "=" : "", value ? value : "");
	if (o->aux)
		err_hint(e, "what this version does is %s=%.*s", o->name,
			 (int)strcspn(o->aux, "|"), o->aux);
	return -EINVAL;
}

/* What it asks for is what is done anyway. */
static int set_same(struct ufs_config *c, const struct config_row *o, const char *value,
		    struct err *e)
{
	return config_note(c, o->name, value) < 0 ? opt_memory(o, e) : 0;
}

/* It changes nothing here; aux says why. */
static int set_noeffect(struct ufs_config *c, const struct config_row *o,
			const char *value _unused_, struct err *e _unused_)
{
	config_notice(c, "option '%s' has no effect: %s", o->name, o->aux);
	return 0;
}

static int set_obsolete(struct ufs_config *c, const struct config_row *o,
			const char *value _unused_, struct err *e _unused_)
{
	config_notice(c, "option '%s' is obsolete and has no effect", o->name);
	return 0;
}

/* For others than us: fstab's and mount(8)'s own words. */
static int set_nothing(struct ufs_config *c _unused_, const struct config_row *o _unused_,
		       const char *value _unused_, struct err *e _unused_)
{
	return 0;
}

static int set_subtype(struct ufs_config *c _unused_, const struct config_row *o _unused_,
		       const char *value, struct err *e)
{
	if (strcmp(value, "ufs") == 0)
		return 0;
	return err_set(e, 0, "the type of a union is fuse.ufs, not fuse.%s", value);
}

/* -- the table --------------------------------------------------------------- */

#define INODES "inode numbers need no file"
#define LISTING "a merged directory sizes itself"
#define MARKS "the daemon's rights decide where its marks lie"
#define COPIES "files are copied up whole"

static const struct config_row rows[] = {
	{"br", "PATH[=PERM]:...",
	 "the branches, top first; PERM is rw, ro or rr, with +wh", NULL, set_branches},
	{"dirs", "PATH[=PERM]:...", "the same as br", NULL, set_branches},
	{"lowerdir", "DIR:...", "read-only branches, top first", NULL, set_lowerdir},
	{"lowerdir+", "DIR", "one more read-only branch, below the others", NULL,
	 set_lower_one},
	{"upperdir", "DIR", "the writable branch", NULL, set_upperdir},
	{"workdir", "DIR", "the work directory of the top writable branch", NULL,
	 set_workdir},
	{"work", "DIR", "the same as workdir", NULL, set_workdir},
	{"format", "NAME", "how whiteouts are written: aufs (default) or overlay", NULL,
	 set_format},
	{"redirect", "HOW", "rename directories of lower branches: on (default) or off",
	 NULL, set_redirect},
	{"ro", NULL, "mount read-only; nothing is written to any branch", NULL, set_ro},
	{"rw", NULL, "mount writable (default)", "ro", set_rw},
	{"allow_other", NULL, "other users may use it (default for root)", NULL,
	 set_kernel},
	{"default_permissions", NULL, "the kernel checks permissions (always)", NULL,
	 set_kernel},
	{"suid", NULL, "honour set-user-ID bits (default for root)", "nosuid",
	 set_kernel},
	{"nosuid", NULL, "ignore set-user-ID bits", "suid", set_kernel},
	{"dev", NULL, "honour device files (default for root)", "nodev", set_kernel},
	{"nodev", NULL, "ignore device files", "dev", set_kernel},
	{"exec", NULL, "programs may be run (default)", "noexec", set_kernel},
	{"noexec", NULL, "no program may be run", "exec", set_kernel},
	{"atime", NULL, "keep access times (default)", "noatime", set_kernel},
	{"noatime", NULL, "do not keep access times", "atime", set_kernel},
	{"sync", "[MODE]",
	 "every write goes to the disk at once; with MODE (auto, strict, volatile) what "
	 "is made durable",
	 "async", set_sync},
	{"async", NULL, "writes go to the disk later (default)", "sync", set_kernel},
	{"dirsync", NULL, "changes of directories go to the disk at once", NULL,
	 set_kernel},
	{"fsname", "NAME", "the source shown in the mount table", NULL, set_kernel},
	{"subtype", "ufs", "accepted for fuse(8): the type is always fuse.ufs", NULL,
	 set_subtype},
	{"max_read", "BYTES", "the largest read sent to the daemon", NULL, set_number},
	{"context", "LABEL", "SELinux label of everything in it", NULL, set_kernel},
	{"fscontext", "LABEL", "SELinux label of the filesystem", NULL, set_kernel},
	{"defcontext", "LABEL", "SELinux label of files without one", NULL, set_kernel},
	{"rootcontext", "LABEL", "SELinux label of its root", NULL, set_kernel},

	/* fstab's and mount(8)'s */
	{"defaults", NULL, NULL, NULL, set_nothing},
	{"auto", NULL, NULL, NULL, set_nothing},
	{"noauto", NULL, NULL, NULL, set_nothing},
	{"nofail", NULL, NULL, NULL, set_nothing},
	{"user", "[NAME]", NULL, NULL, set_nothing},
	{"nouser", NULL, NULL, NULL, set_nothing},
	{"users", NULL, NULL, NULL, set_nothing},
	{"owner", NULL, NULL, NULL, set_nothing},
	{"group", NULL, NULL, NULL, set_nothing},
	{"_netdev", NULL, NULL, NULL, set_nothing},
	{"comment", "TEXT", NULL, NULL, set_nothing},
	{"relatime", NULL, NULL, NULL, set_nothing},
	{"norelatime", NULL, NULL, NULL, set_nothing},
	{"strictatime", NULL, NULL, NULL, set_nothing},
	{"diratime", NULL, NULL, NULL, set_nothing},
	{"nodiratime", NULL, NULL, NULL, set_nothing},
	{"lazytime", NULL, NULL, NULL, set_nothing},
	{"nolazytime", NULL, NULL, NULL, set_nothing},
	{"silent", NULL, NULL, NULL, set_nothing},
	{"loud", NULL, NULL, NULL, set_nothing},
	{"allow_root", NULL, NULL, NULL, set_only},
	{"auto_unmount", NULL, NULL, NULL, set_only},

	/* AUFS's: what is done anyway */
	{"create", "POLICY", NULL, "tdp|top-down-parent", set_only},
	{"create_policy", "POLICY", NULL, "tdp|top-down-parent", set_only},
	{"cpup", "POLICY", NULL, "tdp|top-down-parent", set_only},
	{"copyup", "POLICY", NULL, "tdp|top-down-parent", set_only},
	{"copyup_policy", "POLICY", NULL, "tdp|top-down-parent", set_only},
	{"udba", "LEVEL", NULL, "none", set_only},
	{"diropq", "WHEN", NULL, "whiteouted|w", set_only},
	{"noshwh", NULL, NULL, NULL, set_same},
	{"nodirren", NULL, NULL, "off", set_dirren},
	{"dirperm1", NULL, NULL, NULL, set_same},
	{"nosum", NULL, NULL, NULL, set_same},
	{"noplink", NULL, NULL, NULL, set_same},
	{"dio", NULL, NULL, NULL, set_same},
	{"acl", NULL, NULL, NULL, set_same},
	{"nowarn_perm", NULL, NULL, NULL, set_same},
	/* AUFS's: not built */
	{"shwh", NULL, NULL, NULL, set_only},
	{"dirren", NULL, NULL, NULL, set_dirren},
	{"nodirperm1", NULL, NULL, NULL, set_only},
	{"sum", NULL, NULL, NULL, set_only},
	{"wsum", NULL, NULL, NULL, set_only},
	{"noacl", NULL, NULL, NULL, set_only},
	{"add", "INDEX:BRANCH", NULL, NULL, set_only},
	{"ins", "INDEX:BRANCH", NULL, NULL, set_only},
	{"append", "BRANCH", NULL, NULL, set_only},
	{"prepend", "BRANCH", NULL, NULL, set_only},
	{"del", "PATH", NULL, NULL, set_only},
	{"mod", "BRANCH", NULL, NULL, set_only},
	{"idel", "INDEX", NULL, NULL, set_only},
	{"imod", "INDEX:PERM", NULL, NULL, set_only},
	{"droplvl", "N", NULL, NULL, set_only},
	{"ephemeral", NULL, NULL, NULL, set_only},
	/* AUFS's: nothing to do for them */
	{"plink", NULL, NULL, "hard links are always kept over a copy-up",
	 set_noeffect},
	{"xino", "[PATH]", NULL, INODES, set_noeffect},
	{"noxino", NULL, NULL, INODES, set_noeffect},
	{"trunc_xino", "[PATH]", NULL, INODES, set_noeffect},
	{"notrunc_xino", NULL, NULL, INODES, set_noeffect},
	{"trunc_xino_path", "PATH", NULL, INODES, set_noeffect},
	{"itrunc_xino", "INDEX", NULL, INODES, set_noeffect},
	{"trunc_xib", NULL, NULL, INODES, set_noeffect},
	{"notrunc_xib", NULL, NULL, INODES, set_noeffect},
	{"rdcache", "SECONDS", NULL, LISTING, set_noeffect},
	{"rdblk", "N", NULL, LISTING, set_noeffect},
	{"rdhash", "N", NULL, LISTING, set_noeffect},
	{"dirwh", "N", NULL, "a directory's whiteouts are removed with it", set_noeffect},
	{"fhsm_sec", "N", NULL, "no files are moved between branches", set_noeffect},
	{"nodio", NULL, NULL, "direct input and output is never forbidden", set_noeffect},
	{"warn_perm", NULL, NULL, "the permissions of branches are not compared",
	 set_noeffect},
	{"verbose", NULL, NULL, "use -d to see more", set_noeffect},
	{"v", NULL, NULL, "use -d to see more", set_noeffect},
	{"quiet", NULL, NULL, "the daemon is quiet without -d", set_noeffect},
	{"q", NULL, NULL, "the daemon is quiet without -d", set_noeffect},
	/* AUFS's: what it calls obsolete itself */
	{"list_plink", NULL, NULL, NULL, set_obsolete},
	{"clean_plink", NULL, NULL, NULL, set_obsolete},
	{"delete", "[X]", NULL, NULL, set_obsolete},
	{"imap", "[X]", NULL, NULL, set_obsolete},
	{"dlgt", NULL, NULL, NULL, set_obsolete},
	{"nodlgt", NULL, NULL, NULL, set_obsolete},
	{"debug", "[X]", NULL, NULL, set_obsolete},
	{"si", "ID", NULL, NULL, set_obsolete},

	/* overlayfs's and fuse-overlayfs's */
	{"datadir+", "DIR", NULL, NULL, set_only},
	{"redirect_dir", "HOW", NULL, "overlayfs", set_redirect},
	{"index", "HOW", NULL, "a copy-up separates the hard links of a lower branch",
	 set_noeffect},
	{"nfs_export", "HOW", NULL, "file handles are not kept", set_noeffect},
	{"metacopy", "HOW", NULL, COPIES, set_noeffect},
	{"verity", "HOW", NULL, "off", set_only},
	{"volatile", NULL, NULL, NULL, set_volatile},
	{"fsync", "0|1", NULL, NULL, set_fsync},
	{"uuid", "HOW", NULL, INODES, set_noeffect},
	{"threaded", "N", NULL, "the daemon always has several threads", set_noeffect},
	{"writeback", "N", NULL, "the daemon chooses its caching", set_noeffect},
	{"timeout", "SECONDS", NULL, "names and attributes are kept until they change",
	 set_noeffect},
	{"static_nlink", "[X]", NULL, "link counts of directories are not summed",
	 set_noeffect},
	{"fast_ino", "[X]", NULL, INODES, set_noeffect},
	{"userxattr", NULL, NULL, MARKS, set_noeffect},
	{"nouserxattr", NULL, NULL, MARKS, set_noeffect},
	{"uidmapping", "MAP", NULL, NULL, set_only},
	{"gidmapping", "MAP", NULL, NULL, set_only},
	{"squash_to_root", "[X]", NULL, NULL, set_only},
	{"squash_to_uid", "UID", NULL, NULL, set_only},
	{"squash_to_gid", "GID", NULL, NULL, set_only},
	{"xattr_permissions", "N", NULL, "0", set_only},
	{"ino32_t", "[X]", NULL, NULL, set_only},
	{"noxattrs", "[X]", NULL, NULL, set_only},
	{"plugins", "LIST", NULL, NULL, set_only},
};

const struct config_row *config_rows(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(rows);
	return rows;
}
