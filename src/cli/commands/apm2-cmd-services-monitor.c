/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac services monitor: a line for each change of health, until it is
 * interrupted. It begins with how everything is.
 */

#include <stdio.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-commands.h"
#include "apm2-format-json.h"
#include "apm2-services-notify.h"
#include "apm2-services-text.h"
#include "apm2-services.h"
#include "apm2-timestamp.h"
#include "apm2-word.h"

#define SCHEMA "apm2.fac.services_event.v1"

/* How something was when it was last told. */
typedef struct
{
  Apm2HealthLevel level;
  char *reason;
} Told;

typedef struct
{
  gboolean notify;
} MonitorOptions;

static const GOptionEntry entries[] = {
  { "notify",
    0,
    0,
    G_OPTION_ARG_NONE,
    APM2_ARGS_OFFSET (MonitorOptions, notify),
    N_ ("Also tell on the desktop, and when jobs of yours end"),
    NULL },
  G_OPTION_ENTRY_NULL,
};

typedef struct
{
  const Apm2CommandCall *call;
  Apm2ServicesNotify *notify; /* (owned) (nullable) */
  GMainLoop *loop;            /* (owned) */
  GHashTable *told; /* (owned) (element-type utf8 Told) by unit; "" is all */
  gboolean has_begun;
  gboolean is_broker_there;
} Monitor;

static void
told_free (gpointer data)
{
  Told *told = data;

  g_free (told->reason);
  g_free (told);
}

static void
print_json (const char *event,
            const char *unit,
            const char *before,
            const char *now,
            const char *reason)
{
  g_autoptr (json_t) object = apm2_format_json_new (SCHEMA);
  g_autofree char *text = NULL;

  json_object_set_new (
      object, "timestamp_usec", json_integer (g_get_real_time ()));
  json_object_set_new (object, "event", json_string (event));
  json_object_set_new (
      object, "unit", unit != NULL ? json_string (unit) : json_null ());
  json_object_set_new (
      object, "old", before != NULL ? json_string (before) : json_null ());
  json_object_set_new (object, "new", json_string (now));
  json_object_set_new (object, "reason", json_string (reason));
  text = apm2_format_json_to_string (object, APM2_JSON_STYLE_SHORT);
  puts (text);
}

static void
print_text (Monitor *self,
            const char *what,
            Apm2HealthLevel level,
            const char *before,
            const char *now,
            const char *reason)
{
  const gboolean color = self->call->term->out_color;
  const Apm2Style style = apm2_services_text_get_style (level);
  g_autofree char *time
      = apm2_timestamp_format_now (self->call->globals->timestamp);

  printf ("%s  %s%s %-24s %s%s%s%s%s%s%s\n",
          time,
          apm2_term_begin (color, style),
          apm2_services_text_get_mark (level, self->call->term->utf8),
          what,
          before != NULL ? apm2_word_get (before) : "",
          before != NULL ? " -> " : "",
          apm2_word_get (now),
          *reason != '\0' ? " (" : "",
          reason,
          *reason != '\0' ? ")" : "",
          apm2_term_end (color, style));
}

/* Returns: (transfer full): @codes, which spaces part, in words. */
static char *
say_reasons (const char *codes)
{
  g_auto (GStrv) parts = g_strsplit (codes, " ", -1);

  for (gsize i = 0; parts[i] != NULL; i++)
    {
      char *word = g_strdup (apm2_word_get (parts[i]));

      g_free (parts[i]);
      parts[i] = word;
    }
  return g_strjoinv (" ", parts);
}

/* @unit: (nullable): %NULL: the whole. */
static void
tell_health (Monitor *self,
             const char *unit,
             Apm2HealthLevel level,
             const char *reason)
{
  const char *key = unit != NULL ? unit : "";
  Told *told = g_hash_table_lookup (self->told, key);
  const char *before
      = told != NULL ? apm2_health_level_to_string (told->level) : NULL;
  const char *now = apm2_health_level_to_string (level);

  if (told != NULL && told->level == level
      && g_str_equal (told->reason, reason))
    return;
  if (self->call->globals->json != APM2_JSON_STYLE_OFF)
    print_json (unit != NULL ? "unit" : "overall", unit, before, now, reason);
  else
    {
      g_autofree char *said = say_reasons (reason);

      print_text (
          self, unit != NULL ? unit : _ ("overall"), level, before, now, said);
    }
  if (self->notify != NULL && unit != NULL)
    apm2_services_notify_tell_unit (
        self->notify, unit, told != NULL ? &told->level : NULL, level, reason);
  told = g_new0 (Told, 1);
  told->level = level;
  told->reason = g_strdup (reason);
  g_hash_table_insert (self->told, g_strdup (key), told);
}

static void
tell_broker (Monitor *self, const Apm2BrokerReport *broker)
{
  const Apm2HealthLevel level = broker->is_reachable
                                    ? APM2_HEALTH_LEVEL_HEALTHY
                                    : APM2_HEALTH_LEVEL_DEGRADED;
  const char *before = self->is_broker_there ? "there" : "gone";
  const char *reason = broker->problem != NULL ? broker->problem : "";

  if (self->has_begun && self->is_broker_there == broker->is_reachable)
    return;
  self->is_broker_there = broker->is_reachable;
  if (self->call->globals->json != APM2_JSON_STYLE_OFF)
    print_json ("broker",
                NULL,
                self->has_begun ? before : NULL,
                broker->is_reachable ? "there" : "gone",
                reason);
  else
    print_text (self,
                _ ("broker"),
                level,
                self->has_begun ? before : NULL,
                broker->is_reachable ? "there" : "gone",
                reason);
}

static void
tell_vanished (Monitor *self, const Apm2ServicesReport *report)
{
  GHashTableIter iter;
  gpointer unit = NULL;
  g_autoptr (GPtrArray) vanished = g_ptr_array_new_with_free_func (g_free);

  g_hash_table_iter_init (&iter, self->told);
  while (g_hash_table_iter_next (&iter, &unit, NULL))
    {
      if (*(const char *) unit != '\0'
          && apm2_services_report_find (report, unit) == NULL)
        g_ptr_array_add (vanished, g_strdup (unit));
    }
  for (guint i = 0; i < vanished->len; i++)
    {
      const char *name = g_ptr_array_index (vanished, i);

      tell_health (self, name, APM2_HEALTH_LEVEL_UNKNOWN, "not_loaded");
    }
}

static void
on_report (const Apm2ServicesReport *report, gpointer user_data)
{
  Monitor *self = user_data;
  g_autofree char *reasons = NULL;

  for (guint i = 0; i < report->services->len; i++)
    {
      const Apm2ServiceReport *service
          = g_ptr_array_index (report->services, i);

      tell_health (self, service->unit->name, service->health, service->reason);
    }
  tell_vanished (self, report);
  tell_broker (self, &report->broker);
  if (self->notify != NULL)
    apm2_services_notify_set_broker (self->notify, &report->broker);
  reasons = g_strjoinv (" ", (char **) report->reasons->pdata);
  tell_health (self, NULL, report->overall, reasons);
  self->has_begun = TRUE;
  /* Nobody reads any more. */
  if (fflush (stdout) != 0)
    g_main_loop_quit (self->loop);
}

static gboolean
on_interrupt (gpointer user_data)
{
  Monitor *self = user_data;

  g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const MonitorOptions *o = call->options;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GHashTable) told
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, told_free);
  Monitor self = { .call = call, .loop = loop, .told = told };
  g_autoptr (Apm2Services) services
      = apm2_services_new (call->globals, TRUE, on_report, &self, error);
  guint sources[2] = { 0 };

  if (services == NULL)
    return -1;
  if (o->notify)
    self.notify = apm2_services_notify_new (call->globals);
  sources[0] = g_unix_signal_add (SIGINT, on_interrupt, &self);
  sources[1] = g_unix_signal_add (SIGTERM, on_interrupt, &self);
  apm2_services_start (services);
  g_main_loop_run (loop);
  g_source_remove (sources[0]);
  g_source_remove (sources[1]);
  g_clear_pointer (&self.notify, apm2_services_notify_free);
  return APM2_EXIT_OK;
}

const Apm2Command apm2_cmd_services_monitor = {
  .name = "monitor",
  .there = TRUE,
  .summary = N_ ("Print a line for each change of health"),
  .description
  = N_ ("Begins with how everything is. With --json, each line is an object. "
        "Ends when it\nis interrupted, with status 0."),
  .entries = entries,
  .options_size = sizeof (MonitorOptions),
  .run = run,
};
