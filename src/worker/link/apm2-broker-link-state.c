/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What there is to be known of the connection to the broker.
 */

#include "apm2-broker-link-private.h"

GDBusConnection *
apm2_broker_link_get_connection (Apm2BrokerLink *self)
{
  return apm2_broker_session_get_connection (self->session);
}

gboolean
apm2_broker_link_is_registered (Apm2BrokerLink *self)
{
  g_return_val_if_fail (APM2_IS_BROKER_LINK (self), FALSE);

  return apm2_broker_session_is_registered (self->session);
}

/**
 * apm2_broker_link_is_refused:
 * @self: a link
 *
 * Returns: %TRUE if the broker is there and does not take a result
 */
gboolean
apm2_broker_link_is_refused (Apm2BrokerLink *self)
{
  g_return_val_if_fail (APM2_IS_BROKER_LINK (self), FALSE);

  return apm2_lease_settler_is_refused (self->settler);
}

guint
apm2_broker_link_count_held (Apm2BrokerLink *self)
{
  g_return_val_if_fail (APM2_IS_BROKER_LINK (self), 0);

  return apm2_lease_book_count (self->book);
}

/**
 * apm2_broker_link_get_fence:
 * @self: a link
 *
 * Returns: until when the leases are ours for certain, by the clock of the boot
 */
gint64
apm2_broker_link_get_fence (Apm2BrokerLink *self)
{
  g_return_val_if_fail (APM2_IS_BROKER_LINK (self), 0);

  return apm2_lease_keeper_get_fence (self->keeper);
}

/**
 * apm2_broker_link_get_parker:
 * @self: a link
 *
 * Returns: (transfer none): whose hints may be of use
 */
Apm2LeaseParker *
apm2_broker_link_get_parker (Apm2BrokerLink *self)
{
  return self->parker;
}
