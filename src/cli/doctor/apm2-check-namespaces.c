/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Does the kernel let an unprivileged process make namespaces? Every sandbox
 * of a job in user mode, and the inner one in system mode, is built of them.
 *
 * The answer is got by doing it, in a child: settings that forbid it are many,
 * and some (AppArmor) let the namespace be made and deny what it is for.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-checks.h"
#include "apm2-fs.h"

/* "nobody" of every Linux; stands for whoever has no rights at all. */
#define NOBODY 65534

/* Exit status of the child beside errno, which fits below. */
#define CHILD_CANNOT_DROP 250

static gboolean
write_all (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  ssize_t n = -1;

  if (fd < 0)
    return FALSE;
  n = write (fd, text, strlen (text));
  (void) close (fd);
  return n >= 0;
}

/* Only calls that are safe after a fork of a process with threads. */
static G_GNUC_NORETURN void
probe (gboolean drop, const char *uid_map)
{
  if (drop
      && (setgroups (0, NULL) < 0 || setresgid (NOBODY, NOBODY, NOBODY) < 0
          || setresuid (NOBODY, NOBODY, NOBODY) < 0
          /* Else /proc/self is root's, as of a program that hides things. */
          || prctl (PR_SET_DUMPABLE, 1) < 0))
    _exit (CHILD_CANNOT_DROP);
  if (unshare (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET
               | CLONE_NEWIPC)
          < 0
      || !write_all ("/proc/self/uid_map", uid_map)
      || mount ("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
    _exit (errno > 0 && errno < CHILD_CANNOT_DROP ? errno : EPERM);
  _exit (0);
}

/* Returns: 0, or why namespaces cannot be made. */
static int
try_namespaces (gboolean drop)
{
  char uid_map[64];
  int status = 0;
  pid_t pid = -1;

  g_snprintf (uid_map,
              sizeof uid_map,
              "0 %lu 1",
              drop ? (gulong) NOBODY : (gulong) geteuid ());
  pid = fork ();
  if (pid == 0)
    probe (drop, uid_map);
  if (pid < 0)
    return errno;
  while (waitpid (pid, &status, 0) < 0)
    if (errno != EINTR)
      return errno;
  return WIFEXITED (status) ? WEXITSTATUS (status) : EINTR;
}

static gboolean
setting_is (const char *path, const char *value)
{
  g_autofree char *text = apm2_fs_read_file (AT_FDCWD, path, 64, NULL, NULL);

  return text != NULL && g_str_equal (g_strstrip (text), value);
}

static void
add_cures (Apm2Finding *finding)
{
  static const struct
  {
    const char *file;
    const char *bad;
    const char *good;
  } settings[] = {
    { "kernel.unprivileged_userns_clone", "0", "1" },
    { "user.max_user_namespaces", "0", "15000" },
    { "user.max_net_namespaces", "0", "15000" },
    { "user.max_pid_namespaces", "0", "15000" },
    { "user.max_mnt_namespaces", "0", "15000" },
    { "kernel.apparmor_restrict_unprivileged_userns", "1", "0" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      g_autofree char *name
          = g_strdelimit (g_strdup (settings[i].file), ".", '/');
      g_autofree char *path = g_build_filename ("/proc/sys", name, NULL);

      if (!setting_is (path, settings[i].bad))
        continue;
      apm2_finding_add_command (
          finding,
          "echo %s=%s | sudo tee -a /etc/sysctl.d/60-apm2.conf",
          settings[i].file,
          settings[i].good);
    }
  if (finding->cures->len > 0)
    apm2_finding_add_command (finding,
                              "sudo sysctl -p /etc/sysctl.d/60-apm2.conf");
  else
    apm2_finding_add_look (finding, "sysctl -a --pattern 'userns|namespaces'");
}

/**
 * apm2_check_namespaces:
 * @doctor: the doctor
 * @out: gets the finding
 */
void
apm2_check_namespaces (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  /* In system mode it is accounts without rights that need them. */
  const gboolean drop
      = doctor->paths->mode == APM2_MODE_SYSTEM && doctor->uid == 0;
  const int errsv = try_namespaces (drop);

  if (errsv == 0)
    apm2_diagnosis_add (
        out,
        APM2_FINDING_OK,
        _ ("user, mount, process and network namespaces can be made"));
  else if (errsv == CHILD_CANNOT_DROP)
    apm2_diagnosis_add (out,
                        APM2_FINDING_SKIPPED,
                        _ ("cannot give up root's rights to try it"));
  else
    add_cures (apm2_diagnosis_add (
        out,
        APM2_FINDING_FAILED,
        _ ("the kernel lets users make no namespaces (%s): the sandbox of "
           "jobs cannot be made"),
        g_strerror (errsv)));
}
