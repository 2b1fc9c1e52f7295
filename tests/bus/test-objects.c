/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which objects are there: how long jobs stay, and what the object manager has.
 */

#include <string.h>

#include "rig-recorder.h"
#include "rig-wait.h"
#include "rig-worker.h"

typedef struct
{
  Rig *rig;
  RigWorker *worker;
} Fixture;

static void
set_up (Fixture *self, gconstpointer config)
{
  self->rig = rig_new (config);
  self->worker = rig_worker_new (self->rig->home, "w", 1);
}

static void
tear_down (Fixture *self, gconstpointer config)
{
  rig_worker_free (self->worker);
  rig_free (self->rig);
}

static char *
submit_numbered (Fixture *self, guint number)
{
  g_autofree char *member = g_strdup_printf ("'job_id':'job%u'", number);
  g_autofree char *spec = rig_spec (member);
  g_autofree char *id = rig_submit (self->rig->client, spec);

  return rig_job_path (id);
}

static void
run_one (Fixture *self)
{
  g_autoptr (RigLease) lease = rig_worker_lease (self->worker);

  rig_worker_pass (self->worker, lease);
}

static gboolean
answers (Fixture *self, const char *path)
{
  g_autoptr (GVariant) reply
      = rig_call (self->rig->client,
                  path,
                  "org.freedesktop.DBus.Properties",
                  "Get",
                  g_variant_new ("(ss)", rig_interface_of (path), "State"),
                  NULL);

  return reply != NULL;
}

static GVariant *
get_managed (GDBusConnection *connection)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = rig_call (connection,
                                         APM2_OBJECT_ROOT,
                                         "org.freedesktop.DBus.ObjectManager",
                                         "GetManagedObjects",
                                         NULL,
                                         &error);

  g_assert_no_error (error);
  return g_variant_get_child_value (reply, 0);
}

static gboolean
is_managed (Fixture *self, const char *path)
{
  g_autoptr (GVariant) objects = get_managed (self->rig->client);
  g_autoptr (GVariant) faces = NULL;

  return g_variant_lookup (objects, path, "@a{sa{sv}}", &faces);
}

/* --- the life of job objects --- */

static void
test_last_64_finished_stay (Fixture *self, gconstpointer data)
{
  g_autoptr (RigRecorder) recorder = rig_recorder_new (self->rig->client);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < 65; i++)
    {
      g_ptr_array_add (paths, submit_numbered (self, i));
      run_one (self);
    }
  g_assert_false (answers (self, g_ptr_array_index (paths, 0)));
  g_assert_false (is_managed (self, g_ptr_array_index (paths, 0)));
  for (guint i = 1; i < 65; i++)
    g_assert_true (answers (self, g_ptr_array_index (paths, i)));
  (void) rig_recorder_await (recorder,
                             0,
                             APM2_OBJECT_ROOT " InterfacesRemoved ",
                             g_ptr_array_index (paths, 0));
  /* History still knows it. */
  rig_wait_state (self->rig->client, "job0", "completed");
}

static void
test_finished_ones_return_after_a_restart (Fixture *self, gconstpointer data)
{
  g_autofree char *path = submit_numbered (self, 1);

  run_one (self);
  rig_worker_free (self->worker);
  rig_restart (self->rig);
  self->worker = rig_worker_new (self->rig->home, "w", 1);
  rig_wait_property (self->rig->client, path, "State", "'completed'");
  rig_wait_property (self->rig->client, path, "Verdict", "'passed'");
}

static void
test_beyond_the_announced_they_answer (Fixture *self, gconstpointer data)
{
  g_autoptr (RigRecorder) recorder = rig_recorder_new (self->rig->client);
  g_autofree char *first = submit_numbered (self, 1);
  g_autofree char *second = submit_numbered (self, 2);
  g_autofree char *third = submit_numbered (self, 3);

  g_assert_true (is_managed (self, first));
  g_assert_true (is_managed (self, second));
  g_assert_false (is_managed (self, third));
  g_assert_true (answers (self, third));
  run_one (self);
  run_one (self);
  {
    g_autoptr (RigLease) lease = rig_worker_lease (self->worker);

    g_assert_true (is_managed (self, third));
    (void) rig_recorder_await (
        recorder, 0, APM2_OBJECT_ROOT " InterfacesAdded ", third);
    rig_worker_pass (self->worker, lease);
  }
}

/* --- the object manager --- */

static void
check_face (GDBusConnection *connection,
            const char *path,
            const char *interface,
            GVariant *properties)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = rig_call (connection,
                                         path,
                                         "org.freedesktop.DBus.Properties",
                                         "GetAll",
                                         g_variant_new ("(s)", interface),
                                         &error);
  g_autoptr (GVariant) all = NULL;

  g_assert_no_error (error);
  all = g_variant_get_child_value (reply, 0);
  if (!g_variant_equal (all, properties))
    rig_fail ("the object manager and %s disagree on %s", path, interface);
}

static void
test_object_manager_has_all (Fixture *self, gconstpointer data)
{
  g_autofree char *job = submit_numbered (self, 7);
  const char *const expected[] = { APM2_OBJECT_QUEUE,
                                   APM2_OBJECT_LANES "/bulk",
                                   APM2_OBJECT_LANES "/gates",
                                   APM2_OBJECT_WORKERS "/w",
                                   job };
  g_autoptr (GVariant) objects = get_managed (self->rig->client);
  GVariantIter iter;
  const char *path = NULL;
  GVariant *faces = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    if (!is_managed (self, expected[i]))
      rig_fail ("the object manager does not have %s", expected[i]);
  g_variant_iter_init (&iter, objects);
  while (g_variant_iter_next (&iter, "{&o@a{sa{sv}}}", &path, &faces))
    {
      g_autoptr (GVariant) owned = faces;
      GVariantIter face;
      const char *interface = NULL;
      GVariant *properties = NULL;

      g_assert_true (g_str_has_prefix (path, APM2_OBJECT_ROOT "/"));
      g_variant_iter_init (&face, owned);
      while (g_variant_iter_next (&face, "{&s@a{sv}}", &interface, &properties))
        {
          g_autoptr (GVariant) mine = properties;

          if (g_str_has_prefix (interface, "org.apm2."))
            check_face (self->rig->client, path, interface, mine);
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function, config)                                            \
  g_test_add (                                                                 \
      "/apm2/objects/" name, Fixture, config, set_up, function, tear_down)

  ADD ("job/last-64-finished-stay", test_last_64_finished_stay, NULL);
  ADD ("job/finished-ones-return-after-a-restart",
       test_finished_ones_return_after_a_restart,
       NULL);
  ADD ("job/beyond-the-announced-they-answer",
       test_beyond_the_announced_they_answer,
       "[queue]\nannounced-jobs-max=2\n");
  ADD ("manager/has-all", test_object_manager_has_all, NULL);
  return g_test_run ();
}
