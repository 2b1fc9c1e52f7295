/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What supervisors leave behind when they are killed.
 *
 * A job runs as the same user as its supervisor and can kill it. This process
 * is a subreaper, so the job's processes become its children then; and since
 * all other children are supervisors, which are known here, every child that is
 * not one is such an orphan. It is killed.
 */

#include "apm2-orphans.h"

#include <signal.h>
#include <sys/prctl.h>

#include "apm2-process-tree.h"

/* Between two looks; doubled while the orphans do not die. */
#define WAIT_MSEC_MIN 4
#define WAIT_MSEC_MAX 1000

struct _Apm2Orphans
{
  GObject parent_instance;

  GArray *spared;    /* (element-type pid_t) */
  GPtrArray *sweeps; /* (element-type GTask) */
  guint timer;
  guint wait_msec;
};

G_DEFINE_FINAL_TYPE (Apm2Orphans, apm2_orphans, G_TYPE_OBJECT)

static void
apm2_orphans_finalize (GObject *object)
{
  Apm2Orphans *self = APM2_ORPHANS (object);

  /* Each sweep holds us, so none is left. */
  g_clear_handle_id (&self->timer, g_source_remove);
  g_array_unref (self->spared);
  g_ptr_array_unref (self->sweeps);
  G_OBJECT_CLASS (apm2_orphans_parent_class)->finalize (object);
}

static void
apm2_orphans_class_init (Apm2OrphansClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_orphans_finalize;
}

static void
apm2_orphans_init (Apm2Orphans *self)
{
  self->spared = g_array_new (FALSE, FALSE, sizeof (pid_t));
  self->sweeps = g_ptr_array_new_with_free_func (g_object_unref);
}

/**
 * apm2_orphans_new:
 *
 * Makes this process a subreaper, which it stays.
 *
 * Returns: (transfer full): the orphans of this process
 */
Apm2Orphans *
apm2_orphans_new (void)
{
  (void) prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  return g_object_new (APM2_TYPE_ORPHANS, NULL);
}

/**
 * apm2_orphans_spare:
 * @self: the orphans
 * @pid: a child that is none
 */
void
apm2_orphans_spare (Apm2Orphans *self, gint64 pid)
{
  pid_t value = (pid_t) pid;

  g_return_if_fail (APM2_IS_ORPHANS (self));
  g_return_if_fail (pid > 0);

  g_array_append_val (self->spared, value);
}

/**
 * apm2_orphans_forget:
 * @self: the orphans
 * @pid: a child that has been waited for
 */
void
apm2_orphans_forget (Apm2Orphans *self, gint64 pid)
{
  g_return_if_fail (APM2_IS_ORPHANS (self));

  for (guint i = 0; i < self->spared->len; i++)
    {
      if (g_array_index (self->spared, pid_t, i) == (pid_t) pid)
        {
          g_array_remove_index_fast (self->spared, i);
          return;
        }
    }
}

static gboolean
on_look (gpointer user_data)
{
  Apm2Orphans *self = user_data;
  size_t left = apm2_process_tree_kill (
      (const pid_t *) (gpointer) self->spared->data, self->spared->len);
  g_autoptr (GPtrArray) done = NULL;

  self->timer = 0;
  if (left > 0)
    {
      self->timer = g_timeout_add (self->wait_msec, on_look, self);
      self->wait_msec = MIN (self->wait_msec * 2, WAIT_MSEC_MAX);
      return G_SOURCE_REMOVE;
    }
  done = g_steal_pointer (&self->sweeps);
  self->sweeps = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < done->len; i++)
    g_task_return_boolean (g_ptr_array_index (done, i), TRUE);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_orphans_sweep_async:
 * @self: the orphans
 * @callback: called when no orphan lives; that takes as long as it takes
 * @user_data: for @callback
 */
void
apm2_orphans_sweep_async (Apm2Orphans *self,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  GTask *task = NULL;

  g_return_if_fail (APM2_IS_ORPHANS (self));

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, apm2_orphans_sweep_async);
  g_ptr_array_add (self->sweeps, task);
  self->wait_msec = WAIT_MSEC_MIN;
  g_clear_handle_id (&self->timer, g_source_remove);
  self->timer = g_idle_add (on_look, self);
}

gboolean
apm2_orphans_sweep_finish (Apm2Orphans *self, GAsyncResult *result)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), NULL);
}
