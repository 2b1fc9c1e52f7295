/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-lease-book.h"

G_BEGIN_DECLS

/*
 * Brings leases to their end at the broker.
 *
 * Signal: settled (job_id: utf8): a lease is not in the book any more
 */
#define APM2_TYPE_LEASE_SETTLER (apm2_lease_settler_get_type ())
G_DECLARE_FINAL_TYPE (Apm2LeaseSettler,
                      apm2_lease_settler,
                      APM2,
                      LEASE_SETTLER,
                      GObject)

Apm2LeaseSettler *apm2_lease_settler_new (Apm2LeaseBook *book);
void apm2_lease_settler_connect (Apm2LeaseSettler *self,
                                 GDBusConnection *connection);
void apm2_lease_settler_disconnect (Apm2LeaseSettler *self);
void apm2_lease_settler_finish (Apm2LeaseSettler *self,
                                const char *job_id,
                                guint64 token,
                                GVariant *result);
void apm2_lease_settler_give_back (Apm2LeaseSettler *self,
                                   const char *job_id,
                                   guint64 token);
gboolean apm2_lease_settler_is_refused (Apm2LeaseSettler *self);

G_END_DECLS
