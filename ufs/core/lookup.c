/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lookup.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "format.h"
#include "lend.h"
#include "owner.h"
#include "path.h"
#include "sys.h"
#include "virt.h"

int lookup_check(const char *name)
{
	if (strlen(name) > NAME_MAX)
		return -ENAMETOOLONG;
	return path_is_component(name) ? 0 : -EINVAL;
}

int lookup_check_new(const struct ufs *u, const char *name)
{
	int r = lookup_check(name);

	return r == 0 && u->format->reserved(name) ? -EPERM : r;
}

static dev_t statx_dev(const struct statx *st)
{
	return makedev(st->stx_dev_major, st->stx_dev_minor);
}

/* What the name is on one branch. */
enum on_branch { ABSENT, PRESENT, WHITE };

static int ask_branch(struct branch *b, int dirfd, const char *name, struct statx *st)
{
	struct stat plain;
	int r;

	if (branch_reserves(b, name) || branch_hides(b, dirfd, name))
		return ABSENT;
	r = sys_statx(dirfd, name, st);
	if (r == 0) {
		plain.st_mode = st->stx_mode;
		plain.st_rdev = makedev(st->stx_rdev_major, st->stx_rdev_minor);
		return branch_is_whiteout(b, &plain) ? WHITE : PRESENT;
	}
	/* A branch may allow shorter names than another. */
	if (r != -ENOENT && r != -ENAMETOOLONG)
		return r;
	r = branch_hidden(b, dirfd, name);
	return r < 0 ? r : r ? WHITE : ABSENT;
}

/*
 * A directory was found on B: does the search go on below it? Notes in
 * the mask that it is to be searched. 1, 0 or -errno.
 */
static int merge_dir(struct ufs *u, int b, int dirfd, const char *name,
		     const struct statx *st, bool more, struct found *f)
{
	struct branch *br = branch_at(u, b);
	int r, fd;

	if (statx_dev(st) != br->dev && inum_is_void(u->inums, statx_dev(st), dirfd, name))
		return 1; /* shows as an empty directory */
	f->mask[b / 64] |= UINT64_C(1) << (b % 64);
	if (!more)
		return 0;
	if (!br->marks)
		return 1;
	r = branch_hidden(br, dirfd, name);
	if (r != 0)
		return r < 0 ? r : 0;
	fd = sys_openat(dirfd, name, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	r = lend_opaque(u, b, fd, &f->lent);
	(void)close(fd);
	/* One that may not be searched cannot be asked, nor can what is in it. */
	if (r == -EACCES && u->euid != 0)
		return 1;
	return r < 0 ? r : r == 0;
}

int lookup_name(struct ufs *u, struct node *dir, const struct dirset *s,
		const char *name, int from, struct found *f)
{
	int b = node_mask_next(u->nodes, dir, from);

	f->top = f->white = -1;
	f->lent = 0;
	f->type = DT_UNKNOWN;
	f->virt = virt_child(dir->type == DT_DIR ? dir->virt : NULL, name);
	memset(f->mask, 0, (size_t)(u->bs.n + 63) / 64 * sizeof(f->mask[0]));
	while (b >= 0) {
		int next = b + 1 < u->bs.n ? node_mask_next(u->nodes, dir, b + 1) : -1;
		int fd = s->refs[b].fd, r;
		struct statx st;

		if (fd == -ENOENT) {
			b = next;
			continue; /* removed underneath */
		}
		r = fd < 0 ? fd : ask_branch(branch_at(u, b), fd, name, &st);
		if (r < 0)
			return r;
		if (r == WHITE) {
			f->white = b;
			break;
		}
		if (r == PRESENT) {
			bool is_dir = S_ISDIR(st.stx_mode);

			if (f->top >= 0 && !is_dir)
				break;
			if (f->top < 0) {
				f->top = b;
				f->st = st;
				f->type = IFTODT(st.stx_mode);
			}
			if (!is_dir)
				break;
			r = merge_dir(u, b, fd, name, &st, next >= 0, f);
			if (r < 0)
				return r;
			if (r == 0)
				break;
		}
		b = next;
	}
	return 0;
}

int lookup_below(struct ufs *u, struct node *dir, const struct dirset *s,
		 const char *name, int b)
{
	struct found f;
	int r;

	if (b + 1 >= u->bs.n)
		return 0;
	r = lookup_name(u, dir, s, name, b + 1, &f);
	/* What cannot be asked may be there: then it has to be hidden. */
	if (r == -EACCES)
		return 1;
	return r < 0 ? r : f.top >= 0;
}

static int intern_virtual(struct ufs *u, struct node *dir, const char *name,
			  struct virt *v, struct node **ret_node, struct ufs_entry *ret)
{
	static const uint64_t no_mask[BRANCHES_MAX / 64];
	struct node_found nf = {
		.type = v->is_dir ? DT_DIR : DT_REG,
		.top = -1,
		.flags = NODE_VIRTUAL,
		.ino = v->ino,
		.obj_ino = v->ino,
		.mask = no_mask,
		.virt = v,
	};
	int r = node_intern(u->nodes, dir, name, &nf, ret_node);

	if (r < 0)
		return r;
	ret->id = node_id_of(*ret_node);
	virt_stat(v, &ret->attr);
	return 0;
}

void lookup_attr(struct ufs *u, struct node *n, int top, const struct statx *st,
		 struct stat *ret)
{
	owner_show(u, top, st, ret);
	ret->st_ino = n->ino;
	/* The link count of a merged directory is 1: "cannot tell". */
	if (n->type == DT_DIR) {
		int first = node_mask_next(u->nodes, n, 0);

		if (first < 0 || (first + 1 < u->bs.n &&
				  node_mask_next(u->nodes, n, first + 1) >= 0))
			ret->st_nlink = 1;
	}
	/* Without a name here, whatever a read-only branch still calls it. */
	if (node_has(n, NODE_DEAD) && (n->type == DT_DIR || !branch_at(u, top)->writable))
		ret->st_nlink = 0;
}

int lookup_intern(struct ufs *u, struct node *dir, const char *name,
		  const struct found *f, struct node **ret_node, struct ufs_entry *ret)
{
	struct node_found nf = {
		.type = f->type,
		.top = (int16_t)f->top,
		.mask = f->mask,
		.virt = f->type == DT_DIR ? f->virt : NULL,
	};
	int r;

	if (f->top < 0)
		return f->virt ? intern_virtual(u, dir, name, f->virt, ret_node, ret) :
				 -ENOENT;
	nf.obj_dev = statx_dev(&f->st);
	nf.obj_ino = f->st.stx_ino;
	nf.ino = inum_of(u->inums, nf.obj_dev, nf.obj_ino);
	/* Names on a read-only branch part at copy-up: an inode each. */
	nf.linked = f->type != DT_DIR && branch_at(u, f->top)->writable &&
		    (f->st.stx_nlink > 1 || nodes_any_linked(u->nodes));
	r = node_intern(u->nodes, dir, name, &nf, ret_node);
	if (r < 0)
		return r;
	ret->id = node_id_of(*ret_node);
	lookup_attr(u, *ret_node, f->top, &f->st, &ret->attr);
	return 0;
}
