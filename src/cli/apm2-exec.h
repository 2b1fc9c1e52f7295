/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void apm2_exec_replace (const char *program, GPtrArray *words, GError **error);

G_END_DECLS
