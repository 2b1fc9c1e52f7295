/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What to type next when something was not found.
 */

#include "apm2-hint.h"

#include <glib/gi18n.h>

#include "apm2-error.h"

/* @other_code: with which something was not found, too */
static void
add_hint (const Apm2Options *options,
          const char *verb,
          Apm2Error other_code,
          GError **error)
{
  g_autofree char *message = NULL;

  if (error == NULL
      || (!g_error_matches (*error, APM2_ERROR, APM2_ERROR_NOT_FOUND)
          && !g_error_matches (*error, APM2_ERROR, other_code)))
    return;
  message = g_strdup_printf (_ ("%s; '%s %s' lists them"),
                             (*error)->message,
                             apm2_options_get_program (options),
                             verb);
  g_free ((*error)->message);
  (*error)->message = g_steal_pointer (&message);
}

/**
 * apm2_hint_add_jobs:
 * @options: say which broker was asked
 * @error: (inout) (nullable): an error; one that is not NOT_FOUND stays
 *
 * Adds how to find the ids of jobs.
 */
void
apm2_hint_add_jobs (const Apm2Options *options, GError **error)
{
  add_hint (options, "fac jobs", APM2_ERROR_NOT_FOUND, error);
}

/**
 * apm2_hint_add_receipts:
 * @options: say which broker was asked
 * @error: (inout) (nullable): an error; one that is not NOT_FOUND stays
 *
 * Adds how to find receipts.
 */
void
apm2_hint_add_receipts (const Apm2Options *options, GError **error)
{
  add_hint (options, "fac receipts list", APM2_ERROR_NOT_FOUND, error);
}

/**
 * apm2_hint_add_quarantine:
 * @options: say which broker was asked
 * @error: (inout) (nullable): an error; one that is neither NOT_FOUND nor
 *   INVALID_ARGUMENT stays
 *
 * Adds how to find what is in quarantine.
 */
void
apm2_hint_add_quarantine (const Apm2Options *options, GError **error)
{
  /* What is no name of an entry is none of one that is there. */
  add_hint (options, "fac quarantine list", APM2_ERROR_INVALID_ARGUMENT, error);
}
