/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apm2-gate-set.h"

static GPtrArray *
new_set (void)
{
  GPtrArray *steps
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_step_free);

  for (guint i = 0; i < 2; i++)
    {
      Apm2Step *step = apm2_step_new (i == 0 ? "build" : "test");

      step->argv = g_strsplit ("/bin/sh|-c|make", "|", -1);
      g_ptr_array_add (steps, step);
    }
  return steps;
}

/* Digests stand in receipts: this one must never change. */
static void
test_digest_is_frozen (void)
{
  static const char text[]
      = "[{\"argv\":[\"/bin/sh\",\"-c\",\"make\"],\"name\":\"build\"},"
        "{\"argv\":[\"/bin/sh\",\"-c\",\"make\"],\"name\":\"test\","
        "\"needs\":[\"build\"]}]";
  g_autoptr (GPtrArray) steps = new_set ();
  Apm2Step *test = g_ptr_array_index (steps, 1);
  g_autofree char *expected
      = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  g_autofree char *digest = NULL;

  test->needs = g_strsplit ("build", " ", -1);
  digest = apm2_gate_set_get_digest (steps);

  g_assert_cmpstr (digest, ==, expected);
}

typedef void (*Change) (GPtrArray *steps);

static void
change_order (GPtrArray *steps)
{
  g_ptr_array_insert (steps, 0, g_ptr_array_steal_index (steps, 1));
}

static void
leave_out (GPtrArray *steps)
{
  g_ptr_array_remove_index (steps, 1);
}

#define LAST(steps) ((Apm2Step *) g_ptr_array_index (steps, 1))

static void
allow_failure (GPtrArray *steps)
{
  LAST (steps)->allow_failure = TRUE;
}

static void
give_network (GPtrArray *steps)
{
  LAST (steps)->network = TRUE;
}

static void
give_time (GPtrArray *steps)
{
  LAST (steps)->timeout_sec = 9;
}

static void
set_env (GPtrArray *steps)
{
  LAST (steps)->env = g_strsplit ("SKIP=1", " ", -1);
}

static void
keep_cache (GPtrArray *steps)
{
  LAST (steps)->caches = g_strsplit ("obj", " ", -1);
}

static void
need (GPtrArray *steps)
{
  LAST (steps)->needs = g_strsplit ("build", " ", -1);
}

static void
other_command (GPtrArray *steps)
{
  g_free (LAST (steps)->argv[2]);
  LAST (steps)->argv[2] = g_strdup ("true");
}

static void
test_every_change_makes_another_set (void)
{
  static const Change changes[]
      = { change_order, leave_out,  allow_failure, give_network, give_time,
          set_env,      keep_cache, need,          other_command };
  g_autoptr (GHashTable) seen
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) plain = new_set ();

  g_hash_table_add (seen, apm2_gate_set_get_digest (plain));
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autoptr (GPtrArray) steps = new_set ();

      changes[i](steps);
      g_assert_true (g_hash_table_add (seen, apm2_gate_set_get_digest (steps)));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/gate-set/digest-is-frozen", test_digest_is_frozen);
  g_test_add_func ("/apm2/gate-set/every-change-makes-another-set",
                   test_every_change_makes_another_set);
  return g_test_run ();
}
