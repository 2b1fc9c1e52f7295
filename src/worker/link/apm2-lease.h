/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2Lease:
 *
 * The right to run one attempt of one job, and what the broker said about it.
 * A limit of 0 means none.
 */
typedef struct
{
  char *job_id;
  guint64 token;
  guint attempt;
  char *job_spec; /* JSON */
  char *spec_digest;
  guint64 timeout_sec;
  guint64 memory_max_bytes;
  guint64 tasks_max;
  guint64 cpu_quota_percent;
  gboolean network;
  guint64 log_bytes_max; /* of one step */
  guint64 kill_grace_usec;
} Apm2Lease;

#define APM2_LEASE_TYPE_STRING "(stussa{sv})"
#define APM2_LEASE_TYPE        G_VARIANT_TYPE (APM2_LEASE_TYPE_STRING)
/* Of a packet that tells of one: whether it is there, or may come. */
#define APM2_LEASE_PACKET_TYPE G_VARIANT_TYPE ("(b" APM2_LEASE_TYPE_STRING ")")

Apm2Lease *apm2_lease_new_from_reply (GVariant *reply,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_lease_equal (const Apm2Lease *self, const Apm2Lease *other);
Apm2Lease *apm2_lease_copy (const Apm2Lease *self);
void apm2_lease_free (Apm2Lease *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Lease, apm2_lease_free)

G_END_DECLS
