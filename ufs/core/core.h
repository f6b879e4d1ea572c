/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The union: everything that can be asked of it, in terms of node ids and
 * names, without FUSE. This header is all that ufs/fuse/ and tests/core/ see.
 *
 * Lifetime: ufs_open() … ufs_close(); in between every function may be called
 * from any number of threads at once. Every id that is handed out in a
 * struct ufs_entry counts one lookup, given back with ufs_forget().
 *
 * Errors are -errno as open(2) and its kin document them; nothing is printed.
 * Names are single components from the kernel and are checked again.
 * Permissions were checked before (default_permissions); the core checks
 * only what the kernel cannot know, and its own rights on the branches.
 */
#ifndef UFS_CORE_H
#define UFS_CORE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/statvfs.h>

#include "config.h"
#include "err.h"
#include "types.h"

struct ufs;

/*
 * How the core tells the kernel that a cached thing changed. Callbacks may be
 * NULL. Never called with a lock held, never from a request that may hold the
 * same inode in the kernel.
 */
struct ufs_notify {
	void *ctx;
	void (*inval_entry)(void *ctx, node_id parent, const char *name);
	void (*inval_inode)(void *ctx, node_id id);
};

/*
 * Open the branches of CFG, take the lock of each writable one, sweep what an
 * earlier daemon left in flight.
 *   cfg     checked by config_check(); not kept
 *   notify  kept by reference, may be NULL
 * On error E says which branch and why, with the exit status set (6 for a
 * branch in use, 3 for one that the host cannot serve).
 */
int ufs_open(const struct ufs_config *cfg, const struct ufs_notify *notify,
	     struct ufs **ret, struct err *e);
void ufs_close(struct ufs *u);

/* Notices of ufs_open for the person, one a line, e.g. "branch 0 … has no
 * extended attributes"; "" when there are none. Valid until ufs_close. */
const char *ufs_notices(const struct ufs *u);

/* -- names ---------------------------------------------------------------- */

/* Returns 0, -ENOENT, -ENAMETOOLONG, … */
int ufs_lookup(struct ufs *u, node_id parent, const char *name, struct ufs_entry *ret);
/* Give COUNT lookups of ID back. Unknown ids and too large counts are logged. */
void ufs_forget(struct ufs *u, node_id id, uint64_t count);

/*
 * Make a regular file, FIFO, socket, device or, with mkdir, a directory.
 *   mode  with file type; the umask of CRED is applied as the branch's
 *         default ACL demands
 */
int ufs_mknod(struct ufs *u, const struct ufs_cred *cred, node_id parent,
	      const char *name, mode_t mode, dev_t rdev, struct ufs_entry *ret);
int ufs_mkdir(struct ufs *u, const struct ufs_cred *cred, node_id parent,
	      const char *name, mode_t mode, struct ufs_entry *ret);
int ufs_symlink(struct ufs *u, const struct ufs_cred *cred, node_id parent,
		const char *name, const char *target, struct ufs_entry *ret);
int ufs_link(struct ufs *u, node_id id, node_id newparent, const char *newname,
	     struct ufs_entry *ret);
/* A regular file without a name, where one in PARENT would be; ufs_link may give
 * it one. -EOPNOTSUPP where the branch knows no O_TMPFILE. */
int ufs_tmpfile(struct ufs *u, const struct ufs_cred *cred, node_id parent, mode_t mode,
		struct ufs_entry *ret);
int ufs_unlink(struct ufs *u, node_id parent, const char *name);
int ufs_rmdir(struct ufs *u, node_id parent, const char *name);
/* FLAGS of renameat2(2). -EXDEV for a directory that is not on the writable
 * branch alone. */
int ufs_rename(struct ufs *u, node_id parent, const char *name, node_id newparent,
	       const char *newname, unsigned flags);

/* -- attributes ------------------------------------------------------------ */

int ufs_getattr(struct ufs *u, node_id id, struct stat *ret);
/* WANT: UFS_SET_* bits of SET. Copies up first. */
int ufs_setattr(struct ufs *u, node_id id, const struct stat *set, unsigned want,
		struct stat *ret);
/* The target, malloc'ed and terminated. */
int ufs_readlink(struct ufs *u, node_id id, char **ret);
int ufs_statfs(struct ufs *u, node_id id, struct statvfs *ret);

/* As getxattr(2) and listxattr(2): size 0 asks for the length needed. */
ssize_t ufs_getxattr(struct ufs *u, node_id id, const char *name, void *buf, size_t size);
ssize_t ufs_listxattr(struct ufs *u, node_id id, char *buf, size_t size);
int ufs_setxattr(struct ufs *u, node_id id, const char *name, const void *value,
		 size_t size, int flags);
int ufs_removexattr(struct ufs *u, node_id id, const char *name);

/* -- data ------------------------------------------------------------------- */

/*
 * Borrow a descriptor of ID's data.
 *   write  copies the file up first, keeping all of it
 * The descriptor stays valid until ufs_data_put(), whatever happens to the
 * name. *RET is opaque but for fd.
 */
struct ufs_data {
	int fd;
	void *priv;
};
int ufs_data_get(struct ufs *u, node_id id, bool write, struct ufs_data *ret);
/* After -EPERM from ufs_data_get: a descriptor that can only append, for a file
 * that takes nothing else (chattr +a). */
int ufs_data_append(struct ufs *u, node_id id, struct ufs_data *ret);
/*
 * R was the answer of a branch. When it says that there is no room while
 * unlinked files are only held until the kernel's FORGET, which is on its way,
 * wait a moment for it. Returns whether room was made: then try again.
 */
bool ufs_make_room(struct ufs *u, ssize_t r);
void ufs_data_put(struct ufs *u, struct ufs_data *d);

int ufs_fsync(struct ufs *u, node_id id, bool data_only);
int ufs_fsyncdir(struct ufs *u, node_id id, bool data_only);
int ufs_fallocate(struct ufs *u, node_id id, int mode, off_t off, off_t len);
/* WHENCE: SEEK_DATA or SEEK_HOLE only. */
off_t ufs_lseek(struct ufs *u, node_id id, off_t off, int whence);
ssize_t ufs_copy_range(struct ufs *u, node_id in, off_t in_off, node_id out,
		       off_t out_off, size_t len, int flags);

/*
 * The ioctls of chattr(1) and its kin, FS_IOC_{GET,SET}FLAGS and
 * FS_IOC_FS{GET,SET}XATTR, on regular files and directories; a set copies up.
 * ARG is read or filled as ioctl(2) does; its size is that of ufs_ioctl_size.
 * Both return -ENOTTY for every other command.
 */
ssize_t ufs_ioctl_size(unsigned cmd);
int ufs_ioctl(struct ufs *u, node_id id, unsigned cmd, void *arg);

/* -- directories ------------------------------------------------------------ */

/*
 * Called for each entry; NEXT is the offset that continues behind it. ENTRY
 * has id 0 when the name was not looked up (plain readdir, "." and "..");
 * attr.st_ino and the type in attr.st_mode are always set. Returns 0 to go on,
 * 1 when the entry did not fit: a lookup that was counted for it is given
 * back by the core.
 */
typedef int (*ufs_fill)(void *ctx, const char *name, const struct ufs_entry *entry,
			off_t next);

/*
 * The entries of directory ID behind offset OFF (0: from the start). Offsets
 * name entries: they stay good while others come and go.
 *   plus  look the entries up, as readdirplus wants
 */
int ufs_readdir(struct ufs *u, node_id id, off_t off, bool plus, ufs_fill fill,
		void *ctx);

/* -- looking in -------------------------------------------------------------- */

struct ufs_branch_info {
	const char *path;
	enum branch_perm perm;
	unsigned attrs;
	const char *format;
};
/* Is there no branch that may be written? */
bool ufs_is_read_only(const struct ufs *u);
size_t ufs_branch_count(const struct ufs *u);
void ufs_branch_get(const struct ufs *u, bindex b, struct ufs_branch_info *ret);

/* Counters; a test of leaks and bounds reads them. */
struct ufs_counts {
	uint64_t nodes;    /* known to the kernel or held by others that are */
	uint64_t dir_fds;  /* directory descriptors in the cache */
	uint64_t data_fds; /* data descriptors in the cache */
	uint64_t orphans;  /* unlinked, still known to the kernel */
	uint64_t copyups, copyup_bytes;
};
void ufs_counts(const struct ufs *u, struct ufs_counts *ret);

/* Close descriptors that were not used for a second; called once a second. */
void ufs_idle(struct ufs *u);

#endif
