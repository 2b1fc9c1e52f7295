/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Calls on the system bus and the leave that they need, with a polkitd of the
 * test's own.
 */

#include <unistd.h>

#include "apm2-caller.h"
#include "apm2-error.h"
#include "apm2-message-bus.h"
#include "apm2-names.h"
#include "apm2-permit.h"
#include "test-authority.h"
#include "test-bus.h"
#include "test-loop.h"
#include "test-zoo.h"

#define WANTS_PASSWORD                                                         \
  "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"

typedef struct
{
  Zoo *zoo;
  TestBus *daemon;
  Apm2MessageBus *bus;
  GDBusConnection *client;
  TestAuthority *authority; /* (nullable) */
} Fixture;

static gboolean
is_owned (gpointer data)
{
  return apm2_message_bus_is_owned (data);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->zoo = zoo_new ();
  self->zoo->echo_action = APM2_ACTION_MANAGE;
  apm2_caller_set_system_mode (TRUE, 0);
  self->daemon = test_bus_new ();
  test_bus_start (self->daemon, "");
  self->bus = apm2_message_bus_new_for_address (
      self->zoo->tree, G_BUS_TYPE_SYSTEM, self->daemon->address);
  apm2_message_bus_start (self->bus);
  test_wait (is_owned, self->bus);
  self->client = test_bus_connect (self->daemon);
}

static void
start_authority (Fixture *self, TestAnswer answer)
{
  g_autoptr (GDBusConnection) bus = test_bus_connect (self->daemon);

  self->authority = test_authority_new (bus);
  self->authority->answer = answer;
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_clear_pointer (&self->authority, test_authority_free);
  if (!g_dbus_connection_is_closed (self->client))
    test_close (self->client);
  g_object_unref (self->client);
  apm2_message_bus_stop (self->bus);
  g_object_unref (self->bus);
  test_bus_free (self->daemon);
  zoo_free (self->zoo);
}

static void
call_async (GDBusConnection *client,
            const char *path,
            const char *interface,
            const char *method,
            GVariant *parameters,
            GDBusCallFlags flags,
            GAsyncResult **result)
{
  g_dbus_connection_call (client,
                          APM2_BUS_NAME,
                          path,
                          interface,
                          method,
                          parameters,
                          NULL,
                          flags,
                          TEST_DEADLINE_SEC * 1000,
                          NULL,
                          result != NULL ? test_on_result : NULL,
                          result);
}

static void
echo_async (GDBusConnection *client,
            GDBusCallFlags flags,
            GAsyncResult **result)
{
  call_async (client,
              APM2_OBJECT_ROOT,
              ZOO_IFACE_GATE,
              "Echo",
              g_variant_new ("(sa{sv})", "hello", NULL),
              flags,
              result);
}

/* Returns: (nullable): the name of the error, or %NULL if it was served */
static char *
finish (Fixture *self, GAsyncResult **result)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (
      self->client, test_wait_result (result), &error);

  g_clear_object (result);
  return reply != NULL ? NULL : g_dbus_error_get_remote_error (error);
}

static char *
echo (Fixture *self, GDBusCallFlags flags)
{
  g_autoptr (GAsyncResult) result = NULL;

  echo_async (self->client, flags, &result);
  return finish (self, &result);
}

static void
assert_refused (Fixture *self, const char *name)
{
  g_autofree char *refusal = echo (self, G_DBUS_CALL_FLAGS_NONE);

  g_assert_cmpstr (refusal, ==, name);
  g_assert_cmpuint (self->zoo->n_echoes, ==, 0);
}

static void
test_yes_serves_as_who_was_asked_about (Fixture *self, gconstpointer data)
{
  g_autofree char *refusal = NULL;

  start_authority (self, TEST_AUTHORITY_YES);
  refusal = echo (self, G_DBUS_CALL_FLAGS_NONE);

  g_assert_null (refusal);
  g_assert_cmpuint (self->zoo->n_echoes, ==, 1);
  g_assert_true (self->zoo->caller.on_bus);
  g_assert_cmpuint (self->zoo->caller.uid, ==, getuid ());
  g_assert_cmpuint (apm2_caller_get_uid (&self->zoo->caller), ==, getuid ());
  g_assert_cmpuint (self->authority->n_asked, ==, 1);
  g_assert_cmpstr (self->authority->kind, ==, "system-bus-name");
  g_assert_cmpstr (self->authority->name,
                   ==,
                   g_dbus_connection_get_unique_name (self->client));
  g_assert_cmpstr (self->authority->action, ==, APM2_ACTION_MANAGE);
  g_assert_cmpstr (self->authority->job, ==, "job-1");
  g_assert_cmpstr (self->authority->lane, ==, "bulk");
  g_assert_cmpuint (self->authority->flags, ==, 0);
}

static void
test_other_answers_refuse (Fixture *self, gconstpointer data)
{
  start_authority (self, (TestAnswer) GPOINTER_TO_UINT (data));
  assert_refused (self, "org.apm2.Error.NotAuthorized");
}

static void
test_password_is_a_no_that_says_so (Fixture *self, gconstpointer data)
{
  start_authority (self, TEST_AUTHORITY_PASSWORD);
  assert_refused (self, WANTS_PASSWORD);
  g_assert_cmpuint (self->authority->flags, ==, 0);
}

static void
test_question_is_allowed_by_the_message_only (Fixture *self, gconstpointer data)
{
  g_autofree char *refusal = NULL;

  start_authority (self, TEST_AUTHORITY_PASSWORD);
  refusal = echo (self, G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION);

  g_assert_cmpuint (self->authority->flags, ==, 1);
  /* Nobody could be asked; to ask once more would not help. */
  g_assert_cmpstr (refusal, ==, "org.apm2.Error.NotAuthorized");
}

static void
test_absent_is_a_no (Fixture *self, gconstpointer data)
{
  assert_refused (self, "org.apm2.Error.NotAuthorized");
}

static gboolean
is_asked (gpointer data)
{
  return !g_queue_is_empty (&((TestAuthority *) data)->asked);
}

static void
test_authority_that_dies_is_a_no (Fixture *self, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autofree char *refusal = NULL;

  start_authority (self, TEST_AUTHORITY_SILENT);
  echo_async (self->client, G_DBUS_CALL_FLAGS_NONE, &result);
  test_wait (is_asked, self->authority);
  test_close (self->authority->bus);
  refusal = finish (self, &result);

  g_assert_cmpstr (refusal, ==, "org.apm2.Error.NotAuthorized");
  g_assert_cmpuint (self->zoo->n_echoes, ==, 0);
  while (!g_queue_is_empty (&self->authority->asked))
    g_object_unref (g_queue_pop_head (&self->authority->asked));
}

static void
test_who_looks_is_served_meanwhile (Fixture *self, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) grown = NULL;
  g_autofree char *refusal = NULL;

  start_authority (self, TEST_AUTHORITY_SILENT);
  echo_async (self->client, G_DBUS_CALL_FLAGS_NONE, &result);
  test_wait (is_asked, self->authority);
  grown = test_call (self->client,
                     APM2_BUS_NAME,
                     APM2_OBJECT_ROOT,
                     ZOO_IFACE_GATE,
                     "Grow",
                     g_variant_new ("(u)", 3),
                     NULL);

  g_assert_nonnull (grown);
  g_assert_cmpuint (self->zoo->n_echoes, ==, 0);
  test_authority_answer (self->authority, TEST_AUTHORITY_YES);
  refusal = finish (self, &result);
  g_assert_null (refusal);
}

static gboolean
is_called_off (gpointer data)
{
  return ((TestAuthority *) data)->n_called_off > 0;
}

static void
test_caller_that_left_gets_nothing_done (Fixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) leaver = test_bus_connect (self->daemon);
  g_autofree char *refusal = NULL;

  start_authority (self, TEST_AUTHORITY_SILENT);
  echo_async (leaver, G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, NULL);
  test_wait (is_asked, self->authority);
  test_close (leaver);
  test_wait (is_called_off, self->authority);
  test_authority_answer (self->authority, TEST_AUTHORITY_YES);

  /* A later call is served after all of this was looked at. */
  self->authority->answer = TEST_AUTHORITY_YES;
  refusal = echo (self, G_DBUS_CALL_FLAGS_NONE);
  g_assert_null (refusal);
  g_assert_cmpuint (self->zoo->n_echoes, ==, 1);
}

static gboolean
is_held (gpointer data)
{
  return ((Zoo *) data)->held != NULL;
}

/* Also where nobody was asked, so that nobody watched it. */
static void
test_caller_that_left_is_missed_in_the_end (Fixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) leaver = test_bus_connect (self->daemon);
  g_autofree char *refusal = NULL;

  self->zoo->holds_permits = TRUE;
  echo_async (leaver, G_DBUS_CALL_FLAGS_NONE, NULL);
  test_wait (is_held, self->zoo);
  test_close (leaver);
  /* A round trip over the bus, which knows by then. */
  self->zoo->holds_permits = FALSE;
  self->zoo->echo_action = NULL;
  refusal = echo (self, G_DBUS_CALL_FLAGS_NONE);
  g_assert_null (refusal);
  apm2_permit_grant (g_steal_pointer (&self->zoo->held));
  refusal = echo (self, G_DBUS_CALL_FLAGS_NONE);

  g_assert_null (refusal);
  g_assert_cmpuint (self->zoo->n_echoes, ==, 2);
}

static void
test_object_that_went_is_not_there (Fixture *self, gconstpointer data)
{
  g_autofree char *path = zoo_path_of ("lion");
  g_autoptr (GAsyncResult) result = NULL;
  g_autofree char *refusal = NULL;

  (void) zoo_add_animal (self->zoo, "lion", TRUE);
  start_authority (self, TEST_AUTHORITY_SILENT);
  call_async (self->client,
              path,
              ZOO_IFACE_ANIMAL,
              "Pat",
              NULL,
              G_DBUS_CALL_FLAGS_NONE,
              &result);
  test_wait (is_asked, self->authority);
  g_assert_cmpstr (self->authority->job, ==, "lion");
  g_assert_null (self->authority->lane);
  zoo_remove_animal (self->zoo, "lion");
  test_authority_answer (self->authority, TEST_AUTHORITY_YES);
  refusal = finish (self, &result);

  g_assert_cmpstr (refusal, ==, "org.freedesktop.DBus.Error.UnknownObject");
}

static void
test_own_things_need_no_leave (Fixture *self, gconstpointer data)
{
  g_autofree char *refusal = NULL;

  start_authority (self, TEST_AUTHORITY_NO);
  self->zoo->echo_action = NULL;
  refusal = echo (self, G_DBUS_CALL_FLAGS_NONE);

  g_assert_null (refusal);
  g_assert_cmpuint (self->zoo->judged_uid, ==, getuid ());
  g_assert_cmpuint (self->zoo->caller.uid, ==, getuid ());
  g_assert_cmpuint (self->authority->n_asked, ==, 0);
}

static void
test_unjudged_method_is_refused (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  start_authority (self, TEST_AUTHORITY_YES);
  reply = test_call (self->client,
                     APM2_BUS_NAME,
                     APM2_OBJECT_ROOT,
                     ZOO_IFACE_GATE,
                     "Park",
                     NULL,
                     &error);

  g_assert_null (reply);
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED);
  g_assert_true (g_queue_is_empty (&self->zoo->parked));
}

static void
test_one_user_cannot_ask_without_end (Fixture *self, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autofree char *refusal = NULL;

  start_authority (self, TEST_AUTHORITY_SILENT);
  for (guint i = 0; i < 64; i++)
    echo_async (self->client, G_DBUS_CALL_FLAGS_NONE, NULL);
  refusal = echo (self, G_DBUS_CALL_FLAGS_NONE);
  g_assert_cmpstr (refusal, ==, "org.apm2.Error.LimitExceeded");
  g_clear_pointer (&refusal, g_free);

  /* What was answered leaves room. */
  self->authority->answer = TEST_AUTHORITY_YES;
  test_wait (is_asked, self->authority);
  test_authority_answer (self->authority, TEST_AUTHORITY_NO);
  do
    {
      g_clear_pointer (&refusal, g_free);
      test_authority_answer (self->authority, TEST_AUTHORITY_NO);
      refusal = echo (self, G_DBUS_CALL_FLAGS_NONE);
    }
  while (g_strcmp0 (refusal, "org.apm2.Error.LimitExceeded") == 0);
  g_assert_null (refusal);
}

static void
test_session_bus_is_the_owners (Fixture *self, gconstpointer data)
{
  g_autofree char *refusal = NULL;

  start_authority (self, TEST_AUTHORITY_NO);
  apm2_caller_set_system_mode (FALSE, 0);
  refusal = echo (self, G_DBUS_CALL_FLAGS_NONE);

  g_assert_null (refusal);
  g_assert_cmpuint (self->authority->n_asked, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  apm2_error_register ();
#define ADD(path, function)                                                    \
  g_test_add ("/apm2/permit/" path, Fixture, NULL, set_up, function, tear_down)
#define ADD_NO(path, answer)                                                   \
  g_test_add ("/apm2/permit/no/" path,                                         \
              Fixture,                                                         \
              GUINT_TO_POINTER (answer),                                       \
              set_up,                                                          \
              test_other_answers_refuse,                                       \
              tear_down)
  ADD ("yes/serves-as-who-was-asked-about",
       test_yes_serves_as_who_was_asked_about);
  ADD_NO ("no", TEST_AUTHORITY_NO);
  ADD_NO ("dismissed", TEST_AUTHORITY_DISMISSED);
  ADD_NO ("error", TEST_AUTHORITY_ERROR);
  ADD_NO ("malformed", TEST_AUTHORITY_MALFORMED);
  ADD ("no/password-says-so", test_password_is_a_no_that_says_so);
  ADD ("no/question-is-allowed-by-the-message-only",
       test_question_is_allowed_by_the_message_only);
  ADD ("no/absent", test_absent_is_a_no);
  ADD ("no/authority-that-dies", test_authority_that_dies_is_a_no);
  ADD ("wait/who-looks-is-served-meanwhile",
       test_who_looks_is_served_meanwhile);
  ADD ("wait/caller-that-left-gets-nothing-done",
       test_caller_that_left_gets_nothing_done);
  ADD ("wait/caller-that-left-is-missed-in-the-end",
       test_caller_that_left_is_missed_in_the_end);
  ADD ("wait/object-that-went-is-not-there",
       test_object_that_went_is_not_there);
  ADD ("judge/own-things-need-no-leave", test_own_things_need_no_leave);
  ADD ("judge/unjudged-method-is-refused", test_unjudged_method_is_refused);
  ADD ("judge/one-user-cannot-ask-without-end",
       test_one_user_cannot_ask_without_end);
  ADD ("judge/session-bus-is-the-owners", test_session_bus_is_the_owners);
  return g_test_run ();
}
