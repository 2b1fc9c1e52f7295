/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apm2-error.h"
#include "apm2-names.h"
#include "test-loop.h"
#include "test-peer.h"

static const char *const visitors[] = { "Visitors", NULL };

static void
change_visitors (PeerFixture *self)
{
  self->zoo->visitors++;
  apm2_tree_changed (self->zoo->tree,
                     APM2_OBJECT_QUEUE,
                     &self->zoo->gate,
                     self->zoo,
                     visitors);
}

static void
on_invalidated (GDBusProxy *proxy,
                GVariant *changed,
                const char *const *invalidated,
                gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static gboolean
is_true (gpointer data)
{
  return *(gboolean *) data;
}

static void
assert_proxy_follows (PeerFixture *self,
                      GDBusConnection *connection,
                      const char *name)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GDBusProxy) proxy = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;
  gboolean is_changed = FALSE;

  g_dbus_proxy_new (connection,
                    G_DBUS_PROXY_FLAGS_NONE,
                    NULL,
                    name,
                    APM2_OBJECT_QUEUE,
                    ZOO_IFACE_GATE,
                    NULL,
                    test_on_result,
                    &result);
  proxy = g_dbus_proxy_new_finish (test_wait_result (&result), &error);
  g_assert_no_error (error);
  g_signal_connect (
      proxy, "g-properties-changed", G_CALLBACK (on_invalidated), &is_changed);

  change_visitors (self);
  test_wait (is_true, &is_changed);

  value = g_dbus_proxy_get_cached_property (proxy, "Visitors");
  g_assert_cmpuint (g_variant_get_uint32 (value), ==, self->zoo->visitors);
}

static void
test_proxy_follows_on_both_kinds (PeerFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) plain = peer_fixture_connect (self);
  g_autoptr (GDBusConnection) bus = peer_fixture_connect_bus (self);

  assert_proxy_follows (self, plain, NULL);
  assert_proxy_follows (self, bus, APM2_BUS_NAME);

  test_close (plain);
  test_close (bus);
}

static void
on_object_added (GDBusObjectManager *manager,
                 GDBusObject *object,
                 gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static void
assert_manager_follows (PeerFixture *self,
                        GDBusConnection *connection,
                        const char *name,
                        const char *animal)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GDBusObjectManager) manager = NULL;
  g_autoptr (GDBusObject) object = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = zoo_path_of (animal);
  gboolean is_added = FALSE;

  g_dbus_object_manager_client_new (connection,
                                    G_DBUS_OBJECT_MANAGER_CLIENT_FLAGS_NONE,
                                    name,
                                    APM2_OBJECT_ROOT,
                                    NULL,
                                    NULL,
                                    NULL,
                                    NULL,
                                    test_on_result,
                                    &result);
  manager = g_dbus_object_manager_client_new_finish (test_wait_result (&result),
                                                     &error);
  g_assert_no_error (error);
  g_signal_connect (
      manager, "object-added", G_CALLBACK (on_object_added), &is_added);

  apm2_tree_added (self->zoo->tree,
                   path,
                   &self->zoo->animal,
                   zoo_add_animal (self->zoo, animal, TRUE));
  test_wait (is_true, &is_added);

  object = g_dbus_object_manager_get_object (manager, path);
  g_assert_nonnull (object);
}

static void
test_object_manager_client_follows_on_both_kinds (PeerFixture *self,
                                                  gconstpointer data)
{
  g_autoptr (GDBusConnection) plain = peer_fixture_connect (self);
  g_autoptr (GDBusConnection) bus = peer_fixture_connect_bus (self);

  assert_manager_follows (self, plain, NULL, "lion");
  assert_manager_follows (self, bus, APM2_BUS_NAME, "bear");

  test_close (plain);
  test_close (bus);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  apm2_error_register ();
#define ADD(path, function)                                                    \
  g_test_add ("/apm2/client-library/" path,                                    \
              PeerFixture,                                                     \
              NULL,                                                            \
              peer_fixture_set_up,                                             \
              function,                                                        \
              peer_fixture_tear_down)
  ADD ("proxy/follows", test_proxy_follows_on_both_kinds);
  ADD ("object-manager/follows",
       test_object_manager_client_follows_on_both_kinds);
  return g_test_run ();
}
