/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Can the service manager do what lanes promise: enforce limits, and close a
 * sandbox?
 */

#include <unistd.h>

#include <gio/gio.h>
#include <glib/gi18n.h>

#include "apm2-cgroup.h"
#include "apm2-checks.h"

#define PROBE_TIMEOUT_SEC 10

static void
add_delegation (const Apm2Doctor *doctor, Apm2Finding *finding)
{
  apm2_finding_add_command (
      finding,
      "printf '[Service]\\nDelegate=cpu memory pids\\n' | sudo install -D -m "
      "0644 /dev/stdin /etc/systemd/system/user@.service.d/apm2.conf");
  apm2_finding_add_command (finding, "sudo systemctl daemon-reload");
  apm2_finding_add_command (
      finding, "sudo systemctl restart user@%lu.service", (gulong) doctor->uid);
}

/**
 * apm2_check_cgroups:
 * @doctor: the doctor
 * @out: gets the finding
 */
void
apm2_check_cgroups (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const gboolean user = doctor->paths->mode == APM2_MODE_USER;
  g_autofree char *group
      = user ? g_strdup_printf ("user.slice/user-%lu.slice/user@%lu.service",
                                (gulong) doctor->uid,
                                (gulong) doctor->uid)
             : g_strdup ("");
  g_auto (GStrv) missing = NULL;
  g_autofree char *list = NULL;
  Apm2Finding *finding = NULL;

  if (!doctor->units->report->manager_reachable)
    {
      apm2_diagnosis_add (
          out, APM2_FINDING_SKIPPED, _ ("the service manager cannot be asked"));
      return;
    }
  if (!user && doctor->uid != 0 && !apm2_cgroup_is_unified (APM2_CGROUP_ROOT))
    {
      apm2_diagnosis_add (
          out,
          APM2_FINDING_SKIPPED,
          _ ("only root can tell which cgroup controllers there are"));
      return;
    }
  missing = apm2_cgroup_find_missing (APM2_CGROUP_ROOT, group);
  list = g_strjoinv (", ", missing);
  if (missing[0] == NULL)
    apm2_diagnosis_add (
        out,
        APM2_FINDING_OK,
        _ ("the service manager can limit memory, tasks and CPU of jobs"));
  else if (apm2_cgroup_is_unified (APM2_CGROUP_ROOT))
    {
      finding = apm2_diagnosis_add (
          out,
          APM2_FINDING_WARNING,
          _ ("%s limits of jobs are not enforced, and receipts say so: the "
             "service manager has no such cgroup controllers (the last "
             "command ends all that the user runs)"),
          list);
      if (user)
        add_delegation (doctor, finding);
    }
  else
    {
      finding = apm2_diagnosis_add (
          out,
          APM2_FINDING_WARNING,
          _ ("%s limits of jobs are not enforced, and receipts say so: this "
             "machine has the old cgroup hierarchies; boot it with "
             "systemd.unified_cgroup_hierarchy=1 to have them"),
          list);
      apm2_finding_add_look (finding, "findmnt -t cgroup,cgroup2");
    }
}

static void
on_probe_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_main_loop_quit (user_data);
}

static gboolean
on_probe_late (gpointer user_data)
{
  g_subprocess_force_exit (user_data);
  return G_SOURCE_REMOVE;
}

/* Returns: whether @argv exits with 0 in good time. */
static gboolean
run_probe (const char *const *argv, char **ret_said, GError **error)
{
  g_autoptr (GSubprocess) process = g_subprocess_newv (
      argv,
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
      error);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  guint timer = 0;

  if (process == NULL)
    return FALSE;
  timer = g_timeout_add_seconds (PROBE_TIMEOUT_SEC, on_probe_late, process);
  g_subprocess_wait_async (process, NULL, on_probe_ended, loop);
  g_main_loop_run (loop);
  /* It is gone if it has fired. */
  if (g_main_context_find_source_by_id (NULL, timer) != NULL)
    g_source_remove (timer);
  *ret_said = g_subprocess_get_if_exited (process)
                  ? g_strdup_printf (_ ("it exits with %d"),
                                     g_subprocess_get_exit_status (process))
                  : g_strdup (_ ("it does not end"));
  return g_subprocess_get_successful (process);
}

/* What its caller can write to, and the sandbox must not let it. */
static GPtrArray *
make_probe (const Apm2Doctor *doctor)
{
  const gboolean user = doctor->paths->mode == APM2_MODE_USER;
  const char *const words[] = { "--wait",
                                "--collect",
                                "--quiet",
                                "--property=PrivateUsers=yes",
                                "--property=PrivateNetwork=yes",
                                "--property=ProtectSystem=strict",
                                "--property=ProtectHome=read-only",
                                "test",
                                "!",
                                "-w",
                                user ? g_get_home_dir () : "/etc" };
  GPtrArray *argv = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (argv, g_strdup ("systemd-run"));
  if (user)
    g_ptr_array_add (argv, g_strdup ("--user"));
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    g_ptr_array_add (argv, g_strdup (words[i]));
  g_ptr_array_add (argv, NULL);
  return argv;
}

static char *
join_quoted (const char *const *argv)
{
  g_autoptr (GString) out = g_string_new (NULL);

  for (gsize i = 0; argv[i] != NULL; i++)
    {
      g_autofree char *quoted = apm2_cure_quote (argv[i]);

      g_string_append_printf (out, "%s%s", i > 0 ? " " : "", quoted);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/**
 * apm2_check_sandbox:
 * @doctor: the doctor
 * @out: gets the finding
 */
void
apm2_check_sandbox (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  g_autoptr (GPtrArray) argv = make_probe (doctor);
  g_autofree char *command = join_quoted ((const char *const *) argv->pdata);
  g_autofree char *said = NULL;
  g_autoptr (GError) error = NULL;

  if (!doctor->units->report->manager_reachable || doctor->bus->address == NULL
      || doctor->bus->problem != NULL)
    {
      apm2_diagnosis_add (
          out,
          APM2_FINDING_SKIPPED,
          _ ("systemd-run, which tries it, needs service manager and bus"));
      return;
    }
  if (doctor->paths->mode == APM2_MODE_SYSTEM && doctor->uid != 0)
    {
      apm2_diagnosis_add (
          out, APM2_FINDING_SKIPPED, _ ("only root may try it"));
      return;
    }
  if (run_probe ((const char *const *) argv->pdata, &said, &error))
    apm2_diagnosis_add (out,
                        APM2_FINDING_OK,
                        _ ("a unit in a sandbox cannot write outside of it"));
  else
    apm2_finding_add_look (
        apm2_diagnosis_add (out,
                            APM2_FINDING_FAILED,
                            _ ("the sandbox of jobs does not hold here: in a "
                               "trial of it, %s"),
                            error != NULL ? error->message : said),
        "%s",
        command);
}
