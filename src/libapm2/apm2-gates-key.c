/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The keys of a gate, and what may stand behind them.
 */

#include "apm2-gates-key.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-config-value.h"
#include "apm2-error.h"
#include "apm2-job-gates.h"
#include "apm2-text.h"
#include "apm2-time.h"

#define ENV "env-"

static gboolean refuse (GError **error, const char *format, ...)
    G_GNUC_PRINTF (2, 3);

static gboolean
refuse (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_clear_error (error);
  *error = g_error_new_valist (
      APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT, format, args);
  va_end (args);
  return FALSE;
}

static gboolean
set_command (Apm2Step *step, const char *value, GError **error)
{
  const char *const argv[] = { "/bin/sh", "-c", value, NULL };

  if (value[0] == '\0')
    return refuse (error, _ ("empty"));
  step->argv = g_strdupv ((GStrv) argv);
  return TRUE;
}

static gboolean
set_timeout (Apm2Step *step, const char *value, GError **error)
{
  g_autofree char *quoted = apm2_text_quote (value);

  if (apm2_time_parse_span (value, &step->timeout_sec, NULL)
      && step->timeout_sec >= 1 && step->timeout_sec <= APM2_TIMEOUT_SEC_MAX)
    return TRUE;
  return refuse (
      error,
      _ ("'%s' is not a time from 1s to 7d, like 90, 10min or 2h 30m"),
      quoted);
}

static gboolean
parse_flag (const char *value, gboolean *ret, GError **error)
{
  g_autofree char *quoted = apm2_text_quote (value);
  guint64 number = 0;

  if (!apm2_config_value_parse (APM2_CONFIG_FORM_SWITCH, value, &number, NULL))
    return refuse (error, _ ("'%s' is neither yes nor no"), quoted);
  *ret = number != 0;
  return TRUE;
}

static gboolean
set_network (Apm2Step *step, const char *value, GError **error)
{
  return parse_flag (value, &step->network, error);
}

static gboolean
set_allow_failure (Apm2Step *step, const char *value, GError **error)
{
  return parse_flag (value, &step->allow_failure, error);
}

/* Returns: (nullable): the elements of a list, which may end in a separator */
static GStrv
split_list (const char *value, GError **error)
{
  g_auto (GStrv) list = g_strsplit (value, ";", -1);
  guint n = g_strv_length (list);

  if (n > 0 && g_strstrip (list[n - 1])[0] == '\0')
    g_clear_pointer (&list[--n], g_free);
  if (n == 0)
    refuse (error, _ ("empty"));
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *quoted = apm2_text_quote (g_strstrip (list[i]));

      if (list[i][0] == '\0')
        refuse (error, _ ("an element is empty"));
      for (guint j = 0; j < i; j++)
        if (g_str_equal (list[j], list[i]))
          refuse (error, _ ("'%s' stands there twice"), quoted);
    }
  return *error == NULL ? g_steal_pointer (&list) : NULL;
}

static gboolean
set_needs (Apm2Step *step, const char *value, GError **error)
{
  step->needs = split_list (value, error);
  return step->needs != NULL;
}

/* Makes "a/b" of "./a//b/"; %NULL if it leads out of the checkout, is all of it
 * or what git keeps there. */
static char *
normalize_cache (const char *text)
{
  g_auto (GStrv) elements = g_strsplit (text, "/", -1);
  g_autoptr (GString) path = g_string_new (NULL);

  if (text[0] == '/')
    return NULL;
  for (guint i = 0; elements[i] != NULL; i++)
    if (elements[i][0] != '\0' && !g_str_equal (elements[i], "."))
      g_string_append_printf (
          path, "%s%s", path->len > 0 ? "/" : "", elements[i]);
  return apm2_job_gates_cache_is_valid (path->str)
             ? g_string_free (g_steal_pointer (&path), FALSE)
             : NULL;
}

static gboolean
lies_in (const char *path, const char *folder)
{
  const gsize length = strlen (folder);

  return strncmp (path, folder, length) == 0
         && (path[length] == '/' || path[length] == '\0');
}

static gboolean
set_cache (Apm2Step *step, const char *value, GError **error)
{
  g_auto (GStrv) list = split_list (value, error);

  if (list == NULL)
    return FALSE;
  if (g_strv_length (list) > APM2_CACHES_MAX)
    return refuse (error, _ ("more than %d directories"), APM2_CACHES_MAX);
  for (guint i = 0; list[i] != NULL; i++)
    {
      g_autofree char *quoted = apm2_text_quote (list[i]);
      char *path = normalize_cache (list[i]);

      if (path == NULL)
        return refuse (
            error, _ ("'%s' is not a directory inside the checkout"), quoted);
      g_free (list[i]);
      list[i] = path;
      for (guint j = 0; j < i; j++)
        if (lies_in (list[i], list[j]) || lies_in (list[j], list[i]))
          return refuse (error, _ ("'%s' lies in another one of them"), quoted);
    }
  step->caches = g_steal_pointer (&list);
  return TRUE;
}

typedef struct
{
  const char *name;
  gboolean (*set) (Apm2Step *step, const char *value, GError **error);
} Key;

static const Key keys[] = {
  { "allow-failure", set_allow_failure },
  { "cache", set_cache },
  { "command", set_command },
  { "needs", set_needs },
  { "network", set_network },
  { "timeout", set_timeout },
};

static gboolean
add_env (Apm2Step *step, const char *name, const char *value, GError **error)
{
  g_autofree char *quoted = apm2_text_quote (name);
  const guint n = step->env != NULL ? g_strv_length (step->env) : 0;

  if (!apm2_env_name_is_allowed (name))
    return refuse (error, _ ("'%s' is not a name that a gate may set"), quoted);
  if (n >= APM2_ENV_MAX)
    return refuse (error, _ ("more than %d variables"), APM2_ENV_MAX);
  step->env = g_renew (char *, step->env, n + 2);
  step->env[n] = g_strdup_printf ("%s=%s", name, value);
  step->env[n + 1] = NULL;
  return TRUE;
}

static gboolean
set_value (Apm2Step *step, const char *key, const char *value, GError **error)
{
  if (!apm2_text_is_lines (value))
    return refuse (error, _ ("holds a control character"));
  if (g_str_has_prefix (key, ENV))
    return add_env (step, key + strlen (ENV), value, error);
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (keys[i].name, key))
      return keys[i].set (step, value, error);
  return refuse (error, _ ("unknown key"));
}

/**
 * apm2_gates_key_set:
 * @step: a gate
 * @key: a key of its group
 * @value: its value, without white space at the ends
 * @error: INVALID_ARGUMENT: what is wrong with @key or @value
 *
 * Returns: %TRUE if @step has the value now
 */
gboolean
apm2_gates_key_set (Apm2Step *step,
                    const char *key,
                    const char *value,
                    GError **error)
{
  g_autoptr (GError) local = NULL;

  g_return_val_if_fail (step != NULL && key != NULL && value != NULL, FALSE);

  if (set_value (step, key, value, &local))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}
