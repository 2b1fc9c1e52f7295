/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The units of apm2 at one manager: broker, socket, worker, and every instance
 * of the worker that is loaded, which are all that run, failed or are enabled.
 *
 * Signals of the manager are hints to read. A manager that is away for a
 * moment, because it executes itself anew, leaves what was known in place; one
 * that stays away takes it along.
 */

#include "apm2-unit-side.h"

#include <string.h>

#include "apm2-names.h"

/* A manager that executes itself anew is back within a second. */
#define AWAY_SEC 5

static const char *const fixed_names[APM2_UNIT_SIDE_N_FIXED]
    = { APM2_UNIT_DAEMON, APM2_UNIT_SOCKET, APM2_UNIT_WORKER };

struct _Apm2UnitSide
{
  Apm2Manager *manager; /* (owned) */
  gboolean with_instances;
  Apm2UnitSideFunc func;
  gpointer user_data;
  Apm2UnitView *fixed[APM2_UNIT_SIDE_N_FIXED]; /* (owned) */
  GPtrArray *instances;  /* (element-type Apm2UnitView) by name */
  guint n_lanes;         /* slots whose process runs, when listed */
  gboolean has_answered; /* the manager: connected or lost, once */
  gboolean is_listed;
  GCancellable *listing; /* (owned) (nullable) */
  gboolean list_again;
  guint away; /* timer */
};

static void list_instances (Apm2UnitSide *self);

static void
on_view_read (Apm2UnitView *view, gboolean has_changed, gpointer user_data)
{
  Apm2UnitSide *self = user_data;

  self->func (has_changed, self->user_data);
}

/* --- instances --- */

static gboolean
is_instance (Apm2UnitSide *self, const char *name)
{
  return self->with_instances
         && g_str_has_prefix (name, APM2_UNIT_WORKER_PREFIX)
         && g_str_has_suffix (name, ".service")
         && !g_str_equal (name, APM2_UNIT_WORKER_PREFIX ".service");
}

static Apm2UnitView *
find_instance (Apm2UnitSide *self, const char *name)
{
  for (guint i = 0; i < self->instances->len; i++)
    {
      Apm2UnitView *view = g_ptr_array_index (self->instances, i);

      if (g_str_equal (apm2_unit_view_get_name (view), name))
        return view;
    }
  return NULL;
}

static int
compare_views (gconstpointer a, gconstpointer b)
{
  return strcmp (apm2_unit_view_get_name (*(Apm2UnitView *const *) a),
                 apm2_unit_view_get_name (*(Apm2UnitView *const *) b));
}

/* Returns: whether some are gone */
static gboolean
remove_instances (Apm2UnitSide *self, GHashTable *names)
{
  const guint before = self->instances->len;

  for (guint i = before; i > 0; i--)
    {
      Apm2UnitView *view = g_ptr_array_index (self->instances, i - 1);

      if (!g_hash_table_contains (names, apm2_unit_view_get_name (view)))
        g_ptr_array_remove_index (self->instances, i - 1);
    }
  return self->instances->len != before;
}

static void
add_instances (Apm2UnitSide *self, GHashTable *names)
{
  GHashTableIter iter;
  gpointer name = NULL;

  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      Apm2UnitView *view = NULL;

      if (find_instance (self, name) != NULL)
        continue;
      view = apm2_unit_view_new (self->manager, name, on_view_read, self);
      g_ptr_array_add (self->instances, view);
      apm2_unit_view_read (view);
    }
  g_ptr_array_sort (self->instances, compare_views);
}

static gboolean
is_lane (const char *name)
{
  return g_pattern_match_simple (APM2_UNIT_LANES, name)
         || g_pattern_match_simple (APM2_UNIT_NET_LANES, name);
}

static GHashTable *
read_list (Apm2UnitSide *self, GVariant *reply)
{
  GHashTable *names
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GVariant) units = g_variant_get_child_value (reply, 0);

  self->n_lanes = 0;
  for (gsize i = 0; i < g_variant_n_children (units); i++)
    {
      g_autoptr (GVariant) unit = g_variant_get_child_value (units, i);
      const char *name = NULL;
      const char *sub_state = NULL;

      g_variant_get_child (unit, 0, "&s", &name);
      g_variant_get_child (unit, 4, "&s", &sub_state);
      if (is_instance (self, name))
        (void) g_hash_table_add (names, g_strdup (name));
      else if (is_lane (name) && g_str_equal (sub_state, "running"))
        self->n_lanes++;
    }
  return names;
}

/* What a listing holds: the side may be gone by its end. */
typedef struct
{
  Apm2UnitSide *side;
  GCancellable *cancellable;
} Listing;

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Listing *listing = user_data;
  g_autoptr (GCancellable) cancellable = listing->cancellable;
  Apm2UnitSide *self = listing->side;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GHashTable) names = NULL;
  gboolean has_changed = FALSE;

  reply = apm2_manager_call_finish (APM2_MANAGER (source), result, &error);
  if (g_cancellable_is_cancelled (cancellable))
    return;
  g_clear_object (&self->listing);
  if (reply != NULL)
    {
      names = read_list (self, reply);
      has_changed = remove_instances (self, names);
      add_instances (self, names);
    }
  else if (apm2_manager_is_connected (self->manager))
    g_info ("Cannot list the workers' units: %s", error->message);
  self->is_listed = TRUE;
  if (self->list_again && apm2_manager_is_connected (self->manager))
    list_instances (self);
  self->func (has_changed, self->user_data);
}

static void
list_instances (Apm2UnitSide *self)
{
  static const char *const states[] = { NULL };
  static const char *const patterns[] = {
    APM2_UNIT_WORKERS,
    APM2_UNIT_LANES,
    APM2_UNIT_NET_LANES,
    NULL,
  };
  Listing *listing = NULL;

  self->list_again = self->listing != NULL;
  if (self->list_again)
    return;
  self->listing = g_cancellable_new ();
  listing = g_new0 (Listing, 1);
  listing->side = self;
  listing->cancellable = g_object_ref (self->listing);
  apm2_manager_call_async (self->manager,
                           "ListUnitsByPatterns",
                           g_variant_new ("(^as^as)", states, patterns),
                           G_VARIANT_TYPE ("(a(ssssssouso))"),
                           self->listing,
                           on_listed,
                           listing);
}

/* --- the manager --- */

static void
read_all (Apm2UnitSide *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (fixed_names); i++)
    apm2_unit_view_read (self->fixed[i]);
  for (guint i = 0; i < self->instances->len; i++)
    apm2_unit_view_read (g_ptr_array_index (self->instances, i));
  if (self->with_instances)
    list_instances (self);
  else
    self->is_listed = TRUE;
}

static void
on_connected (Apm2UnitSide *self)
{
  self->has_answered = TRUE;
  g_clear_handle_id (&self->away, g_source_remove);
  read_all (self);
}

static gboolean
on_stayed_away (gpointer user_data)
{
  Apm2UnitSide *self = user_data;
  gboolean has_changed = self->instances->len > 0;

  self->away = 0;
  for (gsize i = 0; i < G_N_ELEMENTS (fixed_names); i++)
    has_changed = apm2_unit_view_clear (self->fixed[i]) || has_changed;
  g_ptr_array_set_size (self->instances, 0);
  self->func (has_changed, self->user_data);
  return G_SOURCE_REMOVE;
}

static void
on_lost (Apm2UnitSide *self)
{
  self->has_answered = TRUE;
  if (self->away == 0)
    self->away = g_timeout_add_seconds (AWAY_SEC, on_stayed_away, self);
  self->func (FALSE, self->user_data);
}

static void
on_unit_changed (Apm2UnitSide *self, const char *name)
{
  Apm2UnitView *view = find_instance (self, name);

  for (gsize i = 0; view == NULL && i < G_N_ELEMENTS (fixed_names); i++)
    {
      if (g_str_equal (name, fixed_names[i]))
        view = self->fixed[i];
    }
  if (view != NULL)
    apm2_unit_view_read (view);
  else if (is_instance (self, name))
    list_instances (self);
}

static void
on_unit_listed (Apm2UnitSide *self, const char *name)
{
  if (is_instance (self, name))
    list_instances (self);
}

/**
 * apm2_unit_side_new:
 * @mode: whose manager
 * @with_instances: whether instances of the worker are looked for there
 * @func: told of all that happens
 * @user_data: (closure): for @func
 *
 * Returns: (transfer full): a side that knows nothing yet
 */
Apm2UnitSide *
apm2_unit_side_new (Apm2Mode mode,
                    gboolean with_instances,
                    Apm2UnitSideFunc func,
                    gpointer user_data)
{
  Apm2UnitSide *self = g_new0 (Apm2UnitSide, 1);

  self->manager = apm2_manager_new (mode);
  self->with_instances = with_instances;
  self->func = func;
  self->user_data = user_data;
  self->instances
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_unit_view_free);
  for (gsize i = 0; i < G_N_ELEMENTS (fixed_names); i++)
    self->fixed[i] = apm2_unit_view_new (
        self->manager, fixed_names[i], on_view_read, self);
  return self;
}

/**
 * apm2_unit_side_free:
 * @self: (transfer full) (nullable): a side
 */
void
apm2_unit_side_free (Apm2UnitSide *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->away, g_source_remove);
  if (self->listing != NULL)
    g_cancellable_cancel (self->listing);
  g_clear_object (&self->listing);
  g_signal_handlers_disconnect_by_data (self->manager, self);
  for (gsize i = 0; i < G_N_ELEMENTS (fixed_names); i++)
    apm2_unit_view_free (self->fixed[i]);
  g_ptr_array_unref (self->instances);
  apm2_manager_stop (self->manager);
  g_object_unref (self->manager);
  g_free (self);
}

/**
 * apm2_unit_side_start:
 * @self: a side
 *
 * Connects to the manager and reads all; the function is told, perhaps before
 * this returns.
 */
void
apm2_unit_side_start (Apm2UnitSide *self)
{
  g_signal_connect_swapped (
      self->manager, "connected", G_CALLBACK (on_connected), self);
  g_signal_connect_swapped (self->manager, "lost", G_CALLBACK (on_lost), self);
  g_signal_connect_swapped (
      self->manager, "reloaded", G_CALLBACK (read_all), self);
  g_signal_connect_swapped (
      self->manager, "unit-changed", G_CALLBACK (on_unit_changed), self);
  g_signal_connect_swapped (
      self->manager, "unit-listed", G_CALLBACK (on_unit_listed), self);
  apm2_manager_start (self->manager);
}

/**
 * apm2_unit_side_is_settled:
 * @self: a side that was started
 *
 * Returns: whether all that can be known has been read once
 */
gboolean
apm2_unit_side_is_settled (Apm2UnitSide *self)
{
  if (!self->has_answered)
    return FALSE;
  if (!apm2_manager_is_connected (self->manager))
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (fixed_names); i++)
    {
      if (apm2_unit_view_get_state (self->fixed[i]) == NULL)
        return FALSE;
    }
  for (guint i = 0; i < self->instances->len; i++)
    {
      if (apm2_unit_view_get_state (g_ptr_array_index (self->instances, i))
          == NULL)
        return FALSE;
    }
  return self->is_listed;
}

const Apm2UnitState *
apm2_unit_side_get_fixed (Apm2UnitSide *self, guint i)
{
  return apm2_unit_view_get_state (self->fixed[i]);
}

gboolean
apm2_unit_side_lacks_fixed (Apm2UnitSide *self, guint i)
{
  return apm2_unit_view_is_not_found (self->fixed[i]);
}

guint
apm2_unit_side_get_n_instances (Apm2UnitSide *self)
{
  return self->instances->len;
}

const Apm2UnitState *
apm2_unit_side_get_instance (Apm2UnitSide *self, guint i)
{
  return apm2_unit_view_get_state (g_ptr_array_index (self->instances, i));
}

guint
apm2_unit_side_get_n_lanes (Apm2UnitSide *self)
{
  return self->n_lanes;
}
