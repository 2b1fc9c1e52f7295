/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 daemon install: writes the units, makes what they need, and tells the
 * service manager.
 *
 * Each step tells what it did; a step that cannot be done now, because nobody
 * is there to do it, is named together with the command for later, and the exit
 * status says that it is left. What was done before stays.
 */

#include <sys/stat.h>

#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-commands.h"
#include "apm2-error.h"
#include "apm2-install-apply.h"
#include "apm2-install-host.h"
#include "apm2-install-units.h"
#include "apm2-linger.h"

/* A manager that lingering has just started needs a moment. */
#define MANAGER_PATIENCE_SEC 20

typedef struct
{
  gboolean enable;
  gboolean start;
  gboolean linger;
  gboolean force;
  gboolean dry_run;
} InstallOptions;

#define OFFSET(member) APM2_ARGS_OFFSET (InstallOptions, member)

static const GOptionEntry entries[] = {
  { "enable",
    0,
    0,
    G_OPTION_ARG_NONE,
    OFFSET (enable),
    N_ ("Let broker and worker start by themselves from now on"),
    NULL },
  { "start",
    0,
    0,
    G_OPTION_ARG_NONE,
    OFFSET (start),
    N_ ("Start broker and worker now"),
    NULL },
  { "enable-linger",
    0,
    0,
    G_OPTION_ARG_NONE,
    OFFSET (linger),
    N_ ("Keep this user's services running after logout"),
    NULL },
  { "force",
    0,
    0,
    G_OPTION_ARG_NONE,
    OFFSET (force),
    N_ ("Replace edited files; the edits are saved beside them"),
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
  const Apm2CommandCall *call;   /* borrowed */
  const InstallOptions *options; /* borrowed */
  Apm2InstallReport *report;     /* (owned) */
  Apm2Paths *paths;              /* (owned) */
  Apm2InstallSet *set;           /* (owned) */
  Apm2InstallTally tally;
  gboolean lingers_anew;
  int status; /* of what could not be done now */
} Install;

static void
install_clear (Install *self)
{
  g_clear_pointer (&self->report, apm2_install_report_free);
  g_clear_pointer (&self->paths, apm2_paths_free);
  g_clear_pointer (&self->set, apm2_install_set_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Install, install_clear)

static gboolean
is_user (const Install *self)
{
  return self->paths->mode == APM2_MODE_USER;
}

/* Goes on without what could not be done. */
static void
leave (Install *self, const GError *error)
{
  g_autoptr (GError) ours = apm2_error_normalize (g_error_copy (error));

  apm2_install_report_warn (self->report, "%s", ours->message);
  if (self->status == APM2_EXIT_OK)
    self->status = apm2_exit_from_error (ours);
}

static void
enable_linger (Install *self)
{
  const gboolean interactive = !self->call->globals->no_ask_password;
  const char *user = g_get_user_name ();
  g_autoptr (GError) error = NULL;

  if (apm2_linger_is_on ())
    {
      apm2_install_report_add (self->report,
                               APM2_INSTALL_ACT_UNCHANGED,
                               user,
                               _ ("lingers already"));
      return;
    }
  if (!self->options->dry_run && !apm2_linger_enable (interactive, &error))
    {
      leave (self, error);
      return;
    }
  self->lingers_anew = !self->options->dry_run;
  apm2_install_report_add (
      self->report, APM2_INSTALL_ACT_LINGERING, user, NULL);
}

static gboolean
write_files (Install *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean bus = FALSE;

  for (guint i = 0; i < self->set->items->len; i++)
    {
      Apm2InstallItem *item = apm2_install_set_get (self->set, i);

      if (!apm2_install_apply_write (
              item, self->report, self->options->force, &self->tally, error)
          || !apm2_install_host_apply (item, self->report, error))
        return FALSE;
      /* For the system also if the package wrote them just now. */
      bus = bus || item->kind == APM2_INSTALL_BUS_POLICY
            || (item->kind == APM2_INSTALL_ACTIVATION
                && (item->changed || !is_user (self)));
    }
  if (bus
      && !apm2_install_host_reload_bus (
          self->paths->mode, self->report, &local_error))
    leave (self, local_error);
  return TRUE;
}

/* In system mode the directories are those of tmpfiles. */
static gboolean
make_home (Install *self, GError **error)
{
  const gboolean there = g_file_test (self->paths->home, G_FILE_TEST_IS_DIR);

  if (!is_user (self))
    return TRUE;
  if (!self->options->dry_run && !apm2_paths_ensure (self->paths, error))
    return FALSE;
  apm2_install_report_add (self->report,
                           there ? APM2_INSTALL_ACT_UNCHANGED
                                 : APM2_INSTALL_ACT_MADE,
                           self->paths->home,
                           NULL);
  return TRUE;
}

static gboolean
direct_manager (Install *self, Apm2ServiceControl *control, GError **error)
{
  if (self->options->enable
      && !apm2_install_units_enable (control, self->report, error))
    return FALSE;
  if (!apm2_install_units_reload (control, self->report, error)
      || !apm2_install_units_check (control, self->set, self->report, error))
    return FALSE;
  if (self->options->start
      && !apm2_install_units_start (control, self->report, error))
    return FALSE;
  return apm2_install_units_suggest (control, self->set, self->report, error);
}

static gboolean
plan_manager (Install *self, GError **error)
{
  apm2_install_report_add (
      self->report, APM2_INSTALL_ACT_RELOADED, _ ("the service manager"), NULL);
  return (!self->options->enable
          || apm2_install_units_enable (NULL, self->report, error))
         && (!self->options->start
             || apm2_install_units_start (NULL, self->report, error));
}

static gboolean
tell_manager (Install *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (Apm2ServiceControl) control = NULL;

  if (self->options->dry_run)
    return plan_manager (self, error);
  control = apm2_service_control_open (self->paths->mode, &local_error);
  if (control != NULL)
    return direct_manager (self, control, error);
  leave (self, local_error);
  apm2_install_report_add_next (
      self->report,
      "%s daemon-reload",
      apm2_service_control_get_systemctl (self->paths->mode));
  return apm2_install_units_suggest (NULL, self->set, self->report, error);
}

static void
tell_rest (Install *self)
{
  if (self->tally.n_kept > 0)
    apm2_install_report_warn (
        self->report,
        _ ("what was edited is kept as it is, and may not fit this version; "
           "'%s daemon install --force' saves it beside its place and writes "
           "the file anew; 'systemctl %sedit UNIT' keeps changes apart"),
        apm2_options_get_program (self->call->globals),
        is_user (self) ? "--user " : "");
  if (self->options->dry_run)
    return;
  if (is_user (self) && !apm2_linger_is_on () && !self->options->linger)
    apm2_install_report_add_next (
        self->report, "loginctl enable-linger %s", g_get_user_name ());
  apm2_install_report_add_next (self->report,
                                "%s fac services status",
                                apm2_options_get_program (self->call->globals));
}

static gboolean
prepare (Install *self, GError **error)
{
  self->paths = apm2_paths_new (self->call->globals->mode, error);
  if (self->paths == NULL
      || (!self->options->dry_run
          && !apm2_install_host_check_caller (self->paths, error)))
    return FALSE;
  if (is_user (self))
    {
      if (self->options->linger)
        enable_linger (self);
      apm2_install_host_find_runtime_dir (
          self->lingers_anew ? MANAGER_PATIENCE_SEC : 0);
      g_clear_pointer (&self->paths, apm2_paths_free);
      self->paths = apm2_paths_new (self->call->globals->mode, error);
    }
  else if (self->options->linger)
    {
      g_set_error_literal (error,
                           G_OPTION_ERROR,
                           G_OPTION_ERROR_BAD_VALUE,
                           _ ("--enable-linger is for the services of a user; "
                              "those of the system need no login"));
      return FALSE;
    }
  return self->paths != NULL;
}

static gboolean
install (Install *self, GError **error)
{
  if (!prepare (self, error))
    return FALSE;
  /* What is written is for others to read, whatever root's umask. */
  if (!is_user (self))
    (void) umask (0022);
  self->set = apm2_install_set_new (self->paths, error);
  return self->set != NULL && write_files (self, error)
         && make_home (self, error) && tell_manager (self, error);
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  g_auto (Install) self = { .call = call, .options = call->options };
  gboolean done = FALSE;

  self.report = apm2_install_report_new (
      call, "apm2.daemon.install.v1", self.options->dry_run);
  done = install (&self, error);
  if (done)
    tell_rest (&self);
  apm2_install_report_end (self.report, done);
  return done ? self.status : -1;
}

const Apm2Command apm2_cmd_daemon_install = {
  .name = "install",
  .here = TRUE,
  .summary = N_ ("Write the units and tell the service manager"),
  .description
  = N_ ("For a user the units go to ~/.config/systemd/user, for the system "
        "(as root) to\n/etc/systemd/system, together with accounts, "
        "directories and bus policy. A second run\nchanges nothing; a file "
        "that was edited is kept.\n\nExit status 5: the files are written, "
        "but no service manager could be reached to read\nthem. 4: they are, "
        "but lingering is not allowed."),
  .examples = "  apm2 daemon install --enable --start --enable-linger\n"
              "  sudo apm2 daemon install --system --enable --start\n"
              "  apm2 daemon install --dry-run",
  .entries = entries,
  .options_size = sizeof (InstallOptions),
  .run = run,
};
