/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-peer.h"

G_BEGIN_DECLS

typedef struct _Apm2Audience Apm2Audience;

Apm2Audience *apm2_audience_new (void);
void apm2_audience_free (Apm2Audience *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Audience, apm2_audience_free)

void apm2_audience_add (Apm2Audience *self, Apm2Peer *peer);
void apm2_audience_remove (Apm2Audience *self, Apm2Peer *peer);

gboolean apm2_audience_wants (Apm2Audience *self,
                              const Apm2Signal *signal,
                              gboolean peers_only);
void apm2_audience_send (Apm2Audience *self,
                         const Apm2Signal *signal,
                         gboolean peers_only);
void apm2_audience_send_to (Apm2Peer *peer, const Apm2Signal *signal);

G_END_DECLS
