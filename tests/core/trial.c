/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial.h"

#include <ftw.h>
#include <sys/xattr.h>

#include "fault.h"

#define OLD_TIME 1000000000
#define SET_TIME 2000000000

/* Inode numbers of the lower branches. */
static struct {
	ino_t ino;
	char path[32];
} numbers[64];
static size_t nnumbers, numbers_skip;

/* WH and OPQ are the format's marks. The lower branches never change. */
static const char lower_tree[] =
	"l1/d/f file 0640 old data\n"
	"l1/d/f xattr user.a b\n"
	"l1/d/g file 0644 other\n"
	"l1/d/m file 0644 below the copy\n"
	"l1/d/sub/h file 0600 deep\n"
	"l2/d/f file 0644 hidden\n"
	"l2/d/only file 0644 in the lowest\n"
	"l1/e/old file 0644 x\n"
	"l1/empty dir 0755\n"
	"l1/l link d/f\n"
	"l1/p fifo 0644\n"
	"l1/big file 0644\n"
	"l1/big size 300000\n"
	"l1/big at 0 start\n"
	"l1/big at 200000 middle\n"
	"l1/gone file 0644 was\n"
	"l1/gonedir/in file 0644 was\n"
	"l1/marks/a file 0644 a\n"
	"l1/marks/s/b file 0644 b\n"
	"l1/opaque/under file 0644 under\n"
	"l1/bare/under file 0644 under\n"
	"l1/low/k file 0644 k\n"
	"l1/low/in/x file 0644 deep x\n"
	"l2/low/k2 file 0644 k2\n"
	"l1/hard/a file 0644 linked\n"
	"l1/hard/b hard l1/hard/a\n"
	"l1/e/c hard l1/hard/a\n";

static const char upper_tree[] =
	"up/u file 0644 upper\n"
	"up/d/m file 0600 copy\n"
	"up/pure/x file 0644 pure\n"
	"up/pure/y/z file 0644 deeper\n"
	"up/void dir 0700\n"
	"up/gone WH\n"
	"up/gonedir WH\n"
	"up/marks/a WH\n"
	"up/marks/s WH\n"
	"up/opaque dir 0755\n"
	"up/opaque OPQ\n"
	"up/opaque/z file 0644 z\n"
	"up/bare dir 0755\n"
	"up/bare OPQ\n";

/* -- making the branches ---------------------------------------------------------- */

static char *replace_word(const char *text, const char *word, const char *by)
{
	struct sb b = SB_INIT;
	const char *hit;
	char *s;

	while ((hit = strstr(text, word))) {
		sb_addf(&b, "%.*s%s", (int)(hit - text), text, by);
		text = hit + strlen(word);
	}
	sb_addf(&b, "%s", text);
	assert_ok(sb_take(&b, &s));
	return s;
}

/* The path of each line of SPEC that makes an object gets the old time. */
static void age(struct uni *t, const char *spec)
{
	struct sb b = SB_INIT;
	_free_ char *s = NULL;

	for (const char *l = spec; *l; l = strchr(l, '\n') + 1) {
		const char *what = strchr(l, ' ') + 1;

		if (strncmp(what, "WH", 2) != 0 && strncmp(what, "OPQ", 3) != 0)
			sb_addf(&b, "%.*s time %d\n", (int)(what - l - 1), l, OLD_TIME);
	}
	assert_ok(sb_take(&b, &s));
	uni_make(t, s);
}

static void make_tree(struct trial *x, const char *spec)
{
	bool overlay = x->mode == TRIAL_OVERLAY;
	_free_ char *half = replace_word(spec, " WH\n", overlay ? " char\n" : " wh\n");
	_free_ char *all = replace_word(half, " OPQ\n", overlay ? " oopq\n" : " opq\n");

	uni_make(x->t, all);
	age(x->t, spec);
}

static void use_mode(struct trial *x)
{
	static struct id_range ids = { 0, 1000 };
	struct id_view *v = &x->t->cfg.ids;

	if (x->mode == TRIAL_OVERLAY) {
		x->t->cfg.format = strdup("overlay");
		x->t->cfg.work = uni_real(x->t, "work");
		assert_ok(mkdir(x->t->cfg.work, 0700));
	}
	if (x->mode == TRIAL_VIRTUAL) {
		v->virt = true;
		v->uids = malloc(sizeof(ids));
		v->gids = malloc(sizeof(ids));
		assert_non_null(v->uids);
		assert_non_null(v->gids);
		*v->uids = *v->gids = ids;
		v->nuids = v->ngids = 1;
		x->t->cred = (struct ufs_cred){ 5, 6, 022 };
	}
}

void trial_open(struct trial *x)
{
	uni_open(x->t);
	if (x->op->prepare)
		assert_ok(x->op->prepare(x->t));
	uni_forget(x->t);
}

void trial_start_over(struct trial *x)
{
	uni_close(x->t);
	uni_empty(x->t, "up");
	if (x->t->cfg.work)
		uni_empty(x->t, "work");
	make_tree(x, upper_tree);
}

/* -- looking ------------------------------------------------------------------------ */

/* A line for each object, sorted. Ids are kept where they are wanted. */
struct line {
	char *path, *rest;
	struct stat st;
};

struct look {
	struct trial *x;
	bool keep;
	struct line lines[64];
	size_t n;
};

/* A number that is shown tells which object of a lower branch it came from. */
static int note_number(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)type;
	(void)f;
	assert_true(nnumbers < ARRAY_LEN(numbers));
	numbers[nnumbers].ino = st->st_ino;
	(void)snprintf(numbers[nnumbers++].path, sizeof(numbers[0].path), "%s",
		       path + numbers_skip);
	return 0;
}

static void note_numbers(struct trial *x)
{
	nnumbers = 0;
	numbers_skip = strlen(x->t->dir) + 1;
	for (size_t i = 1; i < x->t->nbranches; i++) {
		_free_ char *top = uni_real(x->t, x->t->branches[i].name);

		assert_ok(nftw(top, note_number, 16, FTW_PHYS));
	}
}

static const char *number_of(const struct stat *st)
{
	for (size_t i = 0; i < nnumbers; i++)
		if (numbers[i].ino == st->st_ino)
			return numbers[i].path;
	return "-";
}

struct listing {
	struct look *l;
	const char *path;       /* of the directory, "" for the root */
	struct { char name[64]; struct ufs_entry e; } v[32];
	size_t n;
};

static int note_entry(void *ctx, const char *name, const struct ufs_entry *e, off_t next)
{
	struct listing *d = ctx;

	(void)next;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (e->id == 0)
		fail_msg("'%s' is listed in '%s' and cannot be looked up", name, d->path);
	assert_true(d->n < ARRAY_LEN(d->v) && strlen(name) < sizeof(d->v[0].name));
	(void)snprintf(d->v[d->n].name, sizeof(d->v[0].name), "%s", name);
	d->v[d->n++].e = *e;
	return 0;
}

static const char *age_of(const struct stat *st)
{
	if (S_ISDIR(st->st_mode))
		return ""; /* what is made and undone in it shows in its times */
	return st->st_mtim.tv_sec == OLD_TIME ? " old" :
	       st->st_mtim.tv_sec == SET_TIME ? " set" : " new";
}

/* Data up to a NUL, a target, the attribute. */
static void look_inside(struct uni *t, const struct ufs_entry *e, struct sb *b)
{
	_free_ char *data = NULL;
	char value[16] = "";
	ssize_t n;

	if (S_ISREG(e->attr.st_mode)) {
		assert_int_equal(uni_read_id(t, e->id, &data), e->attr.st_size);
		sb_addf(b, " %lld '%s'", (long long)e->attr.st_size, data);
	} else if (S_ISLNK(e->attr.st_mode)) {
		assert_ok(ufs_readlink(t->u, e->id, &data));
		sb_addf(b, " -> %s", data);
	}
	n = ufs_getxattr(t->u, e->id, "user.a", value, sizeof(value) - 1);
	if (n > 0)
		sb_addf(b, " user.a=%s", value);
	n = ufs_listxattr(t->u, e->id, NULL, 0);
	sb_addf(b, " %zd", n);
}

/* Returns how many entries it has. */
static size_t look_dir(struct look *l, node_id id, const char *path)
{
	struct listing d = { .l = l, .path = path };
	struct uni *t = l->x->t;

	assert_ok(ufs_readdir(t->u, id, 0, true, note_entry, &d));
	for (size_t i = 0; i < d.n; i++) {
		const struct ufs_entry *e = &d.v[i].e;
		struct line *to = &l->lines[l->n++];
		struct sb b = SB_INIT;

		assert_true(l->n <= ARRAY_LEN(l->lines));
		assert_ok(str_printf(&to->path, "%s%s%s", path, *path ? "/" : "", d.v[i].name));
		to->st = e->attr;
		sb_addf(&b, " %06o %u:%u%s", e->attr.st_mode, e->attr.st_uid,
			e->attr.st_gid, age_of(&e->attr));
		look_inside(t, e, &b);
		/* An empty directory that a stop parted from those below is another. */
		if (!S_ISDIR(e->attr.st_mode) || look_dir(l, e->id, to->path) > 0)
			sb_addf(&b, " #%s", number_of(&e->attr));
		assert_ok(sb_take(&b, &to->rest));
		if (l->keep)
			uni_hold(t, e->id);
		else
			ufs_forget(t->u, e->id, 1);
	}
	return d.n;
}

static int by_line(const void *a, const void *b)
{
	return strcmp(((const struct line *)a)->path, ((const struct line *)b)->path);
}

/* The first name of the same file, and how many it has. */
static void add_links(const struct look *l, const struct line *at, struct sb *b)
{
	const struct line *first = l->lines;

	if (S_ISDIR(at->st.st_mode) || at->st.st_nlink == 1)
		return;
	while (first->st.st_ino != at->st.st_ino)
		first++;
	sb_addf(b, " =%s %ju", first->path, (uintmax_t)at->st.st_nlink);
}

static char *look(struct trial *x, bool keep)
{
	struct look l = { .x = x, .keep = keep };
	struct sb b = SB_INIT;
	char *s;

	look_dir(&l, NODE_ROOT, "");
	qsort(l.lines, l.n, sizeof(l.lines[0]), by_line);
	for (size_t i = 0; i < l.n; i++) {
		sb_addf(&b, "%s%s", l.lines[i].path, l.lines[i].rest);
		add_links(&l, &l.lines[i], &b);
		sb_add(&b, "\n");
	}
	for (size_t i = 0; i < l.n; i++) {
		free(l.lines[i].path);
		free(l.lines[i].rest);
	}
	assert_ok(sb_take(&b, &s));
	return s;
}

char *trial_look(struct trial *x)
{
	return look(x, false);
}

void trial_know_all(struct trial *x)
{
	free(look(x, true));
}

void trial_fail(const struct trial *x, const char *fmt, ...)
{
	_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	assert_true(vasprintf(&text, fmt, ap) >= 0);
	va_end(ap);
	fault_disarm();
	print_error("%s: %s\n", x->step, text);
	fail();
}

void trial_look_is(struct trial *x, const char *want, const char *when)
{
	_free_ char *got = trial_look(x);
	const char *g = got, *w = want;

	while (*g && *g == *w) {
		g++;
		w++;
	}
	if (*g == *w)
		return;
	/* From the start of the line that differs. */
	while (g > got && g[-1] != '\n') {
		g--;
		w--;
	}
	trial_fail(x, "%s there is '%.*s' where '%.*s' should be", when,
		   (int)strcspn(g, "\n"), g, (int)strcspn(w, "\n"), w);
}

void trial_tmp_is_empty(struct trial *x)
{
	uni_tmp_is_empty(x->t, "up");
}

int trial_run(struct trial *x)
{
	return x->op->run(x->t);
}

/* -- tests ------------------------------------------------------------------------------ */

/* What is seen before and after, without a fault. */
static void take_looks(struct trial *x)
{
	(void)snprintf(x->step, sizeof(x->step), "without a fault");
	trial_start_over(x);
	trial_open(x);
	x->before = trial_look(x);
	assert_ok(trial_run(x));
	x->after = trial_look(x);
	if ((strcmp(x->before, x->after) == 0) != x->op->looks)
		trial_fail(x, "the operation does not do what its row says\n%s", x->after);
	uni_reopen(x->t);
	trial_look_is(x, x->after, "after a restart");
}

static int trial_setup(void **state)
{
	struct trial *x = *state;
	void *t = NULL;

	if (uni_setup(&t) < 0)
		return -1;
	x->t = t;
	return 0;
}

static int trial_teardown(void **state)
{
	struct trial *x = *state;
	void *t = x->t;

	fault_disarm();
	fault_lack(0);
	free(x->before);
	free(x->after);
	return uni_teardown(&t);
}

void trial_begin(struct trial *x)
{
	x->t->by_fd = true;
	uni_three(x->t);
	use_mode(x);
	make_tree(x, lower_tree);
	note_numbers(x);
	fault_lack(x->lack);
	take_looks(x);
}

/*
 * Ten thousands of small trees are made and removed: in memory where that keeps
 * attributes, many times faster than on a disk. TRIAL_DIR names another place.
 */
static void choose_place(void)
{
	const char *dir = getenv("TRIAL_DIR");
	char probe[] = "/dev/shm/ufs-probe.XXXXXX";
	bool keeps;

	if (!dir && mkdtemp(probe)) {
		keeps = setxattr(probe, "user.a", "b", 1, 0) == 0;
		(void)rmdir(probe);
		dir = keeps ? "/dev/shm" : NULL;
	}
	if (dir)
		(void)setenv("TMPDIR", dir, 1);
}

int trial_main(void (*body)(void **state), unsigned lack)
{
	static const char *const modes[] = { "aufs", "overlay", "virtual owners" };
	struct CMUnitTest *tests;
	struct trial *trials;
	size_t nops, n = 0;
	const struct trial_op *ops = trial_ops(&nops);
	const char *only = getenv("TRIAL"); /* part of a name, to try one alone */
	int r;

	choose_place();
	tests = calloc(nops * TRIAL_MODES, sizeof(*tests));
	trials = calloc(nops * TRIAL_MODES, sizeof(*trials));
	if (!tests || !trials)
		return 1;
	for (enum trial_mode m = 0; m < TRIAL_MODES; m++) {
		if (m == TRIAL_OVERLAY && !uni_is_root()) {
			print_message("skipped: overlay's format needs root to make devices 0:0\n");
			continue;
		}
		for (size_t i = 0; i < nops; i++) {
			char *name;

			if (str_printf(&name, "%s (%s)", ops[i].name, modes[m]) < 0)
				return 1;
			if (only && !strstr(name, only)) {
				free(name);
				continue;
			}
			trials[n] = (struct trial){ .op = &ops[i], .mode = m, .lack = lack };
			tests[n] = (struct CMUnitTest){
				name, body, trial_setup, trial_teardown, &trials[n],
			};
			n++;
		}
	}
	r = _cmocka_run_group_tests("trials", tests, n, NULL, NULL);
	for (size_t i = 0; i < n; i++)
		free((void *)(uintptr_t)tests[i].name);
	free(tests);
	free(trials);
	return r;
}
