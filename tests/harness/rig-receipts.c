/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The chain of receipts as a client can check it.
 */

#include <string.h>

#include "apm2-receipt-json.h"
#include "rig-client.h"
#include "rig-wait.h"

static void
verify_one (Apm2ReceiptChain *chain, GVariant *entry, GHashTable *jobs)
{
  const char *digest = NULL;
  const char *job_id = NULL;
  const char *text = NULL;
  guint64 sequence = 0;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_variant_lookup (entry, "sequence", "t", &sequence));
  g_assert_true (g_variant_lookup (entry, "digest", "&s", &digest));
  g_assert_true (g_variant_lookup (entry, "job_id", "&s", &job_id));
  g_assert_true (g_variant_lookup (entry, "text", "&s", &text));
  g_assert_cmpuint (sequence, ==, chain->sequence + 1);
  if (!apm2_receipt_chain_verify (chain, text, strlen (text), digest, &error))
    rig_fail ("receipt %" G_GUINT64_FORMAT ": %s", sequence, error->message);
  if (jobs != NULL && !g_hash_table_add (jobs, g_strdup (job_id)))
    rig_fail ("job %s has two receipts", job_id);
}

/**
 * rig_verify_chain:
 * @connection: a connection
 * @jobs: (nullable) (element-type utf8): a set to which the jobs are added that
 *   have a receipt; it owns its strings
 *
 * Returns: number of receipts
 */
guint64
rig_verify_chain (GDBusConnection *connection, GHashTable *jobs)
{
  Apm2ReceiptChain chain = { 0 };
  g_autofree char *cursor = g_strdup ("");

  do
    {
      g_autoptr (GVariant) reply
          = rig_queue (connection,
                       "ListReceipts",
                       "(uint32 200, %s, {'oldest_first': <true>, "
                       "'text': <true>})",
                       cursor);
      g_autoptr (GVariant) entries = g_variant_get_child_value (reply, 0);

      for (gsize i = 0; i < g_variant_n_children (entries); i++)
        {
          g_autoptr (GVariant) entry = g_variant_get_child_value (entries, i);

          verify_one (&chain, entry, jobs);
        }
      g_free (cursor);
      g_variant_get_child (reply, 1, "s", &cursor);
    }
  while (*cursor != '\0');
  return chain.sequence;
}
