/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Out of memory in the middle: each operation is tried with its first
 * allocation failing, then its second, up to the one behind its last. It says
 * ENOMEM and all is as before, or it does without; trying again works.
 */
#include "trial.h"

#include "fault.h"

static bool try_one(struct trial *x, unsigned at, bool known)
{
	bool met;
	int r;

	(void)snprintf(x->step, sizeof(x->step), "allocation %u%s", at,
		       known ? ", names known" : "");
	trial_start_over(x);
	trial_open(x);
	if (known)
		trial_know_all(x);
	fault_arm(FAULT_MEMORY, at, 0);
	r = trial_run(x);
	met = fault_disarm();
	if (r < 0 && (!met || r != -ENOMEM))
		trial_fail(x, "the operation says %s", err_name(r));
	trial_look_is(x, r < 0 ? x->before : x->after, "afterwards");
	if (r < 0) {
		trial_tmp_is_empty(x);
		r = trial_run(x);
		if (r < 0)
			trial_fail(x, "trying again says %s", err_name(r));
		trial_look_is(x, x->after, "after another try");
	}
	uni_reopen(x->t);
	trial_look_is(x, x->after, "after a restart");
	return met;
}

/* rows: 35 */
TEST(an_allocation_that_fails_leaves_the_state_before_or_after)
{
	struct trial *x = *state;

	trial_begin(x);
	for (int known = 0; known < 2; known++)
		for (unsigned at = 1; try_one(x, at, known); at++)
			;
}

int main(void)
{
	return trial_main(an_allocation_that_fails_leaves_the_state_before_or_after, 0);
}
