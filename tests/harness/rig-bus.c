/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A private dbus-daemon, which a test can kill and start again.
 */

#include "rig-bus.h"

#include <glib/gstdio.h>

#include "apm2-names.h"
#include "rig-wait.h"

static const char config[]
    = "<!DOCTYPE busconfig PUBLIC "
      "'-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN' "
      "'http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd'>\n"
      "<busconfig><type>session</type><listen>%s</listen>"
      "<auth>EXTERNAL</auth><policy context='default'>"
      "<allow send_destination='*' eavesdrop='true'/>"
      "<allow eavesdrop='true'/><allow own='*'/>"
      "</policy></busconfig>\n";

static gboolean
is_up (gpointer data)
{
  RigHome *home = data;
  g_autoptr (GDBusConnection) bus = g_dbus_connection_new_for_address_sync (
      home->bus_address,
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
          | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL,
      NULL,
      NULL);

  return bus != NULL;
}

/**
 * rig_bus_start:
 * @home: a home; programs that start in it after this have the bus as their
 *   session bus
 *
 * Returns: (transfer full): a bus that answers
 */
RigProcess *
rig_bus_start (RigHome *home)
{
  g_autofree char *program = g_find_program_in_path ("dbus-daemon");
  g_autofree char *socket = g_build_filename (home->dir, "bus", NULL);
  g_autofree char *file = g_build_filename (home->dir, "bus.conf", NULL);
  g_autofree char *option = g_strconcat ("--config-file=", file, NULL);
  g_autofree char *text = NULL;
  const char *argv[] = { program, option, "--nofork", "--nopidfile", NULL };
  g_autoptr (GError) error = NULL;
  RigProcess *bus = NULL;

  g_assert_nonnull (program);
  g_free (home->bus_address);
  home->bus_address = g_strconcat ("unix:path=", socket, NULL);
  text = g_strdup_printf (config, home->bus_address);
  (void) g_file_set_contents (file, text, -1, &error);
  g_assert_no_error (error);
  (void) g_unlink (socket);
  bus = rig_process_start (home, "dbus-daemon", argv);
  rig_wait (is_up, home, "the bus answers");
  return bus;
}

/**
 * rig_bus_connect:
 * @home: a home with a bus
 *
 * Returns: (transfer full): a connection that does not end the test with the
 *   bus
 */
GDBusConnection *
rig_bus_connect (RigHome *home)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *bus = g_dbus_connection_new_for_address_sync (
      home->bus_address,
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
          | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL,
      NULL,
      &error);

  g_assert_no_error (error);
  g_dbus_connection_set_exit_on_close (bus, FALSE);
  return bus;
}

char *
rig_bus_get_owner (GDBusConnection *bus)
{
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_sync (bus,
                                     "org.freedesktop.DBus",
                                     "/org/freedesktop/DBus",
                                     "org.freedesktop.DBus",
                                     "GetNameOwner",
                                     g_variant_new ("(s)", APM2_BUS_NAME),
                                     NULL,
                                     G_DBUS_CALL_FLAGS_NO_AUTO_START,
                                     (int) rig_deadline_ms (),
                                     NULL,
                                     NULL);
  char *owner = NULL;

  if (reply != NULL)
    g_variant_get (reply, "(s)", &owner);
  return owner;
}

static gboolean
is_owned (gpointer data)
{
  g_autofree char *owner = rig_bus_get_owner (data);

  return owner != NULL;
}

void
rig_bus_wait_owned (GDBusConnection *bus)
{
  rig_wait (is_owned, bus, "the broker owns its name");
}
