/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The broker's promise under SIGKILL: no acknowledged job is lost, none exists
 * twice, and each ends with exactly one receipt.
 *
 * The broker is killed at random moments, also while it starts. Against a
 * broker that acknowledges before it commits the test must fail; control.sh
 * proves it.
 */

#include "kill-load.h"
#include "rig-client.h"
#include "rig-wait.h"

#define KILLS        200
#define LIFE_USEC    80000
#define START_USEC   20000
#define START_PER_10 2 /* of ten kills so many hit the start */

/* Losing its worker is what happens to jobs here: it must not end them. */
static const char config[] = "[lease]\nlost-max=100\n";

static guint
count_kills (void)
{
  const char *text = g_getenv ("APM2_TEST_KILLS");
  guint64 kills = KILLS;

  if (text != NULL
      && !g_ascii_string_to_unsigned (text, 10, 1, 100000, &kills, NULL))
    rig_fail ("APM2_TEST_KILLS is '%s'", text);
  return (guint) kills;
}

/* A moment is what is random here, not a wait for something. */
static void
let_live (guint at_most_usec)
{
  g_usleep ((gulong) g_test_rand_int_range (0, (int) at_most_usec));
}

static void
kill_while_starting (RigHome *home)
{
  g_autofree char *program = rig_program ("daemon/apm2-daemon");
  const char *argv[] = { program, "--user", NULL };
  g_autoptr (RigProcess) broker = rig_process_start (home, "broker", argv);

  let_live (START_USEC);
  rig_process_kill (broker);
}

static void
kill_often (RigHome *home, guint kills)
{
  for (guint i = 0; i < kills; i++)
    {
      g_autoptr (RigProcess) broker = NULL;

      if (g_test_rand_int_range (0, 10) < START_PER_10)
        {
          kill_while_starting (home);
          continue;
        }
      broker = rig_broker_start (home);
      let_live (LIFE_USEC);
      rig_process_kill (broker);
    }
}

static gboolean
is_done (gpointer data)
{
  GDBusConnection *client = data;

  return rig_counter (client, "Pending") == 0
         && rig_counter (client, "Leased") == 0
         && rig_counter (client, "Running") == 0;
}

/* All jobs of the store by their name, which is a key or a file. */
static GHashTable *
list_jobs (GDBusConnection *client)
{
  GHashTable *ids
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *cursor = g_strdup ("");

  do
    {
      g_autoptr (GVariant) reply = rig_queue (
          client, "List", "(@a{sv} {}, uint32 1000, %s, @a{sv} {})", cursor);
      g_autoptr (GVariant) records = g_variant_get_child_value (reply, 0);

      for (gsize i = 0; i < g_variant_n_children (records); i++)
        {
          g_autoptr (GVariant) record = g_variant_get_child_value (records, i);
          const char *id = NULL;
          const char *verdict = NULL;

          g_assert_true (g_variant_lookup (record, "id", "&s", &id));
          g_assert_true (g_variant_lookup (record, "verdict", "&s", &verdict));
          if (!g_str_equal (verdict, "passed"))
            rig_fail ("job %s did not pass", id);
          g_assert_true (g_hash_table_add (ids, g_strdup (id)));
        }
      g_free (cursor);
      g_variant_get_child (reply, 1, "s", &cursor);
    }
  while (*cursor != '\0');
  return ids;
}

static void
check_acknowledged (const Load *load, GHashTable *ids)
{
  GHashTableIter iter;
  gpointer key;
  gpointer id;
  g_autoptr (GHashTable) distinct = g_hash_table_new (g_str_hash, g_str_equal);

  g_hash_table_iter_init (&iter, load->acked);
  while (g_hash_table_iter_next (&iter, &key, &id))
    {
      if (!g_hash_table_contains (ids, id))
        rig_fail ("job %s was acknowledged for key %s and is lost",
                  (const char *) id,
                  (const char *) key);
      if (!g_hash_table_add (distinct, id))
        rig_fail ("job %s was given for two keys", (const char *) id);
    }
}

static void
check_receipts (const Load *load, GDBusConnection *client)
{
  GHashTableIter iter;
  gpointer id;
  gpointer digest;

  g_hash_table_iter_init (&iter, load->finished);
  while (g_hash_table_iter_next (&iter, &id, &digest))
    {
      g_autofree char *kept = rig_get_string (client, id, "receipt_digest");

      if (g_strcmp0 (kept, digest) != 0)
        rig_fail ("the acknowledged receipt of job %s is lost",
                  (const char *) id);
    }
}

static void
check_all (const Load *load, GDBusConnection *client)
{
  g_autoptr (GHashTable) ids = list_jobs (client);
  g_autoptr (GHashTable) ended
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint64 n_receipts = rig_verify_chain (client, ended);
  guint n_expected = g_hash_table_size (load->acked) + load->n_files;

  g_test_message ("%u jobs, %u of them files, %u leases",
                  g_hash_table_size (ids),
                  load->n_files,
                  g_hash_table_size (load->leased));
  check_acknowledged (load, ids);
  /* Each key and each file was tried until it was taken, so a job beyond them
   * is one that was made twice. */
  if (g_hash_table_size (ids) < n_expected)
    rig_fail ("of %u jobs taken by key or as a file one or more is lost",
              n_expected);
  if (g_hash_table_size (ids) > n_expected)
    rig_fail ("of %u keys and files one or more made two jobs", n_expected);
  g_assert_cmpuint (n_receipts, ==, n_expected);
  g_assert_cmpuint (g_hash_table_size (ended), ==, n_expected);
  check_receipts (load, client);
}

static void
test_kills_lose_nothing (void)
{
  g_autoptr (RigHome) home = rig_home_new (config);
  g_autoptr (RigProcess) broker = rig_broker_start (home);
  g_autoptr (Load) load = NULL;
  GDBusConnection *client = NULL;
  guint kills = count_kills ();
  gint64 start = g_get_monotonic_time ();

  load = load_new (home);
  rig_process_kill (broker);
  g_clear_pointer (&broker, rig_process_free);
  kill_often (home, kills);

  broker = rig_broker_start (home);
  load_stop_clients (load);
  client = rig_connect (home, RIG_PEER);
  rig_wait (is_done, client, "all jobs have ended");
  g_test_message ("%u kills in %.1f s",
                  kills,
                  (double) (g_get_monotonic_time () - start) / 1e6);
  check_all (load, client);
  rig_disconnect (client);
  g_assert_cmpint (rig_process_stop (broker), ==, 0);
  load_stop_workers (load);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/apm2/broker-kill/loses-nothing-and-doubles-nothing",
                   test_kills_lose_nothing);
  return g_test_run ();
}
