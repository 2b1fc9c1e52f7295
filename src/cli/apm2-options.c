/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The options that every verb takes, before it and after it.
 */

#include "apm2-options.h"

#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-host.h"

#define OFFSET(member) APM2_ARGS_OFFSET (Apm2Options, member)

const GOptionEntry apm2_options_entries[] = {
  { "user",
    0,
    0,
    G_OPTION_ARG_NONE,
    OFFSET (user),
    N_ ("Talk to the broker of this user"),
    NULL },
  { "system",
    0,
    0,
    G_OPTION_ARG_NONE,
    OFFSET (system),
    N_ ("Talk to the broker of the system"),
    NULL },
  { "host",
    'H',
    0,
    G_OPTION_ARG_FILENAME,
    OFFSET (host),
    N_ ("Talk to the broker of another machine, over ssh"),
    N_ ("[USER@]HOST") },
  { "json",
    0,
    0,
    G_OPTION_ARG_FILENAME,
    OFFSET (json_text),
    N_ ("Print JSON: short, pretty or off"),
    N_ ("[=STYLE]") },
  { "json-flag",
    'j',
    G_OPTION_FLAG_HIDDEN,
    G_OPTION_ARG_NONE,
    OFFSET (json_flag),
    NULL,
    NULL },
  { "columns",
    0,
    0,
    G_OPTION_ARG_FILENAME,
    OFFSET (columns),
    N_ ("Show these columns, as the header names them"),
    N_ ("A,B") },
  { "full",
    0,
    0,
    G_OPTION_ARG_NONE,
    OFFSET (full),
    N_ ("Cut nothing, however narrow the terminal is"),
    NULL },
  { "no-legend",
    0,
    0,
    G_OPTION_ARG_NONE,
    OFFSET (no_legend),
    N_ ("Print tables without header and footer"),
    NULL },
  { "no-pager",
    0,
    0,
    G_OPTION_ARG_NONE,
    OFFSET (no_pager),
    N_ ("Do not pass long output through a pager"),
    NULL },
  { "timestamp",
    0,
    0,
    G_OPTION_ARG_FILENAME,
    OFFSET (timestamp_text),
    N_ ("Show times: relative, pretty, us, utc, iso or unix"),
    N_ ("STYLE") },
  { "color",
    0,
    0,
    G_OPTION_ARG_FILENAME,
    OFFSET (color_text),
    N_ ("Use colour: auto, always or never"),
    N_ ("WHEN") },
  { "no-ask-password",
    0,
    0,
    G_OPTION_ARG_NONE,
    OFFSET (no_ask_password),
    N_ ("Do not let the system ask for a password"),
    NULL },
  { "help",
    'h',
    0,
    G_OPTION_ARG_NONE,
    OFFSET (help),
    N_ ("Show this help"),
    NULL },
  { "version",
    0,
    0,
    G_OPTION_ARG_NONE,
    OFFSET (version),
    N_ ("Show the version"),
    NULL },
  G_OPTION_ENTRY_NULL,
};

static gboolean
resolve_json (Apm2Options *self, gboolean stdout_is_tty, GError **error)
{
  const Apm2JsonStyle by_tty
      = stdout_is_tty ? APM2_JSON_STYLE_PRETTY : APM2_JSON_STYLE_SHORT;
  const char *text = self->json_text;

  if (text == NULL)
    self->json = self->json_flag ? by_tty : APM2_JSON_STYLE_OFF;
  else if (g_str_equal (text, APM2_OPTIONS_JSON_BARE))
    self->json = by_tty;
  else if (g_str_equal (text, "short"))
    self->json = APM2_JSON_STYLE_SHORT;
  else if (g_str_equal (text, "pretty"))
    self->json = APM2_JSON_STYLE_PRETTY;
  else if (g_str_equal (text, "off"))
    self->json = APM2_JSON_STYLE_OFF;
  else
    {
      g_set_error (error,
                   G_OPTION_ERROR,
                   G_OPTION_ERROR_BAD_VALUE,
                   _ ("--json=%s is none of short, pretty and off"),
                   text);
      return FALSE;
    }
  return TRUE;
}

static gboolean
resolve_color (Apm2Options *self, GError **error)
{
  const char *text = self->color_text;

  if (text == NULL || g_str_equal (text, "auto"))
    self->color = APM2_COLOR_AUTO;
  else if (g_str_equal (text, "always"))
    self->color = APM2_COLOR_ALWAYS;
  else if (g_str_equal (text, "never"))
    self->color = APM2_COLOR_NEVER;
  else
    {
      g_set_error (error,
                   G_OPTION_ERROR,
                   G_OPTION_ERROR_BAD_VALUE,
                   _ ("--color=%s is none of auto, always and never"),
                   text);
      return FALSE;
    }
  return TRUE;
}

const char *const apm2_options_timestamps[] = {
  [APM2_TIMESTAMP_AUTO] = "auto",     [APM2_TIMESTAMP_RELATIVE] = "relative",
  [APM2_TIMESTAMP_PRETTY] = "pretty", [APM2_TIMESTAMP_US] = "us",
  [APM2_TIMESTAMP_UTC] = "utc",       [APM2_TIMESTAMP_US_UTC] = "us+utc",
  [APM2_TIMESTAMP_ISO] = "iso",       [APM2_TIMESTAMP_UNIX] = "unix",
  [APM2_TIMESTAMP_UNIX + 1] = NULL,
};

static gboolean
resolve_timestamp (Apm2Options *self, GError **error)
{
  const char *text = self->timestamp_text;
  g_autofree char *list = NULL;

  for (guint i = 0; text != NULL && apm2_options_timestamps[i] != NULL; i++)
    if (g_str_equal (text, apm2_options_timestamps[i]))
      {
        self->timestamp = (Apm2Timestamp) i;
        return TRUE;
      }
  if (text == NULL)
    return TRUE;
  list = g_strjoinv (", ", (GStrv) apm2_options_timestamps);
  g_set_error (error,
               G_OPTION_ERROR,
               G_OPTION_ERROR_BAD_VALUE,
               _ ("--timestamp=%s: no such style; there are: %s"),
               text,
               list);
  return FALSE;
}

static void
set_program (Apm2Options *self)
{
  const char *mode = self->user ? " --user" : self->system ? " --system" : "";

  g_free (self->program);
  self->program = self->host != NULL
                      ? g_strdup_printf ("apm2 -H %s%s", self->host, mode)
                      : g_strdup_printf ("apm2%s", mode);
}

/**
 * apm2_options_resolve:
 * @self: options as they were typed
 * @stdout_is_tty: whether a bare --json means pretty
 * @error: G_OPTION_ERROR for a value or a combination that makes no sense
 *
 * Returns: %TRUE if @self can be used
 */
gboolean
apm2_options_resolve (Apm2Options *self, gboolean stdout_is_tty, GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);

  if (self->user && self->system)
    {
      g_set_error_literal (error,
                           G_OPTION_ERROR,
                           G_OPTION_ERROR_BAD_VALUE,
                           _ ("--user and --system exclude each other"));
      return FALSE;
    }
  if (self->host != NULL && !apm2_host_check (self->host, error))
    return FALSE;
  /* Elsewhere it does not matter who we are here. */
  self->mode = self->user                           ? APM2_MODE_USER
               : self->system || self->host != NULL ? APM2_MODE_SYSTEM
                                                    : APM2_MODE_AUTO;
  set_program (self);
  return resolve_json (self, stdout_is_tty, error)
         && resolve_color (self, error) && resolve_timestamp (self, error);
}

/**
 * apm2_options_clear:
 * @self: options
 *
 * Frees what @self holds.
 */
void
apm2_options_clear (Apm2Options *self)
{
  apm2_args_clear (apm2_options_entries, self);
  g_clear_pointer (&self->program, g_free);
}

/**
 * apm2_options_get_program:
 * @self: options
 *
 * Returns: (transfer none): how a command that is suggested to the user begins,
 *   so that it asks the same broker
 */
const char *
apm2_options_get_program (const Apm2Options *self)
{
  if (self->program != NULL)
    return self->program;
  if (self->mode == APM2_MODE_USER)
    return "apm2 --user";
  if (self->mode == APM2_MODE_SYSTEM)
    return "apm2 --system";
  return "apm2";
}
