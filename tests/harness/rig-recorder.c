/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Records signals.
 */

#include "rig-recorder.h"

#include <string.h>

#include "rig-client.h"
#include "rig-wait.h"

/* A client that reads in its handler must see what the signal told it. */
static void
read_state (RigRecorder *self, const char *path, const char *told)
{
  g_autoptr (GVariant) value = NULL;
  g_autofree char *text = NULL;

  value = rig_property (self->connection, path, "State");
  text = g_variant_print (value, FALSE);
  if (!g_str_equal (told, text))
    rig_fail ("%s tells of State %s, but has %s", path, told, text);
  self->n_read++;
}

static int
compare_words (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static char *
describe_properties (RigRecorder *self, const char *path, GVariant *parameters)
{
  g_autoptr (GVariant) changed = g_variant_get_child_value (parameters, 1);
  g_autoptr (GVariant) invalidated = g_variant_get_child_value (parameters, 2);
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  GVariantIter iter;
  const char *name = NULL;
  GVariant *value = NULL;

  if (g_variant_n_children (invalidated) != 0)
    rig_fail ("%s invalidates properties instead of telling them", path);
  g_variant_iter_init (&iter, changed);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      g_autoptr (GVariant) owned = value;
      g_autofree char *text = g_variant_print (owned, FALSE);

      if (self->reads && g_str_equal (name, "State")
          && g_str_has_prefix (path, APM2_OBJECT_JOBS "/"))
        read_state (self, path, text);
      g_ptr_array_add (words, g_strdup_printf ("%s=%s", name, text));
    }
  g_ptr_array_sort (words, compare_words);
  g_ptr_array_add (words, NULL);
  return g_strjoinv (" ", (char **) words->pdata);
}

static void
on_signal (GDBusConnection *connection,
           const char *sender,
           const char *path,
           const char *interface,
           const char *signal,
           GVariant *parameters,
           gpointer user_data)
{
  RigRecorder *self = user_data;
  g_autofree char *text = NULL;

  if (g_str_equal (signal, "PropertiesChanged"))
    {
      text = describe_properties (self, path, parameters);
      signal = "Properties";
    }
  else
    text = g_variant_print (parameters, FALSE);
  g_ptr_array_add (self->lines,
                   g_strdup_printf ("%s %s %s", path, signal, text));
}

/**
 * rig_recorder_new:
 * @connection: a connection to the broker, or to a bus where it is
 *
 * Returns: (transfer full): a recorder of all that comes from now on
 */
RigRecorder *
rig_recorder_new (GDBusConnection *connection)
{
  RigRecorder *self = g_new0 (RigRecorder, 1);

  self->connection = connection;
  self->lines = g_ptr_array_new_with_free_func (g_free);
  self->subscription = rig_hear_all (connection, on_signal, self);
  return self;
}

void
rig_recorder_free (RigRecorder *self)
{
  if (self == NULL)
    return;
  g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  g_ptr_array_unref (self->lines);
  g_free (self);
}

typedef struct
{
  RigRecorder *recorder;
  guint from;
  const char *prefix;
  const char *part;
  guint found;
} Search;

static gboolean
finds (gpointer data)
{
  Search *search = data;
  GPtrArray *lines = search->recorder->lines;

  for (guint i = search->from; i < lines->len; i++)
    {
      const char *line = g_ptr_array_index (lines, i);

      if (!g_str_has_prefix (line, search->prefix)
          || strstr (line, search->part) == NULL)
        continue;
      search->found = i;
      return TRUE;
    }
  return FALSE;
}

guint
rig_recorder_await (RigRecorder *self,
                    guint from,
                    const char *prefix,
                    const char *part)
{
  Search search = { self, from, prefix, part, 0 };
  g_autofree char *what = g_strdup_printf ("signal %s … %s", prefix, part);

  rig_wait (finds, &search, what);
  return search.found;
}

guint
rig_recorder_count (RigRecorder *self, const char *prefix, const char *part)
{
  guint n = 0;

  for (guint i = 0; i < self->lines->len; i++)
    {
      const char *line = g_ptr_array_index (self->lines, i);

      if (g_str_has_prefix (line, prefix) && strstr (line, part) != NULL)
        n++;
    }
  return n;
}
