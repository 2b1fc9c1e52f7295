/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which objects are there, and that they are what the XML says.
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

/* --- introspection --- */

static GDBusNodeInfo *
introspect (GDBusConnection *connection, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = rig_call (connection,
                                         path,
                                         "org.freedesktop.DBus.Introspectable",
                                         "Introspect",
                                         NULL,
                                         &error);
  GDBusNodeInfo *node = NULL;
  const char *xml = NULL;

  g_assert_no_error (error);
  g_variant_get (reply, "(&s)", &xml);
  node = g_dbus_node_info_new_for_xml (xml, &error);
  g_assert_no_error (error);
  return node;
}

static void
add_args (GString *text, GDBusArgInfo **args)
{
  for (gsize i = 0; args != NULL && args[i] != NULL; i++)
    g_string_append_printf (text, " %s:%s", args[i]->name, args[i]->signature);
}

static int
compare_lines (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static const char *
get_emits (GDBusPropertyInfo *property)
{
  const char *word = g_dbus_annotation_info_lookup (
      property->annotations,
      "org.freedesktop.DBus.Property.EmitsChangedSignal");

  return word != NULL ? word : "true";
}

/* One line per member, sorted. */
static char *
describe (GDBusInterfaceInfo *info)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; info->methods != NULL && info->methods[i] != NULL; i++)
    {
      GString *line = g_string_new (NULL);

      g_string_printf (line, "method %s", info->methods[i]->name);
      add_args (line, info->methods[i]->in_args);
      g_string_append (line, " ->");
      add_args (line, info->methods[i]->out_args);
      g_ptr_array_add (lines, g_string_free (line, FALSE));
    }
  for (gsize i = 0; info->signals != NULL && info->signals[i] != NULL; i++)
    {
      GString *line = g_string_new (NULL);

      g_string_printf (line, "signal %s", info->signals[i]->name);
      add_args (line, info->signals[i]->args);
      g_ptr_array_add (lines, g_string_free (line, FALSE));
    }
  for (gsize i = 0; info->properties != NULL && info->properties[i] != NULL;
       i++)
    g_ptr_array_add (lines,
                     g_strdup_printf ("property %s:%s %u %s",
                                      info->properties[i]->name,
                                      info->properties[i]->signature,
                                      (guint) info->properties[i]->flags,
                                      get_emits (info->properties[i])));
  g_ptr_array_sort (lines, compare_lines);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **) lines->pdata);
}

static char *
describe_file (const char *interface)
{
  g_autofree char *name = g_strconcat (interface, ".xml", NULL);
  g_autofree char *path
      = g_test_build_filename (G_TEST_DIST, "..", "introspection", name, NULL);
  g_autofree char *xml = NULL;
  g_autoptr (GDBusNodeInfo) node = NULL;
  g_autoptr (GError) error = NULL;
  GDBusInterfaceInfo *info = NULL;

  (void) g_file_get_contents (path, &xml, NULL, &error);
  g_assert_no_error (error);
  node = g_dbus_node_info_new_for_xml (xml, &error);
  g_assert_no_error (error);
  info = g_dbus_node_info_lookup_interface (node, interface);
  g_assert_nonnull (info);
  return describe (info);
}

static void
test_introspection_is_the_xml (Fixture *self, gconstpointer data)
{
  g_autofree char *job = submit_numbered (self, 1);
  const struct
  {
    const char *path;
    const char *interface;
  } faces[] = {
    { APM2_OBJECT_ROOT, APM2_IFACE_SERVICES },
    { APM2_OBJECT_QUEUE, APM2_IFACE_QUEUE },
    { job, APM2_IFACE_JOB },
    { APM2_OBJECT_WORKERS "/w", APM2_IFACE_WORKER },
    { APM2_OBJECT_LANES "/bulk", APM2_IFACE_LANE },
    { APM2_OBJECT_BROKER, APM2_IFACE_BROKER },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (faces); i++)
    {
      g_autoptr (GDBusNodeInfo) node
          = introspect (self->rig->client, faces[i].path);
      GDBusInterfaceInfo *info
          = g_dbus_node_info_lookup_interface (node, faces[i].interface);
      g_autofree char *expected = describe_file (faces[i].interface);
      g_autofree char *really = NULL;

      if (info == NULL)
        rig_fail ("%s has no %s", faces[i].path, faces[i].interface);
      really = describe (info);
      g_assert_cmpstr (really, ==, expected);
    }
}

static gboolean
has_child (GDBusNodeInfo *node, const char *name)
{
  for (gsize i = 0; node->nodes != NULL && node->nodes[i] != NULL; i++)
    if (g_str_equal (node->nodes[i]->path, name))
      return TRUE;
  return FALSE;
}

static void
test_tree_can_be_walked (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *path;
    const char *child;
  } steps[] = {
    { "/", "org" },
    { "/org", "apm2" },
    { "/org/apm2", "Services" },
    { "/org/apm2", "Broker" },
    { APM2_OBJECT_ROOT, "queue" },
    { APM2_OBJECT_ROOT, "job" },
    { APM2_OBJECT_ROOT, "worker" },
    { APM2_OBJECT_ROOT, "lane" },
    { APM2_OBJECT_JOBS, "job5" },
    { APM2_OBJECT_WORKERS, "w" },
    { APM2_OBJECT_LANES, "bulk" },
  };
  g_autofree char *job = submit_numbered (self, 5);

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_autoptr (GDBusNodeInfo) node
          = introspect (self->rig->client, steps[i].path);

      if (!has_child (node, steps[i].child))
        rig_fail ("%s has no child %s", steps[i].path, steps[i].child);
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
  ADD ("introspection/is-the-xml", test_introspection_is_the_xml, NULL);
  ADD ("introspection/tree-can-be-walked", test_tree_can_be_walked, NULL);
  return g_test_run ();
}
