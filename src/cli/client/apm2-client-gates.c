/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Gates: submit them, and ask whether a tree has passed them.
 */

#include "apm2-client-private.h"

/**
 * apm2_client_submit_gates:
 * @self: the broker
 * @spec: a job spec of kind gates, JSON
 * @force: run them though they passed or run already
 * @ret_created: (out): false if a job that passed or runs already is returned
 * @error: return location
 *
 * Returns: (transfer full): the id of the job, which is on the disk now
 */
char *
apm2_client_submit_gates (Apm2Client *self,
                          const char *spec,
                          gboolean force,
                          gboolean *ret_created,
                          GError **error)
{
  g_auto (GVariantDict) options = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) reply = NULL;
  char *id = NULL;

  if (force)
    g_variant_dict_insert (&options, "force", "b", TRUE);
  reply = apm2_client_call_queue (
      self,
      "Submit",
      g_variant_new ("(s@a{sv})", spec, g_variant_dict_end (&options)),
      "(sob)",
      error);
  if (reply != NULL)
    g_variant_get (reply, "(sob)", &id, NULL, ret_created);
  return id;
}

/**
 * apm2_client_get_admission:
 * @self: the broker
 * @project: what counts as the same repository
 * @tree: id of a tree
 * @gate_set_digest: digest of gates
 * @ret_digest: (out): digest of the receipt
 * @error: NOT_FOUND if the tree has not passed them
 *
 * Returns: (transfer full): the text of the receipt, not verified
 */
char *
apm2_client_get_admission (Apm2Client *self,
                           const char *project,
                           const char *tree,
                           const char *gate_set_digest,
                           char **ret_digest,
                           GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  char *text = NULL;

  reply = apm2_client_call_queue (self,
                                  "Admitted",
                                  g_variant_new ("(sss@a{sv})",
                                                 project,
                                                 tree,
                                                 gate_set_digest,
                                                 g_variant_new ("a{sv}", NULL)),
                                  "(ss)",
                                  error);
  if (reply != NULL)
    g_variant_get (reply, "(ss)", ret_digest, &text);
  return text;
}
