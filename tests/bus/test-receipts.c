/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Receipts as a client reads them: by page in both directions, by job and by
 * digest.
 */

#include <string.h>

#include "apm2-json-canonical.h"
#include "rig-wait.h"
#include "rig-worker.h"

typedef struct
{
  Rig *rig;
  GPtrArray *ids; /* (element-type utf8) in the order of their ends */
} Fixture;

static void
end_jobs (Fixture *self, guint n)
{
  g_autofree char *spec = rig_spec (NULL);

  for (guint i = 0; i < n; i++)
    {
      char *id = rig_submit (self->rig->client, spec);

      g_ptr_array_add (self->ids, id);
      g_variant_unref (
          rig_queue (self->rig->client, "Cancel", "(%s, @a{sv} {})", id));
    }
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->rig = rig_new (NULL);
  self->ids = g_ptr_array_new_with_free_func (g_free);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_ptr_array_unref (self->ids);
  rig_free (self->rig);
}

static GVariant *
list_page (Fixture *self, guint limit, const char *cursor, const char *options)
{
  g_autoptr (GVariant) parsed
      = g_variant_parse (G_VARIANT_TYPE_VARDICT, options, NULL, NULL, NULL);

  return rig_queue (self->rig->client,
                    "ListReceipts",
                    "(%u, %s, %@a{sv})",
                    limit,
                    cursor,
                    parsed);
}

/* The ids of all pages; a job more ends between one page and the next. */
static GPtrArray *
list_all (Fixture *self, guint limit, const char *options)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *cursor = g_strdup ("");

  do
    {
      g_autoptr (GVariant) reply = list_page (self, limit, cursor, options);
      g_autoptr (GVariant) entries = g_variant_get_child_value (reply, 0);

      g_assert_cmpuint (g_variant_n_children (entries), <=, limit);
      for (gsize i = 0; i < g_variant_n_children (entries); i++)
        {
          g_autoptr (GVariant) entry = g_variant_get_child_value (entries, i);
          char *id = NULL;

          g_assert_true (g_variant_lookup (entry, "job_id", "s", &id));
          g_ptr_array_add (found, id);
        }
      g_free (cursor);
      g_variant_get_child (reply, 1, "s", &cursor);
      if (found->len < 20)
        end_jobs (self, 1);
    }
  while (*cursor != '\0');
  return found;
}

static void
test_newest_first_holds_still (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) found = NULL;

  end_jobs (self, 10);
  found = list_all (self, 3, "{}");
  g_assert_cmpuint (found->len, ==, 10);
  for (guint i = 0; i < found->len; i++)
    g_assert_cmpstr (
        g_ptr_array_index (found, i), ==, g_ptr_array_index (self->ids, 9 - i));
}

static void
test_oldest_first_goes_on (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) found = NULL;

  end_jobs (self, 10);
  found = list_all (self, 3, "{'oldest_first': <true>}");
  g_assert_cmpuint (found->len, >, 10);
  for (guint i = 0; i < found->len; i++)
    g_assert_cmpstr (
        g_ptr_array_index (found, i), ==, g_ptr_array_index (self->ids, i));
}

static void
test_pages_with_text_are_shorter (Fixture *self, gconstpointer data)
{
  g_autoptr (GVariant) plain = NULL;
  g_autoptr (GVariant) full = NULL;
  g_autoptr (GVariant) plain_entries = NULL;
  g_autoptr (GVariant) full_entries = NULL;

  end_jobs (self, 201);
  plain = list_page (self, 1000, "", "{}");
  plain_entries = g_variant_get_child_value (plain, 0);
  g_assert_cmpuint (g_variant_n_children (plain_entries), ==, 201);
  full = list_page (self, 1000, "", "{'text': <true>}");
  full_entries = g_variant_get_child_value (full, 0);
  g_assert_cmpuint (g_variant_n_children (full_entries), ==, 200);
  g_assert_cmpuint (rig_verify_chain (self->rig->client, NULL), ==, 201);
}

static void
test_one_is_found_by_job_and_digest (Fixture *self, gconstpointer data)
{
  g_autoptr (GVariant) by_job = NULL;
  g_autoptr (GVariant) by_digest = NULL;
  g_autofree char *hash = NULL;
  const char *text = NULL;
  const char *digest = NULL;

  end_jobs (self, 3);
  by_job = rig_queue (self->rig->client,
                      "GetReceipt",
                      "(%s, @a{sv} {})",
                      g_ptr_array_index (self->ids, 1));
  g_variant_get (by_job, "(&s&s)", &text, &digest);
  hash = apm2_json_digest (text, strlen (text));
  g_assert_cmpstr (hash, ==, digest);
  by_digest
      = rig_queue (self->rig->client, "GetReceipt", "(%s, @a{sv} {})", digest);
  g_assert_true (g_variant_equal (by_job, by_digest));
}

static void
test_none_before_the_end (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *id = rig_submit (self->rig->client, spec);

  g_free (rig_queue_fails (self->rig->client,
                           APM2_ERROR_NOT_FOUND,
                           "GetReceipt",
                           "(%s, @a{sv} {})",
                           id));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add (                                                                 \
      "/apm2/receipts/" name, Fixture, NULL, set_up, function, tear_down)

  ADD ("list/newest-first-holds-still", test_newest_first_holds_still);
  ADD ("list/oldest-first-goes-on", test_oldest_first_goes_on);
  ADD ("list/pages-with-text-are-shorter", test_pages_with_text_are_shorter);
  ADD ("get/by-job-and-by-digest", test_one_is_found_by_job_and_digest);
  ADD ("get/none-before-the-end", test_none_before_the_end);
  return g_test_run ();
}
