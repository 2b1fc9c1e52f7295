/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Writing the text format of Prometheus. Names are ours; what comes from
 * elsewhere stands in values of labels and in help texts, and is escaped.
 */

#include "apm2-prometheus.h"

#include <math.h>

static void
append_escaped (GString *out, const char *text, gboolean with_quotes)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  for (const char *p = valid; *p != '\0'; p++)
    switch (*p)
      {
      case '\\':
        g_string_append (out, "\\\\");
        break;
      case '\n':
        g_string_append (out, "\\n");
        break;
      case '"':
        g_string_append (out, with_quotes ? "\\\"" : "\"");
        break;
      default:
        g_string_append_c (out, *p);
        break;
      }
}

static void
append_value (GString *out, double value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (isnan (value))
    g_string_append (out, "NaN");
  else if (isinf (value))
    g_string_append (out, value > 0 ? "+Inf" : "-Inf");
  else
    g_string_append (out, g_ascii_dtostr (buffer, sizeof buffer, value));
}

/**
 * apm2_prometheus_add_family:
 * @out: the text so far
 * @name: of the metric
 * @type: "gauge" or "counter"
 * @help: what it is
 *
 * Begins a metric; its samples follow.
 */
void
apm2_prometheus_add_family (GString *out,
                            const char *name,
                            const char *type,
                            const char *help)
{
  g_string_append_printf (out, "# HELP %s ", name);
  append_escaped (out, help, FALSE);
  g_string_append_printf (out, "\n# TYPE %s %s\n", name, type);
}

/**
 * apm2_prometheus_add_sample:
 * @out: the text so far
 * @name: of the metric that was begun
 * @labels: (nullable) (array zero-terminated=1): names and values in turn
 * @value: its value
 */
void
apm2_prometheus_add_sample (GString *out,
                            const char *name,
                            const char *const *labels,
                            double value)
{
  g_string_append (out, name);
  for (gsize i = 0; labels != NULL && labels[i] != NULL; i += 2)
    {
      g_string_append_printf (out, "%s%s=\"", i == 0 ? "{" : ",", labels[i]);
      append_escaped (out, labels[i + 1], TRUE);
      g_string_append_c (out, '"');
    }
  g_string_append (out, labels != NULL && labels[0] != NULL ? "} " : " ");
  append_value (out, value);
  g_string_append_c (out, '\n');
}
