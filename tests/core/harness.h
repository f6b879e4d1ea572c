/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of the union without a mount, as root or as anyone. A test builds
 * branches in a directory of its own from text, opens a union over them, does
 * things by path and compares the merged view, and the branches, as text:
 *
 *   struct uni *t = *state;
 *   uni_branch(t, "up", BRANCH_RW, 0);
 *   uni_branch(t, "lo", BRANCH_RO, BRANCH_WH);
 *   uni_make(t, "lo/d/f file 0644 data\n"
 *               "lo/l link target\n");
 *   uni_open(t);
 *   assert_int_equal(uni_unlink(t, "d/f"), 0);
 *   uni_view_is(t, "d dir 0755\n"
 *                  "l link target\n");
 *
 * The end of every test, uni_teardown(), gives every lookup back, closes the
 * union and fails the test when a node or descriptor is left over, when
 * something lies in the work directory's tmp/, or when a branch that is not
 * writable is not what it was: names, data, modes, owners, mtime, ctime, xattrs.
 */
#ifndef UFS_HARNESS_H
#define UFS_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "core.h"
#include "err.h"
#include "macros.h"
#include "str.h"

enum { UNI_BRANCHES = 8 };

struct uni_branch {
	char name[32];
	enum branch_perm perm;
	unsigned attrs;
	char *before;         /* digest of a branch that must not change */
};

struct uni {
	char dir[64];         /* absolute; the branches are its entries */
	struct uni_branch branches[UNI_BRANCHES];
	size_t nbranches;
	struct ufs_config cfg;/* options beside the branches, set before uni_open */
	struct ufs_cred cred;
	struct ufs *u;
	node_id *held;        /* lookups to give back */
	size_t nheld, cap;
	uint64_t nodes;       /* known right after uni_open */
	int fds;              /* open before uni_open */
	bool by_fd;           /* no private copies of mounts: many times faster */
};

/* cmocka's setup and teardown; *STATE is the struct uni. */
int uni_setup(void **state);
int uni_teardown(void **state);
#define UNI_TEST(f) cmocka_unit_test_setup_teardown(f, uni_setup, uni_teardown)
#define TEST(f) static void f(void **state)
#define RUN_ALL(tests) cmocka_run_group_tests(tests, NULL, NULL)

/* Append a branch (the first is the top); its directory is made, 0755. */
void uni_branch(struct uni *t, const char *name, enum branch_perm perm, unsigned attrs);
/* A new writable branch on top, between uni_close and uni_open: the others are
 * read-only from now on. */
void uni_on_top(struct uni *t, const char *name);
/* "up" rw over "lo" ro with whiteouts; the usual case. */
void uni_two(struct uni *t);
/* "up" rw over "l1" over "l2", both ro with whiteouts. */
void uni_three(struct uni *t);

/*
 * Make objects in branches, a line for each; directories above them are made
 * with 0755. PATH begins with the branch's name.
 *   PATH file MODE [DATA]     DATA up to the end of the line
 *   PATH dir MODE
 *   PATH link TARGET
 *   PATH fifo MODE
 *   PATH sock MODE
 *   PATH hard OTHERPATH       a further name of OTHERPATH
 *   PATH size BYTES           truncate the file to this size
 *   PATH at BYTES DATA        write into the file
 *   PATH time SECONDS         atime and mtime, with 123456789 ns
 *   PATH xattr NAME VALUE
 *   PATH mode MODE
 *   PATH wh                   AUFS's whiteout for PATH
 *   PATH opq                  AUFS's opaque mark in directory PATH
 *   PATH char                 overlayfs's whiteout (needs root)
 *   PATH oopq                 overlayfs's opaque attribute (user.)
 */
void uni_make(struct uni *t, const char *spec);

/* Remove all that lies in directory NAME beside the branches. */
void uni_empty(struct uni *t, const char *name);

/* Open the union; a failure fails the test. uni_try_open gives it back. */
void uni_open(struct uni *t);
int uni_try_open(struct uni *t, struct err *e);
/* Give everything back, check for leaks, close; uni_open may follow. */
void uni_close(struct uni *t);
void uni_reopen(struct uni *t);

/* Absolute path of BRANCHPATH ("up/d/f"), malloc'ed. */
char *uni_real(struct uni *t, const char *branchpath);
/* Does the branch have the entry (not following links)? */
bool uni_has(struct uni *t, const char *branchpath);
void uni_lstat(struct uni *t, const char *branchpath, struct stat *ret);

/*
 * The merged view as text in the form of uni_make, sorted, without the root:
 *   "d dir 0755", "d/f file 0644 data", "l link target", "p fifo 0644",
 *   "s sock 0644", "c char 0644"
 * The walk itself fails the test when a name comes twice, "." or ".." does not
 * come, or the number or type of an entry is not that of its lookup.
 */
char *uni_view(struct uni *t);
void uni_view_is(struct uni *t, const char *want);
/* The same of a branch as it lies on disk, without its work directory. */
char *uni_disk(struct uni *t, const char *branch);
void uni_disk_is(struct uni *t, const char *branch, const char *want);
/* Nothing is on its way in the work directory of BRANCH. */
void uni_tmp_is_empty(struct uni *t, const char *branch);
/* A digest of all that a branch holds. */
char *uni_digest(struct uni *t, const char *branch);

/*
 * Operations by path in the view ("" is the root). Ids that were looked up are
 * held until uni_close or uni_forget. All return what the core returned,
 * also for the walk to the path.
 */
int uni_lookup(struct uni *t, const char *path, struct ufs_entry *ret);
/* The id of PATH; a failure fails the test. */
node_id uni_id(struct uni *t, const char *path);
/* Note an id that was handed out, to be given back. */
void uni_hold(struct uni *t, node_id id);
/* Give all lookups back. */
void uni_forget(struct uni *t);

int uni_stat(struct uni *t, const char *path, struct stat *ret);
int uni_mknod(struct uni *t, const char *path, mode_t mode);
int uni_mkdir(struct uni *t, const char *path, mode_t mode);
int uni_create(struct uni *t, const char *path, mode_t mode, const char *data);
int uni_symlink(struct uni *t, const char *target, const char *path);
int uni_link(struct uni *t, const char *from, const char *to);
int uni_unlink(struct uni *t, const char *path);
int uni_rmdir(struct uni *t, const char *path);
int uni_rename(struct uni *t, const char *from, const char *to, unsigned flags);
int uni_write(struct uni *t, const char *path, off_t off, const char *data);
/* The whole file as a string. Returns its length or -errno. */
ssize_t uni_read(struct uni *t, const char *path, char **ret);
void uni_data_is(struct uni *t, const char *path, const char *want);
int uni_truncate(struct uni *t, const char *path, off_t size);
int uni_chmod(struct uni *t, const char *path, mode_t mode);
int uni_chown(struct uni *t, const char *path, uid_t uid, gid_t gid);
/* Both times, to the nanosecond. */
int uni_utimes(struct uni *t, const char *path, struct timespec atime,
	       struct timespec mtime);

/* By id: for tests whose file has no name any more. */
int uni_write_id(struct uni *t, node_id id, off_t off, const char *data);
ssize_t uni_read_id(struct uni *t, node_id id, char **ret);

int uni_open_fds(void);
bool uni_is_root(void);
/* Skip the test with the reason. */
void uni_skip(const char *why);

#define assert_ok(call) assert_int_equal((call), 0)

#endif
