/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failures in the middle (semantics row 35). Each operation is tried with its
 * first system call failing, then its second, up to the one behind its last:
 * it says what failed and all is as before, or it finds another way and all is
 * as after; and trying again works. With the names known to the kernel and not.
 * UFS_TEST_LONG=1 gives each call every error, instead of each error its turn.
 */
#include "trial.h"

#include "fault.h"

/* FALLBACK: calls that another way is known for, so that nothing may fail. */
static const struct {
	int code;
	const char *fallback;
} codes[] = {
	{ -EIO, "sys_clone_file" },
	{ -ENOSPC, "" },
	{ -EDQUOT, "" },
	{ -EMFILE, "sys_openat" },
	{ -ENFILE, "" },
	{ -ENOMEM, "" },
	{ -EINTR, "" },
	{ -EXDEV, "sys_copy_file_range sys_clone_file" },
	{ -EOPNOTSUPP, "sys_copy_file_range sys_clone_file" },
	{ -EPERM, "sys_clone_file" },
	{ -EACCES, "sys_clone_file" },
	{ -EROFS, "" },
	{ -ESTALE, "" },
};

/*
 * What no filesystem answers that answers otherwise a moment later, and what
 * this user's daemon has to take for "cannot be known".
 */
static bool means_another_thing(const struct trial *x, int code)
{
	const char *where = fault_where();

	/* Without links the names of a file part at its copy-up. */
	if (strstr(x->op->name, "link") && strcmp("sys_linkat", where) == 0)
		return code == -EOPNOTSUPP || code == -EPERM || code == -EXDEV;

	if (strstr("sys_listxattr sys_getxattr sys_setxattr", where))
		return code == -EOPNOTSUPP || code == -EPERM || code == -EACCES;
	return code == -EACCES && !uni_is_root();
}

/* Returns whether the fault was met at all. */
static bool try_one(struct trial *x, unsigned at, size_t c, bool known)
{
	int code = codes[c].code, r;
	bool met;

	(void)snprintf(x->step, sizeof(x->step), "call %u with %s%s", at, err_name(code),
		       known ? ", names known" : "");
	trial_start_over(x);
	trial_open(x);
	if (known)
		trial_know_all(x);
	fault_arm(FAULT_CALL, at, code);
	r = trial_run(x);
	met = fault_disarm();
	(void)snprintf(x->step, sizeof(x->step), "%s (call %u%s) with %s", fault_where(), at,
		       known ? ", names known" : "", err_name(code));
	if (met && means_another_thing(x, code))
		return met;
	if (r < 0 && (!met || r != code))
		trial_fail(x, "the operation says %s", err_name(r));
	if (r < 0 && strstr(codes[c].fallback, fault_where()))
		trial_fail(x, "nothing else was tried");
	trial_look_is(x, r < 0 ? x->before : x->after, "afterwards");
	if (r < 0) {
		trial_tmp_is_empty(x);
		if (at % 2) {
			uni_reopen(x->t);
			trial_look_is(x, x->before, "after a restart");
		}
		r = trial_run(x);
		if (r < 0)
			trial_fail(x, "trying again says %s", err_name(r));
		trial_look_is(x, x->after, "after another try");
	}
	if (at % 2 == 0) {
		uni_reopen(x->t);
		trial_look_is(x, x->after, "after the last restart");
	}
	return met;
}

/* rows: 35 */
TEST(a_call_that_fails_leaves_the_state_before_or_after)
{
	struct trial *x = *state;
	size_t turn = (size_t)(x->mode * 5) + strlen(x->op->name);
	bool met = true;

	trial_begin(x);
	for (unsigned at = 1; met && getenv("UFS_TEST_LONG"); at++)
		for (size_t c = 0; c < ARRAY_LEN(codes) && met; c++)
			met = try_one(x, at, c, at % 2);
	/* In short: one error for each call, another for each operation; and every
	 * second call where only marks or owners are other ones. */
	met = true;
	for (unsigned at = 1 + (x->mode && turn % 2); met; at += 1 + (x->mode != TRIAL_AUFS))
		met = try_one(x, at, (turn + at * 5) % ARRAY_LEN(codes), turn % 2);
}

int main(void)
{
	return trial_main(a_call_that_fails_leaves_the_state_before_or_after, 0);
}
