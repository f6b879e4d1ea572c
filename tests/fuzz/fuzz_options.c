/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mount options, the word before them, a list of branches and one of lower
 * directories: the first byte says which. Files that a list names with "@" are
 * not read: what a fuzzer comes up with is no file of ours.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_free_ char *text = NULL;
	struct err e = ERR_INIT;
	struct ufs_config c;
	int r;

	if (size < 2 || size > 4096 || memchr(data, '@', size))
		return -1;
	text = malloc(size);
	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	config_init(&c);
	switch (data[0] % 4) {
	case 0:
		r = config_options(&c, text, &e);
		break;
	case 1:
		r = config_spec(&c, text, &e);
		break;
	case 2:
		r = config_branches(&c, text, &e);
		break;
	default:
		r = config_lowers(&c, text, &e);
		break;
	}
	/* What fails says why; what does not is whole. */
	if (r < 0 && !err_isset(&e))
		abort();
	if (r == 0)
		(void)config_check(&c, &e);
	err_done(&e);
	config_done(&c);
	return 0;
}
