/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-active-config.h"
#include "apm2-job-table.h"
#include "apm2-paths.h"
#include "apm2-store.h"
#include "apm2-sweeper.h"

G_BEGIN_DECLS

/*
 * Housekeeping: removes what is older, more or larger than the configuration
 * allows, now and then by itself and whenever it is asked to.
 *
 * "changed" (): a run has begun or ended; "collected" (): one has ended that
 * may have removed something.
 */
#define APM2_TYPE_JANITOR (apm2_janitor_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Janitor, apm2_janitor, APM2, JANITOR, GObject)

Apm2Janitor *apm2_janitor_new (Apm2Store *store,
                               Apm2JobTable *table,
                               Apm2ActiveConfig *config,
                               const Apm2Paths *paths,
                               Apm2Sweeper *sweeper);
void apm2_janitor_start (Apm2Janitor *self);
void apm2_janitor_stop (Apm2Janitor *self);

void apm2_janitor_collect_async (Apm2Janitor *self,
                                 gboolean dry_run,
                                 guint64 receipts_older_usec,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
char *apm2_janitor_collect_finish (Apm2Janitor *self,
                                   GAsyncResult *result,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean apm2_janitor_is_running (Apm2Janitor *self);
const char *apm2_janitor_get_last_run (Apm2Janitor *self);
gint64 apm2_janitor_get_next_run_at (Apm2Janitor *self);

G_END_DECLS
