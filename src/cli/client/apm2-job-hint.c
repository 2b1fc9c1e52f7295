/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which job may have been meant.
 *
 * The beginning of an id is not taken for the id, however few jobs begin so:
 * the next job may, too, and what is called off by mistake is gone. It is
 * answered with the ids.
 */

#include "apm2-job-hint.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-hint.h"

/* With less than that almost any job could be meant. */
#define BEGINNING_MIN 4
#define SHOWN_MAX     3

/* Returns: (nullable): ids of the newest jobs that begin so. */
static char *
find_ids (Apm2Client *client, const char *beginning)
{
  g_autofree char *cursor = g_strdup ("");
  g_autoptr (GString) ids = g_string_new (NULL);
  g_autoptr (GVariant) page = NULL;
  guint found = 0;

  if (strlen (beginning) < BEGINNING_MIN)
    return NULL;
  page = apm2_client_list_jobs (
      client, NULL, NULL, NULL, APM2_CLIENT_PAGE_MAX, &cursor, NULL);
  for (gsize i = 0; page != NULL && i < g_variant_n_children (page); i++)
    {
      g_autoptr (GVariant) record = g_variant_get_child_value (page, i);
      const char *id = "";

      (void) g_variant_lookup (record, "id", "&s", &id);
      if (!g_str_has_prefix (id, beginning))
        continue;
      if (++found > SHOWN_MAX)
        break;
      g_string_append_printf (ids, "%s'%s'", found > 1 ? ", " : "", id);
    }
  if (found == 0)
    return NULL;
  if (found > SHOWN_MAX)
    g_string_append (ids, ", …");
  return g_string_free (g_steal_pointer (&ids), FALSE);
}

/**
 * apm2_job_hint_add:
 * @client: the broker
 * @options: say which broker was asked
 * @id: what was typed
 * @error: (inout) (nullable): an error; one that is not NOT_FOUND stays
 *
 * Adds the ids that begin with @id, or else how to find the ids of jobs.
 */
void
apm2_job_hint_add (Apm2Client *client,
                   const Apm2Options *options,
                   const char *id,
                   GError **error)
{
  g_autofree char *ids = NULL;
  g_autofree char *message = NULL;

  if (error == NULL
      || !g_error_matches (*error, APM2_ERROR, APM2_ERROR_NOT_FOUND))
    return;
  ids = find_ids (client, id);
  if (ids == NULL)
    {
      apm2_hint_add_jobs (options, error);
      return;
    }
  /* TRANSLATORS: what was not found, and what may have been meant. */
  message
      = g_strdup_printf (_ ("%s; did you mean %s?"), (*error)->message, ids);
  g_free ((*error)->message);
  (*error)->message = g_steal_pointer (&message);
}
