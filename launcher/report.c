/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "diff.h"
#include "state.h"
#include "str.h"

#define REPORT_SHOWN 10

struct report {
	struct sb text;
	size_t n;
};

/* A terminal must not obey a name. */
static void report_name(struct sb *b, const char *path)
{
	for (; *path; path++)
		sb_addc(b, (unsigned char)*path < ' ' || *path == 0x7f ? '?' : *path);
}

/* Directories that only hold changes are not news. */
static int report_change(void *ctx, const struct layer_change *c)
{
	struct report *r = ctx;

	if (c->kind == CHANGE_CHANGED && S_ISDIR(c->st.st_mode))
		return 0;
	if (r->n++ < REPORT_SHOWN) {
		sb_addf(&r->text, "  %c ", c->kind);
		report_name(&r->text, c->path);
		sb_addc(&r->text, '\n');
	}
	return r->text.err;
}

/* Walk the changes of the record. Returns 0 or an error in E. */
static int report_walk(const struct run_plan *p, const struct state_record *rec,
		       struct report *r, struct err *e)
{
	_free_ struct layer *lowers = calloc(rec->lowers.n, sizeof(*lowers));
	struct layer_diff d = {
		.lowers = lowers, .any_owner = p->ids.kind != IDS_HOST,
		.change = report_change, .ctx = r,
		.upper = { .fd = -EBADF, .marks = true },
	};
	int code = lowers ? 0 : err_set(e, -ENOMEM, "cannot look at the changes");

	for (; code == 0 && d.nlowers < rec->lowers.n; d.nlowers++) {
		lowers[d.nlowers].marks = !p->host_root;
		lowers[d.nlowers].fd = open(rec->lowers.v[d.nlowers],
					    O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (lowers[d.nlowers].fd < 0)
			code = err_set(e, -errno, "cannot open lower branch '%s'",
				       rec->lowers.v[d.nlowers]);
	}
	if (code == 0) {
		d.upper.fd = open(rec->upper, O_PATH | O_DIRECTORY | O_CLOEXEC);
		code = d.upper.fd < 0 ? err_set(e, -errno, "cannot open '%s'", rec->upper)
				      : layer_diff(&d, e);
	}
	for (size_t i = 0; i < d.nlowers; i++)
		close_fd(&lowers[i].fd);
	close_fd(&d.upper.fd);
	return code;
}

void report_down(const struct run_plan *p, struct run_live *live)
{
	struct report r = { .text = SB_INIT };
	struct err e = ERR_INIT;

	if (!p->keep_try || !live->ran || !live->record)
		return;
	if (report_walk(p, live->record, &r, &e) < 0) {
		err_print(&e, "ufs-run", stderr);
		fprintf(stderr, "ufs-run: the changes are kept as '%s'\n", p->name);
	} else {
		fprintf(stderr, "ufs-run: %zu change%s kept as '%s'\n%s", r.n,
			r.n == 1 ? " is" : "s are", p->name, r.text.s ? r.text.s : "");
		if (r.n > REPORT_SHOWN)
			fprintf(stderr, "  ... and %zu more\n", r.n - REPORT_SHOWN);
	}
	fprintf(stderr,
		"  see:      ufs diff %s\n"
		"  apply:    by hand, from '%s'\n"
		"  discard:  ufs discard %s\n",
		p->name, live->record->upper, p->name);
	sb_done(&r.text);
	err_done(&e);
}
