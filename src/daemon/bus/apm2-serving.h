/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-peer.h"

G_BEGIN_DECLS

typedef struct _Apm2Serving Apm2Serving;

Apm2Serving *apm2_serving_new (Apm2Peer *peer,
                               GPtrArray *bindings,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_serving_free (Apm2Serving *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Serving, apm2_serving_free)

Apm2Peer *apm2_serving_get_peer (Apm2Serving *self);

G_END_DECLS
