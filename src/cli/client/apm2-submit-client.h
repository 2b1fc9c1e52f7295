/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-command.h"

G_BEGIN_DECLS

/* Returns an Apm2Exit, or -1 with the error set. */
typedef int (*Apm2SubmitFunc) (const Apm2CommandCall *call,
                               const char *spec,
                               GError **error);

/* Hands a job over in whatever way there is, and follows it if that is wanted.
 * %NULL in the program itself, which has no client in it. */
extern const Apm2SubmitFunc apm2_submit_by_client;

void apm2_submit_print (const Apm2CommandCall *call,
                        const char *id,
                        gboolean created);

G_END_DECLS
