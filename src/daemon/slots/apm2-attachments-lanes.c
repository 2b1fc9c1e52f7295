/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the budget is told of the lanes: how much they have, what worker jobs
 * take of it, and whether jobs may start there.
 */

#include "apm2-attachments-private.h"

static void
drop_lanes_not_in (Apm2Attachments *self, const Apm2Config *config)
{
  for (guint i = self->lanes->len; i > 0; i--)
    {
      const char *name = g_ptr_array_index (self->lanes, i - 1);

      if (apm2_config_find_lane (config, name) != NULL)
        continue;
      apm2_budget_drop_lane (self->budget, name);
      g_ptr_array_remove_index_fast (self->lanes, i - 1);
    }
}

/* The budgets as the configuration has them now. */
void
apm2_attachments_configure (Apm2Attachments *self)
{
  const Apm2Config *config = apm2_active_config_get (self->config);

  drop_lanes_not_in (self, config);
  for (guint i = 0; i < config->lanes->len; i++)
    {
      const Apm2LaneConfig *lane = g_ptr_array_index (config->lanes, i);
      const Apm2BudgetAmounts budget = {
        .slots = lane->budget_slots,
        .cpu_percent = lane->budget_cpu_percent,
        .memory_bytes = lane->budget_memory_bytes,
      };

      apm2_budget_set_lane (
          self->budget, lane->name, &budget, lane->passes_max);
      if (!g_ptr_array_find_with_equal_func (
              self->lanes, lane->name, g_str_equal, NULL))
        g_ptr_array_add (self->lanes, g_strdup (lane->name));
    }
}

static Apm2BudgetAmounts
add_up_load (Apm2Attachments *self, const char *lane)
{
  Apm2BudgetAmounts load = { 0, 0, 0 };
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->working);
  while (g_hash_table_iter_next (&iter, &value, NULL))
    {
      const Apm2Job *job = value;

      if (!g_str_equal (job->stored->lane, lane))
        continue;
      load.slots++;
      if (job->spec == NULL)
        continue;
      load.cpu_percent += job->spec->limits.cpu_quota_percent;
      load.memory_bytes += job->spec->limits.memory_max_bytes;
    }
  return load;
}

/* What worker jobs take of one lane. That a lane is held back for a moment
 * stays as it is. */
void
apm2_attachments_update_load (Apm2Attachments *self, const char *lane)
{
  const Apm2BudgetAmounts load = add_up_load (self, lane);

  apm2_budget_set_lane_load (self->budget, lane, &load);
}

/* Whether jobs may not start in @lane now, and why. */
Apm2BudgetCause
apm2_attachments_find_closed (Apm2Attachments *self, const Apm2LaneConfig *lane)
{
  if (apm2_queue_is_paused (self->queue, "")
      || apm2_queue_is_paused (self->queue, lane->name))
    return APM2_BUDGET_CAUSE_PAUSED;
  if (lane->pressure_percent > 0
      && apm2_pressure_read (self->pressure) >= lane->pressure_percent)
    return APM2_BUDGET_CAUSE_PRESSURE;
  return APM2_BUDGET_CAUSE_NONE;
}

/**
 * apm2_attachments_get_closed:
 * @self: the attached jobs
 * @lane: a lane of the configuration in force
 *
 * Returns: why no job may start there now, as Closed of the lane tells it
 */
const char *
apm2_attachments_get_closed (Apm2Attachments *self, const Apm2LaneConfig *lane)
{
  const Apm2BudgetCause cause = apm2_attachments_find_closed (self, lane);

  return cause == APM2_BUDGET_CAUSE_NONE ? ""
                                         : apm2_budget_cause_to_string (cause);
}

/* The load and the gates of all lanes as they are at this moment. */
void
apm2_attachments_update_lanes (Apm2Attachments *self)
{
  const Apm2Config *config = apm2_active_config_get (self->config);
  gboolean watched = FALSE;

  for (guint i = 0; i < config->lanes->len; i++)
    {
      const Apm2LaneConfig *lane = g_ptr_array_index (config->lanes, i);

      apm2_attachments_update_load (self, lane->name);
      apm2_budget_set_lane_closed (
          self->budget, lane->name, apm2_attachments_find_closed (self, lane));
      watched
          = watched
            || (lane->pressure_percent > 0
                && (apm2_budget_get_usage (self->budget, lane->name).waiting > 0
                    || apm2_attachments_has_worker_jobs (self, lane->name)));
    }
  apm2_pressure_set_watched (self->pressure, watched && !self->stopped);
}
