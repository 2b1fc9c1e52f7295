/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Submit, with whatever else is asked of the broker, or alone and quickly.
 */

#include "apm2-client-private.h"

#include "apm2-names.h"
#include "apm2-paths.h"
#include "apm2-plain-call.h"

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

/**
 * apm2_client_submit_alone:
 * @options: says which broker
 * @spec: a job spec, JSON
 * @ret_created: (out): false if the job existed already
 * @error: as apm2_client_open() and apm2_client_submit()
 *
 * For who asks the broker for nothing else, and is in a hurry.
 *
 * Returns: (transfer full): the id of the job, which is on the disk now
 */
char *
apm2_client_submit_alone (const Apm2Options *options,
                          const char *spec,
                          gboolean *ret_created,
                          GError **error)
{
  g_autoptr (Apm2Client) client = NULL;
  g_autoptr (Apm2Paths) paths = apm2_paths_new (options->mode, error);
  g_autoptr (GError) local = NULL;
  g_autoptr (GVariant) reply = NULL;

  if (paths == NULL)
    return NULL;
  reply = apm2_plain_call (paths->operator_socket,
                           APM2_OBJECT_QUEUE,
                           APM2_IFACE_QUEUE,
                           "Submit",
                           new_submit_arguments (spec),
                           "(sob)",
                           &local);
  if (reply != NULL)
    return take_submitted (reply, ret_created);
  if (local != NULL)
    {
      g_propagate_error (error,
                         apm2_client_take_error (g_steal_pointer (&local)));
      return NULL;
    }
  client = apm2_client_open (options, error);
  return client != NULL ? apm2_client_submit (client, spec, ret_created, error)
                        : NULL;
}
