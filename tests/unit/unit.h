/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every unit test needs: cmocka, and the headers it wants before it. */
#ifndef UFS_UNIT_H
#define UFS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "macros.h"

#define TEST(name) static void name(void **state _unused_)
#define RUN_ALL(tests) cmocka_run_group_tests(tests, NULL, NULL)

#endif
