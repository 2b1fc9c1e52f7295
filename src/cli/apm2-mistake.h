/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-args.h"
#include "apm2-command.h"

G_BEGIN_DECLS

void apm2_mistake_set_unknown_command (const Apm2Command *root,
                                       const Apm2Command *self,
                                       const char *path,
                                       const char *word,
                                       GError **error);
void apm2_mistake_explain_options (const char *path,
                                   GPtrArray *options,
                                   const Apm2ArgsTable *tables,
                                   gsize n_tables,
                                   GError **error);

G_END_DECLS
