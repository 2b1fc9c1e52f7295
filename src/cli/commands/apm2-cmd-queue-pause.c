/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac queue pause and resume: nothing more is given to workers, or again.
 */

#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-lane-hint.h"

static void
tell (const char *lane, gboolean paused)
{
  if (lane == NULL)
    fputs (paused ? _ ("the queue is paused; what runs goes on\n")
                  : _ ("the queue is no longer paused\n"),
           stderr);
  else
    fprintf (stderr,
             paused ? _ ("lane %s is paused; what runs goes on\n")
                    : _ ("lane %s is no longer paused\n"),
             lane);
}

static int
run_pause (const Apm2CommandCall *call, GError **error)
{
  g_autoptr (Apm2Client) client = apm2_client_open (call->globals, error);
  const char *lane = call->args[0];

  if (client == NULL)
    return -1;
  if (!apm2_client_pause (client, lane, error))
    {
      apm2_lane_hint_add (client, lane, error);
      return -1;
    }
  tell (lane, TRUE);
  return APM2_EXIT_OK;
}

static int
run_resume (const Apm2CommandCall *call, GError **error)
{
  g_autoptr (Apm2Client) client = apm2_client_open (call->globals, error);
  const char *lane = call->args[0];

  if (client == NULL)
    return -1;
  if (!apm2_client_resume (client, lane, error))
    {
      apm2_lane_hint_add (client, lane, error);
      return -1;
    }
  tell (lane, FALSE);
  return APM2_EXIT_OK;
}

const Apm2Command apm2_cmd_queue_pause = {
  .name = "pause",
  .summary = N_ ("Start no more jobs, of one lane or at all"),
  .arguments = N_ ("[LANE]"),
  .args_max = 1,
  .run = run_pause,
};

const Apm2Command apm2_cmd_queue_resume = {
  .name = "resume",
  .summary = N_ ("Start jobs again"),
  .arguments = N_ ("[LANE]"),
  .description
  = N_ ("Lanes that were paused by name stay paused until they are "
        "resumed by name."),
  .args_max = 1,
  .run = run_resume,
};
