/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Services.Queue: Admitted.
 */

#include "apm2-queue-export-private.h"

#include "apm2-error.h"
#include "apm2-invocation.h"
#include "apm2-json-canonical.h"
#include "apm2-source.h"

static gboolean
check_asked (const char *project,
             const char *tree,
             const char *gate_set,
             GError **error)
{
  const char *wrong = NULL;

  if (!apm2_source_project_is_valid (project))
    wrong = "The project is not one line of 1 to 1024 bytes without a password";
  else if (!apm2_source_commit_is_valid (tree))
    wrong = "The tree is not 40 or 64 lower-case hexadecimal digits";
  else if (!apm2_digest_is_valid (gate_set))
    wrong = "The gate-set digest is not 64 lower-case hexadecimal digits";
  if (wrong == NULL)
    return TRUE;

  g_set_error_literal (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT, wrong);
  return FALSE;
}

static void
on_admitted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autofree char *text = NULL;
  g_autofree char *digest = NULL;
  g_autoptr (GError) error = NULL;

  text = apm2_store_admitted_finish (
      APM2_STORE (source), result, &digest, &error);
  if (text == NULL)
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
  g_dbus_method_invocation_return_value (invocation,
                                         g_variant_new ("(ss)", digest, text));
}

void
apm2_queue_export_admitted (gpointer data,
                            gpointer object,
                            const Apm2Caller *caller,
                            GVariant *parameters,
                            GDBusMethodInvocation *invocation)
{
  static const char *const no_keys[] = { NULL };
  Apm2QueueExport *self = data;
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GError) error = NULL;
  const char *project;
  const char *tree;
  const char *gate_set;

  g_variant_get (
      parameters, "(&s&s&s@a{sv})", &project, &tree, &gate_set, &options);
  if (!apm2_options_check (options, no_keys, &error)
      || !check_asked (project, tree, gate_set, &error))
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
  apm2_store_admitted (
      self->store, project, tree, gate_set, on_admitted, invocation);
}
