/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is kept how long: the model alone, at a moment that the test chooses.
 */

#include "apm2-retention.h"

#define DAY (G_GINT64_CONSTANT (86400) * G_USEC_PER_SEC)
#define NOW (1000 * DAY)
#define IDLE                                                                   \
  {                                                                            \
    .now = NOW, .busy_since = G_MAXINT64, .open_since = G_MAXINT64             \
  }

typedef struct
{
  Apm2Config *config;
  GPtrArray *remnants; /* (element-type Apm2Remnant) */
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->config = apm2_config_load (NULL, NULL);
  self->remnants
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_remnant_free);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_ptr_array_unref (self->remnants);
  apm2_config_free (self->config);
}

static Apm2Remnant *
add (Fixture *self,
     Apm2SweepKind kind,
     const char *name,
     guint64 bytes,
     guint days)
{
  Apm2Remnant *remnant
      = apm2_remnant_new (kind, name, bytes, NOW - (gint64) days * DAY);

  remnant->fate = APM2_JOB_FATE_ENDED;
  g_ptr_array_add (self->remnants, remnant);
  return remnant;
}

static void
judge (Fixture *self)
{
  const Apm2RetentionTime time = IDLE;

  apm2_retention_judge (self->config, &time, self->remnants);
}

static void
test_jobs_go_by_number_and_by_age (Fixture *self, gconstpointer data)
{
  self->config->jobs_max = 10;
  self->config->jobs_age_sec = 30 * 86400;

  g_assert_cmpstr (
      apm2_retention_judge_job (self->config, 11, NOW, NOW), ==, "count");
  g_assert_null (apm2_retention_judge_job (self->config, 10, NOW, NOW));
  g_assert_null (
      apm2_retention_judge_job (self->config, 1, NOW - 30 * DAY, NOW));
  g_assert_cmpstr (
      apm2_retention_judge_job (self->config, 1, NOW - 30 * DAY - 1, NOW),
      ==,
      "age");
}

static void
test_no_bound_keeps_all (Fixture *self, gconstpointer data)
{
  const Apm2Remnant *log = add (self, APM2_SWEEP_LOG, "old", 1 << 30, 999);
  const Apm2Remnant *mirror = add (self, APM2_SWEEP_MIRROR, "m.git", 9, 999);

  self->config->jobs_max = 0;
  self->config->jobs_age_sec = 0;
  self->config->logs_bytes_max = 0;
  self->config->logs_age_sec = 0;
  self->config->mirrors_bytes_max = 0;
  self->config->mirrors_age_sec = 0;

  g_assert_null (apm2_retention_judge_job (self->config, G_MAXUINT64, 0, NOW));
  judge (self);
  g_assert_null (log->why);
  g_assert_null (mirror->why);
}

static void
test_the_oldest_logs_make_room (Fixture *self, gconstpointer data)
{
  const Apm2Remnant *young = add (self, APM2_SWEEP_LOG, "young", 40, 1);
  const Apm2Remnant *old = add (self, APM2_SWEEP_LOG, "old", 40, 3);
  const Apm2Remnant *older = add (self, APM2_SWEEP_LOG, "older", 40, 4);
  const Apm2Remnant *ancient = add (self, APM2_SWEEP_LOG, "ancient", 40, 99);

  self->config->logs_age_sec = 30 * 86400;
  self->config->logs_bytes_max = 80;
  judge (self);
  g_assert_cmpstr (ancient->why, ==, "age");
  g_assert_cmpstr (older->why, ==, "size");
  g_assert_null (old->why);
  g_assert_null (young->why);
}

/* It counts all the same: the room that it takes is gone. */
static void
test_what_is_in_use_stays_and_counts (Fixture *self, gconstpointer data)
{
  Apm2Remnant *running = add (self, APM2_SWEEP_LOG, "running", 100, 99);
  const Apm2Remnant *ended = add (self, APM2_SWEEP_LOG, "ended", 10, 1);

  running->fate = APM2_JOB_FATE_OPEN;
  self->config->logs_bytes_max = 50;
  judge (self);
  g_assert_null (running->why);
  g_assert_cmpstr (ended->why, ==, "size");
}

static void
test_logs_of_a_job_that_is_gone_go (Fixture *self, gconstpointer data)
{
  Apm2Remnant *gone = add (self, APM2_SWEEP_LOG, "gone", 1, 0);
  Apm2Remnant *strange = add (self, APM2_SWEEP_LOG, "strange", 1, 0);
  Apm2Remnant *stray = add (self, APM2_SWEEP_LOG, "stray", 1, 3);

  gone->fate = APM2_JOB_FATE_GONE;
  strange->fate = APM2_JOB_FATE_UNKNOWN;
  stray->fate = APM2_JOB_FATE_UNKNOWN;
  judge (self);
  g_assert_cmpstr (gone->why, ==, "orphan");
  g_assert_null (strange->why);
  g_assert_cmpstr (stray->why, ==, "orphan");
}

static void
test_a_mirror_stays_while_jobs_may_borrow_from_it (Fixture *self,
                                                   gconstpointer data)
{
  const Apm2Remnant *used = add (self, APM2_SWEEP_MIRROR, "used.git", 9, 100);
  const Apm2Remnant *unused
      = add (self, APM2_SWEEP_MIRROR, "unused.git", 9, 102);
  const Apm2RetentionTime time = { .now = NOW,
                                   .busy_since = NOW - 101 * DAY,
                                   .open_since = NOW - 101 * DAY };

  self->config->mirrors_age_sec = 30 * 86400;
  self->config->mirrors_bytes_max = 1;
  apm2_retention_judge (self->config, &time, self->remnants);
  g_assert_null (used->why);
  g_assert_cmpstr (unused->why, ==, "age");
}

static void
test_the_mirror_of_the_last_hour_stays (Fixture *self, gconstpointer data)
{
  const Apm2Remnant *mirror = add (self, APM2_SWEEP_MIRROR, "now.git", 99, 0);

  self->config->mirrors_bytes_max = 1;
  judge (self);
  g_assert_null (mirror->why);
}

static void
test_what_was_handed_over_waits_with_its_job (Fixture *self, gconstpointer data)
{
  const Apm2Remnant *ours
      = add (self, APM2_SWEEP_HANDOVER, "ours.bundle", 9, 10);
  const Apm2Remnant *left
      = add (self, APM2_SWEEP_HANDOVER, "left.bundle", 9, 12);
  const Apm2RetentionTime time
      = { .now = NOW, .busy_since = G_MAXINT64, .open_since = NOW - 11 * DAY };

  apm2_retention_judge (self->config, &time, self->remnants);
  g_assert_null (ours->why);
  g_assert_cmpstr (left->why, ==, "age");
}

static void
test_leftovers_go (Fixture *self, gconstpointer data)
{
  const Apm2Remnant *half = add (self, APM2_SWEEP_LOG, ".apm2-gone.job", 1, 0);
  const Apm2Remnant *fresh
      = add (self, APM2_SWEEP_TEMPORARY, ".apm2-12.tmp", 1, 0);
  const Apm2Remnant *stale
      = add (self, APM2_SWEEP_TEMPORARY, ".apm2-34.tmp", 1, 2);

  judge (self);
  g_assert_cmpstr (half->why, ==, "leftover");
  g_assert_null (fresh->why);
  g_assert_cmpstr (stale->why, ==, "leftover");
}

static void
test_a_slot_of_a_lane_is_no_job (void)
{
  g_autoptr (Apm2Remnant) slot
      = apm2_remnant_new (APM2_SWEEP_WORKSPACE, "gates-1", 0, 1);
  g_autoptr (Apm2Remnant) job
      = apm2_remnant_new (APM2_SWEEP_WORKSPACE, "j01hzy", 0, 1);
  g_autoptr (Apm2Remnant) log
      = apm2_remnant_new (APM2_SWEEP_LOG, "gates-1", 0, 1);

  g_assert_false (apm2_remnant_is_of_job (slot));
  g_assert_true (apm2_remnant_is_of_job (job));
  g_assert_true (apm2_remnant_is_of_job (log));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add (                                                                 \
      "/apm2/retention/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("jobs-go-by-number-and-by-age", test_jobs_go_by_number_and_by_age);
  ADD ("no-bound-keeps-all", test_no_bound_keeps_all);
  ADD ("the-oldest-logs-make-room", test_the_oldest_logs_make_room);
  ADD ("what-is-in-use-stays-and-counts", test_what_is_in_use_stays_and_counts);
  ADD ("logs-of-a-job-that-is-gone-go", test_logs_of_a_job_that_is_gone_go);
  ADD ("a-mirror-stays-while-jobs-may-borrow-from-it",
       test_a_mirror_stays_while_jobs_may_borrow_from_it);
  ADD ("the-mirror-of-the-last-hour-stays",
       test_the_mirror_of_the_last_hour_stays);
  ADD ("what-was-handed-over-waits-with-its-job",
       test_what_was_handed_over_waits_with_its_job);
  ADD ("leftovers-go", test_leftovers_go);
#undef ADD
  g_test_add_func ("/apm2/retention/a-slot-of-a-lane-is-no-job",
                   test_a_slot_of_a_lane_is_no_job);
  return g_test_run ();
}
