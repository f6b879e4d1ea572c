/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "json.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "cleanup.h"
#include "str.h"

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Length of the well-formed UTF-8 sequence at S (RFC 3629), or 0. */
static size_t json_utf8(const unsigned char *s)
{
	static const unsigned char least[] = {0x80, 0xa0, 0x90};
	size_t n = s[0] < 0x80	 ? 1
		   : s[0] < 0xc2 ? 0
		   : s[0] < 0xe0 ? 2
		   : s[0] < 0xf0 ? 3
		   : s[0] < 0xf5 ? 4
				 : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < least[1]) || (s[0] == 0xf0 && s[1] < least[2]) ||
	    (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static int json_encode(const char *name, char **ret)
{
	const unsigned char *s = (const unsigned char *)name;
	size_t left = strlen(name);
	struct sb b = SB_INIT;

	for (; left > 0; left -= left > 3 ? 3 : left, s += 3) {
		uint32_t v = (uint32_t)s[0] << 16;

		if (left > 1)
			v |= (uint32_t)s[1] << 8;
		if (left > 2)
			v |= s[2];
		sb_addc(&b, digits[v >> 18]);
		sb_addc(&b, digits[v >> 12 & 63]);
		sb_addc(&b, left > 1 ? digits[v >> 6 & 63] : '=');
		sb_addc(&b, left > 2 ? digits[v & 63] : '=');
	}
	return sb_take(&b, ret);
}

static int json_decode(const char *text, char **ret)
{
	struct sb b = SB_INIT;
	uint32_t v = 0;
	int bits = 0;

	for (; *text && *text != '='; text++) {
		const char *d = strchr(digits, *text);

		if (!d) {
			sb_done(&b);
			return -EINVAL;
		}
		v = v << 6 | (uint32_t)(d - digits);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			sb_addc(&b, (char)(v >> bits & 0xff));
		}
	}
	return sb_take(&b, ret);
}

int json_add_string(struct json_object *o, const char *key, const char *text)
{
	struct json_object *v = text ? json_object_new_string(text) : NULL;

	if ((text && !v) || json_object_object_add(o, key, v) < 0) {
		json_object_put(v);
		return -ENOMEM;
	}
	return 0;
}

int json_add_name(struct json_object *o, const char *key, const char *name)
{
	_free_ char *shown = NULL, *exact = NULL, *twin = NULL;
	struct sb b = SB_INIT;
	bool whole = true;
	int r;

	for (const char *p = name; p && *p;) {
		size_t n = json_utf8((const unsigned char *)p);

		whole = whole && n;
		sb_addn(&b, n ? p : "\xef\xbf\xbd", n ? n : 3);
		p += n ? n : 1;
	}
	r = sb_take(&b, &shown);
	if (r < 0)
		return r;
	r = json_add_string(o, key, name ? shown : NULL);
	if (r < 0 || whole)
		return r;
	if (json_encode(name, &exact) < 0 || str_printf(&twin, "%s_b64", key) < 0)
		return -ENOMEM;
	return json_add_string(o, twin, exact);
}

int json_get_name(struct json_object *o, const char *key, char **ret)
{
	_free_ char *twin = NULL;
	struct json_object *v;
	char *s;

	if (str_printf(&twin, "%s_b64", key) < 0)
		return -ENOMEM;
	if (json_object_object_get_ex(o, twin, &v) && v)
		return json_decode(json_object_get_string(v), ret);
	if (!json_object_object_get_ex(o, key, &v) || !v)
		return -ENOENT;
	s = strdup(json_object_get_string(v));
	if (!s)
		return -ENOMEM;
	*ret = s;
	return 0;
}
