/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store-request.h"

G_BEGIN_DECLS

gboolean apm2_store_parts_list_open (Apm2StoreDb *db,
                                     gint64 whole,
                                     GPtrArray *parts,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_store_parts_list_ended (Apm2StoreDb *db,
                                      GPtrArray *parts,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_store_parts_begin (Apm2StoreDb *db,
                                 const Apm2StoredJob *part,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_store_parts_settle (Apm2StoreDb *db,
                                  const Apm2StoredJob *ended,
                                  Apm2StoredJob **ret_whole,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
