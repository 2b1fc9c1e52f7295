/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What units are asked to do: transient services are run, of others it is
 * counted.
 */

#include "rig-systemd-private.h"

#define JOB_PATH      "/org/freedesktop/systemd1/job/2"
#define STOP_JOB_PATH "/org/freedesktop/systemd1/job/1"

typedef struct
{
  RigSystemd *all; /* borrowed: the test waits for the end of it */
  char *unit;
} Service;

static void
on_service_over (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Service *service = user_data;
  GSubprocess *process = G_SUBPROCESS (source);

  g_assert_true (
      g_subprocess_communicate_finish (process, result, NULL, NULL, NULL));
  rig_systemd_emit (service->all,
                    "JobRemoved",
                    "(uint32 2, %o, %s, %s)",
                    JOB_PATH,
                    service->unit,
                    g_subprocess_get_successful (process) ? "done" : "failed");
  g_free (service->unit);
  g_free (service);
}

/* Answers StartTransientUnit of a oneshot service: runs it. */
void
rig_systemd_start_service (RigSystemd *self,
                           GVariant *parameters,
                           GDBusMethodInvocation *invocation)
{
  g_autoptr (GVariant) list = g_variant_get_child_value (parameters, 2);
  g_autofree const char **argv = NULL;
  g_autoptr (GBytes) input = NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  Service *service = g_new0 (Service, 1);
  GVariantIter iter;
  const char *name = NULL;
  GVariant *value = NULL;

  g_variant_iter_init (&iter, list);
  while (g_variant_iter_next (&iter, "(&sv)", &name, &value))
    {
      if (g_str_equal (name, "ExecStart"))
        g_variant_get_child (value, 0, "(&s^a&sb)", NULL, &argv, NULL);
      if (g_str_equal (name, "StandardInputData"))
        input = g_variant_get_data_as_bytes (value);
      g_variant_unref (value);
    }
  g_assert_nonnull (argv);
  process = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDIN_PIPE, &error);
  g_assert_no_error (error);
  service->all = self;
  g_variant_get_child (parameters, 0, "s", &service->unit);
  self->n_started++;
  g_dbus_method_invocation_return_value (invocation,
                                         g_variant_new ("(o)", JOB_PATH));
  g_subprocess_communicate_async (
      process, input, NULL, on_service_over, service);
}

/* Answers KillUnit and StopUnit. */
void
rig_systemd_end_unit (RigSystemd *self,
                      gboolean stop,
                      GVariant *parameters,
                      GDBusMethodInvocation *invocation)
{
  const char *unit = NULL;

  g_variant_get_child (parameters, 0, "&s", &unit);
  if (!g_hash_table_contains (self->units, unit))
    {
      g_dbus_method_invocation_return_dbus_error (
          invocation, "org.freedesktop.systemd1.NoSuchUnit", "not loaded");
      return;
    }
  if (stop)
    self->n_stopped++;
  else
    self->n_killed++;
  g_dbus_method_invocation_return_value (
      invocation, stop ? g_variant_new ("(o)", STOP_JOB_PATH) : NULL);
}
