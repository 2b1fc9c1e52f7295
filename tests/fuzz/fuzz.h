/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What every target provides; libFuzzer or replay.c calls it. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
