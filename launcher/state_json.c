/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "state_json.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "cleanup.h"
#include "fdio.h"
#include "state.h"

#define STATE_SCHEMA 1
#define STATE_FILE "config.json"

static struct json_object *json_list(const struct strv *l)
{
	struct json_object *a = json_object_new_array();

	for (size_t i = 0; a && i < l->n; i++)
		(void)json_object_array_add(a, json_object_new_string(l->v[i]));
	return a;
}

int state_json_write(int dirfd, const struct state_record *r)
{
	struct json_object *o = json_object_new_object();
	const char *text;
	int code;

	if (!o)
		return -ENOMEM;
	json_object_object_add(o, "schema", json_object_new_int(STATE_SCHEMA));
	json_object_object_add(o, "name", json_object_new_string(r->name));
	json_object_object_add(o, "created", json_object_new_int64(r->created));
	json_object_object_add(o, "rm", json_object_new_boolean(r->remove));
	json_object_object_add(o, "own_upper", json_object_new_boolean(r->own_upper));
	json_object_object_add(o, "upper", json_object_new_string(r->upper));
	if (r->work)
		json_object_object_add(o, "work", json_object_new_string(r->work));
	json_object_object_add(o, "lower", json_list(&r->lowers));
	json_object_object_add(o, "command", json_list(&r->command));
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY);
	code = text ? fd_replace_file(dirfd, STATE_FILE, text, strlen(text), 0600)
		    : -ENOMEM;
	json_object_put(o);
	return code;
}

static int json_get_string(struct json_object *o, const char *key, char **ret)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) ||
	    !json_object_is_type(v, json_type_string))
		return -EBADMSG;
	*ret = strdup(json_object_get_string(v));
	return *ret ? 0 : -ENOMEM;
}

static int json_get_list(struct json_object *o, const char *key, struct strv *ret)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) ||
	    !json_object_is_type(v, json_type_array))
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(v); i++) {
		struct json_object *s = json_object_array_get_idx(v, i);

		if (!json_object_is_type(s, json_type_string))
			return -EBADMSG;
		if (strv_add(ret, json_object_get_string(s)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static bool json_get_bool(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) && json_object_get_boolean(v);
}

static int json_fill(struct json_object *o, struct state_record *r)
{
	struct json_object *v;
	int code;

	if (!json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, "schema", &v) ||
	    json_object_get_int(v) != STATE_SCHEMA)
		return -EBADMSG;
	code = json_get_string(o, "name", &r->name);
	if (code == 0)
		code = json_get_string(o, "upper", &r->upper);
	if (code == 0 && json_object_object_get_ex(o, "work", &v))
		code = json_get_string(o, "work", &r->work);
	if (code == 0)
		code = json_get_list(o, "lower", &r->lowers);
	if (code == 0)
		code = json_get_list(o, "command", &r->command);
	r->own_upper = json_get_bool(o, "own_upper");
	r->remove = json_get_bool(o, "rm");
	if (json_object_object_get_ex(o, "created", &v))
		r->created = json_object_get_int64(v);
	return code;
}

int state_json_read(int dirfd, struct state_record *ret)
{
	_free_ char *text = NULL;
	struct json_object *o;
	ssize_t n = fd_read_file(dirfd, STATE_FILE, 16 << 20, &text);
	int r;

	if (n < 0)
		return (int)n;
	o = json_tokener_parse(text);
	if (!o)
		return -EBADMSG;
	r = json_fill(o, ret);
	json_object_put(o);
	return r;
}
