/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names in JSON. A name is bytes; what is not UTF-8 stands with U+FFFD under
 * its key, for reading, and exactly under KEY_b64.
 */
#ifndef UFS_JSON_H
#define UFS_JSON_H

struct json_object;

/* Both return 0 or -ENOMEM. NULL adds null. */
int json_add_name(struct json_object *o, const char *key, const char *name);
int json_add_string(struct json_object *o, const char *key, const char *text);
/* The name under KEY, exactly. Returns 0, -ENOENT, -EINVAL or -ENOMEM. */
int json_get_name(struct json_object *o, const char *key, char **ret);

#endif
