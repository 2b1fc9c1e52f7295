/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-active-config.h"
#include "apm2-job-table.h"
#include "apm2-paths.h"

G_BEGIN_DECLS

/* How many may wait for their jobs, and for how long. */
#define APM2_HAND_OVERS_MAX          64
#define APM2_HAND_OVER_UNCLAIMED_SEC 3600

/*
 * Commits that callers hand over because the worker cannot read their
 * repositories.
 */
#define APM2_TYPE_HAND_OVERS (apm2_hand_overs_get_type ())
G_DECLARE_FINAL_TYPE (Apm2HandOvers, apm2_hand_overs, APM2, HAND_OVERS, GObject)

Apm2HandOvers *apm2_hand_overs_new (const Apm2Paths *paths,
                                    Apm2ActiveConfig *config,
                                    Apm2JobTable *table);
void apm2_hand_overs_start (Apm2HandOvers *self);
void apm2_hand_overs_stop (Apm2HandOvers *self);
int apm2_hand_overs_begin (Apm2HandOvers *self,
                           char **ret_name,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_hand_overs_prune (Apm2HandOvers *self);
guint apm2_hand_overs_count (Apm2HandOvers *self);

G_END_DECLS
