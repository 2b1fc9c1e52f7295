/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Services.Queue: HandOver.
 *
 * For peers of the operator socket: a message bus has no business with a
 * gigabyte of somebody's commits.
 */

#include "apm2-queue-export-private.h"

#include <gio/gunixfdlist.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-invocation.h"

void
apm2_queue_export_hand_over (gpointer data,
                             gpointer object,
                             const Apm2Caller *caller,
                             GVariant *parameters,
                             GDBusMethodInvocation *invocation)
{
  static const char *const keys[] = { NULL };
  Apm2QueueExport *self = data;
  g_autoptr (GVariant) options = g_variant_get_child_value (parameters, 0);
  g_autoptr (GUnixFDList) list = g_unix_fd_list_new ();
  g_autofree char *name = NULL;
  g_autoptr (GError) error = NULL;
  apm2_autofd int fd = -1;
  int handle = -1;

  if (caller->on_bus)
    {
      apm2_invocation_fail (invocation,
                            APM2_ERROR_NOT_AUTHORIZED,
                            "Commits are handed over on the operator socket, "
                            "not on a message bus");
      return;
    }
  if (apm2_options_check (options, keys, &error))
    fd = apm2_hand_overs_begin (self->hand_overs, &name, &error);
  if (fd >= 0)
    handle = g_unix_fd_list_append (list, fd, &error);
  if (handle < 0)
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
  g_dbus_method_invocation_return_value_with_unix_fd_list (
      invocation, g_variant_new ("(hs)", handle, name), list);
}
