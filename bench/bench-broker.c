/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Where a benchmark runs: a new directory on a disk, and brokers in it.
 *
 * A file system in memory is refused: an fsync costs nothing there, and every
 * figure would be a lie.
 */

#include "bench-broker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <systemd/sd-bus.h>

#include <glib/gstdio.h>

#include "apm2-fs-remove.h"
#include "apm2-names.h"

#define DEFAULT_PLACE "/var/tmp"
#define START_USEC    (10 * G_USEC_PER_SEC)

static const char config[] = "[queue]\n"
                             "pending-jobs-max = 1000000\n";

static void
die (const char *what, const GError *error)
{
  g_printerr ("bench: cannot %s: %s\n", what, error->message);
  exit (EXIT_FAILURE);
}

/* The line of /proc/self/mountinfo whose mount point is the longest above
 * @dir: "device (type)". */
static char *
describe_mount (const char *dir)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autofree char *found = NULL;
  gsize longest = 0;

  if (!g_file_get_contents ("/proc/self/mountinfo", &text, NULL, NULL))
    return g_strdup ("unknown");
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (lines[i], " ", -1);
      const char *end = strstr (lines[i], " - ");
      g_auto (GStrv) source = NULL;
      gsize length;

      if (g_strv_length (words) < 5 || end == NULL)
        continue;
      length = strlen (words[4]);
      source = g_strsplit (end + 3, " ", 3);
      if (length < longest || !g_str_has_prefix (dir, words[4])
          || g_strv_length (source) < 2)
        continue;
      longest = length;
      g_free (found);
      found = g_strdup_printf ("%s on %s", source[0], source[1]);
    }
  return found != NULL ? g_steal_pointer (&found) : g_strdup ("unknown");
}

static void
print_head (const char *dir)
{
  g_autofree char *mount = describe_mount (dir);
  g_autofree char *load = NULL;
  struct utsname name = { 0 };

  (void) uname (&name);
  if (g_file_get_contents ("/proc/loadavg", &load, NULL, NULL))
    g_strchomp (load);
  g_print ("disk %s; Linux %s; %u processors; load %s\n",
           mount,
           name.release,
           g_get_num_processors (),
           load != NULL ? load : "unknown");
  g_print ("each figure: the median of the rounds [smallest .. largest]\n\n");
}

/**
 * bench_place_new:
 *
 * Makes a directory below $APM2_BENCH_DIR, or else below /var/tmp, and says
 * what disk that is.
 *
 * Returns: (transfer full): its path
 */
char *
bench_place_new (void)
{
  const char *parent = g_getenv ("APM2_BENCH_DIR");
  g_autofree char *dir = NULL;
  struct statfs st = { 0 };

  dir = g_build_filename (
      parent != NULL ? parent : DEFAULT_PLACE, "apm2-bench-XXXXXX", NULL);
  if (g_mkdtemp (dir) == NULL || statfs (dir, &st) != 0)
    {
      g_printerr ("bench: cannot make %s: %s\n", dir, g_strerror (errno));
      exit (EXIT_FAILURE);
    }
  if (st.f_type == TMPFS_MAGIC || st.f_type == RAMFS_MAGIC)
    {
      (void) g_rmdir (dir);
      g_printerr ("bench: %s is in memory; set APM2_BENCH_DIR to a directory "
                  "on a disk\n",
                  dir);
      exit (EXIT_FAILURE);
    }
  print_head (dir);
  return g_steal_pointer (&dir);
}

void
bench_place_free (char *dir)
{
  g_autoptr (GError) error = NULL;

  if (!apm2_fs_remove_tree (AT_FDCWD, dir, &error))
    g_printerr ("bench: cannot remove %s: %s\n", dir, error->message);
  g_free (dir);
}

static gboolean
answers (const BenchBroker *self)
{
  sd_bus *bus = NULL;
  gboolean ok;

  ok = sd_bus_new (&bus) >= 0 && sd_bus_set_address (bus, self->address) >= 0
       && sd_bus_set_bus_client (bus, 1) >= 0 && sd_bus_start (bus) >= 0
       && sd_bus_call_method (bus,
                              APM2_BUS_NAME,
                              APM2_OBJECT_ROOT,
                              "org.freedesktop.DBus.Peer",
                              "Ping",
                              NULL,
                              NULL,
                              NULL)
              >= 0;
  sd_bus_close_unref (bus);
  return ok;
}

static void
wait_for (const BenchBroker *self)
{
  gint64 end = g_get_monotonic_time () + START_USEC;

  while (!answers (self))
    {
      if (g_get_monotonic_time () > end)
        {
          g_printerr ("bench: the broker does not answer on %s\n",
                      self->address);
          exit (EXIT_FAILURE);
        }
      g_usleep (10000);
    }
}

/* A benchmark that gives up leaves nothing behind that runs. */
static void
end_with_parent (gpointer user_data)
{
  (void) prctl (PR_SET_PDEATHSIG, SIGTERM);
}

/**
 * bench_broker_start:
 * @place: a directory
 * @name: name of a directory in it, which becomes the broker's home
 *
 * Starts the broker that was built, or the one that APM2_BENCH_BROKER names.
 *
 * Returns: (transfer full): a broker that answers
 */
BenchBroker *
bench_broker_start (const char *place, const char *name)
{
  BenchBroker *self = g_new0 (BenchBroker, 1);
  const char *program = g_getenv ("APM2_BENCH_BROKER");
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_autofree char *file = NULL;
  g_autofree char *run = NULL;
  g_autofree char *log = NULL;
  g_autoptr (GError) error = NULL;

  self->home = g_build_filename (place, name, NULL);
  run = g_build_filename (self->home, "run", NULL);
  file = g_build_filename (self->home, "apm2.conf", NULL);
  log = g_build_filename (self->home, "broker.log", NULL);
  self->address = g_strdup_printf ("unix:path=%s/apm2/operator.sock", run);
  (void) g_mkdir_with_parents (run, 0700);
  if (!g_file_set_contents (file, config, -1, &error))
    die ("write the configuration", error);

  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_subprocess_launcher_set_child_setup (launcher, end_with_parent, NULL, NULL);
  g_subprocess_launcher_set_stderr_file_path (launcher, log);
  g_subprocess_launcher_setenv (launcher, APM2_ENV_HOME, self->home, TRUE);
  g_subprocess_launcher_setenv (launcher, APM2_ENV_CONFIG, file, TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_RUNTIME_DIR", run, TRUE);
  g_subprocess_launcher_unsetenv (launcher, "DBUS_SESSION_BUS_ADDRESS");
  self->process
      = g_subprocess_launcher_spawn (launcher,
                                     &error,
                                     program != NULL ? program : BENCH_BROKER,
                                     "--user",
                                     NULL);
  if (self->process == NULL)
    die ("start the broker", error);
  wait_for (self);
  return self;
}

/**
 * bench_broker_stop:
 * @self: (transfer full): a broker
 *
 * Ends it and waits until it is gone.
 */
void
bench_broker_stop (BenchBroker *self)
{
  g_autoptr (GError) error = NULL;

  g_subprocess_send_signal (self->process, SIGTERM);
  if (!g_subprocess_wait_check (self->process, NULL, &error))
    g_printerr ("bench: the broker ended badly: %s\n", error->message);
  g_object_unref (self->process);
  g_free (self->address);
  g_free (self->home);
  g_free (self);
}
