/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Moving more processes into a scope that is there.
 */

#include "apm2-run-scope-private.h"

#include <glib/gi18n.h>

/**
 * apm2_run_scope_start_for_more:
 * @self: a scope that is connected
 * @pid: the first process to put into it
 * @description: of the unit
 *
 * Has a scope without limits made, which apm2_run_scope_attach() adds to. Stays
 * connected.
 */
void
apm2_run_scope_start_for_more (Apm2RunScope *self,
                               pid_t pid,
                               const char *description)
{
  static const Apm2RunScopeLimits none = { 0 };

  self->takes_more = TRUE;
  apm2_run_scope_start (self, pid, description, &none);
}

static void
answer (Apm2RunScope *self, const char *problem)
{
  Apm2RunScopeFunc func = self->attached;

  self->attached = NULL;
  if (func != NULL)
    func (self->attached_data, problem);
}

/* One that is dead by now cannot be moved, which is no trouble. */
static int
on_moved (sd_bus_message *m, void *data, sd_bus_error *error)
{
  Apm2RunScope *self = data;
  const sd_bus_error *refusal = sd_bus_message_get_error (m);

  self->n_moving--;
  if (refusal != NULL
      && sd_bus_error_has_names (
          refusal, SD_BUS_ERROR_NO_REPLY, SD_BUS_ERROR_DISCONNECTED))
    answer (self, _ ("the service manager closed the connection"));
  else if (self->n_moving == 0)
    answer (self, NULL);
  return 0;
}

static int
move_one (Apm2RunScope *self, pid_t pid)
{
  return sd_bus_call_method_async (self->bus,
                                   NULL,
                                   NULL,
                                   MANAGER_PATH,
                                   MANAGER_IFACE,
                                   "AttachProcessesToUnit",
                                   on_moved,
                                   self,
                                   "ssau",
                                   self->unit,
                                   "",
                                   1,
                                   (guint32) pid);
}

/**
 * apm2_run_scope_attach:
 * @self: a scope that was made for more, and that nobody is being moved into
 * @pids: (element-type pid_t): processes, at least one
 * @func: called once, when the manager has tried to move them, or is gone
 * @data: for @func
 *
 * Each is moved by a call of its own: one that is dead takes the whole call
 * with it.
 */
void
apm2_run_scope_attach (Apm2RunScope *self,
                       const GArray *pids,
                       Apm2RunScopeFunc func,
                       gpointer data)
{
  self->attached = func;
  self->attached_data = data;
  self->n_moving = 0;
  for (guint i = 0; i < pids->len; i++)
    if (self->bus != NULL
        && move_one (self, g_array_index (pids, pid_t, i)) >= 0)
      self->n_moving++;
  if (self->n_moving == 0)
    answer (self, _ ("the service manager closed the connection"));
}
