/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The objects are what the XML says, member by member, and can be walked to
 * from the root.
 */

#include <string.h>

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

#define ADD(name, function)                                                    \
  g_test_add (                                                                 \
      "/apm2/introspection/" name, Fixture, NULL, set_up, function, tear_down)

  ADD ("is-the-xml", test_introspection_is_the_xml);
  ADD ("tree-can-be-walked", test_tree_can_be_walked);
  return g_test_run ();
}
