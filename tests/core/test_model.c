/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names changed by many threads, against what each believes to have done. */
#include "threads.h"

enum { DIRS = 3, NAMES = 8, STEPS = 1500 };

static const char *const dir_names[DIRS] = { "merged", "lower", "upper" };

/* What one thread believes of its own names; 0: not there, else the content. */
struct model {
	int content[DIRS][NAMES];
};

static void name_of(char *buf, size_t size, int thread, int n)
{
	(void)snprintf(buf, size, "t%d-%d", thread, n);
}

static int do_write(struct job *j, node_id dir, const char *name, int content)
{
	char data[16];
	node_id f;
	int r = job_lookup(j, dir, name, &f);

	if (r < 0)
		return r;
	(void)snprintf(data, sizeof(data), "%06d", content);
	r = job_write(j, f, data, 6, 0);
	ufs_forget(j->t->u, f, 1);
	return r;
}

static void expect(struct job *j, const char *what, const char *name, int got, int want)
{
	if (got != want)
		job_note(j, "%s '%s': got %s, wanted %s", what, name, got ? err_name(got) : "0",
		     want ? err_name(want) : "0");
}

static void one_step(struct job *j, const node_id *dirs, struct model *m, int step)
{
	int d = rand_r(&j->seed) % DIRS, n = rand_r(&j->seed) % NAMES;
	int d2 = rand_r(&j->seed) % DIRS, n2 = rand_r(&j->seed) % NAMES;
	int *c = &m->content[d][n], *c2 = &m->content[d2][n2];
	char name[16], name2[16];

	name_of(name, sizeof(name), j->num, n);
	name_of(name2, sizeof(name2), j->num, n2);
	switch (rand_r(&j->seed) % 5) {
	case 0:
		expect(j, "create", name, job_create(j, dirs[d], name, step),
		       *c ? -EEXIST : 0);
		*c = *c ? *c : step;
		break;
	case 1:
		expect(j, "unlink", name, ufs_unlink(j->t->u, dirs[d], name),
		       *c ? 0 : -ENOENT);
		*c = 0;
		break;
	case 2:
		expect(j, "write", name, do_write(j, dirs[d], name, step),
		       *c ? 0 : -ENOENT);
		*c = *c ? step : 0;
		break;
	case 3:
		expect(j, "rename", name, ufs_rename(j->t->u, dirs[d], name, dirs[d2],
						     name2, 0), *c ? 0 : -ENOENT);
		if (*c && c != c2) {
			*c2 = *c;
			*c = 0;
		}
		break;
	default:
		expect(j, "rename without replacing", name,
		       ufs_rename(j->t->u, dirs[d], name, dirs[d2], name2,
				  RENAME_NOREPLACE),
		       !*c ? -ENOENT : *c2 ? -EEXIST : 0);
		if (*c && !*c2) {
			*c2 = *c;
			*c = 0;
		}
	}
}

static void *play(void *arg)
{
	struct job *j = arg;
	node_id dirs[DIRS];

	for (int i = 0; i < DIRS; i++)
		if (job_lookup(j, NODE_ROOT, dir_names[i], &dirs[i]) < 0)
			job_note(j, "'%s' is missing", dir_names[i]);
	pthread_barrier_wait(j->start);
	for (int i = 1; i <= STEPS && !j->wrong[0]; i++)
		one_step(j, dirs, j->priv, i);
	for (int i = 0; i < DIRS; i++)
		ufs_forget(j->t->u, dirs[i], 1);
	return NULL;
}

/* The view that the models of all threads together describe, in order. */
static char *expected_view(struct model *models)
{
	struct sb b = SB_INIT;
	char *s;
	static const int order[DIRS] = { 1, 0, 2 }; /* by name */

	for (int o = 0; o < DIRS; o++) {
		int d = order[o];

		sb_addf(&b, "%s dir 0755\n", dir_names[d]);
		for (int i = 0; i < THREADS; i++)
			for (int n = 0; n < NAMES; n++) {
				int c = models[i].content[d][n];

				if (c)
					sb_addf(&b, "%s/t%d-%d file 0644 %06d\n",
						dir_names[d], i, n, c);
			}
	}
	assert_ok(sb_take(&b, &s));
	return s;
}

/* rows: 40 */
TEST(names_changed_by_many_threads_end_as_an_in_memory_model)
{
	struct uni *t = *state;
	_free_ struct model *models = calloc(THREADS, sizeof(*models));
	_free_ char *want = NULL;
	void *priv[THREADS];

	assert_non_null(models);
	uni_two(t);
	uni_make(t, "up/merged dir 0755\n"
		    "up/upper dir 0755\n"
		    "lo/merged dir 0755\n"
		    "lo/lower dir 0755\n");
	for (int i = 0; i < THREADS; i++) {
		priv[i] = &models[i];
		for (int n = 0; n < NAMES; n += 2)
			for (int d = 0; d < 2; d++) {
				_free_ char *s = NULL;

				assert_ok(str_printf(&s, "lo/%s/t%d-%d file 0644 999999\n",
						     dir_names[d], i, n));
				uni_make(t, s);
				models[i].content[d][n] = 999999;
			}
	}
	uni_open(t);
	jobs_run(t, THREADS, play, priv);
	want = expected_view(models);
	uni_view_is(t, want);
	uni_reopen(t);
	uni_view_is(t, want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNI_TEST(names_changed_by_many_threads_end_as_an_in_memory_model),
	};

	return RUN_ALL(tests);
}
