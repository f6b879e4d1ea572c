/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lookup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cleanup.h"
#include "format.h"
#include "lend.h"
#include "ovlorigin.h"
#include "owner.h"
#include "path.h"
#include "redirect.h"
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
 * Does the directory FD, NAME on branch B, go on below it, MORE being there?
 * 1, 0 or -errno. A redirect says so whatever stands beside the name.
 */
static int goes_on(struct ufs *u, int b, int dirfd, const char *name, int fd, bool more,
		   struct found *f)
{
	_free_ char *to = NULL;
	int redirect = lend_redirect(u, b, fd, &to, &f->lent), r;

	if (redirect < 0 && (redirect != -EACCES || u->euid == 0))
		return redirect;
	if (redirect <= 0 && !more)
		return 0;
	r = lend_opaque(u, b, fd, &f->lent);
	/* One that may not be searched cannot be asked, nor can what is in it. */
	if (r == -EACCES && u->euid != 0)
		return 1;
	if (r != 0)
		return r < 0 ? r : 0;
	if (redirect > 0) {
		f->redirect = b;
		return 0;
	}
	r = branch_hidden(branch_at(u, b), dirfd, name);
	return r < 0 ? r : r == 0;
}

/*
 * A directory was found on B: does the search go on below it? Notes in
 * the mask that it is to be searched.
 *   more  a branch below has the directory that it is in
 * 1, 0 or -errno.
 */
static int merge_dir(struct ufs *u, int b, int dirfd, const char *name,
		     const struct statx *st, bool more, struct found *f)
{
	struct branch *br = branch_at(u, b);
	_close_ int fd = -EBADF;

	if (statx_dev(st) != br->dev && inum_is_void(u->inums, statx_dev(st), dirfd, name))
		return 1; /* shows as an empty directory */
	f->mask[b / 64] |= UINT64_C(1) << (b % 64);
	links_look(u, b, st, &f->is);
	if (!br->marks || b + 1 >= u->bs.n)
		return more;
	fd = sys_openat(dirfd, name, O_PATH | O_DIRECTORY, 0);
	return fd < 0 ? fd : goes_on(u, b, dirfd, name, fd, more, f);
}

/* What the file found is in the union. */
static void identify(struct ufs *u, const struct dirset *s, const char *name,
		     struct found *f)
{
	links_find(u, &f->top, &f->st, &f->is);
	if (found_alias(f) || f->is.recorded || !ovlorigin_used(u, f->top))
		return;
	(void)ovlorigin_get(u, f->top, s->refs[f->top].fd, name, &f->is.id);
}

int lookup_name(struct ufs *u, struct node *dir, const struct dirset *s,
		const char *name, int from, struct found *f)
{
	int b = node_mask_next(u->nodes, dir, from);

	f->top = f->named = f->white = f->redirect = -1;
	f->lent = 0;
	f->steps = NULL;
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
				f->top = f->named = b;
				f->st = st;
				f->type = IFTODT(st.stx_mode);
				links_look(u, b, &st, &f->is);
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
	if (f->top >= 0 && f->type != DT_DIR)
		identify(u, s, name, f);
	return 0;
}

int lookup_follow(struct ufs *u, struct node *dir, const struct dirset *s,
		  const char *name, struct found *f)
{
	_free_ char *to = NULL;
	_close_ int fd = -EBADF;
	struct redirect_found more;
	int r, b = f->redirect;

	if (b < 0)
		return 0;
	r = fd = sys_openat(s->refs[b].fd, name, O_PATH | O_DIRECTORY, 0);
	if (r >= 0)
		r = lend_redirect(u, b, fd, &to, &f->lent);
	if (r > 0)
		r = redirect_follow(u, dir, b, to, &more);
	if (r < 0 || !to)
		return r == -EACCES && u->euid != 0 ? 0 : r;
	f->steps = more.steps;
	if (more.bottom < 0)
		return 0;
	for (int i = 0; i < (u->bs.n + 63) / 64; i++)
		f->mask[i] |= more.mask[i];
	links_look(u, more.bottom, &more.st, &f->is);
	return 0;
}

void lookup_made(struct ufs *u, struct found *f)
{
	f->named = f->top;
	f->type = IFTODT(f->st.stx_mode);
	links_look(u, f->top, &f->st, &f->is);
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

/* The count of names that lead to a file. */
static nlink_t shown_links(struct ufs *u, struct node *n, int top, const struct statx *st)
{
	struct link_state is;

	if (st->stx_nlink < 2 && !node_has(n, NODE_INDEXED))
		return node_has(n, NODE_DEAD) && !branch_at(u, top)->writable ? 0 :
		       st->stx_nlink;
	links_look(u, top, st, &is);
	/* Without a name here, whatever a read-only branch still calls it. */
	if (node_has(n, NODE_DEAD) && !branch_at(u, top)->writable &&
	    is.nlink == st->stx_nlink)
		return 0;
	return is.nlink;
}

void lookup_attr(struct ufs *u, struct node *n, int top, const struct statx *st,
		 struct stat *ret)
{
	int first;

	owner_show(u, top, st, ret);
	ret->st_ino = n->ino;
	if (n->type != DT_DIR) {
		ret->st_nlink = shown_links(u, n, top, st);
		return;
	}
	/* The link count of a merged directory is 1: "cannot tell". */
	first = node_mask_next(u->nodes, n, 0);
	if (first < 0 || (first + 1 < u->bs.n &&
			  node_mask_next(u->nodes, n, first + 1) >= 0))
		ret->st_nlink = 1;
	if (node_has(n, NODE_DEAD))
		ret->st_nlink = 0;
}

int lookup_intern(struct ufs *u, struct node *dir, const char *name,
		  struct found *f, struct node **ret_node, struct ufs_entry *ret)
{
	struct node_found nf = {
		.type = f->type,
		.top = (int16_t)f->top,
		.mask = f->mask,
		.virt = f->type == DT_DIR ? f->virt : NULL,
		.redirect = &f->steps,
	};
	int r;

	if (f->top < 0)
		return f->virt ? intern_virtual(u, dir, name, f->virt, ret_node, ret) :
				 -ENOENT;
	nf.obj_fs = f->is.id.fs;
	nf.obj_ino = f->is.id.ino;
	nf.ino = inum_show(nf.obj_fs, nf.obj_ino);
	nf.flags = f->is.indexed ? NODE_INDEXED : 0;
	nf.linked = f->type != DT_DIR &&
		    (f->is.nlink > 1 || f->is.indexed || f->st.stx_nlink > 1 ||
		     (branch_at(u, f->top)->writable && nodes_any_linked(u->nodes)));
	r = node_intern(u->nodes, dir, name, &nf, ret_node);
	free(f->steps);
	f->steps = NULL;
	if (r < 0)
		return r;
	ret->id = node_id_of(*ret_node);
	lookup_attr(u, *ret_node, f->top, &f->st, &ret->attr);
	return 0;
}
