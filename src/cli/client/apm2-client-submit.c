/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Submit, on a connection.
 */

#include "apm2-client-private.h"

static GVariant *
new_submit_arguments (const char *spec)
{
  return g_variant_new ("(s@a{sv})", spec, g_variant_new ("a{sv}", NULL));
}

static char *
take_submitted (GVariant *reply, gboolean *ret_created)
{
  char *id = NULL;

  g_variant_get (reply, "(sob)", &id, NULL, ret_created);
  return id;
}

/**
 * apm2_client_submit:
 * @self: the broker
 * @spec: a job spec, JSON
 * @ret_created: (out): false if the job existed already
 * @error: return location
 *
 * Returns: (transfer full): the id of the job, which is on the disk now
 */
char *
apm2_client_submit (Apm2Client *self,
                    const char *spec,
                    gboolean *ret_created,
                    GError **error)
{
  g_autoptr (GVariant) reply = apm2_client_call_queue (
      self, "Submit", new_submit_arguments (spec), "(sob)", error);

  return reply != NULL ? take_submitted (reply, ret_created) : NULL;
}
