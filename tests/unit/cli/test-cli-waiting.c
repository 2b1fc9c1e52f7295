/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Why a job does not start.
 */

#include <string.h>

#include "apm2-waiting.h"

static char *
explain (const char *queue, const char *services)
{
  const Apm2Options options = { .mode = APM2_MODE_USER };
  g_autoptr (GVariant) q = g_variant_ref_sink (g_variant_new_parsed (queue));
  g_autoptr (GVariant) s = g_variant_ref_sink (g_variant_new_parsed (services));

  return apm2_waiting_explain (q, s, "bulk", &options);
}

#define OPEN      "{'Paused': <false>, 'PausedLanes': <@as []>}"
#define HEALTHY   "{'OverallReasons': <@as []>}"
#define NO_WORKER "{'OverallReasons': <['no_worker']>}"

static void
test_moving_queue_is_not_worth_a_word (void)
{
  g_assert_null (explain (OPEN, HEALTHY));
}

static void
test_paused_queue_is_told (void)
{
  g_autofree char *why
      = explain ("{'Paused': <true>, 'PausedLanes': <['bulk']>}", NO_WORKER);

  g_assert_cmpstr (why,
                   ==,
                   "the queue is paused; resume it with: apm2 --user fac queue "
                   "resume");
}

static void
test_paused_lane_is_told (void)
{
  g_autofree char *why
      = explain ("{'Paused': <false>, 'PausedLanes': <['bulk']>}", HEALTHY);

  g_assert_nonnull (strstr (why, "apm2 --user fac queue resume bulk"));
}

static void
test_lane_of_others_does_not_matter (void)
{
  g_assert_null (
      explain ("{'Paused': <false>, 'PausedLanes': <['gates']>}", HEALTHY));
}

static void
test_missing_worker_is_told (void)
{
  g_autofree char *why = explain (OPEN, NO_WORKER);

  g_assert_nonnull (strstr (why, "systemctl --user start apm2-worker"));
}

static void
test_silence_is_no_reason (void)
{
  g_assert_null (explain ("@a{sv} {}", "@a{sv} {}"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func)                                                        \
  g_test_add_func ("/apm2/cli-waiting/explain/" name, func)
  ADD ("moving-queue-is-not-worth-a-word",
       test_moving_queue_is_not_worth_a_word);
  ADD ("paused-queue-is-told", test_paused_queue_is_told);
  ADD ("paused-lane-is-told", test_paused_lane_is_told);
  ADD ("lane-of-others-does-not-matter", test_lane_of_others_does_not_matter);
  ADD ("missing-worker-is-told", test_missing_worker_is_told);
  ADD ("silence-is-no-reason", test_silence_is_no_reason);
  return g_test_run ();
}
