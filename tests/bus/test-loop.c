/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Waiting in tests that serve and call in one process: the main loop turns
 * until a condition holds, and one deadline ends what hangs.
 */

#include "test-loop.h"

static gboolean
on_deadline (gpointer user_data)
{
  gboolean *is_over = user_data;

  *is_over = TRUE;
  return G_SOURCE_CONTINUE;
}

void
test_wait (TestCondition is_true, gpointer data)
{
  gboolean is_over = FALSE;
  guint deadline
      = g_timeout_add_seconds (TEST_DEADLINE_SEC, on_deadline, &is_over);

  while (!is_true (data))
    {
      (void) g_main_context_iteration (NULL, TRUE);
      g_assert_false (is_over);
    }
  (void) g_source_remove (deadline);
}

static gboolean
has_result (gpointer data)
{
  GAsyncResult **result = data;

  return *result != NULL;
}

GAsyncResult *
test_wait_result (GAsyncResult **result)
{
  test_wait (has_result, result);
  return *result;
}

void
test_on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **place = user_data;

  *place = g_object_ref (result);
}

GDBusConnection *
test_connect (const char *address, GDBusConnectionFlags flags, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_dbus_connection_new_for_address (
      address,
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | flags,
      NULL,
      NULL,
      test_on_result,
      &result);
  return g_dbus_connection_new_for_address_finish (test_wait_result (&result),
                                                   error);
}

GVariant *
test_call (GDBusConnection *connection,
           const char *name,
           const char *path,
           const char *interface,
           const char *method,
           GVariant *parameters,
           GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_dbus_connection_call (connection,
                          name,
                          path,
                          interface,
                          method,
                          parameters,
                          NULL,
                          G_DBUS_CALL_FLAGS_NONE,
                          TEST_DEADLINE_SEC * 1000,
                          NULL,
                          test_on_result,
                          &result);
  return g_dbus_connection_call_finish (
      connection, test_wait_result (&result), error);
}

void
test_close (GDBusConnection *connection)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_dbus_connection_close (connection, NULL, test_on_result, &result);
  (void) g_dbus_connection_close_finish (
      connection, test_wait_result (&result), &error);
}

char *
test_run (int expected_status, const char *const *argv)
{
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  char *output = NULL;

  process = g_subprocess_newv (argv,
                               G_SUBPROCESS_FLAGS_STDOUT_PIPE
                                   | G_SUBPROCESS_FLAGS_STDERR_MERGE,
                               &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8_async (
      process, NULL, NULL, test_on_result, &result);
  (void) g_subprocess_communicate_utf8_finish (
      process, test_wait_result (&result), &output, NULL, &error);
  g_assert_no_error (error);
  g_test_message ("%s printed: %s", argv[0], output);
  g_assert_true (g_subprocess_get_if_exited (process));
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, expected_status);
  return output;
}
