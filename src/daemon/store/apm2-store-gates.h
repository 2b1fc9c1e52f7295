/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store-request.h"

G_BEGIN_DECLS

gboolean apm2_store_gates_find (Apm2StoreDb *db,
                                const Apm2JobSpec *spec,
                                Apm2StoredJob **ret_job,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_store_gates_begin (Apm2StoreDb *db,
                                 const Apm2JobSpec *spec,
                                 gint64 sequence,
                                 gboolean may_be_joined,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_store_gates_end (Apm2StoreDb *db,
                               const Apm2StoredJob *job,
                               guint64 receipt,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean apm2_store_gates_admitted (Apm2StoreDb *db,
                                    Apm2StoreRequest *request,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
