/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store-values.h"
#include "apm2-sweep.h"

G_BEGIN_DECLS

/* Something on the disk that housekeeping may have to remove. */
typedef struct
{
  Apm2SweepKind kind;
  char *name;
  guint64 bytes;
  gint64 stamp;     /* usec UTC; see apm2_sweep_get_stamp() */
  Apm2JobFate fate; /* of the job that it belongs to, if it does */
  const char *why;  /* (nullable) why it goes; NULL: it stays */
} Apm2Remnant;

Apm2Remnant *apm2_remnant_new (Apm2SweepKind kind,
                               const char *name,
                               guint64 bytes,
                               gint64 stamp);
void apm2_remnant_free (Apm2Remnant *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Remnant, apm2_remnant_free)

gboolean apm2_remnant_is_of_job (const Apm2Remnant *self);
gboolean apm2_remnant_is_leftover (const Apm2Remnant *self);
gboolean apm2_remnant_is_half_gone (const Apm2Remnant *self);

G_END_DECLS
