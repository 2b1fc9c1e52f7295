/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <glib.h>
#include <systemd/sd-event.h>

#include "apm2-step-event.h"

G_BEGIN_DECLS

/**
 * Apm2RunCommand:
 *
 * The command, by way of apm2-step, which watches over it: a child that waits
 * for its turn, then becomes the parent of the command.
 */
typedef struct _Apm2RunCommand Apm2RunCommand;

typedef struct
{
  void (*stopped) (gpointer data, int signal_number);
  void (*stuck) (gpointer data, guint count);
  void (*ended) (gpointer data, const Apm2StepExit *ended);
  /* apm2-step is gone and has not said how the command ended; all of its tree
   * is dead. */
  void (*lost) (gpointer data);
} Apm2RunCommandFuncs;

typedef struct
{
  const char *const *argv;
  const char *job_id;          /* for the environment */
  const sigset_t *caller_mask; /* the command gets it back */
  gboolean detach_survivors;
} Apm2RunCommandOrder;

Apm2RunCommand *apm2_run_command_new (sd_event *event,
                                      const Apm2RunCommandFuncs *funcs,
                                      gpointer data);
void apm2_run_command_free (Apm2RunCommand *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2RunCommand, apm2_run_command_free)

gboolean apm2_run_command_spawn (Apm2RunCommand *self,
                                 const Apm2RunCommandOrder *order,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
pid_t apm2_run_command_get_pid (const Apm2RunCommand *self);
void apm2_run_command_go (Apm2RunCommand *self,
                          guint64 timeout_usec,
                          guint64 grace_usec);
void apm2_run_command_adopt_scope (Apm2RunCommand *self);
void apm2_run_command_signal (Apm2RunCommand *self, int signal_number);
void apm2_run_command_term (Apm2RunCommand *self, guint64 grace_usec);
void apm2_run_command_hangup (Apm2RunCommand *self);

G_END_DECLS
