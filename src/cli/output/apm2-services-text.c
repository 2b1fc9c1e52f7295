/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The report on the services for a person: the whole in the first line, then
 * the units, then what else there is, and at the end what to type next.
 */

#include "apm2-services-text.h"

#include <inttypes.h>

#include <glib/gi18n.h>

#include "apm2-display.h"
#include "apm2-services-why.h"
#include "apm2-table.h"
#include "apm2-time.h"
#include "apm2-word.h"

#define LABEL_WIDTH 12

const Apm2Column apm2_services_text_columns[] = {
  { N_ ("UNIT"), APM2_COLUMN_LEFT, 0 },
  { N_ ("HEALTH"), APM2_COLUMN_LEFT, 0 },
  { N_ ("STATE"), APM2_COLUMN_LEFT, 0 },
  { N_ ("ENABLED"), APM2_COLUMN_LEFT, 0 },
  { N_ ("PID"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("UP"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("WATCHDOG"), APM2_COLUMN_RIGHT, 0 },
};

/**
 * apm2_services_text_get_style:
 * @level: how something is
 *
 * Returns: how to show it
 */
Apm2Style
apm2_services_text_get_style (Apm2HealthLevel level)
{
  switch (level)
    {
    case APM2_HEALTH_LEVEL_HEALTHY:
      return APM2_STYLE_GOOD;
    case APM2_HEALTH_LEVEL_DEGRADED:
      return APM2_STYLE_WARN;
    case APM2_HEALTH_LEVEL_UNHEALTHY:
      return APM2_STYLE_BAD;
    case APM2_HEALTH_LEVEL_UNKNOWN:
    default:
      return APM2_STYLE_DIM;
    }
}

/**
 * apm2_services_text_get_mark:
 * @level: how something is
 * @utf8: whether the stream shows UTF-8
 *
 * Returns: (transfer none): a mark for it
 */
const char *
apm2_services_text_get_mark (Apm2HealthLevel level, gboolean utf8)
{
  switch (level)
    {
    case APM2_HEALTH_LEVEL_HEALTHY:
      return utf8 ? "●" : "+";
    case APM2_HEALTH_LEVEL_DEGRADED:
      return utf8 ? "◐" : "!";
    case APM2_HEALTH_LEVEL_UNHEALTHY:
      return utf8 ? "×" : "x";
    case APM2_HEALTH_LEVEL_UNKNOWN:
    default:
      return utf8 ? "○" : "?";
    }
}

/* @text: (transfer full) */
static void
add_cell (Apm2Table *table, char *text, Apm2Style style)
{
  apm2_table_add (table, text, style);
  g_free (text);
}

static char *
format_usec (guint64 usec)
{
  return usec > 0 ? apm2_time_format_span (usec) : g_strdup ("-");
}

static void
add_unit (Apm2Table *table,
          const Apm2ServicesReport *report,
          const Apm2ServiceReport *service,
          gboolean utf8)
{
  const Apm2UnitState *unit = service->unit;
  const Apm2Style style = apm2_services_text_get_style (service->health);
  const gboolean is_enabled = apm2_unit_health_is_enabled (unit);
  const gboolean is_elsewhere = service->scope != report->mode;

  add_cell (
      table,
      g_strdup_printf ("%s %s%s",
                       apm2_services_text_get_mark (service->health, utf8),
                       unit->name,
                       is_elsewhere ? _ (" (system)") : ""),
      style);
  add_cell (
      table,
      g_strdup (apm2_word_get (apm2_health_level_to_string (service->health))),
      style);
  add_cell (
      table,
      g_str_equal (unit->load_state, "loaded")
          ? g_strdup_printf ("%s (%s)", unit->active_state, unit->sub_state)
          : g_strdup (unit->load_state),
      APM2_STYLE_NORMAL);
  add_cell (
      table,
      g_strdup (*unit->unit_file_state != '\0' ? unit->unit_file_state : "-"),
      is_enabled ? APM2_STYLE_NORMAL : style);
  add_cell (table,
            unit->main_pid != 0 ? g_strdup_printf ("%u", unit->main_pid)
                                : g_strdup ("-"),
            APM2_STYLE_NORMAL);
  add_cell (table,
            g_str_equal (unit->active_state, "active") ? apm2_time_format_span (
                (guint64) service->uptime_sec * G_USEC_PER_SEC)
                                                       : g_strdup ("-"),
            APM2_STYLE_NORMAL);
  add_cell (table, format_usec (unit->watchdog_usec), APM2_STYLE_NORMAL);
}

static void
append_table (GString *out,
              const Apm2ServicesReport *report,
              const GArray *columns,
              guint width,
              gboolean legend,
              gboolean utf8,
              gboolean color)
{
  g_autoptr (Apm2Table) table = apm2_table_new (apm2_services_text_columns,
                                                APM2_SERVICES_TEXT_N_COLUMNS);
  g_autoptr (Apm2Table) picked = NULL;
  g_autofree char *text = NULL;

  if (report->services->len == 0)
    {
      g_string_append (out,
                       _ ("No service manager answers: nothing is known of "
                          "units\n"));
      return;
    }
  for (guint i = 0; i < report->services->len; i++)
    add_unit (table, report, g_ptr_array_index (report->services, i), utf8);
  picked = columns != NULL ? apm2_table_pick (table, columns) : NULL;
  text = apm2_table_to_string (
      picked != NULL ? picked : table, legend, width, utf8, color);
  g_string_append (out, text);
}

/* Labels stand in a column. */
static void
append_label (GString *out, const char *label)
{
  const guint width = apm2_display_get_width (label);

  g_string_append_printf (out,
                          "%s%*s",
                          label,
                          width < LABEL_WIDTH ? (int) (LABEL_WIDTH - width) : 1,
                          "");
}

static char *
describe_heartbeat (const Apm2HeartbeatReport *heartbeat)
{
  const Apm2HeartbeatFile *file = heartbeat->file;
  const Apm2Heartbeat *beat = file->heartbeat;
  g_autofree char *age = NULL;

  if (beat == NULL && file->problem != NULL)
    return g_strdup (file->problem);
  if (beat == NULL)
    return g_strdup (_ ("none"));
  age = apm2_time_format_span ((guint64) MAX (heartbeat->age_sec, 0)
                               * G_USEC_PER_SEC);
  return g_strdup_printf (
      _ ("%s, %s ago: cycle %" PRIu64 ", pid %" PRId64 ", %s"),
      heartbeat->fresh ? _ ("fresh") : _ ("stale"),
      age,
      beat->cycle_count,
      beat->pid,
      apm2_word_get (beat->health_status));
}

static void
append_heartbeats (GString *out,
                   const Apm2ServicesReport *report,
                   gboolean color)
{
  for (guint i = 0; i < report->heartbeats->len; i++)
    {
      const Apm2HeartbeatReport *heartbeat
          = g_ptr_array_index (report->heartbeats, i);
      const Apm2Style style
          = *heartbeat->reason != '\0' ? APM2_STYLE_WARN : APM2_STYLE_NORMAL;
      g_autofree char *text = describe_heartbeat (heartbeat);
      const gboolean is_main
          = g_str_equal (heartbeat->file->instance, "default");

      append_label (out, _ ("Heartbeat"));
      g_string_append_printf (out,
                              "%s%s%s%s%s\n",
                              apm2_term_begin (color, style),
                              is_main ? "" : heartbeat->file->instance,
                              is_main ? "" : ": ",
                              text,
                              apm2_term_end (color, style));
    }
}

static gboolean
runs_a_worker (const Apm2ServicesReport *report)
{
  for (guint i = 0; i < report->services->len; i++)
    {
      const Apm2ServiceReport *service
          = g_ptr_array_index (report->services, i);
      g_autofree char *instance
          = apm2_services_report_get_instance (service->unit->name);

      if (instance != NULL
          && g_str_equal (service->unit->active_state, "active"))
        return TRUE;
    }
  return FALSE;
}

/* Under a worker they are no news; without one, free slots end. */
static void
append_lanes (GString *out, const Apm2ServicesReport *report)
{
  if (report->n_lanes_running == 0 || runs_a_worker (report))
    return;
  append_label (out, _ ("Lanes"));
  g_string_append_printf (
      out,
      ngettext ("%u job runs on; a worker takes it up again\n",
                "%u jobs run on; a worker takes them up again\n",
                report->n_lanes_running),
      report->n_lanes_running);
}

static void
append_rest (GString *out,
             const Apm2ServicesReport *report,
             const Apm2Paths *paths)
{
  const Apm2BrokerReport *broker = &report->broker;

  if (!broker->is_reachable || broker->version != NULL)
    append_label (out, _ ("Broker"));
  if (!broker->is_reachable)
    g_string_append_printf (out, _ ("not reachable: %s\n"), broker->problem);
  else if (broker->version != NULL)
    g_string_append_printf (out,
                            _ ("answers, version %s, %s\n"),
                            broker->version,
                            paths->operator_socket);
  append_label (out, _ ("Credential"));
  g_string_append_printf (
      out,
      "%s\n",
      apm2_word_get (apm2_credential_state_to_string (report->credential)));
}

static void
append_reasons (GString *out,
                const Apm2ServicesReport *report,
                const Apm2Options *options)
{
  g_autoptr (GPtrArray) list = apm2_services_why_list (report, options);
  const Apm2ServicesWhy *first = NULL;

  if (list->len == 0)
    return;
  g_string_append_c (out, '\n');
  for (guint i = 0; i < list->len; i++)
    {
      const Apm2ServicesWhy *why = g_ptr_array_index (list, i);

      g_string_append_printf (out, "- %s\n", why->text);
    }
  first = g_ptr_array_index (list, 0);
  g_string_append_printf (out, _ ("Next: %s\n"), first->command);
}

/**
 * apm2_services_text_format:
 * @report: a report that was judged
 * @options: say how apm2 was called
 * @paths: of the report's mode
 * @columns: (nullable) (element-type guint): which columns of the units, and
 *   nothing but them; %NULL: all there is to tell
 * @width: columns of the terminal; 0: any number
 * @utf8: whether it shows UTF-8
 * @color: whether it shows colours
 *
 * Returns: (transfer full): lines
 */
char *
apm2_services_text_format (const Apm2ServicesReport *report,
                           const Apm2Options *options,
                           const Apm2Paths *paths,
                           const GArray *columns,
                           guint width,
                           gboolean utf8,
                           gboolean color)
{
  GString *out = g_string_new (NULL);
  const Apm2Style style = apm2_services_text_get_style (report->overall);

  if (columns != NULL)
    {
      append_table (
          out, report, columns, width, !options->no_legend, utf8, color);
      return g_string_free (out, FALSE);
    }
  g_string_append_printf (
      out,
      /* TRANSLATORS: begin of colour, a dot, the health, end of colour, and
       * "user" or "system". Keep their order. */
      _ ("%s%s apm2 is %s%s (%s mode)\n\n"),
      apm2_term_begin (color, style),
      apm2_services_text_get_mark (report->overall, utf8),
      apm2_word_get (apm2_health_level_to_string (report->overall)),
      apm2_term_end (color, style),
      apm2_word_get (apm2_mode_to_string (report->mode)));
  append_table (out, report, NULL, width, !options->no_legend, utf8, color);
  g_string_append_c (out, '\n');
  append_heartbeats (out, report, color);
  append_lanes (out, report);
  append_rest (out, report, paths);
  append_reasons (out, report, options);
  return g_string_free (out, FALSE);
}
