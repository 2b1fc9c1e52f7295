/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apm2-job-id.h"

#define NOW (G_GINT64_CONSTANT (1750000000) * G_USEC_PER_SEC)

static void
test_looks_like_a_ulid (void)
{
  g_autofree char *id = apm2_job_id_new (NOW);

  g_assert_cmpuint (strlen (id), ==, 27);
  g_assert_cmpint (id[0], ==, 'j');
  g_assert_cmpuint (
      strspn (id + 1, "0123456789abcdefghjkmnpqrstvwxyz"), ==, 26);
  g_assert_true (apm2_job_id_is_valid (id));
}

static void
test_holds_its_time (void)
{
  static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
  gint64 later = NOW + 3600 * (gint64) G_USEC_PER_SEC;
  g_autofree char *id = apm2_job_id_new (later);
  gint64 msec = 0;

  for (gsize i = 1; i <= 10; i++)
    msec = msec * 32 + (strchr (alphabet, id[i]) - alphabet);

  g_assert_cmpint (msec, ==, later / 1000);
}

static void
test_increases_within_a_millisecond (void)
{
  g_autofree char *before = apm2_job_id_new (NOW);

  for (guint i = 0; i < 10000; i++)
    {
      char *id = apm2_job_id_new (NOW);

      g_assert_cmpstr (id, >, before);
      g_free (before);
      before = id;
    }
}

static void
test_increases_when_the_clock_goes_back (void)
{
  g_autofree char *before = apm2_job_id_new (NOW + 10 * G_USEC_PER_SEC);
  g_autofree char *after = apm2_job_id_new (NOW);

  g_assert_cmpstr (after, >, before);
}

static gpointer
make_ids (gpointer user_data)
{
  GStrvBuilder *ids = g_strv_builder_new ();
  g_auto (GStrv) list = NULL;

  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *id = apm2_job_id_new (NOW);

      g_strv_builder_add (ids, id);
    }
  list = g_strv_builder_end (ids);
  g_strv_builder_unref (ids);
  return g_steal_pointer (&list);
}

static void
test_is_unique_across_threads (void)
{
  g_autoptr (GHashTable) seen
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GThread *threads[4] = { NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("ids", make_ids, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_auto (GStrv) ids = g_thread_join (threads[i]);

      for (gsize k = 0; ids[k] != NULL; k++)
        g_assert_true (g_hash_table_add (seen, g_strdup (ids[k])));
    }
  g_assert_cmpuint (g_hash_table_size (seen), ==, 4000);
}

typedef gboolean (*Check) (const char *text);

static void
assert_length (Check check, gsize length, gboolean expected)
{
  g_autofree char *text = g_strnfill (length, 'a');

  g_assert_cmpint (check (text), ==, expected);
}

static void
test_id_validity (void)
{
  static const char *const good[] = { "a", "0", "-", "_", "Az-09_" };
  static const char *const bad[] = {
    "", ".", "..", "a/b", "a b", "a.b", "a\n", "ä", "a:b", "a@b", "%i",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_assert_true (apm2_job_id_is_valid (good[i]));
      g_assert_true (apm2_instance_is_valid (good[i]));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_false (apm2_job_id_is_valid (bad[i]));
      g_assert_false (apm2_instance_is_valid (bad[i]));
    }
  g_assert_false (apm2_job_id_is_valid (NULL));
  g_assert_false (apm2_instance_is_valid (NULL));
  assert_length (apm2_job_id_is_valid, 64, TRUE);
  assert_length (apm2_job_id_is_valid, 65, FALSE);
  assert_length (apm2_instance_is_valid, 64, TRUE);
  assert_length (apm2_instance_is_valid, 65, FALSE);
}

static void
test_lane_validity (void)
{
  static const char *const good[] = { "a", "bulk", "gates", "g2" };
  static const char *const bad[] = {
    "", "2g", "Bulk", "bUlk", "a-b", "a_b", "a b", "a/b", "ä", "a\n", "-",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (apm2_lane_name_is_valid (good[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (apm2_lane_name_is_valid (bad[i]));
  g_assert_false (apm2_lane_name_is_valid (NULL));
  assert_length (apm2_lane_name_is_valid, 31, TRUE);
  assert_length (apm2_lane_name_is_valid, 32, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/job-id/new/looks-like-a-ulid",
                   test_looks_like_a_ulid);
  g_test_add_func ("/apm2/job-id/new/holds-its-time", test_holds_its_time);
  g_test_add_func ("/apm2/job-id/new/increases-within-a-millisecond",
                   test_increases_within_a_millisecond);
  g_test_add_func ("/apm2/job-id/new/increases-when-the-clock-goes-back",
                   test_increases_when_the_clock_goes_back);
  g_test_add_func ("/apm2/job-id/new/is-unique-across-threads",
                   test_is_unique_across_threads);
  g_test_add_func ("/apm2/job-id/is-valid/takes-64-of-the-safe-characters",
                   test_id_validity);
  g_test_add_func ("/apm2/job-id/lane-name-is-valid/takes-31-lower-case",
                   test_lane_validity);
  return g_test_run ();
}
