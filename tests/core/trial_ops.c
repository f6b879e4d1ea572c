/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operations, by path on the tree of trial.c. */
#include "trial.h"

#include <linux/falloc.h>
#include <sys/statvfs.h>

/* A function for a row of the table: RUN(name) { return … } with t at hand. */
#define RUN(name) static int name(struct uni *t)

/* -- names ---------------------------------------------------------------------- */

RUN(create_in_root) { return uni_mknod(t, "n", S_IFREG | 0600); }
RUN(create_in_lower) { return uni_mknod(t, "e/n", S_IFREG | 0600); }
RUN(create_deep) { return uni_mknod(t, "d/sub/n", S_IFREG | 04750); }
RUN(create_on_mark) { return uni_mknod(t, "gone", S_IFREG | 0600); }
RUN(create_on_dir_mark) { return uni_mknod(t, "gonedir", S_IFREG | 0600); }
RUN(mkdir_in_lower) { return uni_mkdir(t, "e/n", 0750); }
RUN(mkdir_on_mark) { return uni_mkdir(t, "gone", 0755); }
RUN(mkdir_on_dir_mark) { return uni_mkdir(t, "gonedir", 01777); }
RUN(symlink_in_lower) { return uni_symlink(t, "to", "e/n"); }
RUN(symlink_on_mark) { return uni_symlink(t, "to", "gone"); }
RUN(fifo_deep) { return uni_mknod(t, "d/sub/n", S_IFIFO | 0640); }
RUN(fifo_on_mark) { return uni_mknod(t, "gone", S_IFIFO | 0640); }
RUN(link_lower) { return uni_link(t, "d/f", "e/n"); }
RUN(link_upper) { return uni_link(t, "u", "e/n"); }
RUN(link_on_mark) { return uni_link(t, "d/f", "gone"); }

RUN(unlink_lower) { return uni_unlink(t, "d/g"); }
RUN(unlink_deep) { return uni_unlink(t, "d/sub/h"); }
RUN(unlink_upper) { return uni_unlink(t, "u"); }
RUN(unlink_merged) { return uni_unlink(t, "d/m"); }
RUN(unlink_in_opaque) { return uni_unlink(t, "opaque/z"); }
RUN(unlink_link) { return uni_unlink(t, "l"); }
RUN(rmdir_lower) { return uni_rmdir(t, "empty"); }
RUN(rmdir_upper) { return uni_rmdir(t, "void"); }
RUN(rmdir_marks) { return uni_rmdir(t, "marks"); }
RUN(rmdir_opaque) { return uni_rmdir(t, "bare"); }

/* -- renames ---------------------------------------------------------------------- */

RUN(rename_lower) { return uni_rename(t, "d/f", "n", 0); }
RUN(rename_lower_across) { return uni_rename(t, "d/sub/h", "e/n", 0); }
RUN(rename_lower_on_lower) { return uni_rename(t, "d/f", "e/old", 0); }
RUN(rename_lower_on_upper) { return uni_rename(t, "d/f", "u", 0); }
RUN(rename_lower_on_merged) { return uni_rename(t, "d/f", "d/m", 0); }
RUN(rename_lower_on_mark) { return uni_rename(t, "d/f", "gone", 0); }
RUN(rename_merged) { return uni_rename(t, "d/m", "n", 0); }
RUN(rename_merged_on_mark) { return uni_rename(t, "d/m", "gone", 0); }
RUN(rename_upper) { return uni_rename(t, "u", "e/n", 0); }
RUN(rename_upper_on_lower) { return uni_rename(t, "u", "e/old", 0); }
RUN(rename_upper_on_mark) { return uni_rename(t, "u", "gone", 0); }
RUN(rename_noreplace) { return uni_rename(t, "d/f", "e/n", RENAME_NOREPLACE); }
RUN(rename_link) { return uni_rename(t, "l", "n", 0); }
RUN(rename_fifo) { return uni_rename(t, "p", "n", 0); }
RUN(rename_pure) { return uni_rename(t, "pure", "n", 0); }
RUN(rename_pure_across) { return uni_rename(t, "pure", "e/n", 0); }
RUN(rename_pure_on_upper) { return uni_rename(t, "pure", "void", 0); }
RUN(rename_pure_on_lower) { return uni_rename(t, "pure", "empty", 0); }
RUN(rename_pure_on_marks) { return uni_rename(t, "pure", "marks", 0); }
RUN(rename_pure_on_opaque) { return uni_rename(t, "pure", "bare", 0); }
RUN(rename_pure_on_mark) { return uni_rename(t, "pure", "gonedir", 0); }
RUN(exchange_lower) { return uni_rename(t, "d/f", "e/old", RENAME_EXCHANGE); }
RUN(exchange_upper_lower) { return uni_rename(t, "u", "d/f", RENAME_EXCHANGE); }
RUN(exchange_pure) { return uni_rename(t, "pure", "void", RENAME_EXCHANGE); }
RUN(exchange_pure_merged) { return uni_rename(t, "pure", "d/m", RENAME_EXCHANGE); }

/* -- directories of the lower branches, moved by redirects --------------------------- */

RUN(move_lower) { return uni_rename(t, "low", "n", 0); }
RUN(move_lower_across) { return uni_rename(t, "low", "e/n", 0); }
RUN(move_merged) { return uni_rename(t, "d", "n", 0); }
RUN(move_inner) { return uni_rename(t, "d/sub", "e/n", 0); }
RUN(move_on_lower) { return uni_rename(t, "low", "empty", 0); }
RUN(move_on_upper) { return uni_rename(t, "low", "void", 0); }
RUN(move_on_marks) { return uni_rename(t, "low", "marks", 0); }
RUN(move_on_opaque) { return uni_rename(t, "low", "bare", 0); }
RUN(move_on_mark) { return uni_rename(t, "low", "gonedir", 0); }
RUN(move_noreplace) { return uni_rename(t, "low", "n", RENAME_NOREPLACE); }
RUN(exchange_moved) { return uni_rename(t, "low", "d", RENAME_EXCHANGE); }
RUN(exchange_moved_file) { return uni_rename(t, "low", "u", RENAME_EXCHANGE); }
RUN(move_again) { return uni_rename(t, "n", "e/again", 0); }
RUN(move_back) { return uni_rename(t, "n", "low", 0); }
RUN(unlink_in_moved) { return uni_unlink(t, "n/k"); }
RUN(write_in_moved) { return uni_write(t, "n/in/x", 0, "NEW"); }
RUN(mkdir_where_moved) { return uni_mkdir(t, "low", 0755); }
RUN(move_out_of_moved) { return uni_rename(t, "n/in", "out", 0); }

/* -- files with several names below --------------------------------------------------- */

RUN(write_linked) { return uni_write(t, "hard/a", 0, "NEW"); }
RUN(chmod_linked) { return uni_chmod(t, "e/c", 0600); }
RUN(unlink_linked) { return uni_unlink(t, "hard/a"); }
RUN(rename_linked) { return uni_rename(t, "hard/a", "n", 0); }
RUN(rename_on_linked) { return uni_rename(t, "u", "hard/a", 0); }
RUN(link_linked) { return uni_link(t, "hard/b", "n"); }
RUN(exchange_linked) { return uni_rename(t, "hard/a", "u", RENAME_EXCHANGE); }
RUN(unlink_copied_link) { return uni_unlink(t, "hard/b"); }
RUN(rename_copied_link) { return uni_rename(t, "hard/b", "n", 0); }
RUN(unlink_last_link) { return uni_unlink(t, "e/c"); }

RUN(write_copied_link) { return uni_write(t, "hard/b", 0, "NEW"); }

RUN(unlink_two_links)
{
	int r = uni_unlink(t, "hard/a");

	return r < 0 ? r : uni_unlink(t, "hard/b");
}

/* -- data and attributes ------------------------------------------------------------ */

RUN(write_lower) { return uni_write(t, "d/f", 0, "NEW"); }
RUN(write_deep) { return uni_write(t, "d/sub/h", 0, "NEW"); }
RUN(write_holes) { return uni_write(t, "big", 0, "START"); }
RUN(truncate_lower_away) { return uni_truncate(t, "d/f", 0); }
RUN(truncate_lower) { return uni_truncate(t, "d/f", 3); }
RUN(truncate_longer) { return uni_truncate(t, "d/f", 100); }
RUN(truncate_upper) { return uni_truncate(t, "u", 2); }
RUN(chmod_lower) { return uni_chmod(t, "d/f", 0604); }
RUN(chmod_upper) { return uni_chmod(t, "u", 02755); }
RUN(chmod_directory) { return uni_chmod(t, "e", 0711); }
RUN(chmod_fifo) { return uni_chmod(t, "p", 0600); }

/* To oneself means nothing where owners are real. */
static int give_away(struct uni *t, const char *path)
{
	bool can = t->cfg.ids.virt || uni_is_root();

	return can ? uni_chown(t, path, 33, 44) :
		     uni_utimes(t, path, (struct timespec){ 2000000000, 0 },
				(struct timespec){ 2000000000, 0 });
}

RUN(chown_lower) { return give_away(t, "d/f"); }
RUN(chown_upper) { return give_away(t, "u"); }
RUN(chown_link) { return give_away(t, "l"); }

RUN(chown_directory)
{
	return t->cfg.ids.virt || uni_is_root() ? uni_chown(t, "e", 33, 44) :
						  uni_chmod(t, "e", 0700);
}

RUN(utimes_lower)
{
	const struct timespec set = { 2000000000, 5 };

	return uni_utimes(t, "d/f", set, set);
}

RUN(utimes_link)
{
	const struct timespec set = { 2000000000, 5 };

	return uni_utimes(t, "l", set, set);
}

static int look_up(struct uni *t, const char *path, node_id *ret)
{
	struct ufs_entry e = { .id = NODE_ROOT };
	int r = *path ? uni_lookup(t, path, &e) : 0;

	*ret = e.id;
	return r;
}

static int set_attribute(struct uni *t, const char *path)
{
	node_id id;
	int r = look_up(t, path, &id);

	return r < 0 ? r : ufs_setxattr(t->u, id, "user.a", "new", 3, 0);
}

RUN(setxattr_lower) { return set_attribute(t, "d/f"); }
RUN(setxattr_directory) { return set_attribute(t, "e"); }

RUN(removexattr_lower)
{
	node_id id;
	int r = look_up(t, "d/f", &id);

	r = r < 0 ? r : ufs_removexattr(t->u, id, "user.a");
	/* Trying again what was done, and not answered, is right too. */
	return r == -ENODATA ? 0 : r;
}

RUN(copy_range)
{
	node_id from, to = 0;
	ssize_t n;
	int r = look_up(t, "d/g", &from);

	if (r == 0)
		r = look_up(t, "d/f", &to);
	if (r < 0)
		return r;
	n = ufs_copy_range(t->u, from, 0, to, 1, 4, 0);
	/* The kernel reads and writes then. */
	if (n == -EXDEV || n == -EOPNOTSUPP)
		return uni_write_id(t, to, 1, "othe");
	return n < 0 ? (int)n : 0;
}

static int allocate(struct uni *t, int mode, off_t off, off_t len)
{
	node_id id;
	int r = look_up(t, "big", &id);

	return r < 0 ? r : ufs_fallocate(t->u, id, mode, off, len);
}

RUN(fallocate_longer) { return allocate(t, 0, 0, 400000); }
RUN(punch_hole)
{
	return allocate(t, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096);
}

/* -- what changes nothing ------------------------------------------------------------ */

static int sync_it(struct uni *t, const char *path, bool dir)
{
	node_id id;
	int r = look_up(t, path, &id);

	if (r < 0)
		return r;
	return dir ? ufs_fsyncdir(t->u, id, false) : ufs_fsync(t->u, id, false);
}

RUN(fsync_upper) { return sync_it(t, "u", false); }
RUN(fsync_lower) { return sync_it(t, "d/f", false); }
RUN(fsync_directory) { return sync_it(t, "d", true); }

RUN(look_up_merged)
{
	node_id id;

	return look_up(t, "d/m", &id);
}

RUN(look_up_nothing)
{
	node_id id;
	int r = look_up(t, "d/nothing", &id);

	return r == -ENOENT ? 0 : r < 0 ? r : -EEXIST;
}

static int count(void *ctx, const char *name, const struct ufs_entry *e, off_t next)
{
	(void)name;
	(void)next;
	++*(int *)ctx;
	return e->id ? 1 : 0; /* counted only: the lookup is given back */
}

static int list(struct uni *t, bool plus)
{
	int n = 0, r;
	node_id id;

	r = look_up(t, "d", &id);
	r = r < 0 ? r : ufs_readdir(t->u, id, 0, plus, count, &n);
	/* ".", ".." and five more, of which plus takes one that could be looked up. */
	return r < 0 ? r : plus ? (n >= 3 ? 0 : -ENOENT) : n == 7 ? 0 : -ENOENT;
}

RUN(readdir_merged) { return list(t, false); }
RUN(readdirplus_merged) { return list(t, true); }

RUN(read_link)
{
	_free_ char *target = NULL;
	node_id id;
	int r = look_up(t, "l", &id);

	r = r < 0 ? r : ufs_readlink(t->u, id, &target);
	return r < 0 ? r : strcmp(target, "d/f") == 0 ? 0 : -ENOENT;
}

RUN(get_attributes)
{
	char buf[64];
	node_id id;
	ssize_t n;
	int r = look_up(t, "d/f", &id);

	if (r < 0)
		return r;
	n = ufs_getxattr(t->u, id, "user.a", buf, sizeof(buf));
	if (n > 0)
		n = ufs_listxattr(t->u, id, buf, sizeof(buf));
	return n < 0 ? (int)n : n == 7 ? 0 : -ENOENT;
}

RUN(read_data)
{
	struct ufs_data d;
	node_id id;
	int r = look_up(t, "d/f", &id);

	r = r < 0 ? r : ufs_data_get(t->u, id, false, &d);
	if (r == 0)
		ufs_data_put(t->u, &d);
	return r;
}

RUN(seek_hole)
{
	node_id id;
	off_t at;
	int r = look_up(t, "d/f", &id);

	at = r < 0 ? r : ufs_lseek(t->u, id, 0, SEEK_HOLE);
	return at < 0 ? (int)at : at == 8 ? 0 : -ENXIO;
}

RUN(get_attr)
{
	struct stat st;

	return uni_stat(t, "d/sub/h", &st);
}

#define CHANGES(f) { #f, f, false, NULL }
#define LOOKS(f) { #f, f, true, NULL }
#define AFTER(before, f) { #f "_after_" #before, f, false, before }

static const struct trial_op ops[] = {
	CHANGES(create_in_root), CHANGES(create_in_lower), CHANGES(create_deep),
	CHANGES(create_on_mark), CHANGES(create_on_dir_mark), CHANGES(mkdir_in_lower),
	CHANGES(mkdir_on_mark), CHANGES(mkdir_on_dir_mark), CHANGES(symlink_in_lower),
	CHANGES(symlink_on_mark), CHANGES(fifo_deep), CHANGES(fifo_on_mark),
	CHANGES(link_lower), CHANGES(link_upper), CHANGES(link_on_mark),
	CHANGES(unlink_lower), CHANGES(unlink_deep), CHANGES(unlink_upper),
	CHANGES(unlink_merged), CHANGES(unlink_in_opaque), CHANGES(unlink_link),
	CHANGES(rmdir_lower), CHANGES(rmdir_upper), CHANGES(rmdir_marks),
	CHANGES(rmdir_opaque), CHANGES(rename_lower), CHANGES(rename_lower_across),
	CHANGES(rename_lower_on_lower), CHANGES(rename_lower_on_upper),
	CHANGES(rename_lower_on_merged), CHANGES(rename_lower_on_mark),
	CHANGES(rename_merged), CHANGES(rename_merged_on_mark), CHANGES(rename_upper),
	CHANGES(rename_upper_on_lower), CHANGES(rename_upper_on_mark),
	CHANGES(rename_noreplace), CHANGES(rename_link), CHANGES(rename_fifo),
	CHANGES(rename_pure), CHANGES(rename_pure_across), CHANGES(rename_pure_on_upper),
	CHANGES(rename_pure_on_lower), CHANGES(rename_pure_on_marks),
	CHANGES(rename_pure_on_opaque), CHANGES(rename_pure_on_mark),
	CHANGES(exchange_lower), CHANGES(exchange_upper_lower), CHANGES(exchange_pure),
	CHANGES(exchange_pure_merged), CHANGES(write_lower), CHANGES(write_deep),
	CHANGES(write_holes), CHANGES(truncate_lower_away), CHANGES(truncate_lower),
	CHANGES(truncate_longer), CHANGES(truncate_upper), CHANGES(chmod_lower),
	CHANGES(chmod_upper), CHANGES(chmod_directory), CHANGES(chmod_fifo),
	CHANGES(chown_lower), CHANGES(chown_upper), CHANGES(chown_link),
	CHANGES(chown_directory), CHANGES(utimes_lower), CHANGES(utimes_link),
	CHANGES(setxattr_lower), CHANGES(setxattr_directory), CHANGES(removexattr_lower),
	CHANGES(copy_range), CHANGES(fallocate_longer), CHANGES(punch_hole),
	CHANGES(move_lower), CHANGES(move_lower_across), CHANGES(move_merged),
	CHANGES(move_inner), CHANGES(move_on_lower), CHANGES(move_on_upper),
	CHANGES(move_on_marks), CHANGES(move_on_opaque), CHANGES(move_on_mark),
	CHANGES(move_noreplace), CHANGES(exchange_moved), CHANGES(exchange_moved_file),
	AFTER(move_lower, move_again), AFTER(move_lower, move_back),
	AFTER(move_lower, unlink_in_moved), AFTER(move_lower, write_in_moved),
	AFTER(move_lower, mkdir_where_moved), AFTER(move_lower, move_out_of_moved),
	CHANGES(write_linked), CHANGES(chmod_linked), CHANGES(unlink_linked),
	CHANGES(rename_linked), CHANGES(rename_on_linked), CHANGES(link_linked),
	CHANGES(exchange_linked), AFTER(write_linked, unlink_copied_link),
	AFTER(write_linked, rename_copied_link), AFTER(unlink_two_links, unlink_last_link),
	AFTER(unlink_linked, write_copied_link),
	LOOKS(fsync_upper), LOOKS(fsync_lower), LOOKS(fsync_directory),
	LOOKS(look_up_merged), LOOKS(look_up_nothing), LOOKS(readdir_merged),
	LOOKS(readdirplus_merged), LOOKS(read_link), LOOKS(get_attributes),
	LOOKS(read_data), LOOKS(seek_hole), LOOKS(get_attr),
};

const struct trial_op *trial_ops(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(ops);
	return ops;
}
