/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How the amounts of a lane bound what starts, case by case. */

#include "budget-scene.h"

#include "apm2-error.h"

#define GIB (G_GUINT64_CONSTANT (1) << 30)

static void
test_nothing_waits_at_first (BudgetScene *f, gconstpointer data)
{
  g_auto (Apm2BudgetWhy) why = { 0 };

  g_assert_null (apm2_budget_next (f->budget));
  g_assert_false (apm2_budget_why (f->budget, "a", &why));
  apm2_budget_remove (f->budget, "a");
}

static void
test_slots_bound_what_starts (BudgetScene *f, gconstpointer data)
{
  budget_scene_add (f, "a", 1);
  budget_scene_add (f, "b", 2);
  budget_scene_add (f, "c", 1);
  budget_scene_add (f, "d", 1);
  budget_scene_assert_starts (f, "a b c");
  budget_scene_assert_why (f, "d", "1 slots: a b c");

  budget_scene_end (f, "b");
  budget_scene_assert_starts (f, "d");
}

static void
test_next_says_the_same_until_it_is_taken (BudgetScene *f, gconstpointer data)
{
  budget_scene_add (f, "a", 1);

  g_assert_cmpstr (apm2_budget_next (f->budget), ==, "a");
  g_assert_cmpstr (apm2_budget_next (f->budget), ==, "a");
  apm2_budget_remove (f->budget, "a");
  g_assert_null (apm2_budget_next (f->budget));
}

static void
test_rank_then_arrival_is_the_order (BudgetScene *f, gconstpointer data)
{
  const Apm2BudgetAmounts one = { 1 };

  budget_scene_set_lane (f, "run", 1, 0, 0, 16);
  budget_scene_add_full (f, "late", "run", &one, NULL, 20);
  budget_scene_add_full (f, "first", "run", &one, NULL, -5);
  budget_scene_add_full (f, "second", "run", &one, NULL, 10);
  budget_scene_add_full (f, "third", "run", &one, NULL, 10);
  budget_scene_assert_why (f, "first", "1 :");
  budget_scene_assert_why (f, "third", "3 :");
  budget_scene_assert_why (f, "late", "4 :");

  budget_scene_assert_starts (f, "first");
  budget_scene_end (f, "first");
  budget_scene_assert_starts (f, "second");
  budget_scene_end (f, "second");
  budget_scene_assert_starts (f, "third");
  budget_scene_end (f, "third");
  budget_scene_assert_starts (f, "late");
}

static void
test_processors_and_memory_are_bounded_too (BudgetScene *f, gconstpointer data)
{
  budget_scene_set_lane (f, "run", 0, 400, 8 * GIB, 16);
  budget_scene_add_full (
      f, "a", "run", &(Apm2BudgetAmounts){ 1, 300, 0 }, NULL, 0);
  budget_scene_add_full (
      f, "b", "run", &(Apm2BudgetAmounts){ 1, 0, 6 * GIB }, NULL, 0);
  budget_scene_assert_starts (f, "a b");

  budget_scene_add_full (
      f, "c", "run", &(Apm2BudgetAmounts){ 1, 101, 0 }, NULL, 0);
  budget_scene_add_full (
      f, "d", "run", &(Apm2BudgetAmounts){ 1, 0, 2 * GIB + 1 }, NULL, 0);
  budget_scene_assert_starts (f, "");
  budget_scene_assert_why (f, "c", "1 cpus: a");
  budget_scene_assert_why (f, "d", "2 memory: b");

  budget_scene_add_full (
      f, "e", "run", &(Apm2BudgetAmounts){ 1, 100, 2 * GIB }, NULL, 0);
  budget_scene_assert_starts (f, "e");
}

static void
test_lanes_do_not_share_room (BudgetScene *f, gconstpointer data)
{
  budget_scene_add (f, "a", 4);
  budget_scene_add (f, "b", 1);
  budget_scene_add_full (
      f, "c", "other", &(Apm2BudgetAmounts){ 1000 }, NULL, 0);

  budget_scene_assert_starts (f, "a c");
  budget_scene_assert_why (f, "b", "1 slots: a");
}

static void
test_unconfigured_lane_starts_nothing (BudgetScene *f, gconstpointer data)
{
  budget_scene_add_full (f, "a", "new", &(Apm2BudgetAmounts){ 1 }, NULL, 0);
  budget_scene_assert_starts (f, "");
  budget_scene_assert_why (f, "a", "1 paused:");

  budget_scene_set_lane (f, "new", 1, 0, 0, 16);
  budget_scene_assert_starts (f, "a");

  budget_scene_add_full (f, "b", "run", &(Apm2BudgetAmounts){ 1 }, NULL, 0);
  apm2_budget_drop_lane (f->budget, "run");
  budget_scene_assert_starts (f, "");
}

static void
test_worker_jobs_take_room (BudgetScene *f, gconstpointer data)
{
  const Apm2BudgetAmounts load = { 3, 0, 0 };
  const Apm2BudgetAmounts none = { 0, 0, 0 };

  apm2_budget_set_lane_load (f->budget, "run", &load);
  budget_scene_add (f, "a", 2);
  budget_scene_assert_starts (f, "");
  budget_scene_assert_why (f, "a", "1 slots:");

  apm2_budget_set_lane_load (f->budget, "run", &none);
  budget_scene_assert_starts (f, "a");
}

static void
test_load_above_the_budget_is_no_wrap (BudgetScene *f, gconstpointer data)
{
  const Apm2BudgetAmounts load = { G_MAXUINT64, G_MAXUINT64, G_MAXUINT64 };

  budget_scene_set_lane (f, "run", 4, 100, GIB, 16);
  apm2_budget_set_lane_load (f->budget, "run", &load);
  budget_scene_add (f, "a", 1);
  apm2_budget_hold (f->budget, "a");

  g_assert_cmpuint (
      apm2_budget_get_usage (f->budget, "run").used.slots, ==, G_MAXUINT64);
  budget_scene_add (f, "b", 1);
  budget_scene_assert_starts (f, "");
}

static void
test_what_ran_before_a_restart_goes_on (BudgetScene *f, gconstpointer data)
{
  budget_scene_add (f, "a", 3);
  apm2_budget_hold (f->budget, "a");
  budget_scene_add (f, "b", 3);
  apm2_budget_hold (f->budget, "b");
  budget_scene_add (f, "c", 1);
  budget_scene_assert_starts (f, "");

  budget_scene_end (f, "a");
  budget_scene_assert_starts (f, "c");
}

static void
test_smaller_budget_ends_nothing (BudgetScene *f, gconstpointer data)
{
  budget_scene_add (f, "a", 4);
  budget_scene_assert_starts (f, "a");
  budget_scene_set_lane (f, "run", 2, 0, 0, 16);
  budget_scene_add (f, "b", 1);
  budget_scene_assert_starts (f, "");

  budget_scene_set_lane (f, "run", 0, 0, 0, 16);
  budget_scene_assert_starts (f, "b");
}

static void
test_what_never_fits_is_refused (BudgetScene *f, gconstpointer data)
{
  static const struct
  {
    Apm2BudgetAmounts amounts;
    const char *message; /* NULL: it fits */
  } cases[] = {
    { { 4, 400, 4 * GIB }, NULL },
    { { 0, 0, 0 }, NULL },
    { { 5, 0, 0 },
      "limit_exceeds_lane: slot.slots 5 is more than the whole budget of lane "
      "\"run\", 4" },
    { { 1, 401, 0 },
      "limit_exceeds_lane: limits.cpu_quota_percent 401% is more than the "
      "whole "
      "budget of lane \"run\", 400%" },
    { { 1, 0, 5 * GIB },
      "limit_exceeds_lane: limits.memory_max_bytes 5G is more than the whole "
      "budget of lane \"run\", 4G" },
  };

  budget_scene_set_lane (f, "run", 4, 400, 4 * GIB, 16);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const Apm2BudgetDemand demand = { "run", cases[i].amounts, NULL };
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (apm2_budget_fits_ever (f->budget, &demand, &error),
                       ==,
                       cases[i].message == NULL);
      if (cases[i].message == NULL)
        continue;
      g_assert_error (error, APM2_ERROR, APM2_ERROR_DENIED);
      g_assert_true (g_str_has_prefix (error->message, cases[i].message));
      g_assert_true (g_str_has_suffix (
          error->message,
          "; ask for less, or give the lane more in apm2.conf(5)"));
    }
}

/* A load is no budget: what runs now ends one day. */
static void
test_what_fits_later_is_not_refused (BudgetScene *f, gconstpointer data)
{
  const Apm2BudgetDemand demand = { "run", { 4 }, NULL };
  const Apm2BudgetDemand elsewhere = { "nosuch", { 4 }, NULL };
  g_autoptr (GError) error = NULL;

  apm2_budget_set_lane_load (f->budget, "run", &(Apm2BudgetAmounts){ 4 });
  g_assert_true (apm2_budget_fits_ever (f->budget, &demand, &error));
  g_assert_true (apm2_budget_fits_ever (f->budget, &elsewhere, &error));
  g_assert_no_error (error);
}

static void
test_usage_counts_both_kinds_of_jobs (BudgetScene *f, gconstpointer data)
{
  Apm2BudgetUsage usage;

  apm2_budget_set_lane_load (
      f->budget, "run", &(Apm2BudgetAmounts){ 1, 50, GIB });
  budget_scene_add_full (
      f, "a", "run", &(Apm2BudgetAmounts){ 2, 100, GIB }, NULL, 0);
  budget_scene_add_full (f, "b", "run", &(Apm2BudgetAmounts){ 2 }, NULL, 0);
  budget_scene_assert_starts (f, "a");
  usage = apm2_budget_get_usage (f->budget, "run");

  g_assert_cmpuint (usage.used.slots, ==, 3);
  g_assert_cmpuint (usage.used.cpu_percent, ==, 150);
  g_assert_cmpuint (usage.used.memory_bytes, ==, 2 * GIB);
  g_assert_cmpuint (usage.holding, ==, 1);
  g_assert_cmpuint (usage.waiting, ==, 1);
  usage = apm2_budget_get_usage (f->budget, "nosuch");
  g_assert_cmpuint (usage.used.slots + usage.holding + usage.waiting, ==, 0);
}

static void
test_lists_are_in_order (BudgetScene *f, gconstpointer data)
{
  g_autoptr (GPtrArray) holders = NULL;
  g_autoptr (GPtrArray) waiters = NULL;

  budget_scene_add (f, "a", 2);
  budget_scene_add_names (f, "b", "other", NULL);
  budget_scene_add (f, "c", 2);
  budget_scene_assert_starts (f, "a b c");
  budget_scene_add (f, "e", 2);
  budget_scene_add_full (f, "d", "run", &(Apm2BudgetAmounts){ 2 }, NULL, -1);
  holders = apm2_budget_list_holders (f->budget, "run");
  waiters = apm2_budget_list_waiters (f->budget, NULL);

  g_assert_cmpuint (holders->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (holders, 0), ==, "a");
  g_assert_cmpstr (g_ptr_array_index (holders, 1), ==, "c");
  g_assert_cmpuint (waiters->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (waiters, 0), ==, "d");
  g_assert_cmpstr (g_ptr_array_index (waiters, 1), ==, "e");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, test) budget_scene_add_test ("/apm2/budget/" path, test)
  ADD ("nothing-waits-at-first", test_nothing_waits_at_first);
  ADD ("slots-bound-what-starts", test_slots_bound_what_starts);
  ADD ("next-says-the-same", test_next_says_the_same_until_it_is_taken);
  ADD ("rank-then-arrival", test_rank_then_arrival_is_the_order);
  ADD ("processors-and-memory", test_processors_and_memory_are_bounded_too);
  ADD ("lanes-do-not-share-room", test_lanes_do_not_share_room);
  ADD ("unconfigured-lane", test_unconfigured_lane_starts_nothing);
  ADD ("load/takes-room", test_worker_jobs_take_room);
  ADD ("load/no-wrap", test_load_above_the_budget_is_no_wrap);
  ADD ("hold/after-a-restart", test_what_ran_before_a_restart_goes_on);
  ADD ("set-lane/ends-nothing", test_smaller_budget_ends_nothing);
  ADD ("fits-ever/refuses", test_what_never_fits_is_refused);
  ADD ("fits-ever/later", test_what_fits_later_is_not_refused);
  ADD ("usage", test_usage_counts_both_kinds_of_jobs);
  ADD ("lists", test_lists_are_in_order);
  return g_test_run ();
}
