/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "apm2-paths.h"

G_BEGIN_DECLS

uid_t apm2_account_get_worker (Apm2Mode mode);

G_END_DECLS
