/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every operation of the union on one tree that has a bit of everything, for
 * tests that let it fail or stop at each of its steps. What the tree shows
 * before and after is taken from a run without a fault.
 */
#ifndef UFS_TRIAL_H
#define UFS_TRIAL_H

#include "harness.h"

/* How the union keeps its marks and owners. */
enum trial_mode { TRIAL_AUFS, TRIAL_OVERLAY, TRIAL_VIRTUAL, TRIAL_MODES };

struct trial_op {
	const char *name;
	int (*run)(struct uni *t);
	bool looks;     /* changes nothing that is seen */
	int (*prepare)(struct uni *t); /* what was done before, or NULL */
};
const struct trial_op *trial_ops(size_t *ret_n);

/* One operation in one mode. */
struct trial {
	const struct trial_op *op;
	enum trial_mode mode;
	unsigned lack;          /* of the filesystem, see fault.h */
	struct uni *t;
	char *before, *after;   /* what is seen */
	char step[128];         /* what is tried just now, for messages */
};

/*
 * Run BODY for every operation in every mode that this user can have, each as
 * a test of its own. The end checks what uni_teardown() does. Returns as main().
 *   lack  what the branches' filesystem cannot do
 */
int trial_main(void (*body)(void **state), unsigned lack);

/* First in BODY: make the branches, note what is seen before and after. */
void trial_begin(struct trial *x);

/* The writable branch and the work directory as they were at first; closed. */
void trial_start_over(struct trial *x);
/* Open the union, with what the operation wants done before. */
void trial_open(struct trial *x);
/* Look all names up and keep them, as the kernel does for names in use. */
void trial_know_all(struct trial *x);
/*
 * What the open union shows: names, types, modes, data, owners, attributes,
 * times of files as "old", "set" or "new".
 */
char *trial_look(struct trial *x);
void trial_look_is(struct trial *x, const char *want, const char *when);
/* The whole run: like the operation without a fault. 0 or -errno. */
int trial_run(struct trial *x);
/* Nothing is on its way in the work directory. */
void trial_tmp_is_empty(struct trial *x);
/* Fail with what is tried just now. */
void trial_fail(const struct trial *x, const char *fmt, ...) _printf_(2, 3);

#endif
