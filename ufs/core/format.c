/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format.h"

#include <string.h>

#include "macros.h"
#include "str.h"

static const struct format *const formats[] = { &format_aufs, &format_overlay };

const struct format *format_row(size_t i)
{
	return i < ARRAY_LEN(formats) ? formats[i] : NULL;
}

const struct format *format_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

bool format_private_xattr(const char *name)
{
	return str_has_prefix(name, "trusted.overlay.") ||
	       str_has_prefix(name, "user.overlay.");
}

int format_any_classify(int dirfd, const char *name, unsigned char dtype,
			const char **ret_victim)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		int r = formats[i]->classify(dirfd, name, dtype, ret_victim);

		if (r != MARK_NONE)
			return r;
	}
	return MARK_NONE;
}

bool format_any_whiteout(const struct stat *st)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (formats[i]->is_whiteout(st))
			return true;
	return false;
}

int format_any_hidden(int dirfd, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		int r = formats[i]->hidden(dirfd, name);

		if (r != 0)
			return r;
	}
	return 0;
}

int format_any_opaque(int dirfd)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		int r = formats[i]->opaque(dirfd);

		if (r != 0)
			return r;
	}
	return 0;
}
