/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How services of an installation are taken out of service: all of their units
 * are stopped, in an order in which none starts another again, and disabled.
 */

#include "apm2-install-retire.h"

#include <string.h>

#include <glib/gi18n.h>

/* Workers go first, so that they can tell the broker; the socket before the
 * broker, or a caller would start it again. */
static int
get_rank (const char *unit)
{
  if (g_str_has_prefix (unit, "apm2-worker"))
    return 0;
  if (g_str_has_suffix (unit, ".socket"))
    return 1;
  if (g_str_has_prefix (unit, "apm2-daemon"))
    return 2;
  return g_str_has_suffix (unit, ".slice") ? 4 : 3;
}

static int
compare_ranks (gconstpointer a, gconstpointer b)
{
  const char *x = *(const char *const *) a;
  const char *y = *(const char *const *) b;
  const int difference = get_rank (x) - get_rank (y);

  return difference != 0 ? difference : strcmp (x, y);
}

/* Names, and for a template the pattern of its instances. */
static GPtrArray *
new_patterns (const Apm2InstallSet *set)
{
  GPtrArray *patterns = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < set->items->len; i++)
    {
      const Apm2InstallItem *item = apm2_install_set_get (set, i);
      const char *at = strchr (item->file->name, '@');

      if (item->kind != APM2_INSTALL_UNIT)
        continue;
      if (at == NULL)
        g_ptr_array_add (patterns, g_strdup (item->file->name));
      else
        g_ptr_array_add (patterns,
                         g_strdup_printf ("%.*s@*%s",
                                          (int) (at - item->file->name),
                                          item->file->name,
                                          strrchr (item->file->name, '.')));
    }
  g_ptr_array_add (patterns, NULL);
  return patterns;
}

/* Returns: (transfer full) (nullable): the units of @set that are up, in the
 * order in which they are to be stopped */
static GPtrArray *
list_up (Apm2ServiceControl *control, const Apm2InstallSet *set, GError **error)
{
  const char *const states[]
      = { "active", "activating", "reloading", "failed", NULL };
  g_autoptr (GPtrArray) patterns = new_patterns (set);
  GPtrArray *names = apm2_service_control_list (
      control, states, (const char *const *) patterns->pdata, error);

  if (names != NULL)
    g_ptr_array_sort (names, compare_ranks);
  return names;
}

/* A unit that failed before is forgotten with its file. */
static void
reset_failed (Apm2ServiceControl *control, const char *unit)
{
  g_autoptr (GVariant) reply
      = apm2_service_control_call (control,
                                   "ResetFailedUnit",
                                   g_variant_new ("(s)", unit),
                                   G_VARIANT_TYPE_UNIT,
                                   NULL);
}

/**
 * apm2_install_retire_stop:
 * @control: the way to the manager
 * @set: the files of the installation
 * @report: where it is told
 * @error: what did not stop, and how to look at it
 *
 * Stops workers, broker and lanes.
 *
 * Returns: %TRUE if none is up
 */
gboolean
apm2_install_retire_stop (Apm2ServiceControl *control,
                          const Apm2InstallSet *set,
                          Apm2InstallReport *report,
                          GError **error)
{
  g_autoptr (GPtrArray) names = list_up (control, set, error);

  if (names == NULL)
    return FALSE;
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);

      if (!apm2_install_report_is_dry_run (report))
        {
          if (!apm2_service_control_stop (control, name, error))
            return FALSE;
          reset_failed (control, name);
        }
      apm2_install_report_add (report, APM2_INSTALL_ACT_STOPPED, name, NULL);
    }
  return TRUE;
}

static gboolean
can_be_enabled (const Apm2InstallItem *item)
{
  return item->kind == APM2_INSTALL_UNIT
         && strstr (item->file->text, "\n[Install]\n") != NULL;
}

/**
 * apm2_install_retire_disable:
 * @control: the way to the manager
 * @set: the files of the installation
 * @report: where it is told
 * @error: why it could not be done
 *
 * Disables all of them, and with a template its instances.
 *
 * Returns: %TRUE if none is enabled
 */
gboolean
apm2_install_retire_disable (Apm2ServiceControl *control,
                             const Apm2InstallSet *set,
                             Apm2InstallReport *report,
                             GError **error)
{
  for (guint i = 0; i < set->items->len; i++)
    {
      const Apm2InstallItem *item = apm2_install_set_get (set, i);
      const char *const units[] = { item->file->name, NULL };
      g_autoptr (GVariant) reply = NULL;
      g_autoptr (GVariant) changes = NULL;

      if (!can_be_enabled (item))
        continue;
      reply = apm2_service_control_call (control,
                                         "DisableUnitFiles",
                                         g_variant_new ("(^asb)", units, FALSE),
                                         G_VARIANT_TYPE ("(a(sss))"),
                                         error);
      if (reply == NULL)
        {
          g_prefix_error (error, _ ("Cannot disable %s: "), units[0]);
          return FALSE;
        }
      changes = g_variant_get_child_value (reply, 0);
      if (g_variant_n_children (changes) > 0)
        apm2_install_report_add (
            report, APM2_INSTALL_ACT_DISABLED, units[0], NULL);
    }
  return TRUE;
}
