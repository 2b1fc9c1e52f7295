/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How a step ended, by what its unit and its supervisor say. */

#include <signal.h>

#include "apm2-lane-verdict.h"

#define ID "0123456789abcdef0123456789abcdef"

typedef struct
{
  Apm2UnitState *state;
  Apm2StepExit told;
  Apm2LaneEvidence evidence;
  Apm2StepEnd *end;
} Case;

static void
set_text (char **member, const char *text)
{
  g_free (*member);
  *member = g_strdup (text);
}

/* A step that exited with 3, told by both. */
static void
set_up (Case *self, gconstpointer data)
{
  self->state = apm2_unit_state_new ("apm2-lane@bulk-1.service");
  set_text (&self->state->load_state, "loaded");
  set_text (&self->state->active_state, "failed");
  set_text (&self->state->result, "exit-code");
  set_text (&self->state->invocation_id, ID);
  self->state->exec_main_code = CLD_EXITED;
  self->state->exec_main_status = 3;
  self->state->cpu_usage_nsec = 9000;
  self->told = (Apm2StepExit){ .cause = APM2_STEP_CAUSE_EXITED,
                               .exit_status = 3,
                               .cpu_usec = 5,
                               .memory_peak_bytes = 6,
                               .log_bytes = 7 };
  self->evidence = (Apm2LaneEvidence){ .state = self->state,
                                       .invocation_id = ID,
                                       .told = &self->told,
                                       .started = TRUE,
                                       .command = "sh",
                                       .directory = "/" };
}

static void
tear_down (Case *self, gconstpointer data)
{
  apm2_unit_state_free (self->state);
  g_clear_pointer (&self->end, apm2_step_end_free);
}

static void
assert_kind (Case *self, Apm2StepEndKind kind)
{
  self->end = apm2_lane_verdict_new (&self->evidence);
  g_assert_cmpint (self->end->kind, ==, kind);
}

static void
test_both_agree (Case *self, gconstpointer data)
{
  assert_kind (self, APM2_STEP_END_SELF);

  g_assert_cmpint (self->end->exit_status, ==, 3);
  g_assert_cmpuint (self->end->cpu_usec, ==, 9);
  g_assert_cmpuint (self->end->memory_peak_bytes, ==, 6);
  g_assert_cmpuint (self->end->log_bytes, ==, 7);
}

/* A unit that was forgotten reads as a success. */
static void
test_forgotten_unit_is_no_success (Case *self, gconstpointer data)
{
  self->told.exit_status = 0;
  set_text (&self->state->load_state, "not-found");
  set_text (&self->state->active_state, "inactive");
  set_text (&self->state->result, "success");
  set_text (&self->state->invocation_id, "");
  self->state->exec_main_status = 0;

  assert_kind (self, APM2_STEP_END_BROKEN);
}

static void
test_other_run_of_the_unit_is_no_success (Case *self, gconstpointer data)
{
  self->told.exit_status = 0;
  set_text (&self->state->result, "success");
  set_text (&self->state->invocation_id, "ffffffffffffffffffffffffffffffff");
  self->state->exec_main_status = 0;

  assert_kind (self, APM2_STEP_END_BROKEN);
}

/* Something made apm2-step say what it liked. */
static void
test_manager_is_right (Case *self, gconstpointer data)
{
  self->told.exit_status = 0;

  assert_kind (self, APM2_STEP_END_BROKEN);
}

static void
test_silence_is_no_success (Case *self, gconstpointer data)
{
  self->evidence.told = NULL;
  set_text (&self->state->result, "success");
  self->state->exec_main_status = 0;

  assert_kind (self, APM2_STEP_END_BROKEN);
}

static void
test_killed_unit_tells_the_signal (Case *self, gconstpointer data)
{
  self->evidence.told = NULL;
  self->state->exec_main_code = CLD_KILLED;
  self->state->exec_main_status = SIGKILL;

  assert_kind (self, APM2_STEP_END_BROKEN);
  g_assert_cmpint (self->end->term_signal, ==, SIGKILL);
}

static void
test_memory_is_told_by_either (Case *self, gconstpointer data)
{
  self->told.cause = APM2_STEP_CAUSE_OOM;
  self->state->exec_main_code = CLD_KILLED;
  self->state->exec_main_status = SIGKILL;
  assert_kind (self, APM2_STEP_END_OOM);
  g_clear_pointer (&self->end, apm2_step_end_free);

  self->evidence.told = NULL;
  set_text (&self->state->result, "oom-kill");
  assert_kind (self, APM2_STEP_END_OOM);
}

static void
test_cancelled_unit_may_be_forgotten (Case *self, gconstpointer data)
{
  self->evidence.asked = TRUE;
  set_text (&self->state->load_state, "not-found");
  set_text (&self->state->invocation_id, "");

  assert_kind (self, APM2_STEP_END_TERMINATED);
}

static void
test_quicker_than_the_wish_to_end_it (Case *self, gconstpointer data)
{
  self->evidence.asked = TRUE;

  assert_kind (self, APM2_STEP_END_SELF);
}

static void
test_stopped_by_somebody_else_has_failed (Case *self, gconstpointer data)
{
  self->told.cause = APM2_STEP_CAUSE_TERMINATED;
  self->state->exec_main_code = CLD_KILLED;
  self->state->exec_main_status = SIGTERM;

  assert_kind (self, APM2_STEP_END_BROKEN);
  g_assert_nonnull (self->end->message);
}

static void
test_overdue_is_a_timeout (Case *self, gconstpointer data)
{
  self->evidence.asked = TRUE;
  self->evidence.overdue = TRUE;
  self->evidence.told = NULL;
  self->state->exec_main_code = CLD_KILLED;
  self->state->exec_main_status = SIGKILL;

  assert_kind (self, APM2_STEP_END_TIMEOUT);
}

#define ADD(name, func)                                                        \
  g_test_add ("/apm2/lane-verdict/" name, Case, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("both-agree", test_both_agree);
  ADD ("forgotten-unit-is-no-success", test_forgotten_unit_is_no_success);
  ADD ("other-run-of-the-unit-is-no-success",
       test_other_run_of_the_unit_is_no_success);
  ADD ("manager-is-right", test_manager_is_right);
  ADD ("silence-is-no-success", test_silence_is_no_success);
  ADD ("killed-unit-tells-the-signal", test_killed_unit_tells_the_signal);
  ADD ("memory-is-told-by-either", test_memory_is_told_by_either);
  ADD ("cancelled-unit-may-be-forgotten", test_cancelled_unit_may_be_forgotten);
  ADD ("quicker-than-the-wish-to-end-it", test_quicker_than_the_wish_to_end_it);
  ADD ("stopped-by-somebody-else-has-failed",
       test_stopped_by_somebody_else_has_failed);
  ADD ("overdue-is-a-timeout", test_overdue_is_a_timeout);
  return g_test_run ();
}
