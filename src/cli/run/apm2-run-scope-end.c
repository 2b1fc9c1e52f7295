/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The end of a scope that does not end with its processes.
 */

#include "apm2-run-scope-private.h"

#include <signal.h>
#include <stdarg.h>

/* A manager that is busy is waited for, but not for ever. */
#define FORGET_USEC (5 * (guint64) G_USEC_PER_SEC)

static void
tell_manager (Apm2RunScope *self, const char *method, const char *types, ...)
{
  va_list args;

  va_start (args, types);
  (void) sd_bus_call_method_asyncv (self->bus,
                                    NULL,
                                    NULL,
                                    MANAGER_PATH,
                                    MANAGER_IFACE,
                                    method,
                                    NULL,
                                    NULL,
                                    types,
                                    args);
  va_end (args);
}

/**
 * apm2_run_scope_kill:
 * @self: a scope
 *
 * Kills whatever is in it and has it removed, also before it is there; does
 * nothing if it was not asked for. The manager does not notice that a scope is
 * empty if its process was dying when it was put there.
 */
void
apm2_run_scope_kill (Apm2RunScope *self)
{
  if (self->pid == 0 || !apm2_run_scope_connect (self, self->mode))
    return;
  tell_manager (self, "KillUnit", "ssi", self->unit, "all", SIGKILL);
  tell_manager (self, "StopUnit", "ss", self->unit, "replace");
  (void) sd_bus_flush (self->bus);
}

/* A process that dies while it is put there is none that the manager sees go;
 * of a scope that takes more that may be true until all were moved. */
static gboolean
may_stay (const Apm2RunScope *self)
{
  return self->bus != NULL
         && (self->state == SCOPE_ASKED
             || (self->state == SCOPE_THERE && self->takes_more));
}

/**
 * apm2_run_scope_forget:
 * @self: (nullable): a scope whose command is over, or was never started
 *
 * Sees to it that it does not come, or stay, after its process has gone; waits
 * for the manager, which does not read what the dead have asked of it. Does
 * nothing for one that ends by itself.
 */
void
apm2_run_scope_forget (Apm2RunScope *self)
{
  sd_bus_message *m = NULL;
  int r;

  if (self == NULL || !may_stay (self))
    return;
  r = sd_bus_message_new_method_call (
      self->bus, &m, NULL, MANAGER_PATH, MANAGER_IFACE, "StopUnit");
  if (r >= 0)
    r = sd_bus_message_append (m, "ss", self->unit, "replace");
  if (r >= 0)
    (void) sd_bus_call (self->bus, m, FORGET_USEC, NULL, NULL);
  sd_bus_message_unref (m);
  self->state = SCOPE_NONE;
}
