/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Clients that read a property in the handler of a signal, from their proxy and
 * from the broker: both know already what the signal tells.
 */

#include "rig-bus.h"
#include "rig-wait.h"
#include "rig-worker.h"

#define N_JOBS 20

typedef struct
{
  RigHome *home;
  RigProcess *bus;
  RigProcess *broker;
  GDBusConnection *client; /* of the reader */
  RigWorker *worker;
  guint n_read;
} Fixture;

static void
set_up (Fixture *self, gconstpointer on_bus)
{
  self->home = rig_home_new (NULL);
  self->bus = rig_bus_start (self->home);
  self->broker = rig_broker_start (self->home);
  if (on_bus != NULL)
    {
      self->client = rig_bus_connect (self->home);
      rig_bus_wait_owned (self->client);
    }
  else
    self->client = rig_connect (self->home, RIG_PEER);
}

static void
tear_down (Fixture *self, gconstpointer on_bus)
{
  rig_worker_free (self->worker);
  rig_disconnect (self->client);
  rig_process_free (self->broker);
  rig_process_free (self->bus);
  rig_home_free (self->home);
}

static GDBusProxy *
new_proxy (Fixture *self, const char *path, GCallback handler)
{
  g_autoptr (GError) error = NULL;
  gboolean has_hello = g_dbus_connection_get_flags (self->client)
                       & G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION;
  GDBusProxy *proxy = g_dbus_proxy_new_sync (self->client,
                                             G_DBUS_PROXY_FLAGS_NONE,
                                             NULL,
                                             has_hello ? APM2_BUS_NAME : NULL,
                                             path,
                                             rig_interface_of (path),
                                             NULL,
                                             &error);

  g_assert_no_error (error);
  g_signal_connect (proxy, "g-signal", handler, self);
  return proxy;
}

/* In a handler. */
static void
check_text (Fixture *self,
            GDBusProxy *proxy,
            const char *name,
            const char *told)
{
  g_autoptr (GVariant) cached = g_dbus_proxy_get_cached_property (proxy, name);
  g_autoptr (GVariant) asked
      = rig_property (self->client, g_dbus_proxy_get_object_path (proxy), name);

  g_assert_nonnull (cached);
  g_assert_cmpstr (g_variant_get_string (cached, NULL), ==, told);
  g_assert_cmpstr (g_variant_get_string (asked, NULL), ==, told);
  self->n_read++;
}

static gboolean
has_read (gpointer data)
{
  const Fixture *self = data;

  return self->n_read > 0;
}

static void
await_reading (Fixture *self, const char *what)
{
  rig_wait (has_read, self, what);
  self->n_read = 0;
}

/* --- Finished --- */

static void
on_finished (GDBusProxy *proxy,
             const char *sender,
             const char *signal,
             GVariant *parameters,
             gpointer user_data)
{
  static const char *const names[]
      = { "State", "Verdict", "Reason", "ReceiptDigest" };

  g_assert_cmpstr (signal, ==, "Finished");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const char *told = NULL;

      g_variant_get_child (parameters, i, "&s", &told);
      check_text (user_data, proxy, names[i], told);
    }
}

static void
test_finished (Fixture *self, gconstpointer on_bus)
{
  self->worker = rig_worker_new (self->home, "w", 1);
  for (guint i = 0; i < N_JOBS; i++)
    {
      g_autofree char *spec = rig_spec (NULL);
      g_autofree char *id = rig_submit (self->client, spec);
      g_autofree char *path = rig_job_path (id);
      g_autoptr (GDBusProxy) proxy
          = new_proxy (self, path, G_CALLBACK (on_finished));
      g_autoptr (RigLease) lease = rig_worker_lease (self->worker);

      rig_worker_pass (self->worker, lease);
      await_reading (self, "Finished");
    }
}

/* --- HealthChanged --- */

static void
on_health_changed (GDBusProxy *proxy,
                   const char *sender,
                   const char *signal,
                   GVariant *parameters,
                   gpointer user_data)
{
  const char *unit = NULL;
  const char *before = NULL;
  const char *health = NULL;

  g_assert_cmpstr (signal, ==, "HealthChanged");
  g_variant_get (parameters, "(&s&s&s&s)", &unit, &before, &health, NULL);
  /* With another reason only, it may be better again by now. */
  if (*unit == '\0' && !g_str_equal (before, health))
    check_text (user_data, proxy, "OverallHealth", health);
}

static void
test_health_changed (Fixture *self, gconstpointer on_bus)
{
  g_autoptr (GDBusProxy) proxy
      = new_proxy (self, APM2_OBJECT_ROOT, G_CALLBACK (on_health_changed));

  for (guint i = 0; i < 3; i++)
    {
      self->worker = rig_worker_new (self->home, "w", 1);
      await_reading (self, "HealthChanged, with a worker");
      g_clear_pointer (&self->worker, rig_worker_free);
      await_reading (self, "HealthChanged, without one");
    }
}

/* --- Collected --- */

static void
on_collected (GDBusProxy *proxy,
              const char *sender,
              const char *signal,
              GVariant *parameters,
              gpointer user_data)
{
  const char *run = NULL;

  g_assert_cmpstr (signal, ==, "Collected");
  g_variant_get (parameters, "(&s)", &run);
  check_text (user_data, proxy, "LastRun", run);
}

static void
test_collected (Fixture *self, gconstpointer on_bus)
{
  g_autoptr (GDBusProxy) proxy
      = new_proxy (self, APM2_OBJECT_HOUSEKEEPING, G_CALLBACK (on_collected));
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = rig_call (self->client,
                                         APM2_OBJECT_HOUSEKEEPING,
                                         APM2_IFACE_HOUSEKEEPING,
                                         "Collect",
                                         g_variant_new ("(a{sv})", NULL),
                                         &error);

  g_assert_no_error (error);
  await_reading (self, "Collected");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add (                                                                 \
      "/apm2/readers/peer/" name, Fixture, NULL, set_up, function, tear_down); \
  g_test_add (                                                                 \
      "/apm2/readers/bus/" name, Fixture, "bus", set_up, function, tear_down)

  ADD ("finished", test_finished);
  ADD ("health-changed", test_health_changed);
  ADD ("collected", test_collected);
  return g_test_run ();
}
