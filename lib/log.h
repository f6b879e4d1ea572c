/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log: one instance for a process, set up once before threads start. It
 * goes to standard error or syslog(3). Messages for the person who typed a
 * command are not logged but carried in a struct err.
 */
#ifndef UFS_LOG_H
#define UFS_LOG_H

#include <stdbool.h>
#include "macros.h"

enum log_level { LOG_LVL_ERROR, LOG_LVL_WARN, LOG_LVL_INFO, LOG_LVL_DEBUG };

enum log_sink { LOG_SINK_STDERR, LOG_SINK_SYSLOG, LOG_SINK_NONE };

/* PROG is kept, not copied. May be called again, e.g. after going daemon. */
void log_init(const char *prog, enum log_sink sink, enum log_level max);
bool log_wants(enum log_level level);
void log_msg(enum log_level level, const char *fmt, ...) _printf_(2, 3);

#define log_error(...) log_msg(LOG_LVL_ERROR, __VA_ARGS__)
#define log_warn(...) log_msg(LOG_LVL_WARN, __VA_ARGS__)
#define log_info(...) log_msg(LOG_LVL_INFO, __VA_ARGS__)
/* Costs one load and a branch when debugging is off. */
#define log_debug(...) \
	do { \
		if (log_wants(LOG_LVL_DEBUG)) \
			log_msg(LOG_LVL_DEBUG, __VA_ARGS__); \
	} while (0)

#endif
