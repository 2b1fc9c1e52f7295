/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is done with a file, by what is found in its place.
 *
 * Decides, does it unless the run is dry, and tells it. What an operator wrote
 * stays, or is saved before it gives way.
 */

#include "apm2-install-apply.h"

#include <glib/gi18n.h>

#include "apm2-error.h"

static void
tell (Apm2InstallReport *report,
      Apm2InstallAct act,
      const Apm2InstallItem *item,
      const char *detail)
{
  apm2_install_report_add (report, act, item->file->path, detail);
}

/* In a dry run it is no failure that others' directories are closed to us. */
static gboolean
examine (const Apm2InstallItem *item,
         Apm2InstallReport *report,
         Apm2InstallFileState *ret_state,
         GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (apm2_install_file_examine (item->file, ret_state, &local_error))
    return TRUE;
  if (apm2_install_report_is_dry_run (report)
      && g_error_matches (local_error, APM2_ERROR, APM2_ERROR_NOT_AUTHORIZED))
    {
      apm2_install_report_warn (report, "%s", local_error->message);
      *ret_state = APM2_INSTALL_FILE_ABSENT;
      return TRUE;
    }
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/* What somebody may lose or miss is shown before it is done. */
static void
show_difference (const Apm2InstallItem *item, Apm2InstallReport *report)
{
  g_autofree char *diff = NULL;

  if (!apm2_install_report_is_dry_run (report))
    return;
  diff = apm2_install_file_diff (item->file);
  apm2_install_report_add_diff (report, diff);
}

static gboolean
put (Apm2InstallItem *item,
     Apm2InstallReport *report,
     Apm2InstallAct act,
     Apm2InstallTally *tally,
     GError **error)
{
  if (!apm2_install_report_is_dry_run (report)
      && !apm2_install_file_write (item->file, error))
    return FALSE;
  tally->n_changed++;
  item->changed = TRUE;
  tell (report, act, item, NULL);
  return TRUE;
}

static gboolean
replace (Apm2InstallItem *item,
         Apm2InstallReport *report,
         Apm2InstallTally *tally,
         GError **error)
{
  g_autofree char *saved = NULL;

  if (apm2_install_report_is_dry_run (report))
    tell (report, APM2_INSTALL_ACT_SAVED, item, _ ("beside it"));
  else
    {
      saved = apm2_install_file_save (item->file, error);
      if (saved == NULL)
        return FALSE;
      tell (report, APM2_INSTALL_ACT_SAVED, item, saved);
    }
  if (!put (item, report, APM2_INSTALL_ACT_UPDATED, tally, error))
    return FALSE;
  show_difference (item, report);
  return TRUE;
}

static const char *
say_why_kept (Apm2InstallFileState state)
{
  return state == APM2_INSTALL_FILE_LINK ? _ ("a symbolic link") : _ ("edited");
}

/**
 * apm2_install_apply_write:
 * @item: a file of the installation
 * @report: where it is told
 * @force: whether words of somebody else give way; they are saved first
 * @tally: (inout): counts
 * @error: what could not be done with which file, and why
 *
 * Returns: %TRUE if the file is as it is to be, or is kept
 */
gboolean
apm2_install_apply_write (Apm2InstallItem *item,
                          Apm2InstallReport *report,
                          gboolean force,
                          Apm2InstallTally *tally,
                          GError **error)
{
  Apm2InstallFileState state = APM2_INSTALL_FILE_ABSENT;

  if (!examine (item, report, &state, error))
    return FALSE;
  switch (state)
    {
    case APM2_INSTALL_FILE_CURRENT:
    case APM2_INSTALL_FILE_COPY:
      tell (report, APM2_INSTALL_ACT_UNCHANGED, item, NULL);
      return TRUE;
    case APM2_INSTALL_FILE_OUTDATED:
      if (!put (item, report, APM2_INSTALL_ACT_UPDATED, tally, error))
        return FALSE;
      show_difference (item, report);
      return TRUE;
    case APM2_INSTALL_FILE_EDITED:
    case APM2_INSTALL_FILE_LINK:
      if (force)
        return replace (item, report, tally, error);
      tally->n_kept++;
      tell (report, APM2_INSTALL_ACT_KEPT, item, say_why_kept (state));
      show_difference (item, report);
      return TRUE;
    case APM2_INSTALL_FILE_ABSENT:
    default:
      if (item->elsewhere == NULL)
        return put (item, report, APM2_INSTALL_ACT_WROTE, tally, error);
      tell (report, APM2_INSTALL_ACT_UNCHANGED, item, item->elsewhere);
      return TRUE;
    }
}

/* What 'systemctl edit' made is its maker's. */
static void
tell_drop_ins (const Apm2InstallItem *item, Apm2InstallReport *report)
{
  g_autofree char *dir = g_strconcat (item->file->path, ".d", NULL);

  if (g_file_test (dir, G_FILE_TEST_IS_DIR))
    apm2_install_report_add (
        report, APM2_INSTALL_ACT_KEPT, dir, _ ("drop-ins"));
}

static gboolean
is_removable (const Apm2InstallItem *item, Apm2InstallFileState state)
{
  /* A unit may have been copied by hand; other files would be a package's. */
  if (state == APM2_INSTALL_FILE_COPY)
    return item->kind == APM2_INSTALL_UNIT;
  return state == APM2_INSTALL_FILE_CURRENT
         || state == APM2_INSTALL_FILE_OUTDATED;
}

/**
 * apm2_install_apply_remove:
 * @item: a file of the installation
 * @report: where it is told
 * @tally: (inout): counts
 * @error: what could not be done with which file, and why
 *
 * Removes what an install wrote and nobody has touched since.
 *
 * Returns: %TRUE if the file is gone, was not there, or is kept
 */
gboolean
apm2_install_apply_remove (Apm2InstallItem *item,
                           Apm2InstallReport *report,
                           Apm2InstallTally *tally,
                           GError **error)
{
  Apm2InstallFileState state = APM2_INSTALL_FILE_ABSENT;

  if (!examine (item, report, &state, error))
    return FALSE;
  if (is_removable (item, state))
    {
      if (!apm2_install_report_is_dry_run (report)
          && !apm2_install_file_remove (item->file, error))
        return FALSE;
      tally->n_changed++;
      tell (report, APM2_INSTALL_ACT_REMOVED, item, NULL);
      tell_drop_ins (item, report);
    }
  else if (state == APM2_INSTALL_FILE_EDITED || state == APM2_INSTALL_FILE_LINK)
    {
      tally->n_kept++;
      tell (report, APM2_INSTALL_ACT_KEPT, item, say_why_kept (state));
    }
  return TRUE;
}
