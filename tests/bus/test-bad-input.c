/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a broken or hostile client sends: each piece is refused with an error
 * that names the place, changes nothing and costs no memory.
 */

#include <string.h>

#include "rig-broker.h"
#include "rig-client.h"
#include "rig-wait.h"

typedef struct
{
  Rig *rig;
} Fixture;

static void
set_up (Fixture *self, gconstpointer config)
{
  self->rig = rig_new (config);
}

static void
tear_down (Fixture *self, gconstpointer config)
{
  rig_free (self->rig);
}

static char *
data_path (const char *relative)
{
  return g_test_build_filename (
      G_TEST_DIST, "data", "json", "job-spec", relative, NULL);
}

/* The text of a corpus file, NULL if it cannot travel in a D-Bus string. */
static char *
read_case (const char *folder, const char *name)
{
  g_autofree char *dir = data_path (folder);
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gsize length = 0;

  (void) g_file_get_contents (path, &text, &length, &error);
  g_assert_no_error (error);
  if (!g_utf8_validate_len (text, length, NULL))
    return NULL;
  return g_steal_pointer (&text);
}

static GHashTable *
read_places (void)
{
  g_autofree char *path = data_path ("refuse.places");
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;
  GHashTable *places
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  (void) g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (lines[i], " ", 2);

      if (g_strv_length (words) == 2)
        g_hash_table_insert (places, g_strdup (words[0]), g_strdup (words[1]));
    }
  return places;
}

typedef void (*CaseFunc) (Fixture *self, const char *name, const char *text);

static guint
for_each_case (Fixture *self, const char *folder, CaseFunc function)
{
  g_autofree char *path = data_path (folder);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, &error);
  const char *name = NULL;
  guint n = 0;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *text = read_case (folder, name);

      if (text == NULL)
        continue;
      function (self, name, text);
      n++;
    }
  return n;
}

static GHashTable *places;

static void
must_be_refused (Fixture *self, const char *name, const char *text)
{
  g_autofree char *stem = g_strndup (name, strlen (name) - strlen (".json"));
  const char *place = g_hash_table_lookup (places, stem);
  g_autofree char *message = rig_queue_fails (self->rig->client,
                                              APM2_ERROR_INVALID_ARGUMENT,
                                              "Submit",
                                              "(%s, @a{sv} {})",
                                              text);

  if (place != NULL && !g_str_equal (place, "-")
      && strstr (message, place) == NULL)
    rig_fail ("%s: the message does not name %s: %s", name, place, message);
  if (!g_utf8_validate (message, -1, NULL) || strchr (message, '\n') != NULL
      || strlen (message) > 1024)
    rig_fail ("%s: the message is not one clean line: %s", name, message);
}

static void
test_refused_corpus (Fixture *self, gconstpointer data)
{
  guint n = 0;

  places = read_places ();
  n = for_each_case (self, "refuse", must_be_refused);
  g_clear_pointer (&places, g_hash_table_unref);
  g_assert_cmpuint (n, >, 200);
  g_assert_cmpuint (rig_counter (self->rig->client, "Pending"), ==, 0);
}

/* A rule of this machine may refuse it, but the reader may not. */
static void
must_be_read (Fixture *self, const char *name, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = rig_call (self->rig->client,
                  APM2_OBJECT_QUEUE,
                  APM2_IFACE_QUEUE,
                  "Submit",
                  g_variant_new_parsed ("(%s, {'dry_run': <true>})", text),
                  &error);

  if (reply == NULL && !g_error_matches (error, APM2_ERROR, APM2_ERROR_DENIED)
      && !g_error_matches (error, APM2_ERROR, APM2_ERROR_NOT_FOUND))
    rig_fail ("%s: %s", name, error->message);
}

static void
test_accepted_corpus (Fixture *self, gconstpointer data)
{
  g_assert_cmpuint (for_each_case (self, "accept", must_be_read), >, 40);
}

static void
test_spec_ends_at_64_kib (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);
  gsize room = 64 * 1024 - strlen (spec);
  g_autofree char *blanks = g_strnfill (room, ' ');
  g_autofree char *largest = g_strconcat (spec, blanks, NULL);
  g_autofree char *larger = g_strconcat (largest, " ", NULL);
  g_autofree char *huge = g_strnfill (8 * 1024 * 1024, '[');

  g_free (rig_submit (self->rig->client, largest));
  g_free (rig_queue_fails (self->rig->client,
                           APM2_ERROR_INVALID_ARGUMENT,
                           "Submit",
                           "(%s, @a{sv} {})",
                           larger));
  g_free (rig_queue_fails (self->rig->client,
                           APM2_ERROR_INVALID_ARGUMENT,
                           "Submit",
                           "(%s, @a{sv} {})",
                           huge));
}

/* --- arguments --- */

static void
test_bad_arguments_are_refused (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *method;
    const char *arguments;
  } calls[] = {
    { "Submit", "('{}', {'dryrun': <true>})" },
    { "Submit", "('{}', {'dry_run': <'yes'>})" },
    { "Get", "('job', {'x': <1>})" },
    { "List", "({'colour': <'red'>}, uint32 1, '', @a{sv} {})" },
    { "List", "({'states': <'pending'>}, uint32 1, '', @a{sv} {})" },
    { "List", "({'states': <['odd']>}, uint32 1, '', @a{sv} {})" },
    { "List", "({'verdict': <'maybe'>}, uint32 1, '', @a{sv} {})" },
    { "List", "(@a{sv} {}, uint32 0, '', @a{sv} {})" },
    { "List", "(@a{sv} {}, uint32 1001, '', @a{sv} {})" },
    { "List", "(@a{sv} {}, uint32 1, 'nonsense', @a{sv} {})" },
    { "List", "(@a{sv} {}, uint32 1, '-1', @a{sv} {})" },
    { "List", "(@a{sv} {}, uint32 1, '99999999999999999999', @a{sv} {})" },
    { "List", "(@a{sv} {}, uint32 1, '', {'x': <1>})" },
    { "Cancel", "('job', {'why': <'x'>})" },
    { "Cancel", "('job', {'reason': <uint32 1>})" },
    { "Retry", "('job', {'x': <1>})" },
    { "Pause", "('', {'x': <1>})" },
    { "Resume", "('', {'x': <1>})" },
    { "OpenLog", "('job', {'step': <'first'>})" },
    { "ReadLog", "('job', uint64 0, uint32 0, @a{sv} {})" },
    { "ReadLog", "('job', uint64 0, uint32 1048577, @a{sv} {})" },
    { "ReadLog", "('job', uint64 0, uint32 1, {'line': <1>})" },
    { "ReadLog", "('job', uint64 9223372036854775808, uint32 1, @a{sv} {})" },
    { "ListReceipts", "(uint32 0, '', @a{sv} {})" },
    { "ListReceipts", "(uint32 1001, '', @a{sv} {})" },
    { "ListReceipts", "(uint32 1, 'nonsense', @a{sv} {})" },
    { "ListReceipts", "(uint32 1, '', {'newest_first': <true>})" },
    { "GetReceipt", "('job', {'x': <1>})" },
  };
  g_autofree char *spec = rig_spec ("'job_id':'job'");

  g_free (rig_submit (self->rig->client, spec));
  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_test_message ("%s %s", calls[i].method, calls[i].arguments);
      g_free (rig_fails (self->rig->client,
                         APM2_ERROR_INVALID_ARGUMENT,
                         APM2_OBJECT_QUEUE,
                         APM2_IFACE_QUEUE,
                         calls[i].method,
                         g_variant_new_parsed (calls[i].arguments)));
    }
}

static void
test_unknown_things_are_not_found (Fixture *self, gconstpointer data)
{
  static const char *const methods[]
      = { "Get", "Cancel", "Retry", "OpenLog", "GetReceipt" };

  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    g_free (rig_queue_fails (self->rig->client,
                             APM2_ERROR_NOT_FOUND,
                             methods[i],
                             "('ghost', @a{sv} {})"));
  g_free (rig_queue_fails (self->rig->client,
                           APM2_ERROR_NOT_FOUND,
                           "ReadLog",
                           "('ghost', uint64 0, uint32 1, @a{sv} {})"));
}

static void
test_odd_names_are_shown_clean (Fixture *self, gconstpointer data)
{
  static const char *const methods[]
      = { "Get", "Cancel", "Retry", "OpenLog", "GetReceipt", "Pause" };
  g_autofree char *lengthy = g_strnfill (100000, 'x');
  const char *const names[] = {
    "../../etc/passwd", "a\nb", "\033[2J", "\"; DROP TABLE job", lengthy
  };

  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (names); j++)
      {
        g_autofree char *message = rig_queue_fails (self->rig->client,
                                                    APM2_ERROR_NOT_FOUND,
                                                    methods[i],
                                                    "(%s, @a{sv} {})",
                                                    names[j]);

        if (strpbrk (message, "\n\033") != NULL || strlen (message) > 1024)
          rig_fail ("%s shows %s", methods[i], message);
      }
}

static void
assert_dbus_error (Fixture *self,
                   const char *path,
                   const char *interface,
                   const char *method,
                   const char *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = rig_call (self->rig->client,
                                         path,
                                         interface,
                                         method,
                                         g_variant_new_parsed (arguments),
                                         &error);

  g_test_message ("%s.%s %s", interface, method, arguments);
  g_assert_null (reply);
  g_assert_true (g_dbus_error_is_remote_error (error));
}

static void
test_wrong_shapes_are_errors (Fixture *self, gconstpointer data)
{
  assert_dbus_error (
      self, APM2_OBJECT_QUEUE, APM2_IFACE_QUEUE, "Submit", "(uint32 1,)");
  assert_dbus_error (
      self, APM2_OBJECT_QUEUE, APM2_IFACE_QUEUE, "Submit", "('x', {'a': 'b'})");
  assert_dbus_error (
      self, APM2_OBJECT_QUEUE, APM2_IFACE_QUEUE, "Explode", "@() ()");
  assert_dbus_error (
      self, APM2_OBJECT_QUEUE, "org.example.Other", "Submit", "@() ()");
  assert_dbus_error (self,
                     APM2_OBJECT_ROOT "/job/ghost",
                     "org.freedesktop.DBus.Properties",
                     "GetAll",
                     "('org.apm2.Services.Job',)");
  assert_dbus_error (self,
                     APM2_OBJECT_QUEUE,
                     "org.freedesktop.DBus.Properties",
                     "Set",
                     "('org.apm2.Services.Queue', 'Paused', <true>)");
  assert_dbus_error (self,
                     APM2_OBJECT_QUEUE,
                     "org.freedesktop.DBus.Properties",
                     "Get",
                     "('org.apm2.Services.Queue', 'Colour')");
}

/* --- memory --- */

#define ROUNDS           10000
#define ROUNDS_SANITIZED 1000

static void
test_bad_submits_cost_no_memory (Fixture *self, gconstpointer data)
{
  g_autofree char *deep = g_strnfill (60000, '[');
  g_autofree char *unknown = rig_spec ("'colour':'red'");
  g_autofree char *wrong = rig_spec ("'priority':'high'");
  const char *const texts[] = { deep, unknown, wrong, "", "{}" };
  gboolean sanitized = g_getenv ("APM2_TEST_SANITIZED") != NULL;
  guint rounds = sanitized ? ROUNDS_SANITIZED : ROUNDS;
  guint64 before = 0;
  guint64 after = 0;

  for (guint i = 0; i < rounds; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) reply = rig_try_submit (
          self->rig->client, texts[i % G_N_ELEMENTS (texts)], &error);

      rig_assert_error (error, APM2_ERROR_INVALID_ARGUMENT);
      if (i == rounds / 5)
        before = rig_process_get_rss_kib (self->rig->broker);
    }
  after = rig_process_get_rss_kib (self->rig->broker);
  g_test_message (
      "%" G_GUINT64_FORMAT " KiB, then %" G_GUINT64_FORMAT, before, after);
  /* The sanitizers keep what is freed for a while. */
  if (!sanitized)
    g_assert_cmpuint (after, <=, before + 512);
  g_assert_cmpuint (rig_counter (self->rig->client, "Pending"), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add (                                                                 \
      "/apm2/bad-input/" name, Fixture, NULL, set_up, function, tear_down)

  ADD ("spec/corpus-is-refused-by-place", test_refused_corpus);
  ADD ("spec/corpus-is-accepted", test_accepted_corpus);
  ADD ("spec/ends-at-64-kib", test_spec_ends_at_64_kib);
  ADD ("arguments/bad-ones-are-refused", test_bad_arguments_are_refused);
  ADD ("arguments/unknown-things-are-not-found",
       test_unknown_things_are_not_found);
  ADD ("arguments/odd-names-are-shown-clean", test_odd_names_are_shown_clean);
  ADD ("arguments/wrong-shapes-are-errors", test_wrong_shapes_are_errors);
  ADD ("memory/bad-submits-cost-none", test_bad_submits_cost_no_memory);
  return g_test_run ();
}
