/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What `doctor --fix` does: the safe cures, in their order, each once.
 *
 * Cures of one finding build on each other; where one is the operator's or
 * fails, those after it are left to the operator too.
 */

#include "apm2-repair.h"

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-repair-file.h"

static void
repair_free (Apm2Repair *self)
{
  g_free (self->command);
  g_free (self->reason);
  g_free (self);
}

/**
 * apm2_repair_outcome_to_string:
 * @outcome: an outcome
 *
 * Returns: (transfer none): "done" or "failed"
 */
const char *
apm2_repair_outcome_to_string (Apm2RepairOutcome outcome)
{
  switch (outcome)
    {
    case APM2_REPAIR_DONE:
      return "done";
    case APM2_REPAIR_FAILED:
      return "failed";
    default:
      g_return_val_if_reached (NULL);
    }
}

/**
 * apm2_repair_list_new:
 *
 * Returns: (transfer full) (element-type Apm2Repair): nothing done yet
 */
GPtrArray *
apm2_repair_list_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) repair_free);
}

static const Apm2Repair *
find (GPtrArray *repairs, const char *command)
{
  for (guint i = 0; i < repairs->len; i++)
    {
      const Apm2Repair *repair = g_ptr_array_index (repairs, i);

      if (g_str_equal (repair->command, command))
        return repair;
    }
  return NULL;
}

static gboolean
call_manager (Apm2ServiceControl *control,
              const char *method,
              GVariant *parameters,
              GError **error)
{
  g_autoptr (GVariant) reply = apm2_service_control_call (
      control, method, parameters, G_VARIANT_TYPE_UNIT, error);

  return reply != NULL;
}

static gboolean
perform_by_manager (Apm2ServiceControl *control,
                    const Apm2Cure *cure,
                    GError **error)
{
  if (control == NULL)
    {
      g_set_error_literal (error,
                           APM2_ERROR,
                           APM2_ERROR_UNAVAILABLE,
                           _ ("the service manager cannot be asked"));
      return FALSE;
    }
  if (cure->act == APM2_CURE_RELOAD)
    return call_manager (control, "Reload", NULL, error);
  if (cure->act == APM2_CURE_RESET_FAILED)
    return call_manager (
        control, "ResetFailedUnit", g_variant_new ("(s)", cure->unit), error);
  return apm2_service_control_start (control, cure->unit, error);
}

static gboolean
perform (const Apm2Doctor *doctor, const Apm2Cure *cure, GError **error)
{
  if (cure->path != NULL)
    return apm2_repair_file (cure, error);
  return perform_by_manager (doctor->units->control, cure, error);
}

/* Returns: whether it is done. */
static gboolean
repair (const Apm2Doctor *doctor,
        const char *id,
        const Apm2Cure *cure,
        GPtrArray *repairs)
{
  Apm2Repair *self = g_new0 (Apm2Repair, 1);
  g_autoptr (GError) error = NULL;

  self->id = id;
  self->command = g_strdup (cure->command);
  if (!perform (doctor, cure, &error))
    {
      self->outcome = APM2_REPAIR_FAILED;
      self->reason = g_strdup (error->message);
    }
  g_ptr_array_add (repairs, self);
  return self->outcome == APM2_REPAIR_DONE;
}

static guint
repair_finding (const Apm2Doctor *doctor,
                const Apm2Finding *finding,
                GPtrArray *repairs)
{
  guint done = 0;

  for (guint i = 0; i < finding->cures->len; i++)
    {
      const Apm2Cure *cure = g_ptr_array_index (finding->cures, i);
      const Apm2Repair *before = find (repairs, cure->command);

      if (cure->act == APM2_CURE_TYPE)
        break;
      if (before != NULL && before->outcome == APM2_REPAIR_DONE)
        continue;
      if (before != NULL || !repair (doctor, finding->id, cure, repairs))
        break;
      done++;
    }
  return done;
}

/**
 * apm2_repair_next:
 * @doctor: the doctor
 * @diagnosis: what he found just now
 * @repairs: (element-type Apm2Repair): what was tried before; gets what is
 *   tried now
 *
 * Does what is safe and has not been tried, for the first check that has such a
 * cure. What the checks after it found may be over with that; look again.
 *
 * Returns: how many cures were done
 */
guint
apm2_repair_next (const Apm2Doctor *doctor,
                  const Apm2Diagnosis *diagnosis,
                  GPtrArray *repairs)
{
  const char *id = NULL;
  guint done = 0;

  for (guint i = 0; i < diagnosis->findings->len; i++)
    {
      const Apm2Finding *finding = g_ptr_array_index (diagnosis->findings, i);

      if (done > 0 && !g_str_equal (finding->id, id))
        break;
      id = finding->id;
      done += repair_finding (doctor, finding, repairs);
    }
  return done;
}
