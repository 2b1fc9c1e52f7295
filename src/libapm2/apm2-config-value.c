/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How the values of apm2.conf are written.
 */

#include "apm2-config-value.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-size.h"
#include "apm2-source.h"
#include "apm2-text.h"
#include "apm2-time.h"

#define DAY G_GUINT64_CONSTANT (86400)

static char *
span_to_string (guint64 sec)
{
  if (sec != 0 && sec % DAY == 0)
    return g_strdup_printf ("%" G_GUINT64_FORMAT "d", sec / DAY);
  if (sec != 0 && sec % 3600 == 0)
    return g_strdup_printf ("%" G_GUINT64_FORMAT "h", sec / 3600);
  if (sec != 0 && sec % 60 == 0)
    return g_strdup_printf ("%" G_GUINT64_FORMAT "min", sec / 60);
  return g_strdup_printf ("%" G_GUINT64_FORMAT "s", sec);
}

/**
 * apm2_config_value_to_string:
 * @form: one whose values are numbers
 * @value: the value
 *
 * Returns: (transfer full): what stands in a file for it
 */
char *
apm2_config_value_to_string (Apm2ConfigForm form, guint64 value)
{
  switch (form)
    {
    case APM2_CONFIG_FORM_SPAN:
      return span_to_string (value);
    case APM2_CONFIG_FORM_SIZE:
      return apm2_size_to_string (value);
    case APM2_CONFIG_FORM_PERCENT:
    case APM2_CONFIG_FORM_PERCENT32:
      return g_strdup_printf ("%" G_GUINT64_FORMAT "%%", value);
    case APM2_CONFIG_FORM_SWITCH:
      return g_strdup (value ? "yes" : "no");
    case APM2_CONFIG_FORM_COUNT:
    case APM2_CONFIG_FORM_COUNT32:
      return g_strdup_printf ("%" G_GUINT64_FORMAT, value);
    case APM2_CONFIG_FORM_WORD:
    case APM2_CONFIG_FORM_PATH:
    case APM2_CONFIG_FORM_HOSTS:
    default:
      g_return_val_if_reached (NULL);
    }
}

static gboolean
parse_count (const char *text,
             const char *suffix,
             guint64 *ret_value,
             GError **error)
{
  g_autofree char *digits = g_strdup (text);

  if (g_str_has_suffix (digits, suffix))
    digits[strlen (digits) - strlen (suffix)] = '\0';
  if (g_ascii_string_to_unsigned (digits, 10, 0, G_MAXUINT64, ret_value, NULL))
    return TRUE;
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               _ ("'%s' is not a whole number"),
               text);
  return FALSE;
}

static gboolean
parse_switch (const char *text, guint64 *ret_value, GError **error)
{
  static const char *const yes[] = { "yes", "true", "on", "1", NULL };
  static const char *const no[] = { "no", "false", "off", "0", NULL };

  *ret_value = g_strv_contains (yes, text);
  if (*ret_value || g_strv_contains (no, text))
    return TRUE;
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               _ ("'%s' is neither yes nor no"),
               text);
  return FALSE;
}

/**
 * apm2_config_value_parse:
 * @form: one whose values are numbers
 * @text: what stands in the file
 * @ret_value: (out): the value
 * @error: INVALID_ARGUMENT, saying what would be right
 *
 * Returns: %TRUE if @text has the form
 */
gboolean
apm2_config_value_parse (Apm2ConfigForm form,
                         const char *text,
                         guint64 *ret_value,
                         GError **error)
{
  switch (form)
    {
    case APM2_CONFIG_FORM_SPAN:
      return apm2_time_parse_span (text, ret_value, error);
    case APM2_CONFIG_FORM_SIZE:
      return apm2_size_parse (text, ret_value, error);
    case APM2_CONFIG_FORM_PERCENT:
    case APM2_CONFIG_FORM_PERCENT32:
      return parse_count (text, "%", ret_value, error);
    case APM2_CONFIG_FORM_SWITCH:
      return parse_switch (text, ret_value, error);
    case APM2_CONFIG_FORM_COUNT:
    case APM2_CONFIG_FORM_COUNT32:
      return parse_count (text, "", ret_value, error);
    case APM2_CONFIG_FORM_WORD:
    case APM2_CONFIG_FORM_PATH:
    case APM2_CONFIG_FORM_HOSTS:
    default:
      g_return_val_if_reached (FALSE);
    }
}

static gboolean
check_path (const char *text, GError **error)
{
  if (text[0] == '\0'
      || (g_path_is_absolute (text) && apm2_text_is_line (text)))
    return TRUE;
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               _ ("'%s' is not an absolute path"),
               text);
  return FALSE;
}

static gboolean
check_hosts (const char *text, GError **error)
{
  g_auto (GStrv) hosts = g_strsplit (text, ";", -1);

  for (guint i = 0; hosts[i] != NULL; i++)
    {
      if (hosts[i][0] == '\0' || apm2_source_host_is_valid (hosts[i]))
        continue;
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_INVALID_ARGUMENT,
                   _ ("'%s' is neither a host nor host:port"),
                   hosts[i]);
      return FALSE;
    }
  return TRUE;
}

/**
 * apm2_config_value_check_text:
 * @form: one whose values are text, but not a word
 * @text: what stands in the file
 * @error: INVALID_ARGUMENT, saying what would be right
 *
 * Returns: %TRUE if @text has the form
 */
gboolean
apm2_config_value_check_text (Apm2ConfigForm form,
                              const char *text,
                              GError **error)
{
  switch (form)
    {
    case APM2_CONFIG_FORM_PATH:
      return check_path (text, error);
    case APM2_CONFIG_FORM_HOSTS:
      return check_hosts (text, error);
    case APM2_CONFIG_FORM_COUNT:
    case APM2_CONFIG_FORM_COUNT32:
    case APM2_CONFIG_FORM_SPAN:
    case APM2_CONFIG_FORM_SIZE:
    case APM2_CONFIG_FORM_PERCENT:
    case APM2_CONFIG_FORM_PERCENT32:
    case APM2_CONFIG_FORM_SWITCH:
    case APM2_CONFIG_FORM_WORD:
    default:
      g_return_val_if_reached (FALSE);
    }
}
