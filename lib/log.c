/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

/* The one mutable instance of the program; written before threads start. */
static struct {
	const char *prog;
	enum log_sink sink;
	enum log_level max;
} log_state = { "ufs", LOG_SINK_STDERR, LOG_LVL_WARN };

static const int log_priority[] = {
	[LOG_LVL_ERROR] = LOG_ERR,
	[LOG_LVL_WARN] = LOG_WARNING,
	[LOG_LVL_INFO] = LOG_INFO,
	[LOG_LVL_DEBUG] = LOG_DEBUG,
};

void log_init(const char *prog, enum log_sink sink, enum log_level max)
{
	if (log_state.sink == LOG_SINK_SYSLOG)
		closelog();
	log_state.prog = prog;
	log_state.sink = sink;
	log_state.max = max;
	if (sink == LOG_SINK_SYSLOG)
		openlog(prog, LOG_PID, LOG_DAEMON);
}

bool log_wants(enum log_level level)
{
	return log_state.sink != LOG_SINK_NONE && level <= log_state.max;
}

void log_msg(enum log_level level, const char *fmt, ...)
{
	int saved = errno;
	char line[1024];
	va_list ap;

	if (!log_wants(level))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (log_state.sink == LOG_SINK_SYSLOG)
		syslog(log_priority[level], "%s", line);
	else
		fprintf(stderr, "%s: %s\n", log_state.prog, line);
	errno = saved;
}
