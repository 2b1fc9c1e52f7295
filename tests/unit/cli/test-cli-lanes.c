/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Lanes as people and as programs read them. What is said about one state of
 * affairs is recorded in tests/data/json/lanes; APM2_TEST_RECORD=1 records
 * anew.
 */

#include <string.h>

#include "apm2-format-json.h"
#include "apm2-lanes-text.h"
#include "apm2-properties.h"

#define NOW   G_GINT64_CONSTANT (1700000000000000)
#define USEC  G_GUINT64_CONSTANT (1000000)
#define GIB   (G_GUINT64_CONSTANT (1) << 30)
#define LANE_ "org.apm2.Services.Lane"

static GVariant *
holder (const char *id,
        const char *command,
        const char *directory,
        guint slots,
        guint64 since)
{
  const char *const two_names[] = { "port-8080", "db", NULL };
  const char *const no_name[] = { NULL };
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "job_id", "s", id);
  g_variant_dict_insert (&dict, "name", "s", "");
  g_variant_dict_insert (&dict, "command", "s", command);
  g_variant_dict_insert (&dict, "directory", "s", directory);
  g_variant_dict_insert (&dict, "uid", "u", 1000);
  g_variant_dict_insert (&dict, "slots", "u", slots);
  g_variant_dict_insert (
      &dict, "exclusive", "^as", slots > 1 ? two_names : no_name);
  g_variant_dict_insert (&dict, "since_usec", "t", since);
  g_variant_dict_insert (
      &dict, "expected_end_usec", "t", G_GUINT64_CONSTANT (0));
  return g_variant_dict_end (&dict);
}

typedef struct
{
  const char *name;
  guint64 used[3];   /* slots, CPUs, memory */
  guint64 budget[3]; /* likewise */
  guint64 running;
  guint64 pending;
  gboolean paused;
  GVariant *holders; /* (transfer floating) aa{sv} */
} Lane;

static GVariant *
no_holders (void)
{
  return g_variant_new_array (G_VARIANT_TYPE_VARDICT, NULL, 0);
}

static GVariant *
properties (const Lane *lane)
{
  const guint64 zero = 0;
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "Name", "s", lane->name);
  g_variant_dict_insert (&dict, "MaxParallel", "u", 0);
  g_variant_dict_insert (&dict, "TimeoutSec", "t", zero);
  g_variant_dict_insert (&dict, "MemoryMaxBytes", "t", zero);
  g_variant_dict_insert (&dict, "TasksMax", "t", zero);
  g_variant_dict_insert (&dict, "CpuQuotaPercent", "t", zero);
  g_variant_dict_insert (&dict, "Network", "b", FALSE);
  g_variant_dict_insert (&dict, "Running", "t", lane->running);
  g_variant_dict_insert (&dict, "Pending", "t", lane->pending);
  g_variant_dict_insert (&dict, "Paused", "b", lane->paused);
  g_variant_dict_insert (&dict, "BudgetSlots", "u", (guint) lane->budget[0]);
  g_variant_dict_insert (&dict, "BudgetCpuPercent", "t", lane->budget[1]);
  g_variant_dict_insert (&dict, "BudgetMemoryBytes", "t", lane->budget[2]);
  g_variant_dict_insert (&dict, "UsedSlots", "t", lane->used[0]);
  g_variant_dict_insert (&dict, "UsedCpuPercent", "t", lane->used[1]);
  g_variant_dict_insert (&dict, "UsedMemoryBytes", "t", lane->used[2]);
  g_variant_dict_insert (&dict, "PressurePercent", "u", 60);
  g_variant_dict_insert (&dict, "PassesMax", "u", 16);
  g_variant_dict_insert_value (&dict, "Holders", lane->holders);
  g_variant_dict_insert (&dict,
                         "Closed",
                         "s",
                         lane->paused         ? "paused"
                         : lane->pending == 3 ? "pressure"
                                              : "");
  return g_variant_dict_end (&dict);
}

static void
add_object (GVariantBuilder *objects, const char *iface, GVariant *values)
{
  static guint n;
  g_autofree char *path = g_strdup_printf ("/o%u", n++);
  GVariantBuilder faces = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{sa{sv}}"));

  g_variant_builder_add (&faces, "{s@a{sv}}", iface, values);
  g_variant_builder_add (objects, "{oa{sa{sv}}}", path, &faces);
}

/* Three lanes, not in order, and an object of another kind. */
static GPtrArray *
make_lanes (void)
{
  GVariantBuilder objects
      = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{oa{sa{sv}}}"));
  GVariantBuilder holders = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  const Lane bulk
      = { "bulk", { 2, 0, 0 }, { 0, 0, 0 }, 2, 0, FALSE, no_holders () };
  const Lane gates
      = { "gates", { 0, 0, 0 }, { 1, 50, 0 }, 0, 7, TRUE, no_holders () };
  Lane run = { "run", { 4, 255, 3 * GIB / 2 }, { 4, 800, 8 * GIB }, 2, 3, FALSE,
               NULL };
  g_autoptr (GVariant) all = NULL;

  g_variant_builder_add_value (
      &holders,
      holder ("j-1", "make check", "/home/u/src/apm2", 3, NOW - 185 * USEC));
  g_variant_builder_add_value (
      &holders, holder ("j-20", "cargo \033[1mtest\n", "/srv/é", 1, NOW));
  run.holders = g_variant_builder_end (&holders);

  add_object (&objects, LANE_, properties (&run));
  add_object (&objects, "org.example.Other", g_variant_new ("a{sv}", NULL));
  add_object (&objects, LANE_, properties (&bulk));
  add_object (&objects, LANE_, properties (&gates));
  all = g_variant_ref_sink (g_variant_builder_end (&objects));
  return apm2_properties_find_all (all, LANE_, "Name");
}

static char *
read_recorded (const char *name)
{
  g_autofree char *file = g_test_build_filename (
      G_TEST_DIST, "data", "json", "lanes", name, NULL);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  (void) g_file_get_contents (file, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

/* What was seen is left for whoever looks, or wants to record it. */
static void
fail_as_seen (const char *name, const char *text)
{
  g_autofree char *file = g_test_build_filename (G_TEST_BUILT, name, NULL);

  (void) g_file_set_contents (file, text, -1, NULL);
  g_test_message ("%s is not as recorded; %s is what was seen", name, file);
  g_test_fail ();
}

static void
test_lanes_and_their_holders (void)
{
  g_autoptr (GPtrArray) lanes = make_lanes ();
  g_autofree char *text
      = apm2_lanes_text_format (lanes, NULL, FALSE, NOW, TRUE, 0, TRUE, FALSE);
  g_autofree char *wanted = read_recorded ("three.txt");

  if (!g_str_equal (text, wanted))
    fail_as_seen ("three.txt", text);
}

static void
test_paused_queue_pauses_all (void)
{
  g_autoptr (GPtrArray) lanes = make_lanes ();
  g_autofree char *text
      = apm2_lanes_text_format (lanes, NULL, TRUE, NOW, FALSE, 0, TRUE, FALSE);

  g_assert_null (strstr (text, "open"));
  g_assert_null (strstr (text, "LANE"));
  g_assert_true (g_str_has_prefix (text, "bulk   paused"));
}

static void
test_narrow_terminal_keeps_one_line_each (void)
{
  g_autoptr (GPtrArray) lanes = make_lanes ();
  g_autofree char *text = apm2_lanes_text_format (
      lanes, NULL, FALSE, NOW, TRUE, 50, FALSE, FALSE);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  g_assert_cmpuint (g_strv_length (lines), ==, 7);
  for (guint i = 0; lines[i] != NULL; i++)
    g_assert_cmpint (g_utf8_strlen (lines[i], -1), <=, 50);
  g_assert_true (g_str_has_prefix (lines[4], "  - j-1 "));
  g_assert_true (g_str_has_prefix (lines[5], "  - j-20 "));
}

static void
test_full_lane_stands_out (void)
{
  g_autoptr (GPtrArray) lanes = make_lanes ();
  g_autofree char *text
      = apm2_lanes_text_format (lanes, NULL, FALSE, NOW, FALSE, 0, TRUE, TRUE);
  g_autofree char *full = g_strconcat (apm2_term_begin (TRUE, APM2_STYLE_WARN),
                                       "4/4",
                                       apm2_term_end (TRUE, APM2_STYLE_WARN),
                                       NULL);

  g_assert_nonnull (strstr (text, full));
}

/* A broker of an older version knows no budgets. */
static void
test_what_is_absent_reads_as_nothing (void)
{
  g_autoptr (GPtrArray) lanes
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  g_autofree char *text = NULL;

  g_ptr_array_add (
      lanes, g_variant_ref_sink (g_variant_new_parsed ("{'Name': <'old'>}")));
  text
      = apm2_lanes_text_format (lanes, NULL, FALSE, NOW, FALSE, 0, TRUE, FALSE);

  g_assert_cmpstr (text, ==, "old  open  -  -  -  0  0\n");
}

/* The same file is held against the schema. */
static void
test_document_is_as_recorded (void)
{
  g_autoptr (GPtrArray) lanes = make_lanes ();
  g_autoptr (json_t) found = apm2_format_json_new ("apm2.fac.lanes.v1");
  g_autofree char *text = read_recorded ("three.json");
  g_autoptr (json_t) wanted = json_loads (text, JSON_REJECT_DUPLICATES, NULL);

  json_object_set_new (found, "paused", json_false ());
  json_object_set_new (found, "lanes", apm2_properties_list_to_json (lanes));
  if (!json_equal (wanted, found))
    {
      g_autofree char *seen
          = apm2_format_json_to_string (found, APM2_JSON_STYLE_PRETTY);

      fail_as_seen ("three.json", seen);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, test) g_test_add_func ("/apm2/cli-lanes/" path, test)
  ADD ("text/lanes-and-holders", test_lanes_and_their_holders);
  ADD ("text/paused-queue-pauses-all", test_paused_queue_pauses_all);
  ADD ("text/narrow-terminal", test_narrow_terminal_keeps_one_line_each);
  ADD ("text/full-lane-stands-out", test_full_lane_stands_out);
  ADD ("text/absent-is-nothing", test_what_is_absent_reads_as_nothing);
  ADD ("json/as-recorded", test_document_is_as_recorded);
  return g_test_run ();
}
