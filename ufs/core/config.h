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
};

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

struct ufs_config {
	struct branch_spec *branches; /* top first */
	size_t nbranches;
	char *work;                   /* work directory of the top writable
					 branch, or NULL: inside the branch */
	char *format;                 /* "aufs" (default) or "overlay" */
	char *mountpoint;             /* absolute; NULL in tests of the core */
	bool read_only;               /* -o ro: nothing is written */
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
	unsigned upper_given : 1;     /* upperdir= or --upper was used */
};

/* An empty configuration. config_done accepts any half-filled one. */
void config_init(struct ufs_config *c);
void config_done(struct ufs_config *c);

/* Append a branch. PATH is copied, FD (or -EBADF) is taken over, on error too. */
int config_add_branch(struct ufs_config *c, const char *path, int fd,
		      enum branch_perm perm, unsigned attrs);
/* Append to the list of hidden paths, mountpoints in the view, mount options. */
int config_add_hide(struct ufs_config *c, const char *path);
int config_add_virt(struct ufs_config *c, const char *path, bool is_dir);
int config_add_fuse_opt(struct ufs_config *c, const char *opt);

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

/* Print the table of mount options for --help; walk it for tests. */
struct config_row {
	const char *name, *arg, *help;
};
const struct config_row *config_rows(size_t *ret_n);

#endif
