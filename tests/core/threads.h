/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many threads on one union. A thread must not use cmocka's assertions (they
 * jump out of the test in the main thread), so it notes the first thing that
 * went wrong; the test looks at the notes when all have ended.
 */
#ifndef UFS_THREADS_H
#define UFS_THREADS_H

#include <pthread.h>

#include "harness.h"

enum { THREADS = 8 };

struct job {
	struct uni *t;
	int num;
	pthread_barrier_t *start;
	unsigned seed;
	char wrong[200]; /* the first failure of this thread */
	void *priv;
};

/* Note what went wrong, unless something did before. Returns NULL. */
void *job_note(struct job *j, const char *fmt, ...) _printf_(2, 3);

/*
 * Run F(struct job *) in N threads, which wait for each other at START; PRIV
 * has a pointer for each, or is NULL. Fails the test with the first note.
 */
void jobs_run(struct uni *t, size_t n, void *(*f)(void *), void *const *priv);

/* Without assertions; what was looked up is given back by the caller. */
int job_lookup(struct job *j, node_id dir, const char *name, node_id *ret);
int job_write(struct job *j, node_id id, const char *data, size_t len, off_t off);
/* Make the file NAME and write CONTENT, six digits. */
int job_create(struct job *j, node_id dir, const char *name, int content);

#endif
