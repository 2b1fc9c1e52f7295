/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdio.h>

#include "apm2-gates-text.h"
#include "apm2-term.h"

G_BEGIN_DECLS

/**
 * Apm2GatesLive:
 *
 * Gates on a stream: on a terminal those that have not ended are redrawn in
 * place below those that have; elsewhere there is a line for each change.
 */
typedef struct
{
  FILE *out;
  gboolean redraws;
  Apm2GatesText text;
  guint drawn;      /* lines that can be taken away */
  char *frame;      /* (owned) (nullable) these lines */
  GHashTable *told; /* (owned) name to state */
} Apm2GatesLive;

void apm2_gates_live_init (Apm2GatesLive *self,
                           const Apm2GatesView *gates,
                           const Apm2Term *term,
                           gboolean to_stderr);
void apm2_gates_live_clear (Apm2GatesLive *self);

void apm2_gates_live_tell (Apm2GatesLive *self);
void apm2_gates_live_draw (Apm2GatesLive *self, gint64 now_usec);
void apm2_gates_live_hide (Apm2GatesLive *self);
void apm2_gates_live_forget (Apm2GatesLive *self);

G_END_DECLS
