/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define APM2_ENV_NAME_MAX 64

gboolean apm2_env_name_is_allowed (const char *name);

G_END_DECLS
