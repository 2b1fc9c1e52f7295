/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-gates-view.h"
#include "apm2-job-view.h"
#include "apm2-options.h"

G_BEGIN_DECLS

/**
 * Apm2GatesText:
 *
 * How gates are shown on one stream.
 */
typedef struct
{
  const Apm2GatesView *gates;
  gboolean utf8;
  gboolean color;
} Apm2GatesText;

char *apm2_gates_text_line (const Apm2GatesText *self,
                            const Apm2GateView *gate,
                            gint64 now_usec);
char *apm2_gates_text_verdict (const Apm2GatesText *self,
                               const Apm2JobView *job);
char *apm2_gates_text_advice (const Apm2GatesText *self,
                              const Apm2JobView *job,
                              const Apm2Options *options);

G_END_DECLS
