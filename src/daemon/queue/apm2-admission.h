/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-config.h"
#include "apm2-job-spec.h"
#include "apm2-user-loads.h"

G_BEGIN_DECLS

/* What waits, when one user wants to add to it. */
typedef struct
{
  Apm2UserLoad all;
  Apm2UserLoad own; /* of @uid */
  guint32 uid;
} Apm2Room;

gboolean apm2_admission_check (const Apm2Config *config,
                               const Apm2JobSpec *spec,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean
apm2_admission_check_attached (const Apm2Config *config,
                               const Apm2JobSpec *spec,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_admission_check_room (const Apm2Config *config,
                                    const Apm2Room *room,
                                    gsize spec_bytes,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
Apm2Limits apm2_admission_limits (const Apm2Config *config,
                                  const Apm2JobSpec *spec);

G_END_DECLS
