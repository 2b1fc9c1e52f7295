/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The units of apm2, kept as the service manager tells them; nothing polls.
 *
 * A unit that the user's manager does not know is looked for at the system's,
 * which is asked only then.
 */

#include "apm2-unit-watch.h"

#include "apm2-unit-side.h"

struct _Apm2UnitWatch
{
  GObject parent_instance;

  Apm2Mode mode;
  Apm2UnitSide *own;    /* (owned) (nullable) once started */
  Apm2UnitSide *system; /* (owned) (nullable) of a user's watch */
  gboolean is_settled;
};

G_DEFINE_FINAL_TYPE (Apm2UnitWatch, apm2_unit_watch, G_TYPE_OBJECT)

static guint changed_signal;
static guint settled_signal;

static void on_progress (gboolean has_changed, gpointer user_data);

static void
look_elsewhere (Apm2UnitWatch *self)
{
  if (self->mode != APM2_MODE_USER || self->system != NULL)
    return;
  for (guint i = 0; i < APM2_UNIT_SIDE_N_FIXED; i++)
    {
      if (!apm2_unit_side_lacks_fixed (self->own, i))
        continue;
      self->system
          = apm2_unit_side_new (APM2_MODE_SYSTEM, FALSE, on_progress, self);
      apm2_unit_side_start (self->system);
      return;
    }
}

static void
on_progress (gboolean has_changed, gpointer user_data)
{
  g_autoptr (Apm2UnitWatch) self = g_object_ref (user_data);

  look_elsewhere (self);
  if (self->is_settled)
    {
      if (has_changed)
        g_signal_emit (self, changed_signal, 0);
      return;
    }
  if (!apm2_unit_side_is_settled (self->own)
      || (self->system != NULL && !apm2_unit_side_is_settled (self->system)))
    return;
  self->is_settled = TRUE;
  g_signal_emit (self, settled_signal, 0);
}

static void
apm2_unit_watch_dispose (GObject *object)
{
  apm2_unit_watch_stop (APM2_UNIT_WATCH (object));
  G_OBJECT_CLASS (apm2_unit_watch_parent_class)->dispose (object);
}

static void
apm2_unit_watch_class_init (Apm2UnitWatchClass *klass)
{
  GType type = G_OBJECT_CLASS_TYPE (klass);

  G_OBJECT_CLASS (klass)->dispose = apm2_unit_watch_dispose;
  changed_signal = g_signal_new (
      "changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  settled_signal = g_signal_new (
      "settled", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
apm2_unit_watch_init (Apm2UnitWatch *self)
{
}

/**
 * apm2_unit_watch_new:
 * @mode: USER or SYSTEM: whose units
 *
 * Returns: (transfer full): a watch that knows nothing yet
 */
Apm2UnitWatch *
apm2_unit_watch_new (Apm2Mode mode)
{
  Apm2UnitWatch *self = g_object_new (APM2_TYPE_UNIT_WATCH, NULL);

  self->mode = mode;
  return self;
}

/**
 * apm2_unit_watch_start:
 * @self: a watch
 *
 * "settled" follows, perhaps before this returns.
 */
void
apm2_unit_watch_start (Apm2UnitWatch *self)
{
  g_return_if_fail (APM2_IS_UNIT_WATCH (self));
  g_return_if_fail (self->own == NULL);

  self->own = apm2_unit_side_new (self->mode, TRUE, on_progress, self);
  apm2_unit_side_start (self->own);
}

/**
 * apm2_unit_watch_stop:
 * @self: a watch
 *
 * Looks no more, and forgets all.
 */
void
apm2_unit_watch_stop (Apm2UnitWatch *self)
{
  g_return_if_fail (APM2_IS_UNIT_WATCH (self));

  g_clear_pointer (&self->system, apm2_unit_side_free);
  g_clear_pointer (&self->own, apm2_unit_side_free);
}

/**
 * apm2_unit_watch_is_known:
 * @self: a watch
 *
 * Returns: whether the manager has told of the units
 */
gboolean
apm2_unit_watch_is_known (Apm2UnitWatch *self)
{
  g_return_val_if_fail (APM2_IS_UNIT_WATCH (self), FALSE);

  return self->own != NULL && apm2_unit_side_get_fixed (self->own, 0) != NULL;
}

/**
 * apm2_unit_watch_get_n_lanes:
 * @self: a watch
 *
 * Returns: in how many lane slots a process ran when it was looked last, which
 *   is done when units of workers come and go
 */
guint
apm2_unit_watch_get_n_lanes (Apm2UnitWatch *self)
{
  g_return_val_if_fail (APM2_IS_UNIT_WATCH (self), 0);

  return self->own != NULL ? apm2_unit_side_get_n_lanes (self->own) : 0;
}

static void
visit_fixed (Apm2UnitWatch *self,
             guint i,
             Apm2UnitWatchFunc func,
             gpointer user_data)
{
  const Apm2UnitState *here = apm2_unit_side_get_fixed (self->own, i);
  const Apm2UnitState *there = NULL;

  if (here == NULL)
    return;
  if (self->system != NULL && apm2_unit_side_lacks_fixed (self->own, i)
      && !apm2_unit_side_lacks_fixed (self->system, i))
    there = apm2_unit_side_get_fixed (self->system, i);
  if (there != NULL)
    func (there, APM2_MODE_SYSTEM, user_data);
  else
    func (here, self->mode, user_data);
}

/**
 * apm2_unit_watch_foreach:
 * @self: a watch
 * @func: called for each unit: broker, socket, worker, instances by name
 * @user_data: (closure): for @func
 */
void
apm2_unit_watch_foreach (Apm2UnitWatch *self,
                         Apm2UnitWatchFunc func,
                         gpointer user_data)
{
  g_return_if_fail (APM2_IS_UNIT_WATCH (self));

  if (self->own == NULL)
    return;
  for (guint i = 0; i < APM2_UNIT_SIDE_N_FIXED; i++)
    visit_fixed (self, i, func, user_data);
  for (guint i = 0; i < apm2_unit_side_get_n_instances (self->own); i++)
    {
      const Apm2UnitState *unit = apm2_unit_side_get_instance (self->own, i);

      if (unit != NULL)
        func (unit, self->mode, user_data);
    }
}
