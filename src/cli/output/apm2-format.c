/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Values as people read them: times, states, digests, command lines.
 */

#include "apm2-format.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n.h>

#include "apm2-job-state.h"
#include "apm2-time.h"
#include "apm2-word.h"

#define DIGEST_SHORT 12

/**
 * apm2_format_ago:
 * @realtime_usec: a time; 0 for none
 * @now_usec: the time now
 *
 * Returns: (transfer full): "3min ago", or "-" for none
 */
char *
apm2_format_ago (guint64 realtime_usec, gint64 now_usec)
{
  static const struct
  {
    guint64 sec;
    const char *format;
  } units[] = {
    { 86400, N_ ("%" PRIu64 "d ago") },
    { 3600, N_ ("%" PRIu64 "h ago") },
    { 60, N_ ("%" PRIu64 "min ago") },
    { 1, N_ ("%" PRIu64 "s ago") },
  };
  guint64 sec;

  if (realtime_usec == 0)
    return g_strdup ("-");
  if ((guint64) now_usec < realtime_usec)
    return g_strdup (_ ("now"));
  sec = ((guint64) now_usec - realtime_usec) / G_USEC_PER_SEC;
  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    if (sec >= units[i].sec)
      {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        return g_strdup_printf (_ (units[i].format), sec / units[i].sec);
#pragma GCC diagnostic pop
      }
  return g_strdup (_ ("now"));
}

/**
 * apm2_format_when:
 * @realtime_usec: a time; 0 for none
 * @now_usec: the time now
 *
 * Returns: (transfer full): "2026-01-31 14:03:27 CET (3min ago)", or "-"; of a
 *   time to come "(in 3min)"
 */
char *
apm2_format_when (guint64 realtime_usec, gint64 now_usec)
{
  g_autoptr (GDateTime) utc = NULL;
  g_autoptr (GDateTime) local = NULL;
  g_autofree char *text = NULL;
  g_autofree char *ago = NULL;
  g_autofree char *span = NULL;

  if (realtime_usec == 0)
    return g_strdup ("-");
  utc = g_date_time_new_from_unix_utc (
      (gint64) (realtime_usec / G_USEC_PER_SEC));
  local = utc != NULL ? g_date_time_to_local (utc) : NULL;
  text = local != NULL ? g_date_time_format (local, "%F %T %Z") : NULL;
  ago = apm2_format_ago (realtime_usec, now_usec);
  if (text == NULL)
    return g_steal_pointer (&ago);
  if (realtime_usec >= (guint64) now_usec + G_USEC_PER_SEC)
    {
      span = apm2_format_span_between ((guint64) now_usec, realtime_usec);
      return g_strdup_printf (_ ("%s (in %s)"), text, span);
    }
  return g_strdup_printf ("%s (%s)", text, ago);
}

/**
 * apm2_format_span_between:
 * @from_usec: a time; 0 for none
 * @to_usec: a later time
 *
 * Returns: (transfer full): how long it is from one to the other, or "-"
 */
char *
apm2_format_span_between (guint64 from_usec, guint64 to_usec)
{
  if (from_usec == 0)
    return g_strdup ("-");
  return apm2_time_format_span (to_usec > from_usec ? to_usec - from_usec : 0);
}

/**
 * apm2_format_state_word:
 * @state: state of a job
 * @verdict: its verdict, maybe empty
 *
 * Returns: (transfer none): the verdict if there is one, it says more
 */
const char *
apm2_format_state_word (const char *state, const char *verdict)
{
  return verdict != NULL && verdict[0] != '\0' ? verdict : state;
}

static Apm2Style
style_of (const char *word)
{
  static const struct
  {
    const char *word;
    Apm2Style style;
  } styles[] = {
    { "passed", APM2_STYLE_GOOD },      { "running", APM2_STYLE_BUSY },
    { "leased", APM2_STYLE_BUSY },      { "pending", APM2_STYLE_NORMAL },
    { "cancelled", APM2_STYLE_WARN },   { "skipped", APM2_STYLE_DIM },
    { "completed", APM2_STYLE_NORMAL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (styles); i++)
    if (g_str_equal (word, styles[i].word))
      return styles[i].style;
  return APM2_STYLE_BAD;
}

/**
 * apm2_format_state:
 * @state: state of a job or of a step
 * @verdict: its verdict, maybe empty
 * @utf8: whether the stream shows UTF-8
 * @ret_style: (out): how to show it
 *
 * Returns: (transfer full): the word behind a mark: filled for what runs or ran
 *   well, hollow for what waits, a cross for what went wrong
 */
char *
apm2_format_state (const char *state,
                   const char *verdict,
                   gboolean utf8,
                   Apm2Style *ret_style)
{
  const char *word = apm2_format_state_word (state, verdict);
  const char *mark = NULL;

  *ret_style = style_of (word);
  if (!utf8)
    mark = "*";
  else if (*ret_style == APM2_STYLE_BAD || *ret_style == APM2_STYLE_WARN)
    mark = "×";
  else if (g_str_equal (word, "pending") || g_str_equal (word, "skipped"))
    mark = "○";
  else
    mark = "●";
  return g_strdup_printf ("%s %s", mark, apm2_word_get (word));
}

/**
 * apm2_format_digest:
 * @digest: a digest in hex
 *
 * Returns: (transfer full): its beginning, enough for people
 */
char *
apm2_format_digest (const char *digest)
{
  return g_strndup (digest, DIGEST_SHORT);
}

static gboolean
is_plain (const char *word)
{
  if (word[0] == '\0')
    return FALSE;
  for (const char *c = word; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && (guchar) *c < 0x80
        && strchr ("@%+=:,./-_", *c) == NULL)
      return FALSE;
  return TRUE;
}

/**
 * apm2_format_argv:
 * @argv: (array zero-terminated=1): a command
 *
 * Returns: (transfer full): @argv as one could type it into a shell
 */
char *
apm2_format_argv (const char *const *argv)
{
  GString *line = g_string_new (NULL);

  for (gsize i = 0; argv[i] != NULL; i++)
    {
      g_autofree char *quoted
          = is_plain (argv[i]) ? g_strdup (argv[i]) : g_shell_quote (argv[i]);

      g_string_append_printf (line, "%s%s", i > 0 ? " " : "", quoted);
    }
  return g_string_free (line, FALSE);
}
