/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

#include "cleanup.h"
#include "path.h"
#include "str.h"

struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
};

static int cmd_help(int argc, char **argv);

/* A verb is a row here and a file beside this one. */
static const struct verb verbs[] = {
	{"mount", cmd_mount, "mount a union of directories"},
	{"umount", cmd_umount, "unmount a union and wait for its daemon"},
	{"status", cmd_status, "show the unions of this user"},
	{"version", cmd_version, "show versions and what is built"},
	{"diff", cmd_diff, "show what the writable branch changes"},
	{"check", cmd_check, "find and mend what a crash left in a branch"},
	{"ps", cmd_ps, "list containers"},
	{"discard", cmd_discard, "drop a container's changes and its record"},
	{"help", cmd_help, "show this help"},
};

int cmd_fail(struct err *e)
{
	int status = err_exit(e, EXIT_FAILED);

	err_print(e, "ufs", stderr);
	err_done(e);
	return status;
}

static int cmd_help(int argc _unused_, char **argv _unused_)
{
	printf("usage: ufs VERB [ARGUMENTS]\n"
	       "       ufs SPEC MOUNTPOINT [-o OPTIONS]\n"
	       "       ufs -o OPTIONS MOUNTPOINT\n"
	       "Unions of directories in userspace.\n\n");
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		printf("  %-12s%s\n", verbs[i].name, verbs[i].help);
	printf("  %-12s%s\n", "run", "run a command isolated on a union (ufs-run)");
	printf("\n'ufs VERB --help' shows the options of a verb. See ufs(1).\n");
	return EXIT_OK;
}

/* `ufs VERB` is ufs-VERB from our own directory. Returns if there is none. */
static int main_exec(char **argv, struct err *e)
{
	_free_ char *self = NULL, *path = NULL;
	char *slash;

	self = realpath("/proc/self/exe", NULL);
	if (!self)
		return err_set(e, -errno, "cannot find the directory of this programme");
	slash = strrchr(self, '/');
	*slash = '\0';
	if (str_printf(&path, "%s/ufs-%s", self, argv[0]) < 0)
		return err_set(e, -ENOMEM, "cannot run '%s'", argv[0]);
	execv(path, argv);
	return errno == ENOENT ? 0 : err_set(e, -errno, "cannot run '%s'", path);
}

static int main_unknown(const char *word, struct err *e)
{
	unsigned least = (unsigned)strlen(word) / 3 + 2;
	const char *best = NULL;

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		unsigned d = str_distance(verbs[i].name, word);

		if (d < least) {
			least = d;
			best = verbs[i].name;
		}
	}
	(void)err_set(e, 0, "unknown verb '%s'", word);
	if (best)
		err_hint(e, "did you mean '%s'?", best);
	else
		err_hint(e, "'ufs help' lists the verbs");
	return cmd_fail(e);
}

/* The first word of mount(8)'s form. */
static bool main_is_spec(const char *word)
{
	return strcmp(word, "none") == 0 || strcmp(word, "ufs") == 0 ||
	       strpbrk(word, "/:=") != NULL;
}

int main(int argc, char **argv)
{
	const char *base = argc > 0 ? strrchr(argv[0], '/') : NULL;
	struct err e = ERR_INIT;
	const char *word;

	base = base ? base + 1 : argc > 0 ? argv[0] : "ufs";
	if (str_has_prefix(base, "mount."))
		return cmd_helper(argc, argv);
	if (argc < 2) {
		(void)err_set(&e, 0, "no verb is given");
		err_hint(&e, "'ufs help' lists the verbs");
		return cmd_fail(&e);
	}
	word = argv[1];
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return cmd_help(argc - 1, argv + 1);
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
		char *version[] = {argv[0], NULL};

		return cmd_version(1, version);
	}
	if (*word == '-' || main_is_spec(word))
		return cmd_mount(argc, argv);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (strcmp(verbs[i].name, word) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	if (path_is_component(word) && main_exec(argv + 1, &e) < 0)
		return cmd_fail(&e);
	return main_unknown(word, &e);
}
