/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <glib/gstdio.h>

#include "test-bus.h"
#include "test-loop.h"

static const char config_format[]
    = "<!DOCTYPE busconfig PUBLIC "
      "\"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" "
      "\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">"
      "<busconfig><type>session</type><listen>%s</listen>"
      "<auth>EXTERNAL</auth><policy context=\"default\">"
      "<allow send_destination=\"*\" eavesdrop=\"true\"/>"
      "<allow eavesdrop=\"true\"/><allow own=\"*\"/>%s"
      "</policy></busconfig>";

TestBus *
test_bus_new (void)
{
  g_autoptr (GError) error = NULL;
  TestBus *self = g_new0 (TestBus, 1);

  self->dir = g_dir_make_tmp ("apm2-bus-XXXXXX", &error);
  g_assert_no_error (error);
  self->address = g_strdup_printf ("unix:path=%s/bus", self->dir);
  return self;
}

void
test_bus_free (TestBus *self)
{
  g_autofree char *config = g_build_filename (self->dir, "bus.conf", NULL);
  g_autofree char *socket = g_build_filename (self->dir, "bus", NULL);

  test_bus_kill (self);
  (void) g_unlink (config);
  (void) g_unlink (socket);
  g_assert_cmpint (g_rmdir (self->dir), ==, 0);
  g_free (self->dir);
  g_free (self->address);
  g_free (self);
}

void
test_bus_start (TestBus *self, const char *policy)
{
  g_autofree char *config = g_build_filename (self->dir, "bus.conf", NULL);
  g_autofree char *text = NULL;
  g_autofree char *option = g_strconcat ("--config-file=", config, NULL);
  g_autoptr (GDataInputStream) lines = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autofree char *line = NULL;
  g_autoptr (GError) error = NULL;

  text = g_strdup_printf (config_format, self->address, policy);
  g_assert_true (g_file_set_contents (config, text, -1, &error));
  self->daemon = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                                   &error,
                                   "dbus-daemon",
                                   option,
                                   "--nofork",
                                   "--nopidfile",
                                   "--print-address=1",
                                   NULL);
  g_assert_no_error (error);
  /* It prints its address once it listens. */
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->daemon));
  g_data_input_stream_read_line_async (
      lines, G_PRIORITY_DEFAULT, NULL, test_on_result, &result);
  line = g_data_input_stream_read_line_finish (
      lines, test_wait_result (&result), NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (line);
}

void
test_bus_kill (TestBus *self)
{
  g_autoptr (GAsyncResult) result = NULL;

  if (self->daemon == NULL)
    return;
  g_subprocess_force_exit (self->daemon);
  g_subprocess_wait_async (self->daemon, NULL, test_on_result, &result);
  (void) g_subprocess_wait_finish (
      self->daemon, test_wait_result (&result), NULL);
  g_clear_object (&self->daemon);
}

GDBusConnection *
test_bus_connect (TestBus *self)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection = test_connect (
      self->address, G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, &error);

  g_assert_no_error (error);
  return connection;
}
