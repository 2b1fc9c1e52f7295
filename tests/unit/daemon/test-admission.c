/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Policy: who is let in, and under which limits. */

#include "apm2-admission.h"

#include <string.h>

#include "apm2-error.h"

typedef struct
{
  Apm2Config *config;
  Apm2LaneConfig *lane; /* bulk */
  Apm2JobSpec *spec;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->config = apm2_config_load (NULL, &error);
  g_assert_no_error (error);
  fixture->lane
      = (Apm2LaneConfig *) apm2_config_find_lane (fixture->config, "bulk");
  fixture->spec = apm2_job_spec_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  apm2_config_free (fixture->config);
  apm2_job_spec_unref (fixture->spec);
}

static void
assert_denied (Fixture *fixture, const char *reason)
{
  g_autofree char *prefix = g_strconcat (reason, ": ", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (
      apm2_admission_check (fixture->config, fixture->spec, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_DENIED);
  g_assert_true (g_str_has_prefix (error->message, prefix));
}

static void
test_unknown_lane_is_denied (Fixture *fixture, gconstpointer data)
{
  g_free (fixture->spec->lane);
  fixture->spec->lane = g_strdup ("nosuch");

  assert_denied (fixture, "unknown_lane");
}

static void
test_gates_keep_the_rules_of_their_lane (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->spec->kind = APM2_JOB_KIND_GATES;
  g_assert_true (apm2_admission_check (fixture->config, fixture->spec, &error));
  g_assert_no_error (error);

  fixture->lane->timeout_sec = 10;
  fixture->spec->limits.timeout_sec = 11;
  assert_denied (fixture, "limit_exceeds_lane");
}

static void
test_attached_job_is_not_submitted (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->spec->kind = APM2_JOB_KIND_ATTACHED;

  g_assert_false (
      apm2_admission_check (fixture->config, fixture->spec, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_DENIED);
  g_assert_cmpstr (error->message,
                   ==,
                   "kind_unsupported: a job of kind \"attached\" is run by its "
                   "caller: attach it with \"apm2 run\"");
}

static void
test_only_attached_jobs_are_attached (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (
      apm2_admission_check_attached (fixture->config, fixture->spec, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_DENIED);
  g_assert_true (g_str_has_prefix (error->message, "kind_unsupported: "));
  g_clear_error (&error);

  fixture->spec->kind = APM2_JOB_KIND_ATTACHED;
  g_assert_true (
      apm2_admission_check_attached (fixture->config, fixture->spec, &error));
  g_assert_no_error (error);

  fixture->lane->timeout_sec = 10;
  fixture->spec->limits.timeout_sec = 11;
  g_assert_false (
      apm2_admission_check_attached (fixture->config, fixture->spec, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_DENIED);
  g_assert_true (g_str_has_prefix (error->message, "limit_exceeds_lane: "));
}

static void
test_limit_is_allowed_up_to_the_lane (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->lane->memory_max_bytes = 1000;
  fixture->spec->limits.memory_max_bytes = 1000;
  g_assert_true (apm2_admission_check (fixture->config, fixture->spec, &error));
  g_assert_no_error (error);

  fixture->spec->limits.memory_max_bytes = 1001;
  assert_denied (fixture, "limit_exceeds_lane");
}

static void
test_network_needs_a_lane_with_network (Fixture *fixture, gconstpointer data)
{
  Apm2Step *step = apm2_step_new ("fetch");
  g_autoptr (GError) error = NULL;

  step->network = TRUE;
  g_ptr_array_add (fixture->spec->steps, step);
  assert_denied (fixture, "limit_exceeds_lane");

  fixture->lane->network = TRUE;
  g_assert_true (apm2_admission_check (fixture->config, fixture->spec, &error));
}

static void
test_the_tighter_limit_holds (Fixture *fixture, gconstpointer data)
{
  Apm2Limits limits;

  fixture->lane->timeout_sec = 100;
  fixture->lane->tasks_max = 0;
  fixture->lane->memory_max_bytes = 500;
  fixture->spec->limits.timeout_sec = 20;
  fixture->spec->limits.tasks_max = 30;
  fixture->spec->limits.memory_max_bytes = 0;
  limits = apm2_admission_limits (fixture->config, fixture->spec);

  g_assert_cmpuint (limits.timeout_sec, ==, 20);
  g_assert_cmpuint (limits.tasks_max, ==, 30);
  g_assert_cmpuint (limits.memory_max_bytes, ==, 500);
}

/* @part: what has to stand in the refusal; %NULL: there is room */
static void
assert_room (Fixture *fixture,
             const Apm2Room *room,
             gsize spec_bytes,
             const char *part)
{
  g_autoptr (GError) error = NULL;
  gboolean has_room
      = apm2_admission_check_room (fixture->config, room, spec_bytes, &error);

  if (part == NULL)
    {
      g_assert_no_error (error);
      g_assert_true (has_room);
      return;
    }
  g_assert_false (has_room);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_LIMIT_EXCEEDED);
  g_assert_true (g_str_has_prefix (error->message, "queue_quota_exceeded: "));
  g_assert_nonnull (strstr (error->message, part));
}

static void
test_room_ends_at_the_bound (Fixture *fixture, gconstpointer data)
{
  fixture->config->pending_jobs_max = 10;
  fixture->config->pending_bytes_max = 1000;

  assert_room (fixture, &(Apm2Room){ .all = { 9, 900 } }, 100, NULL);
  assert_room (
      fixture, &(Apm2Room){ .all = { 10, 0 } }, 1, "] pending-jobs-max=");
  assert_room (
      fixture, &(Apm2Room){ .all = { 9, 900 } }, 101, "] pending-bytes-max=");
  assert_room (
      fixture, &(Apm2Room){ .all = { 9, 1001 } }, 0, "] pending-bytes-max=");
}

static void
test_room_of_a_user_ends_at_the_bound (Fixture *fixture, gconstpointer data)
{
  Apm2Room room = { .all = { 50, 5000 }, .own = { 50, 5000 }, .uid = 7 };

  /* Without a bound of their own users have the whole queue. */
  assert_room (fixture, &room, 100, NULL);

  fixture->config->user_jobs_max = 51;
  fixture->config->user_bytes_max = 5100;
  assert_room (fixture, &room, 100, NULL);
  assert_room (fixture, &room, 101, "user 7 ");
  assert_room (fixture, &room, 101, "] pending-bytes-per-user-max=");
  room.own.jobs = 51;
  assert_room (fixture, &room, 1, "51 jobs of user 7 are pending");
  assert_room (fixture, &room, 1, "] pending-jobs-per-user-max=");
  /* What others have counts for the queue only. */
  room.all = (Apm2UserLoad){ 5000, 500000 };
  room.own = (Apm2UserLoad){ 0, 0 };
  assert_room (fixture, &room, 100, NULL);
}

static void
add (const char *path, void (*func) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, func, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/apm2/admission/check/unknown-lane-is-denied",
       test_unknown_lane_is_denied);
  add ("/apm2/admission/check/gates-keep-the-rules-of-their-lane",
       test_gates_keep_the_rules_of_their_lane);
  add ("/apm2/admission/check/attached-job-is-not-submitted",
       test_attached_job_is_not_submitted);
  add ("/apm2/admission/check-attached/only-attached-jobs",
       test_only_attached_jobs_are_attached);
  add ("/apm2/admission/check/limit-is-allowed-up-to-the-lane",
       test_limit_is_allowed_up_to_the_lane);
  add ("/apm2/admission/check/network-needs-a-lane-with-network",
       test_network_needs_a_lane_with_network);
  add ("/apm2/admission/limits/the-tighter-one-holds",
       test_the_tighter_limit_holds);
  add ("/apm2/admission/check-room/ends-at-the-bound",
       test_room_ends_at_the_bound);
  add ("/apm2/admission/check-room/of-a-user-ends-at-the-bound",
       test_room_of_a_user_ends_at_the_bound);
  return g_test_run ();
}
