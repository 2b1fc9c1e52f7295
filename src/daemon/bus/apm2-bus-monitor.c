/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.freedesktop.DBus.Monitoring on the operator socket, for busctl monitor.
 *
 * The model object of the face is the Apm2Peer that calls.
 */

#include "apm2-bus-monitor.h"

#include "apm2-audience.h"
#include "apm2-bus-driver.h"

static const char monitoring_xml[]
    = "<node>"
      "<interface name='org.freedesktop.DBus.Monitoring'>"
      "<method name='BecomeMonitor'><arg direction='in' type='as'/>"
      "<arg direction='in' type='u'/></method>"
      "</interface>"
      "</node>";

/* A bus takes the name of a monitor away, and busctl prints nothing before it
 * has heard of that. */
static void
send_name_lost (Apm2Peer *peer)
{
  Apm2Signal signal
      = { APM2_BUS_DRIVER_PATH, "org.freedesktop.DBus", "NameLost", NULL };

  signal.parameters = g_variant_ref_sink (
      g_variant_new ("(s)", apm2_peer_get_unique_name (peer)));
  apm2_audience_send_to (peer, &signal);
  g_variant_unref (signal.parameters);
}

/* A monitor here sees the signals of its rules, as any subscriber; there is no
 * traffic of others to be seen. */
static void
handle_become_monitor (gpointer data,
                       gpointer object,
                       const Apm2Caller *caller,
                       GVariant *parameters,
                       GDBusMethodInvocation *invocation)
{
  g_autofree const char **rules = NULL;
  GError *error = NULL;

  g_variant_get (parameters, "(^a&su)", &rules, NULL);
  if (rules[0] == NULL && !apm2_peer_add_match (object, "", &error))
    {
      g_dbus_method_invocation_take_error (invocation, error);
      return;
    }
  for (gsize i = 0; rules[i] != NULL; i++)
    if (!apm2_peer_add_match (object, rules[i], &error))
      {
        g_dbus_method_invocation_take_error (invocation, error);
        return;
      }
  g_dbus_method_invocation_return_value (invocation, NULL);
  send_name_lost (object);
}

/**
 * apm2_bus_monitor_get_face:
 *
 * Returns: (transfer none): org.freedesktop.DBus.Monitoring over an #Apm2Peer
 */
const Apm2Face *
apm2_bus_monitor_get_face (void)
{
  static const Apm2Method methods[] = {
    { "BecomeMonitor", handle_become_monitor },
    { NULL, NULL },
  };
  static Apm2Face face = { NULL, methods, NULL, NULL };

  if (face.info == NULL)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GDBusNodeInfo) node
          = g_dbus_node_info_new_for_xml (monitoring_xml, &error);

      g_assert_no_error (error);
      face.info = g_dbus_interface_info_ref (node->interfaces[0]);
    }
  return &face;
}
