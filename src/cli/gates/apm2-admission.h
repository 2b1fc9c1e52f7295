/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-client.h"
#include "apm2-gates-target.h"
#include "apm2-receipt.h"

G_BEGIN_DECLS

Apm2Receipt *apm2_admission_verify (const char *text,
                                    const char *digest,
                                    const char *project,
                                    const char *tree,
                                    const char *gate_set_digest,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
Apm2Receipt *apm2_admission_find (Apm2Client *client,
                                  const Apm2GatesTarget *target,
                                  char **ret_digest,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
