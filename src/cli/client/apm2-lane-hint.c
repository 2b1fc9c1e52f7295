/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Whether there is a lane of that name, and which there are.
 *
 * Lanes come from the configuration. One that was taken out of it is still
 * there for its jobs, which wait for it, and as long as it is paused.
 */

#include "apm2-lane-hint.h"

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-names.h"
#include "apm2-nearest.h"
#include "apm2-properties.h"

static char **
list_lanes (GVariant *objects)
{
  g_autoptr (GPtrArray) lanes
      = apm2_properties_find_all (objects, APM2_IFACE_LANE, "Name");
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  for (guint i = 0; i < lanes->len; i++)
    g_strv_builder_add (
        names, apm2_properties_get_text (g_ptr_array_index (lanes, i), "Name"));
  return g_strv_builder_end (names);
}

static gboolean
is_paused (GVariant *objects, const char *lane)
{
  g_autoptr (GPtrArray) queues
      = apm2_properties_find_all (objects, APM2_IFACE_QUEUE, NULL);
  g_autofree const char **paused = NULL;

  return queues->len > 0
         && g_variant_lookup (
             g_ptr_array_index (queues, 0), "PausedLanes", "^a&s", &paused)
         && g_strv_contains (paused, lane);
}

static void
set_no_lane (GError **error, const char *lane, char **known)
{
  const char *nearest = apm2_nearest_find (lane, (const char *const *) known);
  g_autofree char *list = g_strjoinv (", ", known);

  if (nearest != NULL)
    g_set_error (error,
                 APM2_ERROR,
                 APM2_ERROR_NOT_FOUND,
                 _ ("there is no lane '%s'; did you mean '%s'? Lanes are: %s"),
                 lane,
                 nearest,
                 list);
  else
    g_set_error (error,
                 APM2_ERROR,
                 APM2_ERROR_NOT_FOUND,
                 _ ("there is no lane '%s'; lanes are: %s"),
                 lane,
                 list);
}

static gboolean
has_jobs (Apm2Client *client, const char *lane)
{
  g_autofree char *cursor = g_strdup ("");
  g_autoptr (GVariant) page
      = apm2_client_list_jobs (client, NULL, lane, NULL, 1, &cursor, NULL);

  return page != NULL && g_variant_n_children (page) > 0;
}

/**
 * apm2_lane_hint_check:
 * @client: the broker
 * @lane: what was typed
 * @error: NOT_FOUND, with the lanes that there are
 *
 * Returns: whether there is such a lane, or was: then it has jobs
 */
gboolean
apm2_lane_hint_check (Apm2Client *client, const char *lane, GError **error)
{
  g_autoptr (GVariant) objects = apm2_client_get_objects (client, error);
  g_auto (GStrv) known = NULL;

  if (objects == NULL)
    return FALSE;
  known = list_lanes (objects);
  if (g_strv_contains ((const char *const *) known, lane)
      || is_paused (objects, lane) || has_jobs (client, lane))
    return TRUE;
  set_no_lane (error, lane, known);
  return FALSE;
}

/**
 * apm2_lane_hint_add:
 * @client: the broker
 * @lane: (nullable): what was typed
 * @error: (inout) (nullable): an error; one that is not NOT_FOUND stays
 *
 * Says which lanes there are.
 */
void
apm2_lane_hint_add (Apm2Client *client, const char *lane, GError **error)
{
  g_autoptr (GVariant) objects = NULL;
  g_auto (GStrv) known = NULL;

  if (lane == NULL || error == NULL
      || !g_error_matches (*error, APM2_ERROR, APM2_ERROR_NOT_FOUND))
    return;
  objects = apm2_client_get_objects (client, NULL);
  if (objects == NULL)
    return;
  known = list_lanes (objects);
  g_clear_error (error);
  set_no_lane (error, lane, known);
}
