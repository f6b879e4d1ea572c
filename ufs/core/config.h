/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was asked for: the stack of branches and the options of one union, as
 * data. Filled by config_option() and friends from the syntaxes of AUFS,
 * overlayfs and our own, or by the launcher field by field; read by
 * ufs_open(), which copies what it keeps.
 */
#ifndef UFS_CONFIG_H
#define UFS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

enum branch_perm {
	BRANCH_RW, /* written */
	BRANCH_RO, /* not written by this union */
	BRANCH_RR, /* never written by anyone: real read-only media */
};

enum {
	BRANCH_WH = 1 << 0, /* whiteouts and opaque marks on it count ("+wh");
			       always so for a writable branch */
};

struct branch_spec {
	char *path;             /* as given; for messages and status */
	int fd;                 /* opened root, or -EBADF: ufs_open opens PATH.
				   Owned by the config */
	enum branch_perm perm;
	unsigned attrs;         /* BRANCH_* */
	bool perm_given;        /* "=PERM" stood there: no default is put in */
	const char *from;       /* a literal: where it was given */
};

/* What is made durable, and when; see durable.h. */
enum ufs_sync { SYNC_AUTO, SYNC_STRICT, SYNC_VOLATILE };

/* A range of user or group ids that exist inside the mount's namespace. */
struct id_range {
	uint32_t first, count;
};

/*
 * How owners are shown and kept.
 *
 * Without VIRTUAL the union shows and sets real owners. With it, the daemon
 * may not set them: new files belong to the daemon on disk, and owner, group
 * and the mode's special bits live in the work directory's records. An id
 * that lies in no range is shown as 0. FILE_OWNER is what a file without
 * record that the daemon owns on a writable branch shows.
 */
struct id_view {
	bool virt;
	struct id_range *uids, *gids;
	size_t nuids, ngids;
	uid_t own_uid;
	gid_t own_gid;
};

/* A mountpoint that must exist in the view though no branch has it. */
struct virt_spec {
	char *path;  /* absolute in the view */
	bool is_dir; /* else an empty regular file */
};

/* One option in force, for `ufs status`. */
struct config_item {
	char *name, *value; /* value NULL: a flag */
	const char *from;   /* a literal: "-o", "SPEC", "default", … */
};

/* Directories that lie on more than the writable branch, or not on it. */
enum redirect_mode {
	REDIRECT_ON,  /* are renamed by a redirect */
	REDIRECT_OFF, /* cannot be renamed: EXDEV */
};

struct ufs_config {
	struct branch_spec *branches; /* top first */
	size_t nbranches;
	char *work;                   /* work directory of the top writable
					 branch, or NULL: inside the branch */
	char *format;                 /* "aufs" (default) or "overlay" */
	char *mountpoint;             /* absolute; NULL in tests of the core */
	enum redirect_mode redirect;
	bool read_only;               /* -o ro: nothing is written */
	bool lazy_work;               /* writable branches are locked, and their
					 work directories made, at the first change */
	enum ufs_sync sync;
	bool overlay_syntax;          /* unknown options are ignored with a notice */
	struct id_view ids;
	struct virt_spec *virts;
	size_t nvirts;
	char **hide;                  /* host paths (files or directories) that no
					 branch shows */
	size_t nhide;
	char **fuse_opts;             /* options for the kernel or fusermount3,
					 e.g. "allow_other", "nosuid" */
	size_t nfuse_opts;
	char **notices;               /* for the person, e.g. obsolete options */
	size_t nnotices;
	struct config_item *items;    /* what was set, and where */
	size_t nitems;
	const char *from;             /* origin put into items from now on */
	unsigned upper_given : 1;     /* upperdir= or --upper was used */
	unsigned lower_given : 1;     /* lowerdir= or --lower was used */
	unsigned sync_given : 1;      /* sync=, volatile or fsync= was used */
	unsigned br_given : 1;        /* br:, br=, dirs= or a list as SPEC */
};

/* An empty configuration. config_done accepts any half-filled one. */
void config_init(struct ufs_config *c);
void config_done(struct ufs_config *c);

/* Append a branch. PATH is copied, FD (or -EBADF) is taken over, on error too. */
int config_add_branch(struct ufs_config *c, const char *path, int fd,
		      enum branch_perm perm, unsigned attrs);
/* --upper: the writable top. --lower: below all that is there; whiteouts on it
 * count. A second upper is a usage error. */
int config_set_upper(struct ufs_config *c, const char *path, struct err *e);
int config_add_lower(struct ufs_config *c, const char *path, struct err *e);
/* Append to the list of hidden paths, mountpoints in the view, mount options.
 * A mount option replaces the one of the same name ("nosuid" stands beside
 * "suid": config_options knows the opposites). */
int config_add_hide(struct ufs_config *c, const char *path);
int config_add_virt(struct ufs_config *c, const char *path, bool is_dir);
int config_add_fuse_opt(struct ufs_config *c, const char *opt);
/* A notice for the person. Out of memory is no error: the notice is lost. */
void config_notice(struct ufs_config *c, const char *fmt, ...) _printf_(2, 3);
/* The mount option NAME as it stands in fuse_opts ("nosuid", "fsname=x"), or NULL. */
const char *config_fuse_opt(const struct ufs_config *c, const char *name);
/* Note NAME[=VALUE] as in force; replaces an earlier item of that name. A flag
 * and a value of one name are two ("sync", "sync=strict"). */
int config_note(struct ufs_config *c, const char *name, const char *value);

/*
 * Take a list of branches, "PATH[=PERM[+ATTR...]][:...]"; an element "@FILE"
 * stands for the lines of FILE. Returns 0 or -errno with E set.
 */
int config_branches(struct ufs_config *c, const char *list, struct err *e);
/* Take overlayfs's list of lower directories, "DIR[:DIR...]". */
int config_lowers(struct ufs_config *c, const char *list, struct err *e);
/* "rw", "ro+wh", …: what a branch list would say. A string constant. */
const char *config_perm_name(enum branch_perm perm, unsigned attrs);
/* Drop the backslash before ':', ',', '=' and a backslash in the N bytes at RAW. */
int config_unescape(const char *raw, size_t n, char **ret);
/* The length of the element at S, up to the first SEP without a backslash. */
size_t config_span(const char *s, size_t n, char sep);

/*
 * Take the comma-separated text behind one -o ("br:/a=rw:/b=ro,allow_other").
 * "\:", "\," and "\\" escape; "br=@FILE" reads one branch a line.
 * Returns 0, or a usage error in E that names the option and the nearest
 * known one.
 */
int config_options(struct ufs_config *c, const char *text, struct err *e);

/* The SPEC word of the mount(8) form: "none", "ufs", or options in short. */
int config_spec(struct ufs_config *c, const char *spec, struct err *e);

/*
 * After everything was taken: put in the defaults (first branch rw, others
 * ro, …), check what can be checked without touching the filesystem. Paths
 * become absolute.
 */
int config_check(struct ufs_config *c, struct err *e);

/*
 * The table of mount options, walked by the parser, by --help and by tests. A
 * row without help is accepted or refused as its set function says, and not
 * advertised.
 */
struct config_row {
	const char *name;
	const char *arg;  /* NULL: takes no value; "[X]": may take one */
	const char *help; /* one line, or NULL */
	const char *aux;  /* for SET: the opposite option, the values accepted, … */
	int (*set)(struct ufs_config *c, const struct config_row *row, const char *value,
		   struct err *e);
};
const struct config_row *config_rows(size_t *ret_n);

#endif
