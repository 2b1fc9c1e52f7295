/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How steps that an earlier process has fed are followed again.
 */

#include "apm2-lane-adopt.h"

#include "apm2-lane-name.h"
#include "apm2-lane-step.h"
#include "apm2-lane-wave.h"

static void
adopt_slot (const Apm2LaneRemains *remains, const Apm2LaneRecord *record)
{
  gboolean network = FALSE;
  G_GNUC_UNUSED g_autofree char *slot
      = apm2_lane_unit_get_slot (record->unit, &network);
  const Apm2LaneFound found = {
    .network = network,
    .invocation_id = record->invocation_id,
    .enforced = (Apm2LaneEnforces) record->enforced,
    .pid_namespace = record->pid_namespace,
    .net_namespace = record->net_namespace,
  };

  apm2_lane_slot_adopt (remains->slot, &found);
}

static void
adopt_step (Apm2LaneRemains *remains,
            const Apm2Paths *paths,
            Apm2Adoption *adoption)
{
  Apm2LaneRecord *record = g_steal_pointer (&remains->record);
  g_autofree char *log_file = apm2_paths_get_log_file (
      paths, record->lease->job_id, record->lease->attempt, record->index);
  Apm2LaneStep *step
      = apm2_lane_step_new_adopted (remains->slot, record, log_file);

  apm2_adoption_add_run (
      adoption, record->index, record->job_timeout, APM2_STEP_RUN (step));
  adopt_slot (remains, record);
}

static void
adopt_wave (Apm2LaneRemains *remains,
            const Apm2Paths *paths,
            Apm2Adoption *adoption)
{
  Apm2LaneRecord *record = g_steal_pointer (&remains->record);
  g_autoptr (GPtrArray) steps
      = apm2_lane_wave_adopt (remains->slot, record, paths);

  for (guint i = 0; i < steps->len; i++)
    {
      const Apm2LaneSeat *seat = g_ptr_array_index (record->seats, i);

      apm2_adoption_add_run (adoption,
                             seat->index,
                             seat->job_timeout,
                             g_object_ref (g_ptr_array_index (steps, i)));
    }
  adopt_slot (remains, record);
}

/**
 * apm2_lane_adopt:
 * @remains: a slot whose unit runs what its record says, which is taken
 * @paths: where logs are
 * @adoption: gets the steps
 */
void
apm2_lane_adopt (Apm2LaneRemains *remains,
                 const Apm2Paths *paths,
                 Apm2Adoption *adoption)
{
  if (remains->record->seats != NULL)
    adopt_wave (remains, paths, adoption);
  else
    adopt_step (remains, paths, adoption);
}
