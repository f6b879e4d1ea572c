/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The launcher's data, and nothing but data:
 *
 *   struct run_config  what was asked for      (cli.c, runconf.c)
 *   struct run_host    what the host is like   (host.c)
 *   struct run_plan    what will happen        (the x_plan() functions)
 *   struct run_live    what exists by now      (the x_apply() functions)
 *
 * A plan follows from config and host alone: making one touches nothing, so
 * it can be printed (--dry-run) and compared in a test.
 */
#ifndef UFS_LAUNCHER_TYPES_H
#define UFS_LAUNCHER_TYPES_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "strv.h"

/* Exit statuses that are not the command's own (docker(1)). */
enum {
	RUN_EXIT_FAILED = 125,   /* the launcher failed */
	RUN_EXIT_NOEXEC = 126,   /* the command cannot be executed */
	RUN_EXIT_NOTFOUND = 127, /* the command was not found */
	RUN_EXIT_SIGNAL = 128,   /* + N: signal N ended it */
};

/* -- what was asked for ----------------------------------------------------- */

struct run_volume {
	char *src, *dst; /* absolute, clean */
	bool ro;
	bool is_dir;     /* what SRC is on the host */
};

struct run_tmpfs {
	char *dst;  /* absolute, clean */
	char *size; /* as mount(8) spells it, or NULL */
};

enum run_userns { USERNS_AUTO, USERNS_SINGLE, USERNS_HOST };

struct run_config {
	struct strv lowers;  /* top first; empty: the host's own root */
	char *upper, *name;  /* or NULL */
	struct run_volume *volumes;
	size_t nvolumes;
	struct run_tmpfs *tmpfs;
	size_t ntmpfs;
	struct strv env;     /* NAME=VALUE, in the order given */
	char *user, *workdir, *hostname;
	enum run_userns userns;
	bool net_host;
	bool rm, keep_try, read_only, tty, interactive, dry_run, explain;
	struct strv argv;    /* empty: the shell */
};

/* -- what the host is like --------------------------------------------------- */

struct run_range {
	uint32_t first, count;
};

struct run_ranges {
	struct run_range *v;
	size_t n;
};

struct run_host {
	uid_t uid;
	gid_t gid;
	struct run_ranges subuids, subgids; /* of this user, in file order */
	bool has_newuidmap;  /* both helpers are in PATH */
	char *cwd;           /* or NULL when it is gone */
	char *home, *shell, *path, *term, *lang; /* from the environment, or NULL */
	char *resolv;        /* where /etc/resolv.conf leads to, or NULL */
	char *data, *runtime; /* our directories, as interface "Where things are kept" */
	char *made_name;     /* a name, should one be needed */
	bool stdin_tty, stdout_tty;
	bool has_tty_gid; /* group 5 exists here: we may be in a user namespace */
};

/* -- what will happen -------------------------------------------------------- */

struct plan_map {
	uint32_t inner, outer, count;
};

enum ids_kind { IDS_HOST, IDS_SINGLE, IDS_RANGES };

struct plan_ids {
	enum ids_kind kind;
	struct plan_map *uids, *gids;
	size_t nuids, ngids;
	const char *why; /* why not more than one id, or NULL */
};

enum mount_kind {
	MOUNT_NEW,  /* a filesystem of its own: fstype, opts */
	MOUNT_BIND, /* a recursive copy of the host's tree at src */
	MOUNT_MASK, /* nothing can be read at dst any more; skipped when absent */
	MOUNT_RO,   /* dst is made read-only; skipped when absent */
};

enum {
	PM_DIR = 1 << 0,      /* the target is a directory */
	PM_OPTIONAL = 1 << 1, /* where the host forbids it, do without */
	PM_NOFOLLOW = 1 << 2, /* the target must not be reached through a link */
	PM_SCRATCH = 1 << 3,  /* a tmpfs of ours: targets are made in it */
};

struct plan_mount {
	enum mount_kind kind;
	unsigned flags;
	const char *fstype;
	char *src;      /* MOUNT_BIND */
	char *dst;      /* absolute in the view */
	char *opts;     /* MOUNT_NEW: "key=value,flag", or NULL */
	uint64_t attrs; /* MOUNT_ATTR_* */
};

enum device_how { DEVICE_NODE, DEVICE_BIND, DEVICE_LINK };

struct plan_device {
	enum device_how how;
	const char *name;   /* in /dev */
	const char *target; /* DEVICE_LINK */
	unsigned major, minor;
};

struct plan_rlimit {
	int resource;
	const char *name;
	uint64_t soft, hard; /* RLIM_INFINITY = no limit; hard is only lowered */
};

struct run_plan {
	/* the record and the branches */
	char *name;
	char *data, *runtime;
	char *upper;         /* given with --upper, else NULL: in the record */
	struct strv lowers;
	bool host_root;      /* the only lower is the host's own root */
	bool remove, keep_try, read_only;
	struct strv virts;   /* mountpoints for the view: "/dir/" or "/file" */
	/* namespaces */
	unsigned clone_flags; /* CLONE_NEW* */
	struct plan_ids ids;
	char *hostname;
	bool lo_up;
	/* the tree */
	struct plan_mount *mounts;
	size_t nmounts;
	struct plan_device *devices;
	size_t ndevices;
	char *resolv;        /* host's file to be put at the same path, or NULL */
	/* the process */
	struct plan_rlimit *rlimits;
	size_t nrlimits;
	uint64_t caps;       /* bit N: capability N is kept */
	bool seccomp;
	char *user;          /* or NULL: root */
	char *cwd;
	bool cwd_given;      /* a missing one is an error */
	struct strv env;
	struct strv argv;
	bool tty, interactive, explain;
};

/* -- what exists by now ------------------------------------------------------ */

enum run_side {
	SIDE_PARENT = 1 << 0,  /* ufs-run itself */
	SIDE_CHILD = 1 << 1,   /* process 1 of the container */
	SIDE_PAYLOAD = 1 << 2, /* what becomes the command */
};

struct run_live {
	enum run_side side;
	sigset_t sigmask;  /* the caller's, given back to the payload */
	mode_t umask;      /* likewise */
	int sync;          /* this side's end of the socket between P and C */
	int sync_child;    /* the other end, until the clone */
	/* parent */
	struct state_record *record;
	pid_t daemon, init;
	int daemon_fd, init_fd; /* pidfds */
	int status;        /* exit status so far */
	bool init_gone;    /* reaped */
	bool ran;          /* the command was started: its changes count */
	/* child */
	int daemon_sock;   /* the child's end of the socket to the daemon */
	int root;          /* root of the union, attached */
	int null;          /* the host's /dev/null, checked */
	dev_t *scratch;    /* device numbers of our tmpfs mounts */
	size_t nscratch;
	/* terminal */
	int pty_master, pty_slave;
	/* payload */
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	size_t ngroups;
	char *home;        /* of the user inside, or NULL */
};

#endif
