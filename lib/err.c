/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "err.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "str.h"

static void _printf_(2, 0) err_vset(char **slot, const char *fmt, va_list ap)
{
	struct sb b = SB_INIT;
	char *s;

	sb_vaddf(&b, fmt, ap);
	if (sb_take(&b, &s) < 0)
		return; /* out of memory: the code still travels */
	free(*slot);
	*slot = s;
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (e) {
		e->code = code ? code : -EINVAL;
		va_start(ap, fmt);
		err_vset(&e->text, fmt, ap);
		va_end(ap);
		if (code == 0 && e->status == 0)
			e->status = EXIT_USAGE;
	}
	return code ? code : -EINVAL;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
	struct sb b = SB_INIT;
	va_list ap;
	char *s;

	if (!e)
		return -EINVAL;
	va_start(ap, fmt);
	sb_vaddf(&b, fmt, ap);
	va_end(ap);
	if (e->text) {
		sb_add(&b, ": ");
		sb_add(&b, e->text);
	}
	if (sb_take(&b, &s) == 0) {
		free(e->text);
		e->text = s;
	}
	return e->code;
}

void err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return;
	va_start(ap, fmt);
	err_vset(&e->hint, fmt, ap);
	va_end(ap);
}

void err_status(struct err *e, int status)
{
	if (e)
		e->status = status;
}

int err_exit(const struct err *e, int deflt)
{
	return e && e->status ? e->status : deflt;
}

const char *err_name(int code)
{
	const char *n = strerrorname_np(code < 0 ? -code : code);

	return n ? n : "unknown error";
}

const char *err_words(int code, char *buf, size_t size)
{
	char tmp[128];
	const char *s = strerror_r(code < 0 ? -code : code, tmp, sizeof(tmp));

	(void)snprintf(buf, size, "%s", s);
	if (size > 1 && buf[0] && !isupper((unsigned char)buf[1]))
		buf[0] = (char)tolower((unsigned char)buf[0]);
	return buf;
}

void err_print(const struct err *e, const char *prog, FILE *out)
{
	char words[128];

	if (!e || e->code == 0)
		return;
	fprintf(out, "%s: %s", prog,
		e->text ? e->text : err_words(e->code, words, sizeof(words)));
	if (e->status != EXIT_USAGE)
		fprintf(out, " (%s)", err_name(e->code));
	fputc('\n', out);
	if (e->hint)
		fprintf(out, "  hint: %s\n", e->hint);
}

size_t err_pack(const struct err *e, char *buf, size_t size)
{
	const char *text = e->text ? e->text : "";
	const char *hint = e->hint ? e->hint : "";
	size_t nt, nh, at = 2 * sizeof(int);

	if (size < at + 2)
		return 0;
	memcpy(buf, &e->code, sizeof(int));
	memcpy(buf + sizeof(int), &e->status, sizeof(int));
	nt = MIN(strlen(text), (size - at - 2) * 2 / 3);
	memcpy(buf + at, text, nt);
	at += nt;
	buf[at++] = '\0';
	nh = MIN(strlen(hint), size - at - 1);
	memcpy(buf + at, hint, nh);
	at += nh;
	buf[at++] = '\0';
	return at;
}

int err_unpack(struct err *e, const char *buf, size_t len)
{
	size_t at = 2 * sizeof(int);
	const char *text, *hint, *end;
	int code, status;

	if (len < at + 2 || buf[len - 1] != '\0')
		return err_set(e, -EPROTO, "a helper process ended in the middle of its report");
	memcpy(&code, buf, sizeof(int));
	memcpy(&status, buf + sizeof(int), sizeof(int));
	text = buf + at;
	end = memchr(text, '\0', len - at);
	if (!end || end + 1 >= buf + len)
		return err_set(e, -EPROTO, "a helper process sent a report without an end");
	hint = end + 1;
	if (e) {
		(void)err_set(e, code, "%s", text);
		e->code = code;
		e->status = status;
		if (*hint)
			err_hint(e, "%s", hint);
	}
	return code;
}

bool err_isset(const struct err *e)
{
	return e && e->code != 0;
}

void err_done(struct err *e)
{
	int saved = errno;

	if (!e)
		return;
	free(e->text);
	free(e->hint);
	*e = (struct err)ERR_INIT;
	errno = saved;
}
