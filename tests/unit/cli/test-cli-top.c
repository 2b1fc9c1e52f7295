/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One picture of everything: order, cuts, and what does not fit. */

#include <string.h>

#include "apm2-display.h"
#include "apm2-job-view.h"
#include "apm2-top-text.h"

#define NOW  G_GINT64_CONSTANT (1700000000000000)
#define USEC G_GUINT64_CONSTANT (1000000)

static Apm2JobView *
job (const char *id, const char *state, guint priority, guint64 ago)
{
  Apm2JobView *view = apm2_job_view_new (id);
  g_autoptr (GVariant) all = NULL;
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "State", "s", state);
  g_variant_dict_insert (&dict, "Lane", "s", "bulk");
  g_variant_dict_insert (&dict, "Name", "s", "make check of something");
  g_variant_dict_insert (&dict, "Priority", "u", priority);
  g_variant_dict_insert (&dict, "SubmittedAt", "t", (guint64) NOW - ago * USEC);
  if (g_str_equal (state, "completed"))
    {
      g_variant_dict_insert (&dict, "Verdict", "s", "passed");
      g_variant_dict_insert (
          &dict, "FinishedAt", "t", (guint64) NOW - ago * USEC);
    }
  all = g_variant_ref_sink (g_variant_dict_end (&dict));
  apm2_job_view_update (view, all);
  return view;
}

typedef struct
{
  GPtrArray *lanes;
  GPtrArray *jobs;
  Apm2TopPicture picture;
  Apm2Options options;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->lanes = g_ptr_array_new ();
  f->jobs
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_job_view_free);
  f->picture.lanes = f->lanes;
  f->picture.jobs = f->jobs;
  f->picture.now_usec = NOW;
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_ptr_array_unref (f->lanes);
  g_ptr_array_unref (f->jobs);
}

static char *
format (Fixture *f, guint columns, guint rows)
{
  const Apm2TopFrame frame = { .columns = columns, .rows = rows, .utf8 = TRUE };

  return apm2_top_text_format (&f->picture, &f->options, &frame);
}

static void
assert_order (const char *text, const char *const *ids)
{
  const char *last = text;

  for (; *ids != NULL; ids++)
    {
      const char *found = strstr (text, *ids);

      g_assert_nonnull (found);
      g_assert_true (found > last);
      last = found;
    }
}

static void
test_order (Fixture *f, gconstpointer data)
{
  static const char *const expected[]
      = { "runs-long", "runs-new",  "waits-urgent", "waits-old",
          "waits-new", "ended-new", "ended-old",    NULL };
  g_autofree char *text = NULL;

  g_ptr_array_add (f->jobs, job ("ended-old", "completed", 50, 90));
  g_ptr_array_add (f->jobs, job ("waits-new", "pending", 50, 1));
  g_ptr_array_add (f->jobs, job ("runs-new", "running", 50, 2));
  g_ptr_array_add (f->jobs, job ("waits-old", "pending", 50, 9));
  g_ptr_array_add (f->jobs, job ("ended-new", "completed", 50, 3));
  g_ptr_array_add (f->jobs, job ("runs-long", "leased", 50, 60));
  g_ptr_array_add (f->jobs, job ("waits-urgent", "pending", 0, 1));
  text = format (f, 100, 0);
  assert_order (text, expected);
}

static void
test_ended_are_hidden (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL;

  g_ptr_array_add (f->jobs, job ("ended", "completed", 50, 90));
  f->picture.hide_ended = TRUE;
  text = format (f, 100, 0);
  g_assert_null (strstr (text, "ended"));
  g_assert_nonnull (strstr (text, "No jobs."));
}

static guint
count_lines (const char *text, guint max_width)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint n = g_strv_length (lines) - 1;

  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (apm2_display_get_width (lines[i]), <=, max_width);
  return n;
}

static void
test_rest_is_counted (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL;

  for (guint i = 0; i < 30; i++)
    {
      g_autofree char *id = g_strdup_printf ("job%u", i);

      g_ptr_array_add (f->jobs, job (id, "running", 50, i));
    }
  text = format (f, 70, 14);
  /* One of health, an empty one, titles, ten jobs, the rest. */
  g_assert_cmpuint (count_lines (text, 70), ==, 14);
  g_assert_nonnull (strstr (text, "\nand 20 more\n"));
}

static void
test_never_higher (Fixture *f, gconstpointer data)
{
  g_ptr_array_add (f->jobs, job ("one", "running", 50, 1));
  g_ptr_array_add (f->jobs, job ("two", "running", 50, 2));
  for (guint rows = 1; rows < 8; rows++)
    {
      g_autofree char *text = format (f, 70, rows);

      g_assert_cmpuint (count_lines (text, 70), <=, rows);
    }
}

static void
test_without_broker (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL;

  f->picture.problem = "cannot reach the broker, which is far away from here";
  text = format (f, 30, 0);
  g_assert_nonnull (strstr (text, "cannot reach the broker"));
  g_assert_null (strstr (text, "No jobs."));
  g_assert_null (strstr (text, "far away"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func)                                                        \
  g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/cli/top/order", test_order);
  ADD ("/cli/top/ended-are-hidden", test_ended_are_hidden);
  ADD ("/cli/top/rest-is-counted", test_rest_is_counted);
  ADD ("/cli/top/never-higher", test_never_higher);
  ADD ("/cli/top/without-broker", test_without_broker);
  return g_test_run ();
}
