/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Tests of a lane slot: the real apm2-step, fed over a FIFO as the worker does.
 */

#include "slot.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-fs-remove.h"
#include "scene.h"
#include "wait.h"

/* Nobody's on any machine that runs tests. */
#define STRANGER 61184

const char *
slot_get_mark (void)
{
  static char mark[48];

  if (mark[0] == '\0')
    g_snprintf (mark, sizeof mark, "APM2_TEST_SLOT=%d", (int) getpid ());
  return mark;
}

/* In memory where that can be had: some tests make and remove thousands of
 * directories, and disks of test machines are slow at it. */
static char *
make_dir (void)
{
  const char *parent
      = access ("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : g_get_tmp_dir ();
  char *dir = g_build_filename (parent, "apm2-XXXXXX", NULL);

  g_assert_nonnull (g_mkdtemp (dir));
  return dir;
}

void
slot_set_up (Slot *self, gconstpointer data)
{
  g_autofree char *fifo = NULL;
  static char *env[3];
  static char path[] = "PATH=/usr/bin:/bin";

  env[0] = path;
  env[1] = (char *) slot_get_mark ();
  self->dir = make_dir ();
  self->workspace = g_build_filename (self->dir, "workspace", NULL);
  self->events_file = g_build_filename (self->dir, "events", NULL);
  self->log_file = g_build_filename (self->dir, "log", NULL);
  fifo = g_build_filename (self->dir, "step", NULL);
  g_assert_cmpint (g_mkdir (self->workspace, 0700), ==, 0);
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  self->fifo = open (fifo, O_RDWR | O_CLOEXEC);
  g_assert_cmpint (self->fifo, >=, 0);
  self->uid = getuid ();
  self->steps = 1;
  self->message = (Apm2StepMessage){
    .env = env,
    .directory = self->workspace,
    .log_file = "",
    .progress_fifo = "",
    .kill_grace_usec = 60 * G_USEC_PER_SEC,
  };
}

void
slot_tear_down (Slot *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  slot_hang_up (self);
  if (self->process != NULL)
    slot_wait (self);
  g_clear_object (&self->process);
  g_assert_true (apm2_fs_remove_tree (AT_FDCWD, self->dir, &error));
  g_assert_no_error (error);
  g_strfreev (self->argv);
  g_free (self->dir);
  g_free (self->workspace);
  g_free (self->events_file);
  g_free (self->log_file);
}

static gboolean
become_stranger (void)
{
  return setgroups (0, NULL) == 0 && setgid (STRANGER) == 0
         && setuid (STRANGER) == 0;
}

/* Every directory above has a say in it. */
static gboolean
is_in_reach (const char *path)
{
  int status = 0;
  pid_t pid = fork ();

  if (pid == 0)
    _exit (become_stranger () && access (path, X_OK) == 0 ? 0 : 1);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  return status == 0;
}

gboolean
slot_become_user (Slot *self)
{
  if (getuid () != 0)
    return TRUE;
  g_assert_cmpint (g_chmod (self->dir, 0755), ==, 0);
  if (!is_in_reach (TEST_LIBEXECDIR "/apm2-step") || !is_in_reach (self->dir))
    return FALSE;
  self->uid = STRANGER;
  g_assert_cmpint (chown (self->workspace, STRANGER, STRANGER), ==, 0);
  return TRUE;
}

static void
on_child (gpointer user_data)
{
  Slot *self = user_data;

  if (self->child_setup != NULL)
    self->child_setup (self);
  if (self->uid != getuid () && !become_stranger ())
    _exit (99);
}

static void
on_over (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Slot *self = user_data;

  g_assert_true (
      g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL));
  self->over = TRUE;
}

static int
open_file (const char *path, int flags)
{
  int fd = open (path, flags | O_CLOEXEC | O_NOCTTY, 0600);

  g_assert_cmpint (fd, >=, 0);
  return fd;
}

void
slot_start (Slot *self)
{
  static const char *const argv_head[] = { TEST_LIBEXECDIR "/apm2-step" };
  const char *const argv[] = { argv_head[0], "--lane", self->workspace, NULL };
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GError) error = NULL;
  g_autofree char *fifo = g_build_filename (self->dir, "step", NULL);
  const int append = O_WRONLY | O_CREAT | O_APPEND;
  /* The leak checker needs rights that are gone by then. */
  const char *const env[]
      = { slot_get_mark (), "ASAN_OPTIONS=detect_leaks=0", NULL };
  const char *events
      = self->events_target != NULL ? self->events_target : self->events_file;

  g_subprocess_launcher_set_environ (launcher, (char **) env);
  g_subprocess_launcher_set_child_setup (launcher, on_child, self, NULL);
  g_subprocess_launcher_take_stdin_fd (launcher, open_file (fifo, O_RDONLY));
  g_subprocess_launcher_take_stdout_fd (launcher, open_file (events, append));
  g_subprocess_launcher_take_stderr_fd (launcher,
                                        open_file (self->log_file, append));
  self->process = g_subprocess_launcher_spawnv (launcher, argv, &error);
  g_assert_no_error (error);
  self->pid
      = g_ascii_strtoll (g_subprocess_get_identifier (self->process), NULL, 10);
  g_subprocess_wait_async (self->process, NULL, on_over, self);
}

void
slot_write (Slot *self, const void *data, gsize length)
{
  g_assert_cmpint (write (self->fifo, data, length), ==, (gssize) length);
}

void
slot_prepare (Slot *self, Apm2StepPrepare prepare)
{
  unsigned char record[APM2_STEP_PREPARE_SIZE];

  apm2_step_prepare_encode (prepare, 1, record);
  slot_write (self, record, sizeof record);
}

typedef struct
{
  Slot *slot;
  const char *path;
  const char *text;
} FileWait;

static gboolean
file_has (gpointer data)
{
  const FileWait *wait = data;
  g_autofree char *text = NULL;

  return g_file_get_contents (wait->path, &text, NULL, NULL)
         && strstr (text, wait->text) != NULL;
}

static gboolean
file_has_or_over (gpointer data)
{
  const FileWait *wait = data;

  return wait->slot->over || file_has (data);
}

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
wait_for_file (Slot *self, const char *path, const char *text)
{
  FileWait wait = { self, path, text };
  guint tick = g_timeout_add (5, on_tick, NULL);

  wait_until (file_has_or_over, &wait);
  g_assert_true (g_source_remove (tick));
  g_assert_true (file_has (&wait));
}

void
slot_wait_for_event (Slot *self, const char *text)
{
  wait_for_file (self, self->events_file, text);
}

void
slot_wait_for_log (Slot *self, const char *text)
{
  wait_for_file (self, self->log_file, text);
}

void
slot_arm (Slot *self)
{
  slot_start (self);
  slot_prepare (self, APM2_STEP_PREPARE_CLEAN);
  slot_wait_for_event (self, APM2_STEP_EVENT_ARMED " ");
}

void
slot_set_argv (Slot *self, const char *const *argv)
{
  g_strfreev (self->argv);
  self->argv = g_strdupv ((char **) argv);
  self->message.argv = self->argv;
}

GBytes *
slot_encode (Slot *self)
{
  gsize size = apm2_step_message_encode (&self->message, NULL, 0);
  guint8 *data = g_malloc (size);

  g_assert_cmpuint (
      apm2_step_message_encode (&self->message, data, size), ==, size);
  return g_bytes_new_take (data, size);
}

void
slot_go (Slot *self)
{
  static const char go = APM2_STEP_LANE_GO;

  slot_write (self, &go, sizeof go);
}

void
slot_feed (Slot *self)
{
  g_autoptr (GBytes) message = slot_encode (self);
  gsize size = 0;
  const void *data = g_bytes_get_data (message, &size);

  slot_write (self, data, size);
  if (--self->steps == 0)
    slot_go (self);
}

void
slot_feed_sh (Slot *self, const char *script)
{
  const char *const argv[] = { "/bin/sh", "-c", script, NULL };

  slot_set_argv (self, argv);
  slot_feed (self);
}

void
slot_hang_up (Slot *self)
{
  if (self->fifo >= 0)
    g_assert_cmpint (close (self->fifo), ==, 0);
  self->fifo = -1;
}

void
slot_wait (Slot *self)
{
  wait_for_flag (&self->over);
}

void
slot_assert_exited (Slot *self, int status)
{
  slot_wait (self);
  g_assert_true (g_subprocess_get_if_exited (self->process));
  g_assert_cmpint (g_subprocess_get_exit_status (self->process), ==, status);
}

void
slot_assert_killed (Slot *self, int signal_number)
{
  slot_wait (self);
  g_assert_true (g_subprocess_get_if_signaled (self->process));
  g_assert_cmpint (
      g_subprocess_get_term_sig (self->process), ==, signal_number);
}

char *
slot_read_events (Slot *self)
{
  return scene_read (self->events_file);
}

char *
slot_read_log (Slot *self)
{
  return scene_read (self->log_file);
}

char *
slot_path (Slot *self, const char *name)
{
  return g_build_filename (self->workspace, name, NULL);
}

void
slot_get_exit (Slot *self, Apm2StepExit *ret_exit)
{
  g_autofree char *events = slot_read_events (self);
  g_auto (GStrv) lines = g_strsplit (events, "\n", -1);
  guint length = g_strv_length (lines);

  /* The last line is whole. */
  g_assert_cmpuint (length, >, 1);
  g_assert_cmpstr (lines[length - 1], ==, "");
  g_assert_cmpint (apm2_step_exit_parse (lines[length - 2], ret_exit), ==, 0);
}

void
slot_assert_cause (Slot *self, Apm2StepCause cause)
{
  Apm2StepExit exit = { 0 };

  slot_get_exit (self, &exit);
  g_assert_cmpint (exit.cause, ==, cause);
}

guint
slot_count_processes (void)
{
  return scene_count_processes (slot_get_mark ());
}

gboolean
slot_has_namespace (Slot *self)
{
  g_autofree char *events = slot_read_events (self);

  return g_str_has_prefix (events, "armed pidns=1 ");
}
