/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a peer may send: any bytes as a D-Bus message, and what the daemon looks
 * at before it believes in its arguments. */

#include "fuzz.h"

#include "apm2-channel.h"
#include "apm2-invocation.h"
#include "apm2-match-rule.h"

/* GDBus reads as much before it looks. */
#define HEADER_BYTES 16

static const char *const keys[] = { "force:b", "reason:s", "limit:u", NULL };

static void
check_options (GVariant *body)
{
  for (gsize i = 0; i < g_variant_n_children (body); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (body, i);
      g_autoptr (GError) error = NULL;

      if (g_variant_is_of_type (child, G_VARIANT_TYPE_VARDICT))
        g_assert_true (apm2_options_check (child, keys, &error)
                       == (error == NULL));
    }
}

static void
check_signal (GDBusMessage *message)
{
  g_autoptr (Apm2MatchRule) rule = apm2_match_rule_parse (
      "path_namespace='/a',arg0namespace='a',arg1path='/a/'", NULL);
  const Apm2Signal signal = { g_dbus_message_get_path (message),
                              g_dbus_message_get_interface (message),
                              g_dbus_message_get_member (message),
                              g_dbus_message_get_body (message) };

  (void) apm2_match_rule_matches (rule, &signal);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree guint8 *blob = g_memdup2 (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusMessage) message = NULL;

  if (size < HEADER_BYTES)
    return 0;
  message = g_dbus_message_new_from_blob (
      blob, size, G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING, &error);
  g_assert_true ((message == NULL) == (error != NULL));
  if (message == NULL || !apm2_channel_may_deliver (message))
    return 0;
  if (g_dbus_message_get_body (message) != NULL)
    check_options (g_dbus_message_get_body (message));
  if (g_dbus_message_get_message_type (message) == G_DBUS_MESSAGE_TYPE_SIGNAL)
    check_signal (message);
  return 0;
}
