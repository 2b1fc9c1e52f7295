/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One unit at one manager, read anew whenever it is hinted at.
 *
 * A burst of hints costs two readings: the one under way, and one that begins
 * after the last hint, so that the last state is always seen.
 */

#include "apm2-unit-view.h"

struct _Apm2UnitView
{
  Apm2Manager *manager; /* (owned) */
  char *name;
  Apm2UnitState *state; /* (owned) (nullable) %NULL until it was read */
  Apm2UnitViewFunc func;
  gpointer user_data;
  GCancellable *reading; /* (owned) (nullable) */
  gboolean again;
};

/* What a reading holds: the view may be gone by its end. */
typedef struct
{
  Apm2UnitView *view;
  GCancellable *cancellable;
} Reading;

/**
 * apm2_unit_view_new:
 * @manager: where the unit is read
 * @name: its name
 * @func: told after each reading
 * @user_data: (closure): for @func
 *
 * Returns: (transfer full): a view that has read nothing yet
 */
Apm2UnitView *
apm2_unit_view_new (Apm2Manager *manager,
                    const char *name,
                    Apm2UnitViewFunc func,
                    gpointer user_data)
{
  Apm2UnitView *self = g_new0 (Apm2UnitView, 1);

  self->manager = g_object_ref (manager);
  self->name = g_strdup (name);
  self->func = func;
  self->user_data = user_data;
  return self;
}

/**
 * apm2_unit_view_free:
 * @self: (transfer full) (nullable): a view
 */
void
apm2_unit_view_free (Apm2UnitView *self)
{
  if (self == NULL)
    return;
  if (self->reading != NULL)
    g_cancellable_cancel (self->reading);
  g_clear_object (&self->reading);
  apm2_manager_forget_unit (self->manager, self->name);
  g_object_unref (self->manager);
  g_free (self->name);
  apm2_unit_state_free (self->state);
  g_free (self);
}

/* What moves all the time is of no interest here. */
static void
drop_usage (Apm2UnitState *state)
{
  state->cpu_usage_nsec = 0;
  state->memory_current = 0;
  state->tasks_current = 0;
}

static gboolean
set_state (Apm2UnitView *self, Apm2UnitState *state)
{
  const gboolean is_same = state != NULL && self->state != NULL
                           && apm2_unit_state_equal (state, self->state);
  const gboolean had_none = state == NULL && self->state == NULL;

  apm2_unit_state_free (self->state);
  self->state = state;
  return !is_same && !had_none;
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Reading *reading = user_data;
  g_autoptr (GCancellable) cancellable = reading->cancellable;
  g_autoptr (GError) error = NULL;
  Apm2UnitView *self = reading->view;
  Apm2UnitState *state
      = apm2_manager_read_unit_finish (APM2_MANAGER (source), result, &error);
  gboolean has_changed = FALSE;

  if (g_cancellable_is_cancelled (cancellable))
    {
      apm2_unit_state_free (state);
      return;
    }
  g_clear_object (&self->reading);
  /* A manager that went away is told by itself; what was known stays. */
  if (state == NULL && apm2_manager_is_connected (self->manager))
    {
      g_info ("Cannot read unit %s: %s", self->name, error->message);
      state = apm2_unit_state_new (self->name);
    }
  if (state != NULL)
    {
      drop_usage (state);
      has_changed = set_state (self, state);
    }
  if (self->again)
    apm2_unit_view_read (self);
  self->func (self, has_changed, self->user_data);
}

/**
 * apm2_unit_view_read:
 * @self: a view
 *
 * Reads the unit, once more if that is being done.
 */
void
apm2_unit_view_read (Apm2UnitView *self)
{
  Reading *reading = NULL;

  self->again = self->reading != NULL;
  if (self->again)
    return;
  self->reading = g_cancellable_new ();
  reading = g_new0 (Reading, 1);
  reading->view = self;
  reading->cancellable = g_object_ref (self->reading);
  apm2_manager_read_unit_async (
      self->manager, self->name, self->reading, on_read, reading);
}

/**
 * apm2_unit_view_clear:
 * @self: a view
 *
 * Forgets what was read.
 *
 * Returns: whether there was anything
 */
gboolean
apm2_unit_view_clear (Apm2UnitView *self)
{
  return set_state (self, NULL);
}

/**
 * apm2_unit_view_get_name:
 * @self: a view
 *
 * Returns: (transfer none): name of the unit
 */
const char *
apm2_unit_view_get_name (Apm2UnitView *self)
{
  return self->name;
}

/**
 * apm2_unit_view_get_state:
 * @self: a view
 *
 * Returns: (transfer none) (nullable): what was read last
 */
const Apm2UnitState *
apm2_unit_view_get_state (Apm2UnitView *self)
{
  return self->state;
}

/**
 * apm2_unit_view_is_not_found:
 * @self: a view
 *
 * Returns: whether the manager has been asked, and does not know the unit
 */
gboolean
apm2_unit_view_is_not_found (Apm2UnitView *self)
{
  return self->state != NULL
         && g_str_equal (self->state->load_state, "not-found");
}
