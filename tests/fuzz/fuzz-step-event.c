/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A line of a lane that is understood is told again in the same words but for
 * those that are new. */

#include "fuzz.h"

#include <signal.h>

#include <glib.h>

#include "apm2-step-event.h"

static void
try_exit (const char *line)
{
  Apm2StepExit first = { 0 };
  Apm2StepExit second = { 0 };
  char text[APM2_STEP_EVENT_MAX];
  char again[APM2_STEP_EVENT_MAX];
  Apm2StepMirror mirror = { 0 };
  int n = 0;

  if (apm2_step_exit_parse (line, &first) < 0)
    return;
  n = apm2_step_exit_format (&first, text);
  g_assert_cmpint (n, <, (int) sizeof text);
  text[n - 1] = '\0';
  g_assert_cmpint (apm2_step_exit_parse (text, &second), ==, 0);
  n = apm2_step_exit_format (&second, again);
  again[n - 1] = '\0';
  g_assert_cmpstr (again, ==, text);
  /* Only what exited with 0 by itself is a success. */
  mirror = apm2_step_exit_get_mirror (&first);
  if (mirror.code == CLD_EXITED && mirror.status == 0)
    g_assert_cmpint (first.exit_status, ==, 0);
}

static void
try_armed (const char *line)
{
  Apm2StepArmed armed = { 0 };
  Apm2StepArmed parsed = { 0 };
  char text[APM2_STEP_EVENT_MAX];
  int n = 0;

  if (apm2_step_armed_parse (line, &armed) < 0)
    return;
  n = apm2_step_armed_format (&armed, text);
  text[n - 1] = '\0';
  g_assert_cmpint (apm2_step_armed_parse (text, &parsed), ==, 0);
  g_assert_cmpint (parsed.pidns, ==, armed.pidns);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *line = g_strndup (size > 0 ? (const char *) data : "", size);

  try_exit (line);
  try_armed (line);
  return 0;
}
