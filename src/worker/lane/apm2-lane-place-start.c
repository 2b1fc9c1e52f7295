/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How steps of a job are started in its place: outside, where the worker itself
 * has something to do, one in its slot, or several at once.
 */

#include "apm2-lane-place-private.h"

#include "apm2-checkout.h"
#include "apm2-fetch-step.h"
#include "apm2-lane-step.h"
#include "apm2-lane-wave.h"
#include "apm2-step-order.h"

static Apm2LaneRecord *
new_record (Apm2LanePlace *self,
            const Apm2StepOrder *order,
            const Apm2JobProgress *progress)
{
  Apm2LaneRecord *record = g_new0 (Apm2LaneRecord, 1);

  record->lease = apm2_lease_copy (self->lease);
  record->record = apm2_job_record_copy (progress->record);
  record->index = progress->index;
  record->deadline = progress->deadline;
  record->job_timeout = progress->job_timeout;
  record->command = g_strdup (order->argv[0]);
  record->directory = g_strdup (order->directory);
  record->timeout_usec = order->timeout_usec;
  record->clean = !self->used;
  record->network = self->network;
  return record;
}

/* What it has is for no one else. */
static Apm2StepRun *
start_fetch (Apm2LanePlace *self, const Apm2StepOrder *order)
{
  const Apm2Config *config = apm2_job_place_get_config (APM2_JOB_PLACE (self));
  g_autoptr (Apm2FetchFiles) files = apm2_fetch_files_new (
      self->paths, apm2_lane_slot_get_name (self->slot));

  return APM2_STEP_RUN (apm2_fetch_step_new (
      self->manager, files, order, config != NULL ? config->ca_file : NULL));
}

/* It sees what the worker sees; if the worker dies, so does it, and the next
 * worker does it again. */
static Apm2StepRun *
start_outside (Apm2LanePlace *self,
               const Apm2StepOrder *order,
               const Apm2JobProgress *progress,
               GError **error)
{
  g_autoptr (Apm2LaneRecord) record = new_record (self, order, progress);
  const Apm2LaneFiles *files = apm2_lane_slot_get_files (self->slot);
  g_auto (GStrv) env = g_strdupv ((char **) order->env);
  Apm2StepOrder here = *order;

  record->unit = g_strdup (apm2_lane_slot_get_unit (self->slot));
  record->invocation_id = g_strdup ("");
  if (!apm2_lane_record_save (record, files->record, error))
    return NULL;
  if (apm2_checkout_is_for_unit (order))
    return start_fetch (self, order);
  env = g_environ_setenv (env, "HOME", self->mirrors, TRUE);
  env = g_environ_setenv (env, "TMPDIR", "/tmp", TRUE);
  env = g_environ_unsetenv (env, "APM2_PROGRESS");
  here.env = (const char *const *) env;
  here.directory = self->mirrors;
  here.progress_fifo = "";
  here.workspace_bytes_max = 0;
  here.disk_bytes_left = 0;
  here.memory_max_bytes = 0;
  here.tasks_max = 0;
  here.fence_boottime = 0;
  return apm2_executor_direct_start_step (self->outside, &here, error);
}

static void
on_step_ended (Apm2LanePlace *self, const Apm2StepEnd *ended)
{
  if (ended->kind == APM2_STEP_END_WORKSPACE_LIMIT)
    self->spoiled = TRUE;
}

/* Where the manager does not keep a limit the kernel at least bounds each
 * process. */
static GBytes *
encode (Apm2LanePlace *self, const Apm2StepOrder *order, GError **error)
{
  Apm2LaneEnforces enforced = apm2_lane_slot_get_enforced (self->slot);
  Apm2StepOrder limited = *order;

  limited.tasks_max = 0;
  if ((enforced & APM2_LANE_ENFORCES_MEMORY) != 0)
    limited.memory_max_bytes = 0;
  return apm2_step_order_encode (&limited, error);
}

static Apm2LaneTerms
make_terms (Apm2LanePlace *self, const Apm2StepOrder *order, guint width)
{
  Apm2LaneTerms terms = {
    .clean = !self->used,
    .network = order->network,
    .width = width,
    .limits = apm2_lane_limits_tighten (apm2_lane_pool_get_base (self->pool),
                                        order->memory_max_bytes,
                                        order->tasks_max,
                                        order->cpu_quota_percent),
  };

  self->used = TRUE;
  self->network = self->network || order->network;
  return terms;
}

static Apm2StepRun *
follow (Apm2LanePlace *self, Apm2StepRun *step)
{
  g_signal_connect_object (
      step, "ended", G_CALLBACK (on_step_ended), self, G_CONNECT_SWAPPED);
  return step;
}

Apm2StepRun *
apm2_lane_place_start_step (Apm2JobPlace *place,
                            const Apm2StepOrder *order,
                            const Apm2JobProgress *progress,
                            GError **error)
{
  Apm2LanePlace *self = APM2_LANE_PLACE (place);
  g_autoptr (GBytes) message = NULL;
  Apm2LaneTerms terms;
  Apm2LaneRecord *record = NULL;

  if (order->outside)
    return start_outside (self, order, progress, error);
  message = encode (self, order, error);
  if (message == NULL)
    return NULL;
  record = new_record (self, order, progress);
  terms = make_terms (self, order, 1);
  return follow (
      self,
      APM2_STEP_RUN (apm2_lane_step_new (
          self->slot, &terms, record, message, order->log_file, order->held)));
}

static void
add_seat (Apm2LaneRecord *record,
          const Apm2StepOrder *order,
          const Apm2JobProgress *progress)
{
  Apm2LaneSeat *seat = apm2_lane_seat_new ();

  seat->index = progress->index;
  seat->command = g_strdup (order->argv[0]);
  seat->directory = g_strdup (order->directory);
  seat->timeout_usec = order->timeout_usec;
  seat->job_timeout = progress->job_timeout;
  g_ptr_array_add (record->seats, seat);
}

/* Each is watched over by itself; what the lane allows they share. */
GPtrArray *
apm2_lane_place_start_wave (Apm2JobPlace *place,
                            const Apm2StepOrder *orders,
                            const Apm2JobProgress *progress,
                            guint n,
                            GError **error)
{
  Apm2LanePlace *self = APM2_LANE_PLACE (place);
  g_autoptr (GByteArray) messages = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (Apm2LaneRecord) record
      = new_record (self, &orders[0], &progress[0]);
  GPtrArray *steps = NULL;
  Apm2LaneTerms terms;

  record->seats
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_lane_seat_free);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GBytes) message = encode (self, &orders[i], error);
      gsize size = 0;
      const guint8 *data = NULL;

      if (message == NULL)
        return NULL;
      data = g_bytes_get_data (message, &size);
      g_byte_array_append (messages, data, (guint) size);
      add_seat (record, &orders[i], &progress[i]);
    }
  bytes = g_byte_array_free_to_bytes (g_steal_pointer (&messages));
  terms = make_terms (self, &orders[0], n);
  steps = apm2_lane_wave_start (
      self->slot, &terms, g_steal_pointer (&record), bytes, self->paths);
  for (guint i = 0; i < steps->len; i++)
    (void) follow (self, g_ptr_array_index (steps, i));
  return steps;
}
