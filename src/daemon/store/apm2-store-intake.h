/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store-request.h"

G_BEGIN_DECLS

/* An act; see apm2_store_submit(). */
gboolean apm2_store_intake_submit (Apm2StoreDb *db,
                                   Apm2StoreRequest *request,
                                   GError **error);

G_END_DECLS
