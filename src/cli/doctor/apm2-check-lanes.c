/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Slots of lanes that nobody will clean up: units that ended or run without a
 * job and a worker, those that fetch for a slot too, and files of slots that
 * are no more.
 *
 * While a worker runs they are its own: it arms slots, feeds them and takes
 * them up again after a restart.
 */

#include <string.h>
#include <sys/stat.h>

#include <glib/gi18n.h>

#include "apm2-checks.h"
#include "apm2-time.h"

/* A worker that is started anew takes up its slots well within that. */
#define LEFT_AFTER_SEC 60

static const char *const suffixes[] = { ".step", ".events", ".json", ".fetch" };

static gboolean
is_old (const Apm2Doctor *doctor, const Apm2UnitState *unit)
{
  const gint64 age_usec
      = doctor->realtime_usec - (gint64) unit->state_change_usec;

  return age_usec > (gint64) LEFT_AFTER_SEC * G_USEC_PER_SEC;
}

static void
judge_failed (const Apm2Doctor *doctor,
              const Apm2UnitState *unit,
              Apm2Diagnosis *out)
{
  Apm2Finding *finding = NULL;

  if (!is_old (doctor, unit))
    return;
  finding = apm2_diagnosis_add (out,
                                APM2_FINDING_WARNING,
                                _ ("%s failed (%s) and no worker took it back"),
                                unit->name,
                                unit->result);
  apm2_doctor_add_cure (doctor,
                        finding,
                        apm2_cure_new_unit (APM2_CURE_RESET_FAILED,
                                            doctor->systemctl,
                                            unit->name));
}

/* Does a job of which the broker knows run in the slot of @unit? What fetches
 * for a job is not one of its units. */
static gboolean
is_of_job (const Apm2Doctor *doctor, const Apm2UnitState *unit)
{
  const char *at = strchr (unit->name, '@');
  GHashTableIter iter;
  gpointer name = NULL;

  if (doctor->broker == NULL)
    return FALSE;
  g_hash_table_iter_init (&iter, doctor->broker->job_units);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (g_str_equal (name, unit->name)
        || (at != NULL && g_str_has_suffix (name, at)))
      return TRUE;
  return FALSE;
}

static void
judge_active (const Apm2Doctor *doctor,
              const Apm2UnitState *unit,
              Apm2Diagnosis *out)
{
  const gboolean ended = g_str_equal (unit->sub_state, "exited");
  const gboolean known = is_of_job (doctor, unit);
  Apm2Finding *finding = NULL;

  /* A slot that waits for work ends by itself when its worker does. */
  if (apm2_units_facts_has_worker (doctor->units) || !is_old (doctor, unit)
      || (ended && !known))
    return;
  if (known)
    {
      apm2_finding_add_command (
          apm2_diagnosis_add (
              out,
              APM2_FINDING_WARNING,
              ended ? _ ("%s has ended a job while no worker runs; the next "
                         "worker takes its result")
                    : _ ("%s runs a job while no worker runs; the next worker "
                         "takes it up"),
              unit->name),
          "%s start apm2-worker.service",
          doctor->systemctl);
      return;
    }
  finding = apm2_diagnosis_add (
      out,
      APM2_FINDING_WARNING,
      _ ("%s runs without a worker, and the broker knows of no job in it"),
      unit->name);
  apm2_finding_add_look (
      finding, "%s status %s", doctor->systemctl, unit->name);
  apm2_finding_add_command (
      finding, "%s start apm2-worker.service", doctor->systemctl);
  apm2_finding_add_command (
      finding, "%s stop %s", doctor->systemctl, unit->name);
}

static gboolean
is_slot_alive (const Apm2Doctor *doctor, const char *slot)
{
  g_autofree char *end = g_strdup_printf ("@%s.service", slot);

  for (guint i = 0; i < doctor->units->lanes->len; i++)
    {
      const Apm2UnitState *unit = g_ptr_array_index (doctor->units->lanes, i);

      if (g_str_has_suffix (unit->name, end)
          && !g_str_equal (unit->active_state, "inactive"))
        return TRUE;
    }
  return FALSE;
}

/* Returns: (nullable): the slot that a file of that name belongs to */
static char *
get_slot (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *slot = NULL;

      if (!g_str_has_suffix (name, suffixes[i]))
        continue;
      slot = g_strndup (name, strlen (name) - strlen (suffixes[i]));
      /* As slots are named; anything else is not ours to remove. */
      if (g_regex_match_simple (
              "\\A[a-z][a-z0-9]{0,30}-[0-9]{1,4}\\z", slot, 0, 0))
        return g_steal_pointer (&slot);
    }
  return NULL;
}

static void
judge_file (const Apm2Doctor *doctor,
            const char *dir,
            const char *name,
            Apm2Diagnosis *out)
{
  g_autofree char *slot = get_slot (name);
  g_autofree char *path = g_build_filename (dir, name, NULL);
  struct stat st;

  if (slot == NULL || lstat (path, &st) < 0
      || st.st_mtim.tv_sec
             > doctor->realtime_usec / G_USEC_PER_SEC - LEFT_AFTER_SEC
      || is_slot_alive (doctor, slot))
    return;
  apm2_doctor_add_cure (
      doctor,
      apm2_diagnosis_add (out,
                          APM2_FINDING_WARNING,
                          _ ("%s was left by a slot that is no more"),
                          path),
      apm2_cure_new_remove (APM2_CURE_REMOVE_FILE, path));
}

static void
judge_files (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  g_autofree char *path
      = g_build_filename (doctor->paths->runtime_dir, "lanes", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name = NULL;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    judge_file (doctor, path, name, out);
}

/**
 * apm2_check_lanes:
 * @doctor: the doctor
 * @out: gets the findings
 */
void
apm2_check_lanes (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const guint before = out->findings->len;

  if (!doctor->units->report->manager_reachable)
    {
      apm2_diagnosis_add (
          out, APM2_FINDING_SKIPPED, _ ("the service manager cannot be asked"));
      return;
    }
  for (guint i = 0; i < doctor->units->lanes->len; i++)
    {
      const Apm2UnitState *unit = g_ptr_array_index (doctor->units->lanes, i);

      if (g_str_equal (unit->active_state, "failed"))
        judge_failed (doctor, unit, out);
      else if (g_str_equal (unit->active_state, "active"))
        judge_active (doctor, unit, out);
    }
  if (!apm2_units_facts_has_worker (doctor->units))
    judge_files (doctor, out);
  if (out->findings->len == before)
    apm2_diagnosis_add (
        out, APM2_FINDING_OK, _ ("no slot of a lane was left behind"));
}
