/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One attached job, and its caller.
 *
 * A caller whose connection ended may come back as long as its process lives.
 * The kernel tells at once when it does not; a caller that lives and stays away
 * has as long as the lease of a worker.
 */

#include "apm2-attachment.h"

#include <glib-unix.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-lineage.h"
#include "apm2-names.h"

/* Work with one key is never done twice at a time: what takes the place of
 * older work waits until that has ended. */
static GStrv
list_names (const Apm2JobSpec *spec, guint32 uid)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  g_autofree char *key = NULL;

  if (spec->exclusive != NULL)
    g_strv_builder_addv (names, (const char **) spec->exclusive);
  if (spec->key != NULL)
    {
      key = g_strdup_printf (APM2_ATTACHMENT_KEY "%u %s", uid, spec->key);
      g_strv_builder_add (names, key);
    }
  return g_strv_builder_end (names);
}

/**
 * apm2_attachment_new:
 * @spec: the spec of an attached job, with an id
 * @uid: whose job it is
 * @sequence: which of all it is
 *
 * Returns: (transfer full): an attachment that waits, its caller away
 */
Apm2Attachment *
apm2_attachment_new (Apm2JobSpec *spec, guint32 uid, guint64 sequence)
{
  Apm2Attachment *self = g_new0 (Apm2Attachment, 1);

  g_return_val_if_fail (spec->job_id != NULL, NULL);

  g_ref_count_init (&self->ref_count);
  self->spec = apm2_job_spec_ref (spec);
  self->names = list_names (spec, uid);
  self->uid = uid;
  self->sequence = sequence;
  self->pidfd = -1;
  self->joined = g_ptr_array_new_with_free_func (g_object_unref);
  self->origins = g_ptr_array_new_with_free_func (g_free);
  return self;
}

Apm2Attachment *
apm2_attachment_ref (Apm2Attachment *self)
{
  g_ref_count_inc (&self->ref_count);
  return self;
}

static void
clear_watch (Apm2Attachment *self)
{
  g_clear_handle_id (&self->watch, g_source_remove);
  g_clear_handle_id (&self->timer, g_source_remove);
  apm2_fd_clear (&self->pidfd);
}

void
apm2_attachment_unref (Apm2Attachment *self)
{
  if (!g_ref_count_dec (&self->ref_count))
    return;

  clear_watch (self);
  g_clear_object (&self->connection);
  apm2_attachment_refuse (self, NULL);
  g_clear_pointer (&self->why, g_variant_unref);
  g_clear_pointer (&self->why_joined, g_variant_unref);
  g_ptr_array_unref (self->joined);
  g_ptr_array_unref (self->origins);
  g_free (self->wish);
  g_free (self->cgroup);
  g_free (self->ancestor);
  g_strfreev (self->names);
  apm2_job_spec_unref (self->spec);
  g_free (self);
}

/**
 * apm2_attachment_refuse:
 * @self: an attachment
 * @error: (nullable): why; %NULL stands for the end of the broker
 *
 * Answers the calls that wait for it.
 */
void
apm2_attachment_refuse (Apm2Attachment *self, const GError *error)
{
  GDBusMethodInvocation *calls[] = { self->attaching, self->withdrawing };

  self->attaching = NULL;
  self->withdrawing = NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    if (calls[i] != NULL && error != NULL)
      g_dbus_method_invocation_return_gerror (calls[i], error);
    else if (calls[i] != NULL)
      g_dbus_method_invocation_return_error_literal (
          calls[i],
          APM2_ERROR,
          APM2_ERROR_CANCELLED,
          "The broker is stopping: ask again when it has been started anew");
}

/**
 * apm2_attachment_bind:
 * @self: an attachment
 * @connection: the connection of its caller
 * @caller: the process of its caller, none if it is not known
 */
void
apm2_attachment_bind (Apm2Attachment *self,
                      GDBusConnection *connection,
                      const Apm2ProcessId *caller)
{
  clear_watch (self);
  g_set_object (&self->connection, connection);
  self->caller = *caller;
}

static void
tell_gone (Apm2Attachment *self, gboolean expired)
{
  g_autoptr (Apm2Attachment) kept = apm2_attachment_ref (self);

  clear_watch (self);
  self->gone (self, expired, self->gone_data);
}

static gboolean
on_process_ended (int fd, GIOCondition condition, gpointer user_data)
{
  Apm2Attachment *self = user_data;

  self->watch = 0;
  tell_gone (self, FALSE);
  return G_SOURCE_REMOVE;
}

static gboolean
on_expired (gpointer user_data)
{
  Apm2Attachment *self = user_data;

  self->timer = 0;
  tell_gone (self, TRUE);
  return G_SOURCE_REMOVE;
}

static gboolean
on_found_ended (gpointer user_data)
{
  Apm2Attachment *self = user_data;

  self->watch = 0;
  tell_gone (self, FALSE);
  return G_SOURCE_REMOVE;
}

static void
watch_process (Apm2Attachment *self)
{
  self->pidfd = apm2_process_id_open (&self->caller);
  /* Not from within this call, whose caller may be going over a list. */
  if (self->pidfd < 0)
    self->watch
        = g_idle_add_full (G_PRIORITY_DEFAULT, on_found_ended, self, NULL);
  else
    self->watch = g_unix_fd_add (self->pidfd, G_IO_IN, on_process_ended, self);
}

/**
 * apm2_attachment_release:
 * @self: an attachment
 * @expiry_sec: how long its caller may stay away
 * @gone: called once when its caller cannot or does not come back
 * @user_data: for @gone
 *
 * Its caller is away. Binding it again ends the wait.
 */
void
apm2_attachment_release (Apm2Attachment *self,
                         guint64 expiry_sec,
                         Apm2AttachmentGoneFunc gone,
                         gpointer user_data)
{
  clear_watch (self);
  g_clear_object (&self->connection);
  self->gone = gone;
  self->gone_data = user_data;
  if (self->caller.pid != 0)
    watch_process (self);
  self->timer = g_timeout_add_seconds (
      (guint) MIN (expiry_sec, G_MAXINT), on_expired, self);
}

/**
 * apm2_attachment_postpone:
 * @self: an attachment that was released and found gone
 * @sec: how long
 *
 * Says that once more.
 */
void
apm2_attachment_postpone (Apm2Attachment *self, guint sec)
{
  clear_watch (self);
  self->timer = g_timeout_add_seconds (sec, on_expired, self);
}

/**
 * apm2_attachment_detach:
 * @self: an attachment whose job is over
 *
 * Nothing is heard of its caller any more.
 */
void
apm2_attachment_detach (Apm2Attachment *self)
{
  clear_watch (self);
  g_clear_object (&self->connection);
}

/**
 * apm2_attachment_may_be_of:
 * @self: an attachment
 * @process: a process, none if it is not known
 *
 * Returns: whether its caller is @process, as far as both are known
 */
gboolean
apm2_attachment_may_be_of (const Apm2Attachment *self,
                           const Apm2ProcessId *process)
{
  return self->caller.pid == 0 || process->pid == 0
         || apm2_process_id_equal (&self->caller, process);
}

gboolean
apm2_attachment_is_away (const Apm2Attachment *self)
{
  return self->connection == NULL;
}

/**
 * apm2_attachment_add_origin:
 * @self: an attachment
 * @cgroup: (nullable): path of a control group in which its command may begin
 */
void
apm2_attachment_add_origin (Apm2Attachment *self, const char *cgroup)
{
  if (cgroup != NULL
      && !g_ptr_array_find_with_equal_func (
          self->origins, cgroup, g_str_equal, NULL))
    g_ptr_array_add (self->origins, g_strdup (cgroup));
}

/**
 * apm2_attachment_note_command:
 * @self: an attachment that is held
 * @pid: the process that watches over its command, 0 if it is not known
 * @unit: (nullable): the scope in which it is said to run
 *
 * Its command runs. Of what the caller says only that is kept which the kernel
 * says as well.
 */
void
apm2_attachment_note_command (Apm2Attachment *self,
                              guint64 pid,
                              const char *unit)
{
  g_autofree char *name = g_strdup_printf (
      APM2_UNIT_RUN_PREFIX "%s" APM2_UNIT_RUN_SUFFIX, self->spec->job_id);
  g_autoptr (Apm2Lineage) lineage = NULL;
  Apm2ProcessId watcher = { 0, 0 };

  self->started = TRUE;
  if (pid == 0 || pid > G_MAXINT
      || !apm2_process_id_read (&watcher, (pid_t) pid, NULL))
    return;
  lineage = apm2_lineage_new (&watcher);
  if (!apm2_lineage_descends_from (lineage, &self->caller))
    return;
  self->watcher = watcher;
  g_free (self->cgroup);
  self->cgroup = g_strcmp0 (unit, name) == 0
                     ? apm2_lineage_verify_scope (&watcher, name)
                     : NULL;
  if (self->cgroup == NULL)
    apm2_attachment_add_origin (self, apm2_lineage_get_cgroup (lineage));
}
