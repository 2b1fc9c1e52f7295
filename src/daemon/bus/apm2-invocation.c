/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a call is answered that fails, and how its options are checked.
 *
 * Every error that the daemon returns of its own passes here, so that callers
 * only ever see the names of our one domain.
 */

#include "apm2-invocation.h"

#include <string.h>

#include "apm2-text.h"

#define MESSAGE_MAX 1024 /* bytes */

/**
 * apm2_invocation_take_error:
 * @invocation: (transfer full): a call
 * @error: (transfer full): why it fails, of any domain
 *
 * Answers @invocation with an error of ours. The original is logged at debug
 * level if it was of another domain.
 */
void
apm2_invocation_take_error (GDBusMethodInvocation *invocation, GError *error)
{
  g_autoptr (GError) ours = NULL;
  g_autofree char *line = NULL;

  g_return_if_fail (G_IS_DBUS_METHOD_INVOCATION (invocation));
  g_return_if_fail (error != NULL);

  if (error->domain != APM2_ERROR)
    g_debug ("%s.%s failed: %s, %d: %s",
             g_dbus_method_invocation_get_interface_name (invocation),
             g_dbus_method_invocation_get_method_name (invocation),
             g_quark_to_string (error->domain),
             error->code,
             error->message);
  ours = apm2_error_normalize (error);
  /* Names that the caller gave stand in messages, and these on terminals. */
  line = apm2_text_clean (ours->message, MESSAGE_MAX);
  g_dbus_method_invocation_return_error_literal (
      invocation, ours->domain, ours->code, line);
}

/**
 * apm2_invocation_fail:
 * @invocation: (transfer full): a call
 * @code: kind of failure
 * @format: printf() format of the message
 * @...: its arguments
 *
 * Answers @invocation with an error.
 */
void
apm2_invocation_fail (GDBusMethodInvocation *invocation,
                      Apm2Error code,
                      const char *format,
                      ...)
{
  GError *error = NULL;
  va_list args;

  va_start (args, format);
  error = g_error_new_valist (APM2_ERROR, (int) code, format, args);
  va_end (args);
  apm2_invocation_take_error (invocation, error);
}

/* The declaration of @key, or %NULL. */
static const char *
find_key (const char *const *keys, const char *key)
{
  gsize length = strlen (key);

  for (gsize i = 0; keys[i] != NULL; i++)
    if (strncmp (keys[i], key, length) == 0 && keys[i][length] == ':')
      return keys[i] + length + 1;
  return NULL;
}

static gboolean
refuse_unknown (const char *key, const char *const *keys, GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);

  for (gsize i = 0; keys[i] != NULL; i++)
    {
      const char *colon = strchr (keys[i], ':');

      if (i > 0)
        g_string_append (known, ", ");
      g_string_append_len (known,
                           keys[i],
                           colon != NULL ? (gssize) (colon - keys[i])
                                         : (gssize) -1);
    }
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               known->len > 0 ? "Unknown option “%s”; there are: %s"
                              : "Unknown option “%s”; there are none%s",
               key,
               known->str);
  return FALSE;
}

/**
 * apm2_options_check:
 * @options: the `a{sv}` that a caller gave
 * @keys: what is allowed, as "name:type"; ends with %NULL
 * @error: return location for an error
 *
 * Returns: %TRUE if every key is among @keys, stands once and has its type,
 *   else %FALSE with %APM2_ERROR_INVALID_ARGUMENT
 */
gboolean
apm2_options_check (GVariant *options, const char *const *keys, GError **error)
{
  g_autoptr (GHashTable) seen = NULL;
  GVariantIter iter;
  const char *key = NULL;
  GVariant *value = NULL;

  g_return_val_if_fail (options != NULL && keys != NULL, FALSE);
  g_return_val_if_fail (g_variant_is_of_type (options, G_VARIANT_TYPE_VARDICT),
                        FALSE);

  if (g_variant_n_children (options) == 0)
    return TRUE;

  seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_variant_iter_init (&iter, options);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) owned = value;
      const char *type = find_key (keys, key);

      if (type == NULL)
        return refuse_unknown (key, keys, error);
      if (!g_str_equal (g_variant_get_type_string (owned), type))
        {
          g_set_error (error,
                       APM2_ERROR,
                       APM2_ERROR_INVALID_ARGUMENT,
                       "Option “%s” has the type “%s” instead of “%s”",
                       key,
                       g_variant_get_type_string (owned),
                       type);
          return FALSE;
        }
      if (!g_hash_table_add (seen, (gpointer) key))
        {
          g_set_error (error,
                       APM2_ERROR,
                       APM2_ERROR_INVALID_ARGUMENT,
                       "Option “%s” stands twice",
                       key);
          return FALSE;
        }
    }
  return TRUE;
}
