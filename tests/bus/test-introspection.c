/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The objects are what the XML says, member by member, on the message bus and
 * on the operator socket, and can be walked to from the root.
 */

#include <string.h>

#include "rig-bus.h"
#include "rig-systemd.h"
#include "rig-wait.h"
#include "rig-worker.h"

#define DAEMON APM2_OBJECT_UNITS "/apm2_2ddaemon_2eservice"

enum
{
  PEER,
  HELLO,
  BUS,
  N_CONNECTIONS
};

typedef struct
{
  RigHome *home;
  RigSystemd *systemd;
  RigProcess *bus;
  RigProcess *broker;
  RigWorker *worker;
  GDBusConnection *connections[N_CONNECTIONS];
} Fixture;

typedef struct
{
  const char *path;
  const char *interface;
  gboolean peers_only;
} Place;

static const Place places[] = {
  { APM2_OBJECT_ROOT, APM2_IFACE_SERVICES },
  { APM2_OBJECT_QUEUE, APM2_IFACE_QUEUE },
  { APM2_OBJECT_JOBS "/job_2d1", APM2_IFACE_JOB },
  { APM2_OBJECT_WORKERS "/w", APM2_IFACE_WORKER },
  { APM2_OBJECT_LANES "/bulk", APM2_IFACE_LANE },
  { DAEMON, APM2_IFACE_UNIT },
  { APM2_OBJECT_QUARANTINE, APM2_IFACE_QUARANTINE },
  { APM2_OBJECT_HOUSEKEEPING, APM2_IFACE_HOUSEKEEPING },
  { APM2_OBJECT_BROKER, APM2_IFACE_BROKER, TRUE },
  { APM2_OBJECT_SLOTS, APM2_IFACE_SLOTS, TRUE },
};

static void
set_up (Fixture *self, gconstpointer config)
{
  g_autofree char *spec = rig_spec ("'job_id':'job-1'");

  self->home = rig_home_new (NULL);
  self->systemd = rig_systemd_new ();
  rig_systemd_set (self->systemd,
                   "apm2-daemon.service",
                   "{'LoadState': <'loaded'>, 'ActiveState': <'active'>}");
  rig_systemd_listen (self->systemd, self->home->runtime);
  self->bus = rig_bus_start (self->home);
  self->broker = rig_broker_start (self->home);
  self->connections[PEER] = rig_connect (self->home, RIG_PEER);
  self->connections[HELLO] = rig_connect (self->home, RIG_BUS);
  self->connections[BUS] = rig_bus_connect (self->home);
  rig_bus_wait_owned (self->connections[BUS]);
  self->worker = rig_worker_new (self->home, "w", 1);
  g_free (rig_submit (self->connections[PEER], spec));
  rig_wait_property (
      self->connections[PEER], DAEMON, "ActiveState", "'active'");
}

static void
tear_down (Fixture *self, gconstpointer config)
{
  rig_worker_free (self->worker);
  rig_disconnect (self->connections[PEER]);
  rig_disconnect (self->connections[HELLO]);
  g_object_unref (self->connections[BUS]);
  rig_process_free (self->broker);
  rig_process_free (self->bus);
  rig_systemd_free (self->systemd);
  rig_home_free (self->home);
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

static int
compare_lines (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Of a member or an argument; but for hints to gdbus-codegen, which keeps them
 * to itself. */
static void
add_annotations (GString *text, GDBusAnnotationInfo **annotations)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; annotations != NULL && annotations[i] != NULL; i++)
    if (!g_str_has_prefix (annotations[i]->key, "org.gtk.GDBus.C."))
      g_ptr_array_add (words,
                       g_strdup_printf (" %s=%s",
                                        annotations[i]->key,
                                        annotations[i]->value));
  g_ptr_array_sort (words, compare_lines);
  for (guint i = 0; i < words->len; i++)
    g_string_append (text, g_ptr_array_index (words, i));
}

static void
add_args (GString *text, GDBusArgInfo **args)
{
  for (gsize i = 0; args != NULL && args[i] != NULL; i++)
    {
      g_string_append_printf (
          text, " %s:%s", args[i]->name, args[i]->signature);
      add_annotations (text, args[i]->annotations);
    }
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
      add_annotations (line, info->methods[i]->annotations);
      g_ptr_array_add (lines, g_string_free (line, FALSE));
    }
  for (gsize i = 0; info->signals != NULL && info->signals[i] != NULL; i++)
    {
      GString *line = g_string_new (NULL);

      g_string_printf (line, "signal %s", info->signals[i]->name);
      add_args (line, info->signals[i]->args);
      add_annotations (line, info->signals[i]->annotations);
      g_ptr_array_add (lines, g_string_free (line, FALSE));
    }
  for (gsize i = 0; info->properties != NULL && info->properties[i] != NULL;
       i++)
    {
      GString *line = g_string_new (NULL);

      g_string_printf (line,
                       "property %s:%s %u",
                       info->properties[i]->name,
                       info->properties[i]->signature,
                       (guint) info->properties[i]->flags);
      add_annotations (line, info->properties[i]->annotations);
      g_ptr_array_add (lines, g_string_free (line, FALSE));
    }
  g_ptr_array_sort (lines, compare_lines);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **) lines->pdata);
}

static GDBusNodeInfo *
read_file (const char *interface)
{
  g_autofree char *name = g_strconcat (interface, ".xml", NULL);
  g_autofree char *path
      = g_test_build_filename (G_TEST_DIST, "..", "introspection", name, NULL);
  g_autofree char *xml = NULL;
  g_autoptr (GError) error = NULL;
  GDBusNodeInfo *node = NULL;

  (void) g_file_get_contents (path, &xml, NULL, &error);
  g_assert_no_error (error);
  node = g_dbus_node_info_new_for_xml (xml, &error);
  g_assert_no_error (error);
  g_assert_nonnull (g_dbus_node_info_lookup_interface (node, interface));
  return node;
}

static void
check_place (GDBusConnection *connection, const Place *place)
{
  g_autoptr (GDBusNodeInfo) node = introspect (connection, place->path);
  g_autoptr (GDBusNodeInfo) file = read_file (place->interface);
  GDBusInterfaceInfo *info
      = g_dbus_node_info_lookup_interface (node, place->interface);
  g_autofree char *expected = describe (file->interfaces[0]);
  g_autofree char *really = NULL;

  if (info == NULL)
    rig_fail ("%s has no %s", place->path, place->interface);
  really = describe (info);
  g_assert_cmpstr (really, ==, expected);
}

static void
test_introspection_is_the_xml (Fixture *self, gconstpointer data)
{
  for (gsize i = 0; i < N_CONNECTIONS; i++)
    for (gsize k = 0; k < G_N_ELEMENTS (places); k++)
      if (i != BUS || !places[k].peers_only)
        check_place (self->connections[i], &places[k]);
}

/* --- the tree --- */

static gboolean
is_ours (const char *path, const char *interface)
{
  if (g_str_equal (interface, APM2_IFACE_OBJECT_MANAGER))
    return g_str_equal (path, APM2_OBJECT_ROOT);
  if (g_str_equal (interface, APM2_IFACE_LOG_CONTROL))
    return g_str_equal (path, APM2_OBJECT_LOG_CONTROL);
  if (g_str_has_prefix (interface, "org.freedesktop.DBus."))
    return TRUE;
  if (g_str_equal (interface, "org.freedesktop.DBus")) /* of the socket */
    return g_str_equal (path, "/org/freedesktop/DBus");
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    if (g_str_equal (interface, places[i].interface))
      {
        g_autofree char *mine = g_path_get_dirname (path);
        g_autofree char *folder = g_path_get_dirname (places[i].path);

        return g_str_equal (path, places[i].path)
               || (g_str_equal (mine, folder)
                   && g_str_has_prefix (folder, APM2_OBJECT_ROOT "/"));
      }
  return FALSE;
}

/* Adds every path from @path on that has an interface of apm2. */
static void
walk (GDBusConnection *connection, const char *path, GHashTable *found)
{
  g_autoptr (GDBusNodeInfo) node = introspect (connection, path);
  const char *slash = g_str_equal (path, "/") ? "" : "/";

  for (gsize i = 0; node->interfaces != NULL && node->interfaces[i] != NULL;
       i++)
    {
      const char *interface = node->interfaces[i]->name;

      if (!is_ours (path, interface))
        rig_fail ("%s has %s", path, interface);
      if (g_str_has_prefix (interface, "org.apm2.")
          || g_str_equal (interface, APM2_IFACE_OBJECT_MANAGER))
        (void) g_hash_table_add (found,
                                 g_strdup_printf ("%s %s", path, interface));
    }
  for (gsize i = 0; node->nodes != NULL && node->nodes[i] != NULL; i++)
    {
      g_autofree char *child
          = g_strconcat (path, slash, node->nodes[i]->path, NULL);

      walk (connection, child, found);
    }
}

static void
test_tree_has_these_and_no_others (Fixture *self, gconstpointer data)
{
  for (gsize i = 0; i < N_CONNECTIONS; i++)
    {
      g_autoptr (GHashTable) found
          = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

      walk (self->connections[i], "/", found);
      g_assert_true (g_hash_table_contains (
          found, APM2_OBJECT_ROOT " " APM2_IFACE_OBJECT_MANAGER));
      for (gsize k = 0; k < G_N_ELEMENTS (places); k++)
        {
          g_autofree char *line
              = g_strdup_printf ("%s %s", places[k].path, places[k].interface);
          gboolean wanted = i != BUS || !places[k].peers_only;

          if (g_hash_table_contains (found, line) != wanted)
            rig_fail ("%s is %sthere", line, wanted ? "not " : "");
        }
    }
}

/* --- stock tools --- */

static const char *
flag_of (GDBusPropertyInfo *property)
{
  const char *word = g_dbus_annotation_info_lookup (
      property->annotations,
      "org.freedesktop.DBus.Property.EmitsChangedSignal");

  if (word == NULL || g_str_equal (word, "true"))
    return "emits-change";
  if (g_str_equal (word, "invalidates"))
    return "emits-invalidation";
  return g_str_equal (word, "const") ? "const" : "-";
}

static void
check_flags (Fixture *self, const Place *place, const char *option)
{
  const char *const argv[] = { "busctl",     option,           "--full",
                               "--no-pager", "introspect",     APM2_BUS_NAME,
                               place->path,  place->interface, NULL };
  g_autofree char *output = rig_run_ok (self->home, argv);
  g_auto (GStrv) lines = g_strsplit (output, "\n", -1);
  g_autoptr (GDBusNodeInfo) file = read_file (place->interface);
  GDBusPropertyInfo **properties = file->interfaces[0]->properties;

  for (gsize i = 0; properties != NULL && properties[i] != NULL; i++)
    {
      g_autofree char *start = g_strdup_printf (".%s ", properties[i]->name);
      g_autofree char *end = g_strdup_printf (" %s", flag_of (properties[i]));
      gboolean found = FALSE;

      for (gsize k = 0; lines[k] != NULL; k++)
        found |= g_str_has_prefix (lines[k], start)
                 && strstr (lines[k], " property ") != NULL
                 && g_str_has_suffix (g_strchomp (lines[k]), end);
      if (!found)
        rig_fail ("busctl shows no%s ...%s: %s", start, end, output);
    }
}

static void
test_busctl_shows_the_flags (Fixture *self, gconstpointer data)
{
  g_autofree char *peer = g_strconcat ("--address=", self->home->address, NULL);
  g_autofree char *bus
      = g_strconcat ("--address=", self->home->bus_address, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    {
      check_flags (self, &places[i], peer);
      if (!places[i].peers_only)
        check_flags (self, &places[i], bus);
    }
}

static void
test_gdbus_walks_all (Fixture *self, gconstpointer data)
{
  const char *const addresses[]
      = { self->home->address, self->home->bus_address };

  for (gsize i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      const char *const argv[]
          = { "gdbus",     "introspect",  "--address",     addresses[i],
              "--dest",    APM2_BUS_NAME, "--object-path", "/",
              "--recurse", NULL };
      g_autofree char *output = rig_run_ok (self->home, argv);

      for (gsize k = 0; k < G_N_ELEMENTS (places); k++)
        {
          g_autofree char *node = g_strdup_printf ("node %s {", places[k].path);
          g_autofree char *interface = g_strdup_printf ("interface %s {",
                                                        places[k].interface);

          if (i == 1 && places[k].peers_only)
            continue;
          if (strstr (output, node) == NULL
              || strstr (output, interface) == NULL)
            rig_fail ("gdbus does not show %s", places[k].path);
        }
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
  ADD ("tree-has-these-and-no-others", test_tree_has_these_and_no_others);
  ADD ("busctl-shows-the-flags", test_busctl_shows_the_flags);
  ADD ("gdbus-walks-all", test_gdbus_walks_all);
  return g_test_run ();
}
