/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "threads.h"

void *job_note(struct job *j, const char *fmt, ...)
{
	va_list ap;

	if (j->wrong[0])
		return NULL;
	va_start(ap, fmt);
	(void)vsnprintf(j->wrong, sizeof(j->wrong), fmt, ap);
	va_end(ap);
	return NULL;
}

void jobs_run(struct uni *t, size_t n, void *(*f)(void *), void *const *priv)
{
	struct job jobs[THREADS] = { 0 };
	pthread_t ids[THREADS];
	pthread_barrier_t start;

	assert_true(n <= THREADS);
	assert_ok(pthread_barrier_init(&start, NULL, (unsigned)n));
	for (size_t i = 0; i < n; i++) {
		jobs[i] = (struct job){ .t = t, .num = (int)i, .start = &start,
					.seed = (unsigned)i * 7919 + 1,
					.priv = priv ? priv[i] : NULL };
		assert_ok(pthread_create(&ids[i], NULL, f, &jobs[i]));
	}
	for (size_t i = 0; i < n; i++)
		assert_ok(pthread_join(ids[i], NULL));
	pthread_barrier_destroy(&start);
	for (size_t i = 0; i < n; i++)
		if (jobs[i].wrong[0])
			fail_msg("thread %zu: %s", i, jobs[i].wrong);
}

int job_lookup(struct job *j, node_id dir, const char *name, node_id *ret)
{
	struct ufs_entry e;
	int r = ufs_lookup(j->t->u, dir, name, &e);

	if (r == 0)
		*ret = e.id;
	return r;
}

int job_write(struct job *j, node_id id, const char *data, size_t len, off_t off)
{
	struct ufs_data d;
	int r = ufs_data_get(j->t->u, id, true, &d);

	if (r < 0)
		return r;
	if (pwrite(d.fd, data, len, off) != (ssize_t)len)
		r = -errno;
	ufs_data_put(j->t->u, &d);
	return r;
}

int job_create(struct job *j, node_id dir, const char *name, int content)
{
	struct ufs_entry e;
	char data[16];
	int r;

	r = ufs_mknod(j->t->u, &j->t->cred, dir, name, S_IFREG | 0644, 0, &e);
	if (r < 0)
		return r;
	(void)snprintf(data, sizeof(data), "%06d", content);
	r = job_write(j, e.id, data, 6, 0);
	ufs_forget(j->t->u, e.id, 1);
	return r;
}
