/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stop between any two steps. A child runs the operation and ends before its
 * first call that changes something, then before its second, up to the one
 * behind its last. The union that is opened on what it left shows the state
 * before or the one after, never a third, and the operation can be done.
 */
#include "trial.h"

#include <sys/wait.h>

#include "fault.h"

/* Returns whether the child was stopped. */
static bool stop_at(struct trial *x, unsigned at)
{
	int status = 0;
	pid_t pid;

	trial_start_over(x);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		trial_open(x);
		fault_arm(FAULT_STOP, at, 0);
		_exit(trial_run(x) < 0 ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != FAULT_STATUS)
		trial_fail(x, "the child ended with %d", WEXITSTATUS(status));
	return WEXITSTATUS(status) == FAULT_STATUS;
}

static bool try_one(struct trial *x, unsigned at)
{
	bool stopped, done;
	int r;

	(void)snprintf(x->step, sizeof(x->step), "a stop before change %u", at);
	stopped = stop_at(x, at);
	uni_open(x->t); /* anew: what is there counts */
	trial_tmp_is_empty(x);
	{
		_free_ char *now = trial_look(x);

		done = strcmp(now, x->before) != 0;
	}
	if (done || !stopped)
		trial_look_is(x, x->after, "after it");
	if (!done && !x->op->looks) {
		r = trial_run(x);
		if (r < 0)
			trial_fail(x, "trying again says %s", err_name(r));
		trial_look_is(x, x->after, "after another try");
	}
	uni_reopen(x->t);
	trial_look_is(x, x->after, "after a restart");
	return stopped;
}

/* rows: 36 */
TEST(a_stop_shows_before_or_after)
{
	struct trial *x = *state;

	trial_begin(x);
	for (unsigned at = 1; try_one(x, at); at++)
		;
}

int main(void)
{
	return trial_main(a_stop_shows_before_or_after, 0);
}
