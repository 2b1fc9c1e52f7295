/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names of lane slots and of their units. */

#include "apm2-lane-name.h"

static void
assert_name (const char *instance, const char *expected)
{
  g_autofree char *slot = apm2_lane_slot_name (instance, "gates", 12);

  g_assert_cmpstr (slot, ==, expected);
  g_assert_true (apm2_lane_slot_is_of (slot, instance));
}

static void
test_slot_says_whose_it_is (void)
{
  g_autofree char *odd = apm2_lane_slot_name ("A_b-c", "gates", 1);
  g_autofree char *lane = apm2_lane_slot_get_lane (odd);

  assert_name (NULL, "gates-12");
  assert_name ("default", "gates-12");
  assert_name ("two", "two-gates-12");
  g_assert_cmpstr (lane, ==, "gates");
  g_assert_true (apm2_lane_slot_is_of (odd, "A_b-c"));
}

static void
test_no_two_workers_share_a_slot (void)
{
  g_assert_false (apm2_lane_slot_is_of ("two-gates-1", "default"));
  g_assert_false (apm2_lane_slot_is_of ("gates-1", "two"));
  g_assert_false (apm2_lane_slot_is_of ("gates-1", "gates"));
  g_assert_false (apm2_lane_slot_is_of ("two-gates-1", "tw"));
}

static void
test_what_is_no_slot_has_no_lane (void)
{
  static const char *const names[]
      = { "", "-", "gates", "gates-", "-1", "gates-x", "gates-1x", "--1" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_null (apm2_lane_slot_get_lane (names[i]));
}

static void
test_unit_names_its_slot (void)
{
  g_autofree char *plain = apm2_lane_unit_name ("gates-1", FALSE);
  g_autofree char *open = apm2_lane_unit_name ("gates-1", TRUE);
  g_autofree char *slot = NULL;
  gboolean network = FALSE;

  g_assert_cmpstr (plain, ==, "apm2-lane@gates-1.service");
  g_assert_cmpstr (open, ==, "apm2-lane-net@gates-1.service");
  slot = apm2_lane_unit_get_slot (open, &network);
  g_assert_cmpstr (slot, ==, "gates-1");
  g_assert_true (network);
  g_assert_null (apm2_lane_unit_get_slot ("apm2-worker.service", NULL));
  g_assert_null (apm2_lane_unit_get_slot ("apm2-lane@gates-1.timer", NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/apm2/lane-name/slot-says-whose-it-is",
                   test_slot_says_whose_it_is);
  g_test_add_func ("/apm2/lane-name/no-two-workers-share-a-slot",
                   test_no_two_workers_share_a_slot);
  g_test_add_func ("/apm2/lane-name/what-is-no-slot-has-no-lane",
                   test_what_is_no_slot_has_no_lane);
  g_test_add_func ("/apm2/lane-name/unit-names-its-slot",
                   test_unit_names_its_slot);
  return g_test_run ();
}
