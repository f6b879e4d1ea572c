/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line of ufs-run: its table of options, --help, argv -> config. */
#ifndef UFS_LAUNCHER_CLI_H
#define UFS_LAUNCHER_CLI_H

#include <stdio.h>

#include "err.h"
#include "opt.h"
#include "types.h"

enum cli_do { CLI_RUN, CLI_HELP, CLI_VERSION };

/* Fill an empty config. *RET_DO says what else than running was asked for. */
int cli_parse(int argc, char **argv, struct run_config *c, enum cli_do *ret_do,
	      struct err *e);
void cli_help(FILE *out);

/* The rows, for the test that compares them with man page and completion. */
const struct opt *cli_rows(size_t *ret_n);

#endif
