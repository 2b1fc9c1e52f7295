/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac queue drain: nothing starts any more, and what runs is seen to its
 * end.
 */

#include <inttypes.h>
#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-error.h"
#include "apm2-format-json.h"
#include "apm2-time.h"

typedef struct
{
  gboolean wait;
  char *timeout;
} DrainOptions;

static const GOptionEntry entries[] = {
  { "wait",
    'w',
    0,
    G_OPTION_ARG_NONE,
    APM2_ARGS_OFFSET (DrainOptions, wait),
    N_ ("Until nothing runs any more"),
    NULL },
  { "timeout",
    't',
    0,
    G_OPTION_ARG_STRING,
    APM2_ARGS_OFFSET (DrainOptions, timeout),
    N_ ("Wait no longer than so long"),
    N_ ("SPAN") },
  G_OPTION_ENTRY_NULL,
};

static gboolean
read_timeout (const DrainOptions *o, int *ret_msec, GError **error)
{
  guint64 sec = 0;

  *ret_msec = o->wait ? G_MAXINT : 0;
  if (o->timeout == NULL)
    return TRUE;
  if (!apm2_time_parse_span (o->timeout, &sec, error))
    {
      g_prefix_error (error, "--timeout: ");
      return FALSE;
    }
  *ret_msec = (int) (CLAMP (sec, 1, G_MAXINT / 1000 - 1) * 1000);
  return TRUE;
}

static void
tell (const Apm2CommandCall *call, guint64 active)
{
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    {
      json_t *object = apm2_format_json_new ("apm2.fac.drained.v1");

      json_object_set_new (object, "drained", json_boolean (active == 0));
      json_object_set_new (object, "active", json_integer ((gint64) active));
      apm2_format_json_print (call, object);
    }
  else if (active == 0)
    fputs (_ ("the queue is drained: nothing runs, nothing will start\n"),
           stderr);
  else
    fprintf (stderr,
             ngettext ("%" PRIu64 " job still runs, nothing will start; see it "
                       "with: %s fac jobs --state running\n",
                       "%" PRIu64 " jobs still run, nothing will start; see "
                       "them with: %s fac jobs --state running\n",
                       (gulong) active),
             active,
             apm2_options_get_program (call->globals));
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const DrainOptions *o = call->options;
  g_autoptr (Apm2Client) client = NULL;
  g_autoptr (GError) local = NULL;
  guint64 active = 0;
  int wait_msec = 0;

  if (!read_timeout (o, &wait_msec, error))
    return -1;
  client = apm2_client_open (call->globals, error);
  if (client == NULL)
    return -1;
  if (apm2_client_drain (client, wait_msec, &active, &local))
    {
      tell (call, active);
      return APM2_EXIT_OK;
    }
  if (!g_error_matches (local, APM2_ERROR, APM2_ERROR_TIMED_OUT)
      || o->timeout == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return -1;
    }
  tell (call, active);
  return APM2_EXIT_FAILURE;
}

const Apm2Command apm2_cmd_queue_drain = {
  .name = "drain",
  .summary = N_ ("Start no more jobs and see those that run to their end"),
  .description
  = N_ ("Pauses the whole queue; 'resume' is the opposite. With --timeout the "
        "exit status is 1\nif something still runs then; the queue stays as it "
        "is."),
  .entries = entries,
  .options_size = sizeof (DrainOptions),
  .examples = "  apm2 fac queue drain --wait && sudo reboot",
  .run = run,
};
