/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* specimen-place: src/worker/apm2-specimen.c */

static void
flush (GDBusConnection *connection)
{
  (void) g_dbus_connection_flush_sync (connection, NULL, NULL);
}
