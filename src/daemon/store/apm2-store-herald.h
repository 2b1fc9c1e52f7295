/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-store-values.h"

G_BEGIN_DECLS

/*
 * Tells a worker of its lease as soon as that is on the disk, in the store's
 * own thread. Counted references; may be used by two threads.
 */
typedef struct _Apm2StoreHerald Apm2StoreHerald;

Apm2StoreHerald *apm2_store_herald_new (GSocket *socket,
                                        const char *spec_digest);
Apm2StoreHerald *apm2_store_herald_ref (Apm2StoreHerald *self);
void apm2_store_herald_unref (Apm2StoreHerald *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2StoreHerald, apm2_store_herald_unref)

void apm2_store_herald_set_terms (Apm2StoreHerald *self, GVariant *terms);
gboolean apm2_store_herald_has_told (Apm2StoreHerald *self,
                                     const Apm2StoredJob *job);

/* For the store. */
void apm2_store_herald_hint (Apm2StoreHerald *self, GPtrArray *leased);
gboolean apm2_store_herald_note (Apm2StoreHerald *self, GPtrArray *leased);
void apm2_store_herald_tell (Apm2StoreHerald *self);

GVariant *apm2_store_herald_describe (const Apm2StoredJob *job,
                                      const char *spec_text,
                                      GVariant *terms);

G_END_DECLS
