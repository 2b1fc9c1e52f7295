/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a lane is told and tells: the record that prepares it, that it is armed,
 * how its step ended, and how its process ends then. */

#include <errno.h>
#include <signal.h>
#include <string.h>

#include <glib.h>

#include "apm2-step-event.h"
#include "apm2-step-prepare.h"

static const Apm2StepExit plain = {
  .cause = APM2_STEP_CAUSE_SPAWN_FAILED,
  .exit_status = -1,
  .term_signal = 9,
  .cpu_usec = G_MAXUINT64,
  .memory_peak_bytes = 1,
  .log_bytes = 2,
  .stage = APM2_STEP_STAGE_LOG,
  .error_number = ENOENT,
};

static void
format (const Apm2StepExit *exit, char line[APM2_STEP_EVENT_MAX])
{
  int n = apm2_step_exit_format (exit, line);

  g_assert_cmpint (n, ==, (int) strlen (line));
  g_assert_cmpint (line[n - 1], ==, '\n');
  line[n - 1] = '\0';
}

static void
assert_comes_back (const Apm2StepExit *exit)
{
  char line[APM2_STEP_EVENT_MAX];
  char again[APM2_STEP_EVENT_MAX];
  Apm2StepExit parsed = { 0 };

  format (exit, line);
  g_assert_cmpint (apm2_step_exit_parse (line, &parsed), ==, 0);
  format (&parsed, again);
  g_assert_cmpstr (again, ==, line);
  g_assert_cmpint (parsed.cause, ==, exit->cause);
  g_assert_cmpuint (parsed.tasks_peak, ==, exit->tasks_peak);
  g_assert_cmpuint (parsed.oom_kills, ==, exit->oom_kills);
  g_assert_cmpint (parsed.from_cgroup, ==, exit->from_cgroup);
}

static void
test_exit_comes_back (void)
{
  Apm2StepExit sample = plain;

  assert_comes_back (&sample);
  sample.cause = APM2_STEP_CAUSE_OOM;
  sample.tasks_peak = G_MAXUINT64;
  sample.oom_kills = 3;
  assert_comes_back (&sample);
  sample.from_cgroup = true;
  assert_comes_back (&sample);
}

/* A worker may be older than the supervisor that it starts. */
static void
test_exit_without_figures_is_as_ever (void)
{
  char line[APM2_STEP_EVENT_MAX];

  format (&plain, line);
  g_assert_cmpstr (line, ==, "ended 2 -1 9 18446744073709551615 1 2 5 2");
}

static void
test_exit_passes_over_new_words (void)
{
  Apm2StepExit parsed = { 0 };

  g_assert_cmpint (
      apm2_step_exit_parse (
          "ended 1 0 0 4 5 6 0 0 io=7 tasks=8 more_of=0 oom=0 cgroup=1",
          &parsed),
      ==,
      0);
  g_assert_cmpuint (parsed.tasks_peak, ==, 8);
  g_assert_true (parsed.from_cgroup);
}

static void
test_exit_refuses_nonsense (void)
{
  static const char *const lines[] = {
    "",
    "ended",
    "ended 1 0 0 0 0 0 0",
    "ended 0 0 0 0 0 0 0 0",
    "ended 99 0 0 0 0 0 0 0",
    "ended 1 0 0 0 0 0 99 0",
    "ended 1 0 0 0 0 0 0 0 more",
    "ended 1 0 0 0 0 0 0 0 ",
    "ended 1 0 0 0 0 0 0 0 tasks=",
    "ended 1 0 0 0 0 0 0 0 tasks=-1",
    "ended 1 0 0 0 0 0 0 0 tasks= 1",
    "ended 1 0 0 0 0 0 0 0 tasks=1x",
    "ended 1 0 0 0 0 0 0 0  tasks=1",
    "ended 1 0 0 0 0 0 0 0 =1",
    "ended 1 0 0 0 0 0 0 0 a_name_that_is_too_long=1",
    "ended one 0 0 0 0 0 0 0",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      Apm2StepExit parsed = { 0 };

      g_assert_cmpint (apm2_step_exit_parse (lines[i], &parsed), ==, -EBADMSG);
    }
}

static void
assert_mirror (Apm2StepCause cause,
               int exit_status,
               int term_signal,
               int code,
               int status)
{
  const Apm2StepExit exit = {
    .cause = cause,
    .exit_status = exit_status,
    .term_signal = term_signal,
  };
  Apm2StepMirror mirror = apm2_step_exit_get_mirror (&exit);

  g_assert_cmpint (mirror.code, ==, code);
  g_assert_cmpint (mirror.status, ==, status);
}

static void
test_mirror (void)
{
  assert_mirror (APM2_STEP_CAUSE_EXITED, 0, 0, CLD_EXITED, 0);
  assert_mirror (APM2_STEP_CAUSE_EXITED, 124, 0, CLD_EXITED, 124);
  assert_mirror (APM2_STEP_CAUSE_EXITED, -1, SIGSEGV, CLD_KILLED, SIGSEGV);
  assert_mirror (APM2_STEP_CAUSE_SPAWN_FAILED, 127, 0, CLD_EXITED, 127);
  assert_mirror (APM2_STEP_CAUSE_TIMEOUT, 0, 0, CLD_EXITED, 124);
  assert_mirror (APM2_STEP_CAUSE_LOG_LIMIT, -1, SIGKILL, CLD_EXITED, 123);
  assert_mirror (APM2_STEP_CAUSE_TERMINATED, 0, 0, CLD_KILLED, SIGTERM);
  assert_mirror (APM2_STEP_CAUSE_OOM, 0, 0, CLD_KILLED, SIGKILL);
}

/* Nothing that is not known reads as a success. */
static void
test_mirror_of_the_unknown (void)
{
  assert_mirror (APM2_STEP_CAUSE_EXITED, -1, 0, CLD_EXITED, 70);
}

static void
test_armed_comes_back (void)
{
  static const Apm2StepArmed samples[]
      = { { true, 0, 0 }, { false, EPERM, 7 }, { true, 0, 4026531840 } };

  for (gsize i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      char line[APM2_STEP_EVENT_MAX];
      Apm2StepArmed parsed = { 0 };
      int n = apm2_step_armed_format (&samples[i], line);

      g_assert_cmpint (line[n - 1], ==, '\n');
      line[n - 1] = '\0';
      g_assert_cmpint (apm2_step_armed_parse (line, &parsed), ==, 0);
      g_assert_cmpint (parsed.pidns, ==, samples[i].pidns);
      g_assert_cmpint (parsed.error_number, ==, samples[i].error_number);
      g_assert_cmpuint (parsed.netns, ==, samples[i].netns);
    }
}

static void
test_armed_refuses_nonsense (void)
{
  static const char *const lines[]
      = { "", "arm", "unarmed 1", "armed pidns", "armed pidns=1 ", "armedx=1" };
  Apm2StepArmed parsed = { 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    g_assert_cmpint (apm2_step_armed_parse (lines[i], &parsed), ==, -EBADMSG);
  g_assert_cmpint (apm2_step_armed_parse ("armed new=1", &parsed), ==, 0);
  g_assert_false (parsed.pidns);
}

static void
test_prepare_comes_back (void)
{
  unsigned char data[APM2_STEP_PREPARE_SIZE];

  for (int i = 0; i < APM2_N_STEP_PREPARES; i++)
    {
      for (unsigned n = 1; n <= APM2_STEP_WAVE_MAX; n++)
        {
          Apm2StepPrepare prepare = APM2_N_STEP_PREPARES;
          unsigned width = 0;

          apm2_step_prepare_encode ((Apm2StepPrepare) i, n, data);
          g_assert_cmpint (
              apm2_step_prepare_decode (data, &prepare, &width), ==, 0);
          g_assert_cmpint ((int) prepare, ==, i);
          g_assert_cmpuint (width, ==, n);
        }
    }
}

static void
test_prepare_refuses_all_else (void)
{
  unsigned char data[APM2_STEP_PREPARE_SIZE];
  static const unsigned char no_widths[] = { 1, 2, '0', '1', '9', 255 };
  Apm2StepPrepare prepare = APM2_STEP_PREPARE_KEEP;
  unsigned width = 0;

  for (gsize i = 0; i < sizeof data; i++)
    {
      apm2_step_prepare_encode (i % APM2_N_STEP_PREPARES, 1, data);
      data[i] ^= 1;
      g_assert_cmpint (
          apm2_step_prepare_decode (data, &prepare, &width), ==, -EBADMSG);
    }
  for (gsize i = 0; i < sizeof no_widths; i++)
    {
      apm2_step_prepare_encode (APM2_STEP_PREPARE_KEEP, 1, data);
      data[sizeof data - 1] = no_widths[i];
      g_assert_cmpint (
          apm2_step_prepare_decode (data, &prepare, &width), ==, -EBADMSG);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add_func ("/apm2/step-event/" path, func)
  ADD ("exit/comes-back", test_exit_comes_back);
  ADD ("exit/without-figures-it-is-as-ever",
       test_exit_without_figures_is_as_ever);
  ADD ("exit/new-words-are-passed-over", test_exit_passes_over_new_words);
  ADD ("exit/nonsense-is-refused", test_exit_refuses_nonsense);
  ADD ("mirror/says-what-the-step-says", test_mirror);
  ADD ("mirror/the-unknown-is-no-success", test_mirror_of_the_unknown);
  ADD ("armed/comes-back", test_armed_comes_back);
  ADD ("armed/nonsense-is-refused", test_armed_refuses_nonsense);
  ADD ("prepare/comes-back", test_prepare_comes_back);
  ADD ("prepare/all-else-is-refused", test_prepare_refuses_all_else);
#undef ADD
  return g_test_run ();
}
