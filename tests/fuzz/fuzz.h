/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each libFuzzer target exports. */
#ifndef UFS_FUZZ_H
#define UFS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
