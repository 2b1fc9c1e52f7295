/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-command.h"

G_BEGIN_DECLS

char *apm2_help_to_string (const Apm2Command *command,
                           const char *path,
                           gboolean color);

G_END_DECLS
