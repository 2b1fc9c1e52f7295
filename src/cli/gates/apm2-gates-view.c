/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The gates of one job, with what the broker tells of them.
 *
 * The broker speaks of steps that began. The gates are known from the start, so
 * that one can see what is still to come; what else there is are steps that
 * bring the commit.
 */

#include "apm2-gates-view.h"

static void
gate_view_free (gpointer data)
{
  Apm2GateView *self = data;

  g_free (self->name);
  g_free (self->state);
  g_free (self);
}

static void
reset (Apm2GateView *self)
{
  g_free (self->state);
  self->state = g_strdup (APM2_GATE_WAITING);
  self->started_at = 0;
  self->finished_at = 0;
  self->exit_status = -1;
  self->signal = 0;
  self->log_bytes = 0;
}

static Apm2GateView *
gate_view_new (const char *name, const Apm2Step *gate)
{
  Apm2GateView *self = g_new0 (Apm2GateView, 1);

  self->name = g_strdup (name);
  self->gate = gate;
  reset (self);
  return self;
}

/**
 * apm2_gate_view_is_waiting:
 * @self: a gate
 *
 * Returns: %TRUE if it has not begun
 */
gboolean
apm2_gate_view_is_waiting (const Apm2GateView *self)
{
  return g_str_equal (self->state, APM2_GATE_WAITING);
}

/**
 * apm2_gate_view_is_running:
 * @self: a gate
 *
 * Returns: %TRUE if it runs
 */
gboolean
apm2_gate_view_is_running (const Apm2GateView *self)
{
  return g_str_equal (self->state, "running");
}

/**
 * apm2_gate_view_has_ended:
 * @self: a gate
 *
 * Returns: %TRUE if it ended or was skipped
 */
gboolean
apm2_gate_view_has_ended (const Apm2GateView *self)
{
  return !apm2_gate_view_is_waiting (self) && !apm2_gate_view_is_running (self);
}

/**
 * apm2_gate_view_has_passed:
 * @self: a gate
 *
 * Returns: %TRUE if it ended well
 */
gboolean
apm2_gate_view_has_passed (const Apm2GateView *self)
{
  return g_str_equal (self->state, "passed");
}

/**
 * apm2_gate_view_is_in_the_way:
 * @self: a gate
 *
 * Returns: %TRUE if it ended so that the commit cannot pass, nor can what needs
 *   this gate run
 */
gboolean
apm2_gate_view_is_in_the_way (const Apm2GateView *self)
{
  return apm2_gate_view_has_ended (self) && !apm2_gate_view_has_passed (self)
         && (self->gate == NULL || !self->gate->allow_failure
             || g_str_equal (self->state, "skipped"));
}

/**
 * apm2_gates_view_new:
 * @gates: (element-type Apm2Step): gates, in their order
 *
 * Returns: (transfer full): all of them waiting
 */
Apm2GatesView *
apm2_gates_view_new (GPtrArray *gates)
{
  Apm2GatesView *self = g_new0 (Apm2GatesView, 1);

  self->gates = g_ptr_array_ref (gates);
  self->views = g_ptr_array_new_with_free_func (gate_view_free);
  for (guint i = 0; i < gates->len; i++)
    {
      const Apm2Step *gate = g_ptr_array_index (gates, i);

      g_ptr_array_add (self->views, gate_view_new (gate->name, gate));
    }
  return self;
}

/**
 * apm2_gates_view_free:
 * @self: (transfer full): gates
 */
void
apm2_gates_view_free (Apm2GatesView *self)
{
  g_ptr_array_unref (self->views);
  g_ptr_array_unref (self->gates);
  g_free (self);
}

static Apm2GateView *
find (const Apm2GatesView *self, const char *name, guint *ret_own)
{
  *ret_own = 0;
  for (guint i = 0; i < self->views->len; i++)
    {
      Apm2GateView *view = g_ptr_array_index (self->views, i);

      if (g_str_equal (view->name, name))
        return view;
      *ret_own += view->gate == NULL;
    }
  return NULL;
}

/**
 * apm2_gates_view_find:
 * @self: gates
 * @name: name of one
 *
 * Returns: (transfer none) (nullable): the gate
 */
const Apm2GateView *
apm2_gates_view_find (const Apm2GatesView *self, const char *name)
{
  guint own = 0;

  return find (self, name, &own);
}

static void
apply (Apm2GatesView *self, GVariant *step)
{
  const char *name = "";
  const char *state = "";
  guint own = 0;
  Apm2GateView *view = NULL;

  (void) g_variant_lookup (step, "name", "&s", &name);
  (void) g_variant_lookup (step, "state", "&s", &state);
  if (name[0] == '\0' || state[0] == '\0')
    return;
  view = find (self, name, &own);
  if (view == NULL)
    {
      view = gate_view_new (name, NULL);
      g_ptr_array_insert (self->views, (int) own, view);
    }
  g_free (view->state);
  view->state = g_strdup (state);
  (void) g_variant_lookup (step, "log_bytes", "t", &view->log_bytes);
  (void) g_variant_lookup (step, "started_at", "t", &view->started_at);
  (void) g_variant_lookup (step, "finished_at", "t", &view->finished_at);
  (void) g_variant_lookup (step, "exit_status", "i", &view->exit_status);
  (void) g_variant_lookup (step, "signal", "i", &view->signal);
}

/**
 * apm2_gates_view_update:
 * @self: gates
 * @steps: (nullable): aa{sv}, all steps of the job that began
 *
 * What is not among @steps waits, maybe again.
 */
void
apm2_gates_view_update (Apm2GatesView *self, GVariant *steps)
{
  const gsize n = steps != NULL ? g_variant_n_children (steps) : 0;

  for (guint i = 0; i < self->views->len; i++)
    reset (g_ptr_array_index (self->views, i));
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) step = g_variant_get_child_value (steps, i);

      apply (self, step);
    }
}
