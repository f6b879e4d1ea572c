/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <sys/utsname.h>

#include "cmd.h"

#include "config-build.h"
#include "fuse_version.h"
#include "json.h"
#include "opt.h"

struct version_request {
	bool json, help;
};

static const struct opt version_opts[] = {
	{0, "json", NULL, NULL, "as JSON", opt_set_true,
	 offsetof(struct version_request, json), 0},
	{'h', "help", NULL, NULL, "show this help", opt_set_true,
	 offsetof(struct version_request, help), 0},
};

static const char *const formats[] = {"aufs", "overlay"};
/* What scripts may want to know before they use it. */
static const char *const features[] = {"io=cached", "multiple-writable-branches",
				       "remount-ro-rw"};

static int version_list(struct json_object *o, const char *key, const char *const *list,
			size_t n)
{
	struct json_object *a = json_object_new_array();

	if (!a || json_object_object_add(o, key, a) < 0) {
		json_object_put(a);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		struct json_object *s = json_object_new_string(list[i]);

		if (!s || json_object_array_add(a, s) < 0) {
			json_object_put(s);
			return -ENOMEM;
		}
	}
	return 0;
}

static int version_json(const struct utsname *un)
{
	struct json_object *o = json_object_new_object();
	int r = -ENOMEM;

	if (o && json_add_string(o, "schema", "ufs.version/1") == 0 &&
	    json_add_string(o, "ufs", PACKAGE_VERSION) == 0 &&
	    json_add_string(o, "libfuse", fuse_version_library()) == 0 &&
	    json_add_string(o, "kernel", un->release) == 0 &&
	    version_list(o, "formats", formats, ARRAY_LEN(formats)) == 0 &&
	    version_list(o, "features", features, ARRAY_LEN(features)) == 0) {
		printf("%s\n", json_object_to_json_string_ext(
				       o, JSON_C_TO_STRING_PRETTY |
						  JSON_C_TO_STRING_NOSLASHESCAPE));
		r = 0;
	}
	json_object_put(o);
	return r;
}

static void version_text(const struct utsname *un)
{
	printf("ufs %s\nlibfuse %s\nkernel %s\nformats:", PACKAGE_VERSION,
	       fuse_version_library(), un->release);
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		printf(" %s", formats[i]);
	printf("\nfeatures:");
	for (size_t i = 0; i < ARRAY_LEN(features); i++)
		printf(" %s", features[i]);
	printf("\n");
}

int cmd_version(int argc, char **argv)
{
	struct version_request rq = {0};
	struct err e = ERR_INIT;
	struct utsname un;
	int first, r;

	r = opt_parse(version_opts, ARRAY_LEN(version_opts), 0, &rq, argc, argv, &first,
		      &e);
	if (r == 0 && rq.help) {
		printf("usage: ufs version [--json]\n"
		       "Show the versions of ufs, libfuse and the kernel, and what is "
		       "built.\n\n");
		opt_help(version_opts, ARRAY_LEN(version_opts), stdout);
		return EXIT_OK;
	}
	if (r == 0 && argc > first)
		r = err_set(&e, 0, "unexpected word '%s'", argv[first]);
	if (r == 0 && uname(&un) < 0)
		r = err_set(&e, -errno, "cannot ask for the kernel's version");
	if (r == 0 && !rq.json)
		version_text(&un);
	else if (r == 0 && version_json(&un) < 0)
		r = err_set(&e, -ENOMEM, "cannot show the version");
	return r < 0 ? cmd_fail(&e) : EXIT_OK;
}
