/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store-values.h"

/* A stored job as the store would answer it, for tests of what follows it. */
Apm2StoredJob *test_stored_job (const char *id, Apm2JobState state);
