/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Submit over a connection of GDBus: when there is more to do than one call, or
 * when only the message bus leads to the broker.
 */

#include "apm2-submit-client.h"

#include "apm2-client.h"
#include "apm2-follow.h"
#include "apm2-submit-spec.h"

static int
submit_by_client (const Apm2CommandCall *call, const char *spec, GError **error)
{
  const Apm2SubmitOptions *o = call->options;
  g_autoptr (Apm2Client) client = apm2_client_open (call->globals, error);
  g_autofree char *id = NULL;
  Apm2FollowFlags flags = APM2_FOLLOW_PROGRESS;
  gboolean created = FALSE;

  if (client == NULL)
    return -1;
  id = apm2_client_submit (client, spec, &created, error);
  if (id == NULL)
    return -1;
  if (!o->wait && !o->follow)
    {
      apm2_submit_print (call, id, created);
      return APM2_EXIT_OK;
    }
  if (o->follow)
    flags |= apm2_follow_flags_for_log (call->term);
  return apm2_follow_run (
      call, g_steal_pointer (&client), id, flags, NULL, error);
}

const Apm2SubmitFunc apm2_submit_by_client = submit_by_client;
