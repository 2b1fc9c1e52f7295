/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-lease.h"

G_BEGIN_DECLS

/*
 * Where the broker tells of leases ahead of its replies.
 *
 * Signals:
 *   lease (lease: Apm2Lease): one has come; to be freed by whoever listens
 *   hint (lease: Apm2Lease): one may come; likewise
 */
#define APM2_TYPE_LEASE_INBOX (apm2_lease_inbox_get_type ())
G_DECLARE_FINAL_TYPE (Apm2LeaseInbox,
                      apm2_lease_inbox,
                      APM2,
                      LEASE_INBOX,
                      GObject)

Apm2LeaseInbox *apm2_lease_inbox_new (int *ret_fd,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_lease_inbox_read (Apm2LeaseInbox *self);

G_END_DECLS
