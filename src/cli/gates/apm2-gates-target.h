/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-commit.h"
#include "apm2-job-spec.h"
#include "apm2-repository.h"

G_BEGIN_DECLS

/**
 * Apm2GatesTarget:
 *
 * A commit of the repository here and the gates that it has to pass.
 */
typedef struct
{
  Apm2Repository *repository; /* (owned) */
  Apm2Commit *commit;         /* (owned) */
  GPtrArray *gates;           /* (owned) (element-type Apm2Step) */
  char *gate_set_digest;
} Apm2GatesTarget;

Apm2GatesTarget *
apm2_gates_target_find (const char *rev,
                        const char *gates_from,
                        const char *const *only,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_gates_target_free (Apm2GatesTarget *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2GatesTarget, apm2_gates_target_free)

Apm2JobSpec *
apm2_gates_target_new_spec (const Apm2GatesTarget *self,
                            const char *lane,
                            guint priority,
                            const char *bundle,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
