/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Broker: a worker lends a hand to housekeeping.
 */

#include "apm2-broker-export-private.h"

#include "apm2-invocation.h"

void
apm2_broker_export_sweep (gpointer data,
                          gpointer object,
                          const Apm2Caller *caller,
                          GVariant *parameters,
                          GDBusMethodInvocation *invocation)
{
  static const char *const no_keys[] = { NULL };
  Apm2BrokerExport *self = data;
  g_autoptr (GVariant) results = g_variant_get_child_value (parameters, 0);
  g_autoptr (GVariant) options = g_variant_get_child_value (parameters, 1);
  g_autoptr (GError) error = NULL;

  if (apm2_broker_export_need_worker (self, invocation) == NULL)
    return;
  if (!apm2_options_check (options, no_keys, &error)
      || !apm2_sweeper_lend_hand (self->sweeper, invocation, results, &error))
    apm2_invocation_take_error (invocation, g_steal_pointer (&error));
}
