/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Calls to the broker's housekeeping.
 */

#include "apm2-client-private.h"

#include "apm2-names.h"

/**
 * apm2_client_collect:
 * @self: the broker
 * @dry_run: remove nothing
 * @receipts_older_usec: receipts of jobs that are gone and that are older go as
 *   well; 0: none does
 * @error: BUSY if housekeeping is at work already
 *
 * Returns: (transfer full): what went, or would, as apm2.fac.gc_run.v1
 */
char *
apm2_client_collect (Apm2Client *self,
                     gboolean dry_run,
                     guint64 receipts_older_usec,
                     GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  char *run = NULL;
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "dry_run", "b", dry_run);
  g_variant_dict_insert (
      &options, "receipts_older_usec", "t", receipts_older_usec);
  reply = apm2_client_call (
      self,
      APM2_OBJECT_HOUSEKEEPING,
      APM2_IFACE_HOUSEKEEPING,
      "Collect",
      g_variant_new ("(@a{sv})", g_variant_dict_end (&options)),
      "(s)",
      error);
  if (reply != NULL)
    g_variant_get (reply, "(s)", &run);
  return run;
}

/**
 * apm2_client_list_collections:
 * @self: the broker
 * @limit: at most so many
 * @error: return location
 *
 * Returns: (transfer full): the last runs, newest first, each as
 *   apm2.fac.gc_run.v1
 */
GStrv
apm2_client_list_collections (Apm2Client *self, guint limit, GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  GStrv runs = NULL;

  reply = apm2_client_call (
      self,
      APM2_OBJECT_HOUSEKEEPING,
      APM2_IFACE_HOUSEKEEPING,
      "History",
      g_variant_new ("(u@a{sv})", limit, g_variant_new ("a{sv}", NULL)),
      "(as)",
      error);
  if (reply != NULL)
    g_variant_get (reply, "(^as)", &runs);
  return runs;
}
