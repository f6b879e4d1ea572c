/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log of records in a work directory. A checksum guards each entry, so that
 * a fuzzer would never get behind it: with the first byte odd the sums are made
 * good. Whatever the log is, it is loaded or refused, and what was loaded stands
 * a change and another loading.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hash.h"
#include "inum.h"
#include "log.h"
#include "records.h"

#define SLOT 64
#define MAGIC 0x7531u

static int dir = -1;
static char path[64];

static void remove_all(void)
{
	(void)unlinkat(dir, "records", 0);
	(void)unlinkat(dir, "records.new", 0);
	(void)unlinkat(dir, "records.foreign", 0);
}

static void at_end(void)
{
	remove_all();
	(void)rmdir(path);
}

static void start(void)
{
	const char *base = getenv("TMPDIR");

	log_init("fuzz", LOG_SINK_NONE, LOG_LVL_ERROR);
	(void)snprintf(path, sizeof(path), "%.40s/ufs-fuzz.XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(path))
		abort();
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || atexit(at_end) != 0)
		abort();
}

/* Magic and sum of each entry as they should be. */
static void make_good(uint8_t *v, size_t size)
{
	for (size_t at = 0; at + SLOT <= size;) {
		uint32_t magic = MAGIC;
		uint16_t slots;
		uint64_t sum;

		memcpy(v + at, &magic, sizeof(magic));
		memcpy(&slots, v + at + 6, sizeof(slots));
		slots %= 4;
		if (at + SLOT * (1 + (size_t)slots) > size)
			slots = 0;
		memcpy(v + at + 6, &slots, sizeof(slots));
		sum = hash_bytes(v + at, SLOT - sizeof(sum), MAGIC);
		if (slots) {
			v[at + SLOT * (1 + (size_t)slots) - 1] = '\0';
			sum = hash_bytes(v + at + SLOT, (size_t)slots * SLOT, sum);
		}
		memcpy(v + at + SLOT - sizeof(sum), &sum, sizeof(sum));
		at += SLOT * (1 + (size_t)slots);
	}
}

static int is_there(void *ctx, const char *name)
{
	(void)ctx;
	return name[0] == '/';
}

static void load(struct inums *inums)
{
	struct record_key key = { .ino = 5 };
	struct record rec = { 1, 2, 0644 };
	struct records *t;

	if (records_open(&t, dir, true, inums) < 0)
		return;
	(void)records_settle(t, is_there, NULL);
	if (records_set(t, &key, &rec) == 0 && !records_get(t, &key, &rec))
		abort();
	(void)records_drop(t, &key);
	records_close(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inums *inums;
	uint8_t *copy;
	int fd;

	if (size < 1 || size > 65536)
		return -1;
	if (dir < 0)
		start();
	remove_all();
	copy = malloc(size);
	if (!copy || inums_init(&inums) < 0) {
		free(copy);
		return 0;
	}
	memcpy(copy, data + 1, size - 1);
	if (data[0] % 2)
		make_good(copy, size - 1);
	fd = openat(dir, "records", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, copy, size - 1) != (ssize_t)size - 1)
		abort();
	close(fd);
	load(inums);
	load(inums);
	inums_done(inums);
	free(copy);
	return 0;
}
