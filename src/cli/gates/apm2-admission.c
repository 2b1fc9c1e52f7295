/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Whether a receipt admits a commit.
 *
 * The broker is asked for it, but not believed: the digest is computed over the
 * text once more, and what stands in the text has to be what was asked for.
 */

#include "apm2-admission.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-receipt-json.h"

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_FAILED,
               _ ("the receipt from the broker admits nothing: %s"),
               why);
  return FALSE;
}

static gboolean
check (const Apm2Receipt *receipt,
       const char *project,
       const char *tree,
       const char *gate_set_digest,
       GError **error)
{
  if (receipt->kind != APM2_JOB_KIND_GATES)
    return refuse (error, _ ("it is not one of gates"));
  if (receipt->part_of != NULL)
    return refuse (error, _ ("it is one of a part of the gates"));
  if (receipt->outcome != APM2_JOB_STATE_COMPLETED
      || receipt->verdict != APM2_VERDICT_PASSED)
    return refuse (error, _ ("its verdict is not that they passed"));
  if (g_strcmp0 (receipt->source_project, project) != 0)
    return refuse (error, _ ("it is for another repository"));
  if (g_strcmp0 (receipt->source_tree, tree) != 0)
    return refuse (error, _ ("it is for another tree"));
  if (g_strcmp0 (receipt->gate_set_digest, gate_set_digest) != 0)
    return refuse (error, _ ("it is for other gates"));
  return TRUE;
}

/**
 * apm2_admission_verify:
 * @text: a receipt
 * @digest: what its digest is said to be
 * @project: the repository that is asked for
 * @tree: the tree that is asked for
 * @gate_set_digest: the gates that are asked for
 * @error: FAILED, saying what is wrong with it
 *
 * Returns: (transfer full): the receipt, by which the tree is admitted
 */
Apm2Receipt *
apm2_admission_verify (const char *text,
                       const char *digest,
                       const char *project,
                       const char *tree,
                       const char *gate_set_digest,
                       GError **error)
{
  Apm2ReceiptChain chain = { 0 };
  g_autoptr (Apm2Receipt) receipt = NULL;
  g_autoptr (GError) local = NULL;

  g_return_val_if_fail (text != NULL && digest != NULL, NULL);
  g_return_val_if_fail (project != NULL && tree != NULL, NULL);
  g_return_val_if_fail (gate_set_digest != NULL, NULL);

  if (!apm2_receipt_chain_verify (&chain, text, strlen (text), digest, &local))
    {
      refuse (error, local->message);
      return NULL;
    }
  receipt = apm2_receipt_from_json (text, strlen (text), &local);
  if (receipt == NULL)
    {
      refuse (error, local->message);
      return NULL;
    }
  return check (receipt, project, tree, gate_set_digest, error)
             ? g_steal_pointer (&receipt)
             : NULL;
}

/**
 * apm2_admission_find:
 * @client: the broker
 * @target: a commit and its gates
 * @ret_digest: (out): digest of the receipt
 * @error: NOT_FOUND if there is none, FAILED if there is one that is not right,
 *   and those of a call
 *
 * Returns: (transfer full): the receipt by which the commit is admitted
 */
Apm2Receipt *
apm2_admission_find (Apm2Client *client,
                     const Apm2GatesTarget *target,
                     char **ret_digest,
                     GError **error)
{
  g_autofree char *digest = NULL;
  g_autofree char *text
      = apm2_client_get_admission (client,
                                   target->repository->project,
                                   target->commit->tree,
                                   target->gate_set_digest,
                                   &digest,
                                   error);
  Apm2Receipt *receipt = NULL;

  if (text == NULL)
    return NULL;
  receipt = apm2_admission_verify (text,
                                   digest,
                                   target->repository->project,
                                   target->commit->tree,
                                   target->gate_set_digest,
                                   error);
  if (receipt != NULL)
    *ret_digest = g_steal_pointer (&digest);
  return receipt;
}
