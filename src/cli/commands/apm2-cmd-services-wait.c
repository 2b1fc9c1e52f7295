/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac services wait: until everything is as it is wanted.
 */

#include <stdio.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-commands.h"
#include "apm2-error.h"
#include "apm2-services-select.h"
#include "apm2-services-why.h"
#include "apm2-services.h"
#include "apm2-time.h"
#include "apm2-word.h"

#define TIMEOUT_SEC_MAX ((guint64) 7 * 24 * 3600)

typedef struct
{
  char *until;
  char *timeout;
} WaitOptions;

static const GOptionEntry entries[] = {
  { "until",
    'u',
    0,
    G_OPTION_ARG_STRING,
    APM2_ARGS_OFFSET (WaitOptions, until),
    N_ ("What to wait for: healthy (default), degraded, unhealthy, unknown"),
    N_ ("HEALTH") },
  { "timeout",
    't',
    0,
    G_OPTION_ARG_FILENAME,
    APM2_ARGS_OFFSET (WaitOptions, timeout),
    N_ ("Wait no longer than so long: 90, 10min"),
    N_ ("SPAN") },
  G_OPTION_ENTRY_NULL,
};

typedef struct
{
  const Apm2CommandCall *call;
  GMainLoop *loop; /* (owned) */
  Apm2HealthLevel until;
  int status; /* -1 with an error */
  GError *error;
  char *last; /* (nullable) why it is not as it should be */
} Wait;

static void
wait_clear (Wait *self)
{
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_pointer (&self->last, g_free);
  g_clear_error (&self->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Wait, wait_clear)

static char *
describe (const Wait *self, const Apm2ServicesReport *report)
{
  g_autoptr (GPtrArray) list
      = apm2_services_why_list (report, self->call->globals);
  const char *level = apm2_health_level_to_string (report->overall);
  const Apm2ServicesWhy *first = NULL;

  if (list->len == 0)
    return g_strdup_printf (_ ("it is %s"), level);
  first = g_ptr_array_index (list, 0);
  return g_strdup_printf (
      _ ("it is %s: %s; see '%s'"), level, first->text, first->command);
}

static void
end (Wait *self, int status)
{
  self->status = status;
  g_main_loop_quit (self->loop);
}

/* A unit that is waited for may not be loaded yet. */
static gboolean
is_yet_to_come (const Apm2ServicesReport *report, const GError *error)
{
  return report->manager_reachable
         && g_error_matches (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
}

static void
on_report (const Apm2ServicesReport *report, gpointer user_data)
{
  Wait *self = user_data;
  g_autoptr (Apm2ServicesReport) part = NULL;
  g_autoptr (GError) error = NULL;
  Apm2ReportClock now;

  if (self->call->n_args > 0)
    {
      apm2_report_clock_read (&now);
      part = apm2_services_report_select (
          report, self->call->args, &now, &error);
      if (part == NULL && !is_yet_to_come (report, error)
          && self->error == NULL)
        self->error = g_steal_pointer (&error);
      if (part == NULL)
        {
          if (self->error != NULL)
            end (self, -1);
          return;
        }
      report = part;
    }
  g_free (self->last);
  self->last = describe (self, report);
  if (report->overall == self->until)
    end (self, APM2_EXIT_OK);
}

static gboolean
on_timeout (gpointer user_data)
{
  Wait *self = user_data;
  const WaitOptions *o = self->call->options;

  self->error
      = g_error_new (APM2_ERROR,
                     APM2_ERROR_TIMED_OUT,
                     _ ("not %s after %s: %s"),
                     apm2_word_get (apm2_health_level_to_string (self->until)),
                     o->timeout,
                     self->last != NULL ? self->last : _ ("nothing is known"));
  end (self, -1);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_interrupt (gpointer user_data)
{
  end (user_data, APM2_EXIT_DETACHED);
  return G_SOURCE_CONTINUE;
}

static gboolean
parse (Wait *self, guint64 *ret_timeout_sec, GError **error)
{
  const WaitOptions *o = self->call->options;

  *ret_timeout_sec = 0;
  self->until = APM2_HEALTH_LEVEL_HEALTHY;
  if (o->until != NULL
      && !apm2_health_level_from_string (o->until, &self->until))
    {
      g_set_error (error,
                   G_OPTION_ERROR,
                   G_OPTION_ERROR_BAD_VALUE,
                   "--until %s: %s",
                   o->until,
                   _ ("not one of healthy, degraded, unhealthy, unknown"));
      return FALSE;
    }
  if (o->timeout == NULL
      || (apm2_time_parse_span (o->timeout, ret_timeout_sec, NULL)
          && *ret_timeout_sec > 0 && *ret_timeout_sec <= TIMEOUT_SEC_MAX))
    return TRUE;
  g_set_error (error,
               G_OPTION_ERROR,
               G_OPTION_ERROR_BAD_VALUE,
               "--timeout %s: %s",
               o->timeout,
               _ ("not a time from 1s to 7d, like 90, 10min or '2h 30m'"));
  return FALSE;
}

static void
run_loop (Wait *self, guint64 timeout_sec)
{
  const guint sources[] = {
    g_unix_signal_add (SIGINT, on_interrupt, self),
    g_unix_signal_add (SIGTERM, on_interrupt, self),
    timeout_sec > 0
        ? g_timeout_add_seconds ((guint) timeout_sec, on_timeout, self)
        : 0,
  };

  g_main_loop_run (self->loop);
  for (gsize i = 0; i < G_N_ELEMENTS (sources); i++)
    {
      if (sources[i] != 0)
        (void) g_source_remove (sources[i]);
    }
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  g_auto (Wait) self = { .call = call };
  g_autoptr (Apm2Services) services = NULL;
  guint64 timeout_sec = 0;

  if (!parse (&self, &timeout_sec, error))
    return -1;
  services = apm2_services_new (call->globals, TRUE, on_report, &self, error);
  if (services == NULL)
    return -1;
  self.loop = g_main_loop_new (NULL, FALSE);
  apm2_services_start (services);
  run_loop (&self, timeout_sec);
  if (self.error != NULL)
    g_propagate_error (error, g_steal_pointer (&self.error));
  return self.status;
}

const Apm2Command apm2_cmd_services_wait = {
  .name = "wait",
  .there = TRUE,
  .summary = N_ ("Wait until everything is healthy"),
  .arguments = N_ ("[UNIT…]"),
  .description = N_ ("Prints nothing. After --timeout it exits 1 and says what "
                     "is missing."),
  .examples = "  apm2 fac services wait --timeout 30s",
  .entries = entries,
  .options_size = sizeof (WaitOptions),
  .args_max = G_MAXUINT,
  .run = run,
};
