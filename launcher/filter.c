/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "filter.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "macros.h"

/* Calls that are denied for some arguments: (arg & mask) == value. */
static const struct filter_deny {
	const char *call;
	unsigned arg;
	uint64_t mask, value;
	int code;
} denials[] = {
	/* The kernel looks at the low half of the number only. */
	{ "ioctl", 1, 0xffffffff, TIOCSTI, EPERM },
	{ "ioctl", 1, 0xffffffff, TIOCLINUX, EPERM },
	/* No user namespace inside: it would open the kernel's privileged side. */
	{ "clone", 0, CLONE_NEWUSER, CLONE_NEWUSER, EPERM },
	{ "unshare", 0, CLONE_NEWUSER, CLONE_NEWUSER, EPERM },
	{ "socket", 0, 0xffffffff, AF_ALG, EAFNOSUPPORT },
	{ "socket", 0, 0xffffffff, AF_VSOCK, EAFNOSUPPORT },
	{ "socketpair", 0, 0xffffffff, AF_ALG, EAFNOSUPPORT },
	{ "socketpair", 0, 0xffffffff, AF_VSOCK, EAFNOSUPPORT },
};

/* Execution domains that programs ask for: Linux, 32-bit times, "what is it?" */
static const uint64_t personalities[] = { 0, 0x8, 0x20000, 0x20008, 0xffffffff };

int filter_plan(const struct run_config *c _unused_, const struct run_host *h _unused_,
		 struct run_plan *p, struct err *e _unused_)
{
	p->seccomp = true;
	return 0;
}

/* A filter for the native entry point and its 32-bit sibling. */
static int filter_new(uint32_t otherwise, scmp_filter_ctx *ret)
{
	scmp_filter_ctx ctx = seccomp_init(otherwise);
	int r = ctx ? 0 : -ENOMEM;

	/* Any other entry point: nothing exists there. */
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
				     SCMP_ACT_ERRNO(ENOSYS));
	if (r == 0 && seccomp_arch_native() == SCMP_ARCH_X86_64)
		r = seccomp_arch_add(ctx, SCMP_ARCH_X86);
	if (r == 0 && seccomp_arch_native() == SCMP_ARCH_AARCH64)
		r = seccomp_arch_add(ctx, SCMP_ARCH_ARM);
	if (r < 0) {
		seccomp_release(ctx);
		return r;
	}
	*ret = ctx;
	return 0;
}

static int filter_add_names(scmp_filter_ctx ctx, uint32_t action,
			    const char *const *names)
{
	for (; *names; names++) {
		int nr = seccomp_syscall_resolve_name(*names), r;

		if (nr == __NR_SCMP_ERROR)
			continue; /* newer than libseccomp: ENOSYS as the rest */
		r = seccomp_rule_add(ctx, action, nr, 0);
		if (r < 0 && r != -EDOM)
			return r;
	}
	return 0;
}

static int filter_fill_allowed(scmp_filter_ctx ctx)
{
	int nr = seccomp_syscall_resolve_name("personality");
	int r = filter_add_names(ctx, SCMP_ACT_ALLOW, filter_allowed);

	if (r == 0)
		r = filter_add_names(ctx, SCMP_ACT_ERRNO(EPERM), filter_denied);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(personalities); i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 1,
				     SCMP_A0_64(SCMP_CMP_EQ, personalities[i], 0));
	return r;
}

static int filter_fill_denials(scmp_filter_ctx ctx)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(denials); i++) {
		const struct filter_deny *d = &denials[i];
		struct scmp_arg_cmp cmp = {
			.arg = d->arg, .op = SCMP_CMP_MASKED_EQ,
			.datum_a = d->mask, .datum_b = d->value,
		};

		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO((unsigned)d->code),
				     seccomp_syscall_resolve_name(d->call), 1, cmp);
	}
	return r;
}

int filter_apply(const struct run_plan *p, struct run_live *live _unused_, struct err *e)
{
	scmp_filter_ctx args = NULL, calls = NULL;
	int r;

	if (!p->seccomp)
		return 0;
	r = filter_new(SCMP_ACT_ALLOW, &args);
	if (r == 0)
		r = filter_fill_denials(args);
	if (r == 0)
		r = filter_new(SCMP_ACT_ERRNO(ENOSYS), &calls);
	if (r == 0)
		r = filter_fill_allowed(calls);
	if (r == 0)
		r = seccomp_load(args);
	if (r == 0)
		r = seccomp_load(calls); /* seccomp(2) itself is still allowed here */
	seccomp_release(args);
	seccomp_release(calls);
	return r < 0 ? err_set(e, r, "cannot load the seccomp profile") : 0;
}
