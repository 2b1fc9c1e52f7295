/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 daemon uninstall: the reverse of install. Stops what runs, disables it,
 * removes what install wrote and nobody has edited since. Jobs, receipts and
 * logs stay where they are, and so do the accounts that own them.
 */

#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-error.h"
#include "apm2-install-apply.h"
#include "apm2-install-host.h"
#include "apm2-install-retire.h"
#include "apm2-install-units.h"

typedef struct
{
  gboolean force;
  gboolean dry_run;
} UninstallOptions;

#define OFFSET(member) APM2_ARGS_OFFSET (UninstallOptions, member)

static const GOptionEntry entries[] = {
  { "force",
    0,
    0,
    G_OPTION_ARG_NONE,
    OFFSET (force),
    N_ ("Go on though jobs run, which are ended, or no service manager "
        "answers"),
    NULL },
  { "dry-run",
    'n',
    0,
    G_OPTION_ARG_NONE,
    OFFSET (dry_run),
    N_ ("Tell what would be done, and touch nothing"),
    NULL },
  G_OPTION_ENTRY_NULL,
};

typedef struct
{
  const Apm2CommandCall *call;     /* borrowed */
  const UninstallOptions *options; /* borrowed */
  Apm2InstallReport *report;       /* (owned) */
  Apm2Paths *paths;                /* (owned) */
  Apm2InstallSet *set;             /* (owned) */
  Apm2ServiceControl *control;     /* (owned) (nullable) */
  Apm2InstallTally tally;
} Uninstall;

static void
uninstall_clear (Uninstall *self)
{
  g_clear_pointer (&self->report, apm2_install_report_free);
  g_clear_pointer (&self->paths, apm2_paths_free);
  g_clear_pointer (&self->set, apm2_install_set_free);
  g_clear_pointer (&self->control, apm2_service_control_close);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Uninstall, uninstall_clear)

/* Without the manager nothing can be stopped, and files that a running service
 * came from are not taken away behind its back. */
static gboolean
open_manager (Uninstall *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  self->control = apm2_service_control_open (self->paths->mode, &local_error);
  if (self->control != NULL)
    return TRUE;
  if (self->options->force || self->options->dry_run)
    {
      apm2_install_report_warn (self->report, "%s", local_error->message);
      return TRUE;
    }
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_UNAVAILABLE,
               _ ("%s; nothing was removed: it could not be stopped and "
                  "disabled before; '%s daemon uninstall --force' removes the "
                  "files alone"),
               local_error->message,
               apm2_options_get_program (self->call->globals));
  return FALSE;
}

/* Asks only a broker that is up: to ask must not start one. */
static guint
count_running (Uninstall *self)
{
  const char *const states[] = { "leased", "running", NULL };
  g_autoptr (Apm2UnitState) state = NULL;
  g_autoptr (Apm2Client) client = NULL;
  g_autoptr (GVariant) jobs = NULL;
  g_autofree char *cursor = g_strdup ("");

  state
      = apm2_service_control_read (self->control, "apm2-daemon.service", NULL);
  if (state == NULL || !g_str_equal (state->active_state, "active"))
    return 0;
  client = apm2_client_open (self->call->globals, NULL);
  if (client == NULL)
    return 0;
  jobs = apm2_client_list_jobs (
      client, states, NULL, NULL, APM2_CLIENT_PAGE_MAX, &cursor, NULL);
  return jobs == NULL ? 0 : (guint) g_variant_n_children (jobs);
}

static gboolean
check_jobs (Uninstall *self, GError **error)
{
  const char *program = apm2_options_get_program (self->call->globals);
  const guint n_running = self->options->force ? 0 : count_running (self);

  if (n_running == 0)
    return TRUE;
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_BUSY,
               ngettext ("Cannot uninstall while %u job runs, which would end; "
                         "nothing was changed; '%s fac queue pause' lets no "
                         "more start, '%s daemon uninstall --force' ends it",
                         "Cannot uninstall while %u jobs run, which would end; "
                         "nothing was changed; '%s fac queue pause' lets no "
                         "more start, '%s daemon uninstall --force' ends them",
                         n_running),
               n_running,
               program,
               program);
  return FALSE;
}

static gboolean
stop_units (Uninstall *self, GError **error)
{
  if (self->control == NULL)
    return TRUE;
  return (self->options->dry_run || check_jobs (self, error))
         && apm2_install_retire_stop (
             self->control, self->set, self->report, error)
         && (self->options->dry_run
             || apm2_install_retire_disable (
                 self->control, self->set, self->report, error));
}

/* Backwards: what names an account goes before the account's file. */
static gboolean
remove_files (Uninstall *self, GError **error)
{
  for (guint i = self->set->items->len; i > 0; i--)
    if (!apm2_install_apply_remove (apm2_install_set_get (self->set, i - 1),
                                    self->report,
                                    &self->tally,
                                    error))
      return FALSE;
  return TRUE;
}

static gboolean
reload (Uninstall *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (self->options->dry_run || self->tally.n_changed == 0)
    return TRUE;
  if (!apm2_install_host_reload_bus (
          self->paths->mode, self->report, &local_error))
    apm2_install_report_warn (self->report, "%s", local_error->message);
  return self->control == NULL
         || apm2_install_units_reload (self->control, self->report, error);
}

static void
tell_left (Uninstall *self)
{
  if (self->tally.n_kept > 0)
    apm2_install_report_warn (
        self->report,
        _ ("what was edited is kept; remove it yourself if nobody needs it"));
  if (g_file_test (self->paths->home, G_FILE_TEST_IS_DIR))
    apm2_install_report_add (self->report,
                             APM2_INSTALL_ACT_KEPT,
                             self->paths->home,
                             _ ("jobs, receipts and logs"));
}

static gboolean
uninstall (Uninstall *self, GError **error)
{
  apm2_install_host_find_runtime_dir (0);
  self->paths = apm2_paths_new (self->call->globals->mode, error);
  if (self->paths == NULL
      || (!self->options->dry_run
          && !apm2_install_host_check_caller (self->paths, error)))
    return FALSE;
  self->set = apm2_install_set_new (self->paths, error);
  return self->set != NULL && open_manager (self, error)
         && stop_units (self, error) && remove_files (self, error)
         && reload (self, error);
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  g_auto (Uninstall) self = { .call = call, .options = call->options };
  gboolean done = FALSE;

  self.report = apm2_install_report_new (
      call, "apm2.daemon.uninstall.v1", self.options->dry_run);
  done = uninstall (&self, error);
  if (done)
    tell_left (&self);
  apm2_install_report_end (self.report, done);
  return done ? APM2_EXIT_OK : -1;
}

const Apm2Command apm2_cmd_daemon_uninstall = {
  .name = "uninstall",
  .here = TRUE,
  .summary = N_ ("Stop, disable and remove what install wrote"),
  .description
  = N_ ("Files that were edited are kept, and so are jobs, receipts and logs. "
        "While jobs run it\nrefuses, unless it is forced.\n\nExit status 5: "
        "no service manager could be reached, and nothing was removed."),
  .examples = "  apm2 daemon uninstall --dry-run\n"
              "  sudo apm2 daemon uninstall --system",
  .entries = entries,
  .options_size = sizeof (UninstallOptions),
  .run = run,
};
