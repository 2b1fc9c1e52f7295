/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac metrics: how much, how long, how often and why.
 */

#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-format-json.h"
#include "apm2-metrics-text.h"
#include "apm2-out-file.h"
#include "apm2-time.h"

#define SINCE_DEFAULT "1d"

typedef struct
{
  char *since;
  char *output;
  gboolean prometheus;
} MetricsOptions;

static const GOptionEntry entries[] = {
  { "since",
    0,
    0,
    G_OPTION_ARG_STRING,
    APM2_ARGS_OFFSET (MetricsOptions, since),
    N_ ("How far back to look (1d)"),
    N_ ("SPAN") },
  { "prometheus",
    0,
    0,
    G_OPTION_ARG_NONE,
    APM2_ARGS_OFFSET (MetricsOptions, prometheus),
    N_ ("Print the text format of Prometheus"),
    NULL },
  { "output",
    'o',
    0,
    G_OPTION_ARG_FILENAME,
    APM2_ARGS_OFFSET (MetricsOptions, output),
    N_ ("Write that there, not to stdout; in one step"),
    N_ ("FILE") },
  G_OPTION_ENTRY_NULL,
};

static gboolean
check_options (const Apm2CommandCall *call, guint64 *ret_sec, GError **error)
{
  const MetricsOptions *o = call->options;
  const char *since = o->since != NULL ? o->since : SINCE_DEFAULT;

  if (o->output != NULL && !o->prometheus)
    {
      g_set_error_literal (error,
                           G_OPTION_ERROR,
                           G_OPTION_ERROR_BAD_VALUE,
                           _ ("--output: goes with --prometheus"));
      return FALSE;
    }
  if (!apm2_time_parse_span (since, ret_sec, error))
    {
      g_prefix_error (error, "--since: ");
      return FALSE;
    }
  if (*ret_sec > 0)
    return TRUE;
  g_set_error_literal (error,
                       G_OPTION_ERROR,
                       G_OPTION_ERROR_BAD_VALUE,
                       _ ("--since: give a span of at least a second"));
  return FALSE;
}

static int
print_prometheus (const Apm2CommandCall *call,
                  Apm2Client *client,
                  GVariant *metrics,
                  GError **error)
{
  const MetricsOptions *o = call->options;
  g_autoptr (GVariant) objects = apm2_client_get_objects (client, error);
  g_autoptr (Apm2OutFile) out = NULL;
  g_autofree char *text = NULL;

  if (objects == NULL)
    return -1;
  text = apm2_metrics_to_prometheus (metrics, objects);
  /* node_exporter is another user. */
  out = apm2_out_file_open (o->output, 0644, error);
  return out != NULL && apm2_out_file_write (out, text, error)
                 && apm2_out_file_commit (out, error)
             ? APM2_EXIT_OK
             : -1;
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const MetricsOptions *o = call->options;
  g_autoptr (Apm2Client) client = NULL;
  g_autoptr (GVariant) metrics = NULL;
  guint64 sec = 0;

  if (!check_options (call, &sec, error))
    return -1;
  client = apm2_client_open (call->globals, error);
  if (client == NULL)
    return -1;
  metrics = apm2_client_get_metrics (client, sec * G_USEC_PER_SEC, error);
  if (metrics == NULL)
    return -1;
  if (o->prometheus)
    return print_prometheus (call, client, metrics, error);
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    apm2_format_json_print (
        call, apm2_format_json_new_from_dict ("apm2.fac.metrics.v1", metrics));
  else
    apm2_metrics_print (call, metrics);
  return APM2_EXIT_OK;
}

const Apm2Command apm2_cmd_metrics = {
  .name = "metrics",
  .summary = N_ ("Show throughput, durations and outcomes"),
  .description
  = N_ ("Figures over the receipts of the last span of time. With --prometheus "
        "and --output\nthe file is one for node_exporter's textfile collector; "
        "its name must end in .prom."),
  .entries = entries,
  .options_size = sizeof (MetricsOptions),
  .examples = "  apm2 fac metrics --since 7d\n"
              "  apm2 fac metrics --prometheus \\\n"
              "    --output /var/lib/prometheus/node-exporter/apm2.prom",
  .run = run,
};
