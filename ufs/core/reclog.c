/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reclog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "hash.h"
#include "log.h"
#include "macros.h"
#include "sys.h"

#define LOG_MAGIC 0x7531u
#define SLOT 64
#define AHEAD 4096 /* bytes that are kept ready, for a full filesystem */

/* On disk, in the machine's byte order: a work directory stays on its host. */
struct entry {
	uint32_t magic;
	uint16_t type;
	uint16_t slots;  /* of text that follow */
	unsigned char key[24];
	unsigned char value[24];
	uint64_t sum;
};
_Static_assert(sizeof(struct entry) == SLOT, "the log's entries are 64 bytes");

struct reclog {
	int dirfd;  /* not ours */
	int fd;
	bool write;
	off_t end, ready;
	size_t entries;
	_Atomic bool dirty;
};

static uint64_t entry_sum(const struct entry *x, const char *text)
{
	uint64_t h = hash_bytes(x, offsetof(struct entry, sum), LOG_MAGIC);

	return x->slots ? hash_bytes(text, (size_t)x->slots * SLOT, h) : h;
}

/* Room for what says that a name was deleted, where nothing else can be written. */
static void keep_ready(struct reclog *l)
{
	if (l->end + AHEAD / 2 < l->ready)
		return;
	(void)sys_fallocate(l->fd, FALLOC_FL_KEEP_SIZE, l->end, AHEAD);
	l->ready = l->end + AHEAD; /* or never: it is not asked again for each entry */
}

/* -- reading -------------------------------------------------------------------------- */

/* Fill BUF from OFF. Returns whether all LEN bytes are there, or -errno. */
static int read_at(struct reclog *l, void *buf, size_t len, off_t off)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = sys_pread(l->fd, (char *)buf + have, len - have,
				      off + (off_t)have);

		if (n <= 0)
			return (int)n;
		have += (size_t)n;
	}
	return 1;
}

/*
 * The entry at the log's end so far. 1: read, with its text in *TEXT;
 * 0: nothing good is there; -errno.
 */
static int read_entry(struct reclog *l, struct entry *x, char **text)
{
	int r = read_at(l, x, sizeof(*x), l->end);

	if (r <= 0)
		return r;
	if (x->magic != LOG_MAGIC)
		return 0;
	if (x->slots) {
		size_t len = (size_t)x->slots * SLOT;

		*text = malloc(len);
		if (!*text)
			return -ENOMEM;
		r = read_at(l, *text, len, l->end + SLOT);
		if (r <= 0)
			return r;
		if ((*text)[len - 1] != '\0')
			return 0;
	}
	return x->sum == entry_sum(x, *text);
}

static int load_one(struct reclog *l, int (*each)(void *, const struct reclog_entry *),
		    void *ctx)
{
	_free_ char *text = NULL;
	struct reclog_entry out;
	struct entry x;
	int r = read_entry(l, &x, &text);

	if (r <= 0)
		return r;
	out.type = x.type;
	out.text = text;
	memcpy(out.key, x.key, sizeof(out.key));
	memcpy(out.value, x.value, sizeof(out.value));
	r = each(ctx, &out);
	if (r < 0)
		return r;
	l->end += (off_t)SLOT * (1 + x.slots);
	l->entries++;
	return 1;
}

int reclog_load(struct reclog *l, int (*each)(void *ctx, const struct reclog_entry *x),
		void *ctx)
{
	struct stat st;
	int r;

	do {
		r = load_one(l, each, ctx);
	} while (r > 0);
	if (r < 0)
		return r;
	r = sys_stat(l->fd, "", &st);
	if (r < 0)
		return r;
	if (st.st_size > l->end)
		log_warn("the last record of a change was cut off by a crash");
	if (!l->write)
		return 0;
	r = st.st_size > l->end ? sys_ftruncate(l->fd, l->end) : 0;
	keep_ready(l);
	return r;
}

/* A file of another kind or version is not ours to cut off. */
static int put_aside(struct reclog *l)
{
	uint32_t magic = 0;
	int r;

	if (read_at(l, &magic, sizeof(magic), 0) != 1 || magic == LOG_MAGIC || magic == 0)
		return 0;
	log_warn("'%s' in the work directory is not a log of this program: it is now '%s'",
		 LOG_NAME, LOG_FOREIGN);
	r = sys_renameat2(l->dirfd, LOG_NAME, l->dirfd, LOG_FOREIGN, 0);
	if (r < 0)
		return r;
	close_fd(&l->fd);
	l->fd = sys_openat(l->dirfd, LOG_NAME, O_RDWR | O_CREAT, 0600);
	return l->fd < 0 ? l->fd : 0;
}

static int ignore(void *ctx _unused_, const struct reclog_entry *x _unused_)
{
	return 0;
}

/* As put_aside() and reclog_load() judge. */
static int judge(struct reclog *l, off_t size)
{
	uint32_t magic = LOG_MAGIC;
	int r = read_at(l, &magic, sizeof(magic), 0);

	if (r < 0)
		return r;
	if (r == 1 && magic != LOG_MAGIC && magic != 0)
		return RECLOG_FOREIGN;
	do {
		r = load_one(l, ignore, NULL);
	} while (r > 0);
	return r < 0 ? r : l->end < size ? RECLOG_TORN : RECLOG_WHOLE;
}

int reclog_state(int dirfd)
{
	struct reclog l = { .dirfd = dirfd, .fd = -EBADF };
	struct stat st;
	int r = sys_stat(dirfd, LOG_NAME, &st);

	if (r < 0)
		return r == -ENOENT ? RECLOG_NONE : r;
	if (!S_ISREG(st.st_mode))
		return RECLOG_FOREIGN;
	l.fd = sys_openat(dirfd, LOG_NAME, O_RDONLY | O_NONBLOCK, 0);
	r = l.fd < 0 ? l.fd : judge(&l, st.st_size);
	close_fd(&l.fd);
	return r;
}

int reclog_open(struct reclog **ret, int dirfd, bool write)
{
	struct reclog *l = calloc(1, sizeof(*l));
	struct stat st;
	int r;

	if (!l)
		return -ENOMEM;
	l->dirfd = dirfd;
	l->write = write;
	r = l->fd = sys_openat(dirfd, LOG_NAME, (write ? O_RDWR | O_CREAT : O_RDONLY) |
			       O_NONBLOCK, 0600);
	if (r >= 0)
		r = sys_stat(l->fd, "", &st);
	if (r == 0)
		r = S_ISREG(st.st_mode) ? 0 : -EINVAL;
	if (r == 0 && write)
		r = put_aside(l);
	if (r < 0) {
		reclog_close(l);
		return r;
	}
	*ret = l;
	return 0;
}

void reclog_close(struct reclog *l)
{
	if (!l)
		return;
	close_fd(&l->fd);
	free(l);
}

size_t reclog_count(const struct reclog *l)
{
	return l->entries;
}

/* -- writing -------------------------------------------------------------------------- */

int reclog_append(struct reclog *l, const struct reclog_entry *in)
{
	size_t text_len = in->text ? strlen(in->text) + 1 : 0;
	size_t slots = (text_len + SLOT - 1) / SLOT, len = SLOT * (1 + slots);
	_free_ unsigned char *big = NULL;
	unsigned char small[SLOT * 4] = { 0 }, *buf = small;
	struct entry x = {
		.magic = LOG_MAGIC, .type = in->type, .slots = (uint16_t)slots,
	};
	ssize_t n;

	if (!l->write)
		return -EROFS;
	if (slots > UINT16_MAX)
		return -ENAMETOOLONG;
	if (len > sizeof(small)) {
		buf = big = calloc(1, len);
		if (!buf)
			return -ENOMEM;
	}
	if (in->text)
		memcpy(buf + SLOT, in->text, text_len);
	memcpy(x.key, in->key, sizeof(x.key));
	memcpy(x.value, in->value, sizeof(x.value));
	x.sum = entry_sum(&x, (const char *)buf + SLOT);
	memcpy(buf, &x, sizeof(x));
	n = sys_pwrite(l->fd, buf, len, l->end);
	if (n != (ssize_t)len) {
		(void)sys_ftruncate(l->fd, l->end); /* a torn entry would be cut off too */
		return n < 0 ? (int)n : -ENOSPC;
	}
	l->end += (off_t)len;
	l->entries++;
	atomic_store(&l->dirty, true);
	keep_ready(l);
	return 0;
}

int reclog_sync(struct reclog *l)
{
	int r = atomic_exchange(&l->dirty, false) ? sys_fsync(l->fd, true) : 0;

	if (r < 0)
		atomic_store(&l->dirty, true);
	return r;
}

int reclog_rewrite(struct reclog *l, int (*all)(void *ctx, struct reclog *to), void *ctx)
{
	struct reclog new = { .dirfd = l->dirfd, .write = true };
	int r;

	new.fd = sys_openat(l->dirfd, LOG_NEW, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (new.fd < 0)
		return new.fd;
	r = all(ctx, &new);
	if (r == 0)
		r = sys_fsync(new.fd, false);
	if (r == 0)
		r = sys_renameat2(l->dirfd, LOG_NEW, l->dirfd, LOG_NAME, 0);
	if (r < 0) {
		close_fd(&new.fd);
		(void)sys_unlinkat(l->dirfd, LOG_NEW, 0);
		return r;
	}
	close_fd(&l->fd);
	l->fd = new.fd;
	l->end = new.end;
	l->entries = new.entries;
	return 0;
}
