/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apm2-error.h"
#include "apm2-names.h"
#include "test-loop.h"
#include "test-peer.h"

static void
test_gdbus_calls (PeerFixture *self, gconstpointer data)
{
  const char *const argv[] = { "gdbus",
                               "call",
                               "--address",
                               self->address,
                               "--dest",
                               APM2_BUS_NAME,
                               "--object-path",
                               APM2_OBJECT_ROOT,
                               "--method",
                               ZOO_IFACE_GATE ".Echo",
                               "hello",
                               "{}",
                               NULL };
  g_autofree char *output = test_run (0, argv);

  g_assert_cmpstr (output, ==, "('hello',)\n");
}

static void
test_gdbus_walks (PeerFixture *self, gconstpointer data)
{
  const char *const argv[]
      = { "gdbus",     "introspect",  "--address",     self->address,
          "--dest",    APM2_BUS_NAME, "--object-path", APM2_OBJECT_ROOT,
          "--recurse", NULL };
  g_autofree char *output = NULL;

  (void) zoo_add_animal (self->zoo, "lion-1", TRUE);

  output = test_run (0, argv);

  g_assert_nonnull (strstr (output, "node " APM2_OBJECT_QUEUE));
  g_assert_nonnull (strstr (output, "interface " ZOO_IFACE_GATE "2"));
  g_assert_nonnull (strstr (output, "node " APM2_OBJECT_JOBS "/lion_2d1"));
  g_assert_nonnull (strstr (output, "Mood = 'calm'"));
  g_assert_nonnull (strstr (output, "org.freedesktop.DBus.ObjectManager"));
}

static void
test_busctl_gets_and_calls (PeerFixture *self, gconstpointer data)
{
  g_autofree char *address = g_strconcat ("--address=", self->address, NULL);
  const char *const get[]
      = { "busctl",          address,        "get-property", APM2_BUS_NAME,
          APM2_OBJECT_QUEUE, ZOO_IFACE_GATE, "Motto",        NULL };
  const char *const call[] = { "busctl",
                               address,
                               "call",
                               APM2_BUS_NAME,
                               APM2_OBJECT_QUEUE,
                               ZOO_IFACE_GATE,
                               "Echo",
                               "sa{sv}",
                               "hi",
                               "0",
                               NULL };
  g_autofree char *got = test_run (0, get);
  g_autofree char *called = test_run (0, call);

  g_assert_cmpstr (got, ==, "s \"do not feed\"\n");
  g_assert_cmpstr (called, ==, "s \"hi\"\n");
}

static void
test_busctl_introspects_and_walks (PeerFixture *self, gconstpointer data)
{
  g_autofree char *address = g_strconcat ("--address=", self->address, NULL);
  const char *const introspect[]
      = { "busctl",      address,           "introspect",
          APM2_BUS_NAME, APM2_OBJECT_QUEUE, NULL };
  const char *const tree[]
      = { "busctl", address, "tree", "--list", APM2_BUS_NAME, NULL };
  g_autofree char *shown = NULL;
  g_autofree char *walked = NULL;

  (void) zoo_add_animal (self->zoo, "lion-1", TRUE);

  shown = test_run (0, introspect);
  walked = test_run (0, tree);

  g_assert_nonnull (strstr (shown, ".Height"));
  g_assert_nonnull (strstr (walked, APM2_OBJECT_JOBS "/lion_2d1\n"));
  g_assert_nonnull (strstr (walked, APM2_OBJECT_QUEUE "\n"));
}

static void
test_busctl_lists (PeerFixture *self, gconstpointer data)
{
  g_autofree char *address = g_strconcat ("--address=", self->address, NULL);
  const char *const argv[] = { "busctl", address, "list", NULL };
  g_autofree char *listed = test_run (0, argv);

  g_assert_nonnull (strstr (listed, APM2_BUS_NAME));
}

static void
test_busctl_shows_status (PeerFixture *self, gconstpointer data)
{
  g_autofree char *address = g_strconcat ("--address=", self->address, NULL);
  const char *const argv[]
      = { "busctl", address, "status", APM2_BUS_NAME, NULL };
  g_autofree char *shown = NULL;
  g_autoptr (GDir) cgroups = g_dir_open ("/sys/fs/cgroup", 0, NULL);

  if (cgroups == NULL || g_dir_read_name (cgroups) == NULL)
    {
      g_test_skip (
          "busctl asks for the peer's cgroup, and there are none here");
      return;
    }
  shown = test_run (0, argv);

  g_assert_nonnull (strstr (shown, "UniqueName=:1.0"));
}

static gboolean
on_emit (gpointer user_data)
{
  PeerFixture *self = user_data;

  apm2_tree_emit (self->zoo->tree,
                  APM2_OBJECT_QUEUE,
                  ZOO_IFACE_GATE,
                  "Opened",
                  g_variant_new ("(s)", "wide"));
  return G_SOURCE_CONTINUE;
}

/* Emits until the tool has printed one, then ends it. */
static void
assert_tool_hears (PeerFixture *self,
                   const char *const *argv,
                   const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GDataInputStream) lines = NULL;
  gboolean is_heard = FALSE;
  guint emit = 0;

  process = g_subprocess_newv (argv,
                               G_SUBPROCESS_FLAGS_STDOUT_PIPE
                                   | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                               &error);
  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  emit = g_timeout_add (2, on_emit, self);
  while (!is_heard)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autofree char *line = NULL;

      g_data_input_stream_read_line_async (
          lines, G_PRIORITY_DEFAULT, NULL, test_on_result, &result);
      line = g_data_input_stream_read_line_finish (
          lines, test_wait_result (&result), NULL, &error);
      g_assert_no_error (error);
      g_assert_nonnull (line);
      is_heard = strstr (line, expected) != NULL;
    }
  (void) g_source_remove (emit);
  g_subprocess_force_exit (process);
}

static void
test_gdbus_monitors (PeerFixture *self, gconstpointer data)
{
  const char *const argv[]
      = { "gdbus",  "monitor",     "--address", self->address,
          "--dest", APM2_BUS_NAME, NULL };

  assert_tool_hears (self, argv, ZOO_IFACE_GATE ".Opened ('wide',)");
}

static void
test_busctl_monitors (PeerFixture *self, gconstpointer data)
{
  g_autofree char *address = g_strconcat ("--address=", self->address, NULL);
  const char *const argv[] = { "busctl", address, "monitor", NULL };

  assert_tool_hears (self, argv, "Member=Opened");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  apm2_error_register ();
#define ADD(path, function)                                                    \
  g_test_add ("/apm2/stock-tools/" path,                                       \
              PeerFixture,                                                     \
              NULL,                                                            \
              peer_fixture_set_up,                                             \
              function,                                                        \
              peer_fixture_tear_down)
  ADD ("gdbus/calls", test_gdbus_calls);
  ADD ("gdbus/walks-the-tree", test_gdbus_walks);
  ADD ("gdbus/monitors", test_gdbus_monitors);
  ADD ("busctl/gets-and-calls", test_busctl_gets_and_calls);
  ADD ("busctl/introspects-and-walks", test_busctl_introspects_and_walks);
  ADD ("busctl/lists", test_busctl_lists);
  ADD ("busctl/shows-status", test_busctl_shows_status);
  ADD ("busctl/monitors", test_busctl_monitors);
  return g_test_run ();
}
