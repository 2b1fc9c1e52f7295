/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* In which order waiters start, and how often one may be passed. */

#include "budget-scene.h"

static void
test_closed_lane_starts_nothing (BudgetScene *f, gconstpointer data)
{
  budget_scene_add (f, "a", 1);
  apm2_budget_set_lane_closed (f->budget, "run", APM2_BUDGET_CAUSE_PAUSED);
  budget_scene_assert_starts (f, "");
  budget_scene_assert_why (f, "a", "1 paused:");

  apm2_budget_set_lane_closed (f->budget, "run", APM2_BUDGET_CAUSE_PRESSURE);
  budget_scene_assert_starts (f, "");
  budget_scene_assert_why (f, "a", "1 pressure:");

  apm2_budget_set_lane_closed (f->budget, "run", APM2_BUDGET_CAUSE_NONE);
  budget_scene_assert_starts (f, "a");
}

static void
test_a_name_has_one_holder_on_the_machine (BudgetScene *f, gconstpointer data)
{
  budget_scene_add_names (f, "a", "run", "db");
  budget_scene_add_names (f, "b", "other", "db port");
  budget_scene_add_names (f, "c", "other", "port");
  budget_scene_assert_starts (f, "a c");
  budget_scene_assert_why (f, "b", "1 exclusive db: a c");

  budget_scene_end (f, "a");
  budget_scene_assert_starts (f, "");
  budget_scene_assert_why (f, "b", "1 exclusive port: c");
  budget_scene_end (f, "c");
  budget_scene_assert_starts (f, "b");
}

/* All at once or none: two that ask for the same names in another order cannot
 * each have one of them. */
static void
test_half_of_the_names_is_never_taken (BudgetScene *f, gconstpointer data)
{
  budget_scene_add_names (f, "a", "run", "x");
  budget_scene_assert_starts (f, "a");
  budget_scene_add_names (f, "b", "run", "x y");
  budget_scene_add_names (f, "c", "run", "y");

  budget_scene_assert_starts (f, "c");
  budget_scene_end (f, "a");
  budget_scene_assert_starts (f, "");
  budget_scene_end (f, "c");
  budget_scene_assert_starts (f, "b");
}

static void
test_small_ones_pass_as_often_as_allowed (BudgetScene *f, gconstpointer data)
{
  budget_scene_set_lane (f, "run", 4, 0, 0, 2);
  budget_scene_add (f, "s0", 1);
  budget_scene_assert_starts (f, "s0");
  budget_scene_add (f, "big", 4);
  budget_scene_add (f, "s1", 1);
  budget_scene_add (f, "s2", 1);
  budget_scene_add (f, "s3", 1);

  g_assert_false (apm2_budget_is_lane_reserved (f->budget, "run"));
  budget_scene_assert_starts (f, "s1 s2");
  budget_scene_assert_why (f, "big", "1 slots: s0 s1 s2");
  budget_scene_assert_why (f, "s3", "2 turn: big");
  g_assert_true (apm2_budget_is_lane_reserved (f->budget, "run"));

  budget_scene_end (f, "s0");
  budget_scene_end (f, "s1");
  budget_scene_assert_starts (f, "");
  budget_scene_end (f, "s2");
  budget_scene_assert_starts (f, "big");
  g_assert_false (apm2_budget_is_lane_reserved (f->budget, "run"));
  budget_scene_end (f, "big");
  budget_scene_assert_starts (f, "s3");
}

static void
test_no_pass_at_all_keeps_the_order (BudgetScene *f, gconstpointer data)
{
  budget_scene_set_lane (f, "run", 4, 0, 0, 0);
  budget_scene_add (f, "a", 1);
  budget_scene_assert_starts (f, "a");
  budget_scene_add (f, "big", 4);
  budget_scene_add (f, "b", 1);

  budget_scene_assert_starts (f, "");
  budget_scene_assert_why (f, "b", "2 turn: big");
}

static void
test_one_of_a_better_rank_does_not_pass (BudgetScene *f, gconstpointer data)
{
  budget_scene_set_lane (f, "run", 4, 0, 0, 0);
  budget_scene_add (f, "a", 1);
  budget_scene_assert_starts (f, "a");
  budget_scene_add (f, "big", 4);
  budget_scene_add_full (
      f, "urgent", "run", &(Apm2BudgetAmounts){ 1 }, NULL, -1);

  budget_scene_assert_starts (f, "urgent");
}

static void
test_one_that_is_first_keeps_its_names (BudgetScene *f, gconstpointer data)
{
  budget_scene_set_lane (f, "run", 4, 0, 0, 1);
  budget_scene_add (f, "full", 4);
  budget_scene_assert_starts (f, "full");
  budget_scene_add_names (f, "w", "run", "db");
  budget_scene_add_names (f, "p1", "other", "db");
  budget_scene_assert_starts (f, "p1");
  budget_scene_add_names (f, "p2", "other", "db");
  budget_scene_end (f, "p1");

  budget_scene_assert_starts (f, "");
  budget_scene_assert_why (f, "p2", "1 turn db: w");
  budget_scene_end (f, "full");
  budget_scene_assert_starts (f, "w");
  budget_scene_end (f, "w");
  budget_scene_assert_starts (f, "p2");
}

/* Room would be of no use to one that waits for a name. */
static void
test_waiting_for_a_name_stops_no_lane (BudgetScene *f, gconstpointer data)
{
  budget_scene_set_lane (f, "run", 4, 0, 0, 0);
  budget_scene_add_names (f, "long", "other", "db");
  budget_scene_assert_starts (f, "long");
  budget_scene_add_names (f, "w", "run", "db");
  budget_scene_add (f, "a", 1);
  budget_scene_add (f, "b", 1);

  budget_scene_assert_starts (f, "a b");
  g_assert_false (apm2_budget_is_lane_reserved (f->budget, "run"));
}

static void
test_once_its_names_are_free_the_lane_waits (BudgetScene *f, gconstpointer data)
{
  budget_scene_set_lane (f, "run", 1, 0, 0, 0);
  budget_scene_add_names (f, "long", "other", "db");
  budget_scene_add (f, "a", 1);
  budget_scene_assert_starts (f, "long a");
  budget_scene_add_names (f, "w", "run", "db");
  budget_scene_add (f, "b", 1);
  budget_scene_end (f, "long");

  budget_scene_end (f, "a");
  budget_scene_assert_starts (f, "w");
  budget_scene_assert_why (f, "b", "1 slots: w");
}

static void
test_closed_lane_keeps_nobody_waiting (BudgetScene *f, gconstpointer data)
{
  budget_scene_set_lane (f, "run", 4, 0, 0, 0);
  budget_scene_add_names (f, "w", "run", "db");
  apm2_budget_set_lane_closed (f->budget, "run", APM2_BUDGET_CAUSE_PAUSED);
  budget_scene_add_names (f, "p", "other", "db");

  budget_scene_assert_starts (f, "p");
  g_assert_false (apm2_budget_is_lane_reserved (f->budget, "run"));
}

static void
test_more_worker_jobs_pass_as_well (BudgetScene *f, gconstpointer data)
{
  budget_scene_set_lane (f, "run", 4, 0, 0, 3);
  budget_scene_add (f, "big", 4);
  apm2_budget_set_lane_load (f->budget, "run", &(Apm2BudgetAmounts){ 2 });
  g_assert_false (apm2_budget_is_lane_reserved (f->budget, "run"));
  apm2_budget_set_lane_load (f->budget, "run", &(Apm2BudgetAmounts){ 1 });
  g_assert_false (apm2_budget_is_lane_reserved (f->budget, "run"));
  apm2_budget_set_lane_load (f->budget, "run", &(Apm2BudgetAmounts){ 2 });
  g_assert_true (apm2_budget_is_lane_reserved (f->budget, "run"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, test) budget_scene_add_test ("/apm2/budget-order/" path, test)
  ADD ("load/passes", test_more_worker_jobs_pass_as_well);
  ADD ("closed/starts-nothing", test_closed_lane_starts_nothing);
  ADD ("closed/keeps-nobody-waiting", test_closed_lane_keeps_nobody_waiting);
  ADD ("exclusive/one-holder", test_a_name_has_one_holder_on_the_machine);
  ADD ("exclusive/all-or-none", test_half_of_the_names_is_never_taken);
  ADD ("exclusive/first-keeps-names", test_one_that_is_first_keeps_its_names);
  ADD ("exclusive/stops-no-lane", test_waiting_for_a_name_stops_no_lane);
  ADD ("exclusive/then-the-lane", test_once_its_names_are_free_the_lane_waits);
  ADD ("passes/as-often-as-allowed", test_small_ones_pass_as_often_as_allowed);
  ADD ("passes/none", test_no_pass_at_all_keeps_the_order);
  ADD ("passes/better-rank", test_one_of_a_better_rank_does_not_pass);
  return g_test_run ();
}
