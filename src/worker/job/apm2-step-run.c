/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One step that runs, whoever runs it.
 *
 * The base of what executors hand out. It knows the events and their order:
 * nothing is told after the end, and the end is told once.
 */

#include "apm2-step-run.h"

#include "apm2-text.h"

#define STATUS_MAX 256

typedef struct
{
  gboolean ended;
} Apm2StepRunPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (Apm2StepRun, apm2_step_run, G_TYPE_OBJECT)

enum
{
  STARTED,
  PROGRESS,
  STATUS,
  LOG_BYTES,
  ENDED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void
apm2_step_run_class_init (Apm2StepRunClass *klass)
{
  static const struct
  {
    const char *name;
    GType type;
  } table[N_SIGNALS] = {
    [STARTED] = { "started", G_TYPE_INT64 },
    [PROGRESS] = { "progress", G_TYPE_DOUBLE },
    [STATUS] = { "status", G_TYPE_STRING },
    [LOG_BYTES] = { "log-bytes", G_TYPE_UINT64 },
    [ENDED] = { "ended", G_TYPE_POINTER },
  };

  for (guint i = 0; i < N_SIGNALS; i++)
    signals[i] = g_signal_new (table[i].name,
                               G_TYPE_FROM_CLASS (klass),
                               G_SIGNAL_RUN_LAST,
                               0,
                               NULL,
                               NULL,
                               NULL,
                               G_TYPE_NONE,
                               1,
                               table[i].type);
}

static void
apm2_step_run_init (Apm2StepRun *self)
{
}

static gboolean
has_ended (Apm2StepRun *self)
{
  Apm2StepRunPrivate *priv = apm2_step_run_get_instance_private (self);

  return priv->ended;
}

/**
 * apm2_step_end_new:
 * @kind: why it ended
 *
 * Returns: (transfer full): an end of which nothing else is known
 */
Apm2StepEnd *
apm2_step_end_new (Apm2StepEndKind kind)
{
  Apm2StepEnd *self = g_new0 (Apm2StepEnd, 1);

  self->kind = kind;
  self->exit_status = -1;
  return self;
}

/**
 * apm2_step_end_free:
 * @self: (transfer full): an end
 */
void
apm2_step_end_free (Apm2StepEnd *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->message);
  g_free (self);
}

/**
 * apm2_step_run_terminate:
 * @self: a step
 * @grace_usec: how long its processes have between SIGTERM and SIGKILL
 *
 * Asks for the end of the step, which "ended" then tells. Calling it again
 * changes the grace. A step that has ended is left alone.
 */
void
apm2_step_run_terminate (Apm2StepRun *self, guint64 grace_usec)
{
  g_return_if_fail (APM2_IS_STEP_RUN (self));

  if (!has_ended (self))
    APM2_STEP_RUN_GET_CLASS (self)->terminate (self, grace_usec);
}

/**
 * apm2_step_run_set_fence:
 * @self: a step
 * @boottime: when the lease may have been given to somebody else
 *
 * At that moment the step is killed, even if this process hangs by then.
 */
void
apm2_step_run_set_fence (Apm2StepRun *self, gint64 boottime)
{
  g_return_if_fail (APM2_IS_STEP_RUN (self));

  if (!has_ended (self))
    APM2_STEP_RUN_GET_CLASS (self)->set_fence (self, boottime);
}

/**
 * apm2_step_run_release:
 * @self: a step, which may be held
 *
 * Lets it run. Until then nothing of it has.
 */
void
apm2_step_run_release (Apm2StepRun *self)
{
  g_return_if_fail (APM2_IS_STEP_RUN (self));

  if (!has_ended (self) && APM2_STEP_RUN_GET_CLASS (self)->release != NULL)
    APM2_STEP_RUN_GET_CLASS (self)->release (self);
}

void
apm2_step_run_emit_started (Apm2StepRun *self, gint64 pid)
{
  if (!has_ended (self))
    g_signal_emit (self, signals[STARTED], 0, pid);
}

void
apm2_step_run_emit_progress (Apm2StepRun *self, double fraction)
{
  if (!has_ended (self) && fraction >= 0 && fraction <= 1)
    g_signal_emit (self, signals[PROGRESS], 0, fraction);
}

/* The text is the job's; it is passed on only if it is harmless. */
void
apm2_step_run_emit_status (Apm2StepRun *self, const char *text)
{
  if (!has_ended (self) && strlen (text) <= STATUS_MAX
      && apm2_text_is_line (text))
    g_signal_emit (self, signals[STATUS], 0, text);
}

void
apm2_step_run_emit_log_bytes (Apm2StepRun *self, guint64 bytes)
{
  if (!has_ended (self))
    g_signal_emit (self, signals[LOG_BYTES], 0, bytes);
}

void
apm2_step_run_emit_ended (Apm2StepRun *self, const Apm2StepEnd *end)
{
  Apm2StepRunPrivate *priv = apm2_step_run_get_instance_private (self);

  if (priv->ended)
    return;
  priv->ended = TRUE;
  g_signal_emit (self, signals[ENDED], 0, end);
}
