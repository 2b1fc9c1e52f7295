/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-client.h"
#include "apm2-command.h"
#include "apm2-gates-target.h"
#include "apm2-receipt.h"

G_BEGIN_DECLS

/**
 * Apm2GatesSubmit:
 *
 * How gates are submitted, and what became of that.
 */
typedef struct
{
  const char *lane; /* (nullable) */
  guint priority;
  gboolean force;

  char *job_id;         /* (owned) (nullable) */
  gboolean created;     /* it is a new job */
  Apm2Receipt *receipt; /* (owned) (nullable) there is no job any more, or none
                           was needed */
  char *receipt_digest; /* (owned) (nullable) of @receipt */
} Apm2GatesSubmit;

void apm2_gates_submit_clear (Apm2GatesSubmit *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Apm2GatesSubmit, apm2_gates_submit_clear)

gboolean apm2_gates_submit_run (Apm2GatesSubmit *self,
                                const Apm2CommandCall *call,
                                Apm2Client *client,
                                const Apm2GatesTarget *target,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
