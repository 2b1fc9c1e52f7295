/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Points in time as --timestamp asks for them.
 */

#include "apm2-timestamp.h"

#include <inttypes.h>

#include "apm2-format.h"

static char *
format_calendar (guint64 usec, const char *format, gboolean utc, gboolean fine)
{
  g_autoptr (GDateTime) at_utc
      = g_date_time_new_from_unix_utc ((gint64) (usec / G_USEC_PER_SEC));
  g_autoptr (GDateTime) shown = NULL;
  g_autofree char *micro = NULL;
  g_autofree char *full = NULL;

  if (at_utc == NULL)
    return NULL;
  shown = utc ? g_date_time_ref (at_utc) : g_date_time_to_local (at_utc);
  micro = g_strdup_printf (".%06" PRIu64, usec % G_USEC_PER_SEC);
  full = g_strdup_printf ("%s%s%s", format, fine ? micro : "", " %Z");
  return g_date_time_format (shown, full);
}

static char *
format_iso (guint64 usec)
{
  g_autoptr (GDateTime) utc
      = g_date_time_new_from_unix_utc ((gint64) (usec / G_USEC_PER_SEC));
  g_autoptr (GDateTime) local = NULL;

  if (utc == NULL)
    return NULL;
  local = g_date_time_to_local (utc);
  return g_date_time_format (local, "%FT%T%:z");
}

/* Returns: (nullable): %NULL if @style is no absolute one. */
static char *
format_absolute (guint64 usec, Apm2Timestamp style)
{
  const gboolean utc
      = style == APM2_TIMESTAMP_UTC || style == APM2_TIMESTAMP_US_UTC;
  const gboolean fine
      = style == APM2_TIMESTAMP_US || style == APM2_TIMESTAMP_US_UTC;

  switch (style)
    {
    case APM2_TIMESTAMP_PRETTY:
    case APM2_TIMESTAMP_US:
    case APM2_TIMESTAMP_UTC:
    case APM2_TIMESTAMP_US_UTC:
      return format_calendar (usec, "%a %F %T", utc, fine);
    case APM2_TIMESTAMP_ISO:
      return format_iso (usec);
    case APM2_TIMESTAMP_UNIX:
      return g_strdup_printf ("@%" PRIu64, usec / G_USEC_PER_SEC);
    case APM2_TIMESTAMP_AUTO:
    case APM2_TIMESTAMP_RELATIVE:
    default:
      return NULL;
    }
}

/**
 * apm2_timestamp_format_short:
 * @realtime_usec: a time; 0 for none
 * @now_usec: the time now
 * @style: how to show it
 *
 * Returns: (transfer full): @realtime_usec for a table, relative unless @style
 *   says otherwise; "-" for none
 */
char *
apm2_timestamp_format_short (guint64 realtime_usec,
                             gint64 now_usec,
                             Apm2Timestamp style)
{
  char *text
      = realtime_usec > 0 ? format_absolute (realtime_usec, style) : NULL;

  return text != NULL ? text : apm2_format_ago (realtime_usec, now_usec);
}

/**
 * apm2_timestamp_format_long:
 * @realtime_usec: a time; 0 for none
 * @now_usec: the time now
 * @style: how to show it
 *
 * Returns: (transfer full): @realtime_usec where there is room, absolute and
 *   relative unless @style says otherwise; "-" for none
 */
char *
apm2_timestamp_format_long (guint64 realtime_usec,
                            gint64 now_usec,
                            Apm2Timestamp style)
{
  char *text
      = realtime_usec > 0 ? format_absolute (realtime_usec, style) : NULL;

  if (text != NULL)
    return text;
  return style == APM2_TIMESTAMP_RELATIVE
             ? apm2_format_ago (realtime_usec, now_usec)
             : apm2_format_when (realtime_usec, now_usec);
}

/**
 * apm2_timestamp_format_now:
 * @style: how to show it
 *
 * Returns: (transfer full): the time now, for the line of an event: the time of
 *   the day unless @style says otherwise
 */
char *
apm2_timestamp_format_now (Apm2Timestamp style)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  char *text = format_absolute ((guint64) g_get_real_time (), style);

  return text != NULL ? text : g_date_time_format (now, "%T");
}
