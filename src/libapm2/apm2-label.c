/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Labels: words of the submitter's own that travel with a job into lists, logs
 * and its receipt.
 */

#include "apm2-label.h"

#include <string.h>

#include "apm2-text.h"

/**
 * apm2_label_is_valid:
 * @pair: "key=value"
 *
 * Returns: %TRUE if the key is [a-z][a-z0-9._-]* of at most
 *   %APM2_LABEL_KEY_MAX bytes and the value one line of at most
 *   %APM2_LABEL_VALUE_MAX bytes
 */
gboolean
apm2_label_is_valid (const char *pair)
{
  g_autofree char *key = NULL;
  const char *value;

  g_return_val_if_fail (pair != NULL, FALSE);

  value = strchr (pair, '=');
  if (value == NULL)
    return FALSE;
  key = g_strndup (pair, (gsize) (value - pair));
  value++;
  return apm2_text_is_word (key,
                            APM2_TEXT_LOWER,
                            APM2_TEXT_LOWER APM2_TEXT_DIGITS "._-",
                            APM2_LABEL_KEY_MAX)
         && strlen (value) <= APM2_LABEL_VALUE_MAX && apm2_text_is_line (value);
}
