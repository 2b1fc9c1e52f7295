/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The options of "apm2 run", and those of them that are not about the job.
 */

#include "apm2-run-options.h"

#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-time.h"

#define OFFSET(member) APM2_ARGS_OFFSET (Apm2RunOptions, member)
#define TEXT(name, short_name, member, help, arg)                              \
  {                                                                            \
    name, short_name, 0, G_OPTION_ARG_FILENAME, OFFSET (member), help, arg     \
  }
#define LIST(name, short_name, member, help, arg)                              \
  {                                                                            \
    name, short_name, 0, G_OPTION_ARG_FILENAME_ARRAY, OFFSET (member), help,   \
        arg                                                                    \
  }
#define FLAG(name, short_name, member, help)                                   \
  {                                                                            \
    name, short_name, 0, G_OPTION_ARG_NONE, OFFSET (member), help, NULL        \
  }

const GOptionEntry apm2_run_options_entries[] = {
  TEXT ("lane", 'l', lane, N_ ("Whose slots it takes (run)"), N_ ("LANE")),
  TEXT ("slots", 's', slots, N_ ("How many of them (1)"), N_ ("N")),
  TEXT ("cpu",
        'c',
        cpu,
        N_ ("Processors that it takes, and may use: 2, 0.5"),
        N_ ("N")),
  TEXT ("memory",
        'm',
        memory,
        N_ ("Memory that it takes, and may use: 512M, 2G"),
        N_ ("SIZE")),
  TEXT ("tasks",
        0,
        tasks,
        N_ ("At most so many processes and threads"),
        N_ ("N")),
  LIST ("exclusive",
        'x',
        exclusive,
        N_ ("Alone with what has this name; may be repeated"),
        N_ ("NAME")),
  TEXT ("key",
        'k',
        key,
        N_ ("Which work it is: the same is done once"),
        N_ ("KEY")),
  FLAG ("supersede", 0, supersede, N_ ("End older work of the same key first")),
  TEXT ("max-wait",
        'w',
        max_wait,
        N_ ("Wait no longer for the slot; exit 75"),
        N_ ("SPAN")),
  TEXT ("timeout",
        't',
        timeout,
        N_ ("Stop the command after so long; exit 124"),
        N_ ("SPAN")),
  TEXT ("priority",
        'p',
        priority,
        N_ ("0 is the most urgent, 100 the least (50)"),
        N_ ("N")),
  TEXT ("name", 'n', name, N_ ("What people call the job"), N_ ("TEXT")),
  FLAG ("detach-survivors",
        0,
        detach_survivors,
        N_ ("Let what it leaves in the background live")),
  TEXT ("no-broker",
        0,
        no_broker,
        N_ ("Where there is no broker: fail, or run (fail)"),
        N_ ("WHAT")),
  TEXT ("json-result",
        0,
        json_result,
        N_ ("Write how it ended into FILE"),
        N_ ("FILE")),
  FLAG ("quiet", 'q', quiet, N_ ("Do not say why it waits")),
  G_OPTION_ENTRY_NULL,
};

/**
 * apm2_run_options_refuse:
 * @option: as typed
 * @value: of @option
 * @why: what is wrong with it
 * @error: return location
 *
 * Returns: %FALSE, with @error set to one of G_OPTION_ERROR
 */
gboolean
apm2_run_options_refuse (const char *option,
                         const char *value,
                         const char *why,
                         GError **error)
{
  g_set_error (error,
               G_OPTION_ERROR,
               G_OPTION_ERROR_BAD_VALUE,
               "%s %s: %s",
               option,
               value,
               why);
  return FALSE;
}

static gboolean
get_max_wait (const char *text, guint64 *ret_usec, GError **error)
{
  guint64 sec = 0;

  *ret_usec = APM2_RUN_FOREVER;
  if (text == NULL)
    return TRUE;
  if (!apm2_time_parse_span (text, &sec, NULL)
      || sec >= APM2_RUN_FOREVER / G_USEC_PER_SEC)
    return apm2_run_options_refuse (
        "--max-wait",
        text,
        _ ("not a length of time, like 0, 90, 10min or '2h 30m'"),
        error);
  *ret_usec = sec * G_USEC_PER_SEC;
  return TRUE;
}

/**
 * apm2_run_options_get_policy:
 * @self: what was typed
 * @ret_policy: (out): what follows from it
 * @error: G_OPTION_ERROR
 *
 * Returns: %FALSE if an option makes no sense
 */
gboolean
apm2_run_options_get_policy (const Apm2RunOptions *self,
                             Apm2RunPolicy *ret_policy,
                             GError **error)
{
  Apm2RunPolicy policy = { 0 };

  g_return_val_if_fail (self != NULL && ret_policy != NULL, FALSE);

  if (!get_max_wait (self->max_wait, &policy.max_wait_usec, error))
    return FALSE;
  if (self->no_broker != NULL && !g_str_equal (self->no_broker, "fail")
      && !g_str_equal (self->no_broker, "run"))
    return apm2_run_options_refuse (
        "--no-broker", self->no_broker, _ ("neither 'fail' nor 'run'"), error);
  if (self->supersede && self->key == NULL)
    {
      g_set_error_literal (error,
                           G_OPTION_ERROR,
                           G_OPTION_ERROR_BAD_VALUE,
                           _ ("--supersede: say of which work with --key"));
      return FALSE;
    }
  policy.supersede = self->supersede;
  policy.detach_survivors = self->detach_survivors;
  policy.without_broker = g_strcmp0 (self->no_broker, "run") == 0;
  policy.quiet = self->quiet;
  policy.json_result = self->json_result;
  *ret_policy = policy;
  return TRUE;
}
