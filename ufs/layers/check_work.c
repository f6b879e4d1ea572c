/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The work directory: what was in flight, and the records. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "check_intern.h"
#include "cleanup.h"
#include "fdio.h"
#include "format.h"
#include "macros.h"
#include "path.h"
#include "reclog.h"
#include "sys.h"
#include "workdir.h"

/* -- who has it ------------------------------------------------------------------------ */

static int take_one(int fd, const struct layer_check *c, struct err *e)
{
	_free_ char *text = NULL;
	char *where, words[128];
	ssize_t n;

	if (fd < 0)
		return err_set(e, fd, "cannot open the branch: %s",
			       err_words(fd, words, sizeof(words)));
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return err_set(e, -errno, "cannot lock the branch");
	n = c->work < 0 ? 0 : fd_read_file(c->work, LOCK_NAME, 65536, &text);
	if (n > 0 && text[n - 1] == '\n')
		text[n - 1] = '\0';
	where = n > 0 ? strchr(text, ' ') : NULL;
	if (where)
		*where++ = '\0';
	(void)err_set(e, -EBUSY, "it is part of a mounted union (process %s, mounted on '%s')",
		      where ? text : "unknown", where && *where ? where : "?");
	if (where && *where)
		err_hint(e, "unmount it first: ufs umount %s", where);
	return -EBUSY;
}

int layer_take(const struct layer_check *c, int ret_locks[2], struct err *e)
{
	int r;

	ret_locks[0] = sys_openat(c->branch.fd, ".", O_RDONLY | O_DIRECTORY, 0);
	ret_locks[1] = c->work < 0 ? -EBADF :
		       sys_openat(c->work, LOCK_NAME, O_RDONLY | O_NONBLOCK, 0);
	r = take_one(ret_locks[0], c, e);
	if (r == 0 && ret_locks[1] >= 0)
		r = take_one(ret_locks[1], c, e);
	if (r < 0) {
		close_fd(&ret_locks[0]);
		close_fd(&ret_locks[1]);
	}
	return r;
}

/* -- before the walk ---------------------------------------------------------------- */

static int check_tmp(struct check *k)
{
	_close_ int tmp = sys_openat(k->c->work, TMP_NAME, O_RDONLY | O_DIRECTORY, 0);
	struct names names = { 0 };
	int r = tmp == -ENOENT ? 0 : tmp < 0 ? tmp : names_read(&names, tmp);

	if (r < 0)
		r = check_tell(k, k->c->work_name, TMP_NAME, CHECK_FAULT, CHECK_NOT_MENDED,
			       "cannot be read (%s)", err_name(r));
	names_sort(&names);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		_free_ char *name = NULL;
		int m = k->c->fix ? workdir_remove_tree(tmp, names.v[i]) : 0;

		r = path_join(TMP_NAME, names.v[i], &name);
		if (r == 0)
			r = check_tell(k, k->c->work_name, name, CHECK_FAULT, m,
				       "was in flight when a daemon ended");
	}
	names_done(&names);
	return r;
}

/* Is there an entry or a whiteout at PATH in the branch? As a mount would ask. */
static int is_covered(void *ctx, const char *path)
{
	const struct check *k = ctx;
	_free_ char *dir = strdup(path);
	_close_ int fd = -EBADF;
	char *slash = dir ? strrchr(dir, '/') : NULL;
	struct stat st;

	if (!slash)
		return dir ? 0 : -ENOMEM;
	*slash = '\0';
	fd = sys_open_beneath(k->c->branch.fd, slash == dir ? "." : dir + 1,
			      O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return fd == -ENOMEM ? fd : 0;
	if (sys_stat(fd, slash + 1, &st) == 0)
		return 1;
	return layer_hidden(&k->c->branch, fd, slash + 1) > 0;
}

/* What is wrong with the log as a file. *RET says whether one can be read. */
static int check_log(struct check *k, bool *ret)
{
	const char *work = k->c->work_name;
	struct stat st;
	int r = reclog_state(k->c->work), m = 0;

	*ret = r == RECLOG_WHOLE || r == RECLOG_TORN;
	if (r < 0)
		return check_tell(k, work, LOG_NAME, CHECK_FAULT, CHECK_NOT_MENDED,
				  "cannot be read (%s)", err_name(r));
	if (r == RECLOG_TORN) /* mended by opening it for writing */
		r = check_tell(k, work, LOG_NAME, CHECK_FAULT, 0, "torn at its end");
	else if (r == RECLOG_FOREIGN) {
		if (k->c->fix)
			m = sys_renameat2(k->c->work, LOG_NAME, k->c->work, LOG_FOREIGN,
					  RENAME_NOREPLACE);
		r = check_tell(k, work, LOG_NAME, CHECK_FAULT, m, "no log of this program");
	} else {
		r = 0;
	}
	if (r == 0 && sys_stat(k->c->work, LOG_NEW, &st) == 0)
		r = check_tell(k, work, LOG_NEW, CHECK_FAULT,
			       k->c->fix ? workdir_remove_tree(k->c->work, LOG_NEW) : 0,
			       "left of a rewriting of the records");
	if (r == 0 && sys_stat(k->c->work, LOG_FOREIGN, &st) == 0)
		r = check_tell(k, work, LOG_FOREIGN, CHECK_NOTE, CHECK_NOT_MENDED,
			       "put aside once: not a log of this program");
	return r;
}

static int know(void *ctx, const struct record_key *key)
{
	struct check *k = ctx;

	if (rectab_reserve(&k->known) < 0)
		return -ENOMEM;
	(void)rectab_put(&k->known, key);
	return 0;
}

static int know_link(void *ctx, const struct origin *o, const struct link_record *l)
{
	struct check *k = ctx;
	struct check_link *v = realloc(k->links, (k->nlinks + 1) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	k->links = v;
	v[k->nlinks++] = (struct check_link){ .id = *o, .l = *l };
	return 0;
}

static int by_upper(const void *a, const void *b)
{
	uint64_t x = ((const struct check_link *)a)->l.upper;
	uint64_t y = ((const struct check_link *)b)->l.upper;

	return x < y ? -1 : x > y;
}

struct check_link *check_link_of(struct check *k, uint64_t upper)
{
	struct check_link want = { .l.upper = upper };

	return k->nlinks ? bsearch(&want, k->links, k->nlinks, sizeof(want), by_upper) : NULL;
}

static int load_records(struct check *k)
{
	int r = records_open(&k->records, k->c->work, k->c->fix, k->inums);

	if (r < 0)
		return check_error(k, r, LOG_NAME);
	k->c->branch.records = k->records;
	if (records_unsettled(k->records)) {
		int m = k->c->fix ? records_settle(k->records, is_covered, k) : 0;

		r = check_tell(k, k->c->work_name, LOG_NAME, CHECK_FAULT, m,
			       "a change of a file with several names was cut off");
	}
	if (r == 0)
		r = records_each_key(k->records, know, k);
	if (r == 0)
		r = records_each_link(k->records, know_link, k);
	if (r == 0 && k->nlinks)
		qsort(k->links, k->nlinks, sizeof(*k->links), by_upper);
	return r;
}

int check_work(struct check *k)
{
	bool log;
	int r;

	if (k->c->work < 0)
		return 0;
	r = check_tmp(k);
	if (r == 0)
		r = check_log(k, &log);
	return r == 0 && log ? load_records(k) : r;
}

/* -- after it ------------------------------------------------------------------------ */

/* Records of objects that the walk did not meet. */
int check_records(struct check *k)
{
	const struct check_known *o;
	size_t at = 0, dead = 0, unsafe = 0;
	int m = 0;

	if (!k->records || k->partial)
		return 0;
	while ((o = rectab_next(&k->known, &at))) {
		if (o->seen)
			continue;
		dead++;
		unsafe += !o->key.btime_sec && !o->key.btime_nsec;
		if (k->c->fix && m == 0)
			m = records_drop(k->records, &o->key);
	}
	if (!dead)
		return 0;
	if (k->c->fix && m == 0)
		m = records_rewrite(k->records);
	/* A birth time is not given twice; a number alone is. */
	return check_tell(k, k->c->work_name, LOG_NAME, unsafe ? CHECK_FAULT : CHECK_NOTE, m,
			  "records of %zu object%s that %s not there any more", dead,
			  dead == 1 ? "" : "s", dead == 1 ? "is" : "are");
}
