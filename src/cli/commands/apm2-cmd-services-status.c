/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac services status and is-healthy: how everything is, now.
 */

#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-commands.h"
#include "apm2-format-json.h"
#include "apm2-page.h"
#include "apm2-services-report-json.h"
#include "apm2-services-select.h"
#include "apm2-services-text.h"
#include "apm2-services.h"

typedef struct
{
  gboolean quiet;
} IsHealthyOptions;

static const GOptionEntry is_healthy_entries[] = {
  { "quiet",
    'q',
    0,
    G_OPTION_ARG_NONE,
    APM2_ARGS_OFFSET (IsHealthyOptions, quiet),
    N_ ("Print nothing"),
    NULL },
  G_OPTION_ENTRY_NULL,
};

static void
on_report (const Apm2ServicesReport *report, gpointer user_data)
{
}

/* As monitoring plugins do. */
static int
exit_of_level (Apm2HealthLevel level)
{
  switch (level)
    {
    case APM2_HEALTH_LEVEL_HEALTHY:
      return 0;
    case APM2_HEALTH_LEVEL_DEGRADED:
      return 1;
    case APM2_HEALTH_LEVEL_UNHEALTHY:
      return 2;
    case APM2_HEALTH_LEVEL_UNKNOWN:
    default:
      return 3;
    }
}

/* Returns: (nullable): @ret_part, or all of it if no unit was named */
static const Apm2ServicesReport *
look (const Apm2CommandCall *call,
      Apm2Services *services,
      Apm2ServicesReport **ret_part,
      GError **error)
{
  const Apm2ServicesReport *report = apm2_services_await (services);
  Apm2ReportClock now;

  if (call->n_args == 0)
    return report;
  apm2_report_clock_read (&now);
  *ret_part = apm2_services_report_select (report, call->args, &now, error);
  return *ret_part;
}

static void
print_json (const Apm2CommandCall *call,
            const Apm2ServicesReport *report,
            const Apm2Paths *paths)
{
  Apm2ReportClock now;

  apm2_report_clock_read (&now);
  apm2_format_json_print (call,
                          apm2_services_report_to_json (report, paths, &now));
}

static void
print_text (const Apm2CommandCall *call,
            const Apm2ServicesReport *report,
            const Apm2Paths *paths)
{
  g_autofree char *text = apm2_services_text_format (report,
                                                     call->globals,
                                                     paths,
                                                     call->columns,
                                                     apm2_page_get_width (call),
                                                     call->term->utf8,
                                                     call->term->out_color);

  apm2_page_begin (call);
  fputs (text, stdout);
}

static int
run_status (const Apm2CommandCall *call, GError **error)
{
  g_autoptr (Apm2Services) services
      = apm2_services_new (call->globals, FALSE, on_report, NULL, error);
  g_autoptr (Apm2ServicesReport) part = NULL;
  const Apm2ServicesReport *report = NULL;

  if (services == NULL)
    return -1;
  report = look (call, services, &part, error);
  if (report == NULL)
    return -1;
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    print_json (call, report, apm2_services_get_paths (services));
  else
    print_text (call, report, apm2_services_get_paths (services));
  return exit_of_level (report->overall);
}

static int
run_is_healthy (const Apm2CommandCall *call, GError **error)
{
  const IsHealthyOptions *o = call->options;
  g_autoptr (Apm2Services) services
      = apm2_services_new (call->globals, FALSE, on_report, NULL, error);
  g_autoptr (Apm2ServicesReport) part = NULL;
  const Apm2ServicesReport *report = NULL;

  if (services == NULL)
    return -1;
  report = look (call, services, &part, error);
  if (report == NULL)
    return -1;
  if (o->quiet)
    return exit_of_level (report->overall);
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    print_json (call, report, apm2_services_get_paths (services));
  else
    puts (apm2_health_level_to_string (report->overall));
  return exit_of_level (report->overall);
}

const Apm2Command apm2_cmd_services_status = {
  .name = "status",
  .there = TRUE,
  .summary = N_ ("Show how the units, the heartbeats and the broker are"),
  .arguments = N_ ("[UNIT…]"),
  .description
  = N_ ("Exit status: 0 healthy, 1 degraded, 2 unhealthy, 3 unknown. Works "
        "without the\nbroker and starts nothing. Of a unit's name 'apm2-' and "
        "'.service' may be left\nout; with units, the rest does not count."),
  .examples = "  apm2 fac services status\n"
              "  apm2 fac services status worker\n"
              "  apm2 fac services status --json | jq '.overall_health'",
  .columns = apm2_services_text_columns,
  .n_columns = APM2_SERVICES_TEXT_N_COLUMNS,
  .args_max = G_MAXUINT,
  .run = run_status,
};

const Apm2Command apm2_cmd_services_is_healthy = {
  .name = "is-healthy",
  .there = TRUE,
  .summary = N_ ("Say in one word how everything is, for scripts"),
  .arguments = N_ ("[UNIT…]"),
  .description
  = N_ ("Exit status: 0 healthy, 1 degraded, 2 unhealthy, 3 unknown."),
  .entries = is_healthy_entries,
  .options_size = sizeof (IsHealthyOptions),
  .args_max = G_MAXUINT,
  .run = run_is_healthy,
};
