/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Calls about what is in quarantine.
 */

#include "apm2-client-private.h"

#include "apm2-names.h"

#define NO_OPTIONS "a{sv}", NULL

static GVariant *
call_quarantine (Apm2Client *self,
                 const char *method,
                 GVariant *parameters,
                 const char *reply_type,
                 GError **error)
{
  return apm2_client_call (self,
                           APM2_OBJECT_QUARANTINE,
                           APM2_IFACE_QUARANTINE,
                           method,
                           parameters,
                           reply_type,
                           error);
}

/**
 * apm2_client_list_quarantine:
 * @self: the broker
 * @kind: (nullable): "file" or "job"
 * @all: also jobs that were looked after
 * @inout_cursor: (inout): "" for the first page; "" after the last one
 * @error: return location
 *
 * Returns: (transfer full): one page, aa{sv}
 */
GVariant *
apm2_client_list_quarantine (Apm2Client *self,
                             const char *kind,
                             gboolean all,
                             char **inout_cursor,
                             GError **error)
{
  g_auto (GVariantDict) options = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) reply = NULL;

  if (kind != NULL)
    g_variant_dict_insert (&options, "kind", "s", kind);
  g_variant_dict_insert (&options, "all", "b", all);
  reply = call_quarantine (self,
                           "List",
                           g_variant_new ("(us@a{sv})",
                                          APM2_CLIENT_PAGE_MAX,
                                          *inout_cursor,
                                          g_variant_dict_end (&options)),
                           "(aa{sv}s)",
                           error);
  return reply != NULL ? apm2_client_take_page (reply, inout_cursor) : NULL;
}

/**
 * apm2_client_show_quarantine:
 * @self: the broker
 * @entry: an entry
 * @error: return location
 *
 * Returns: (transfer full): its record with the content, a{sv}
 */
GVariant *
apm2_client_show_quarantine (Apm2Client *self,
                             const char *entry,
                             GError **error)
{
  g_autoptr (GVariant) reply = call_quarantine (
      self,
      "Show",
      g_variant_new ("(s@a{sv})", entry, g_variant_new (NO_OPTIONS)),
      "(a{sv})",
      error);

  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

/**
 * apm2_client_release:
 * @self: the broker
 * @entry: an entry
 * @ret_created: (out): false if it had been released before
 * @error: return location
 *
 * Returns: (transfer full): id of the job that it became
 */
char *
apm2_client_release (Apm2Client *self,
                     const char *entry,
                     gboolean *ret_created,
                     GError **error)
{
  g_autoptr (GVariant) reply = call_quarantine (
      self,
      "Release",
      g_variant_new ("(s@a{sv})", entry, g_variant_new (NO_OPTIONS)),
      "(sob)",
      error);
  char *id = NULL;

  if (reply != NULL)
    g_variant_get (reply, "(sob)", &id, NULL, ret_created);
  return id;
}

/**
 * apm2_client_prune_quarantine:
 * @self: the broker
 * @entry: (nullable): one entry, or %NULL for all that are old enough
 * @older_than_usec: how old; 0: whatever their age
 * @dry_run: count only
 * @ret_files: (out): how many files
 * @ret_jobs: (out): how many jobs
 * @error: return location
 *
 * Returns: %TRUE if they are gone
 */
gboolean
apm2_client_prune_quarantine (Apm2Client *self,
                              const char *entry,
                              guint64 older_than_usec,
                              gboolean dry_run,
                              guint64 *ret_files,
                              guint64 *ret_jobs,
                              GError **error)
{
  g_auto (GVariantDict) options = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) reply = NULL;

  if (entry != NULL)
    g_variant_dict_insert (&options, "entry", "s", entry);
  g_variant_dict_insert (&options, "dry_run", "b", dry_run);
  reply = call_quarantine (self,
                           "Prune",
                           g_variant_new ("(t@a{sv})",
                                          older_than_usec,
                                          g_variant_dict_end (&options)),
                           "(tt)",
                           error);
  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(tt)", ret_files, ret_jobs);
  return TRUE;
}
