/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A lane slot before it has a step: the workspace that it makes ready, whatever
 * a job has left there, and the ways in which no step comes. */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-step-prepare.h"
#include "slot.h"
#include "wait.h"

static void
assert_directory (Slot *slot, const char *name)
{
  g_autofree char *path = slot_path (slot, name);
  GStatBuf st;

  g_assert_cmpint (g_lstat (path, &st), ==, 0);
  g_assert_cmpint (st.st_mode, ==, S_IFDIR | 0700);
}

static void
assert_workspace (Slot *slot)
{
  assert_directory (slot, "home");
  assert_directory (slot, "tmp");
  assert_directory (slot, "work");
}

/* Nothing but what every slot has. */
static void
assert_empty_workspace (Slot *slot)
{
  static const struct
  {
    const char *name;
    guint count;
  } directories[] = { { ".", 3 }, { "home", 0 }, { "tmp", 1 }, { "work", 0 } };
  g_autofree char *fifo = slot_path (slot, APM2_STEP_LANE_PROGRESS_FIFO);
  GStatBuf st;

  assert_workspace (slot);
  for (gsize i = 0; i < G_N_ELEMENTS (directories); i++)
    {
      g_autofree char *path = slot_path (slot, directories[i].name);
      g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
      guint count = 0;

      while (g_dir_read_name (dir) != NULL)
        count++;
      g_assert_cmpuint (count, ==, directories[i].count);
    }
  g_assert_cmpint (g_lstat (fifo, &st), ==, 0);
  g_assert_cmpint (st.st_mode, ==, S_IFIFO | 0600);
}

static void
make_directory (Slot *slot, const char *name, mode_t mode)
{
  g_autofree char *path = slot_path (slot, name);

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  g_assert_cmpint (chown (path, slot->uid, slot->uid), ==, 0);
  g_assert_cmpint (g_chmod (path, mode), ==, 0);
}

static void
set_mode (Slot *slot, const char *name, mode_t mode)
{
  g_autofree char *path = slot_path (slot, name);

  g_assert_cmpint (g_chmod (path, mode), ==, 0);
}

static void
make_file (Slot *slot, const char *name)
{
  g_autofree char *path = slot_path (slot, name);

  g_assert_true (g_file_set_contents (path, "text", -1, NULL));
}

static void
make_link (Slot *slot, const char *target, const char *name)
{
  g_autofree char *path = slot_path (slot, name);

  g_assert_cmpint (symlink (target, path), ==, 0);
}

static void
test_new_workspace (Slot *slot, gconstpointer data)
{
  slot_arm (slot);

  assert_empty_workspace (slot);
}

static void
test_says_what_stands (Slot *slot, gconstpointer data)
{
  g_autofree char *events = NULL;
  g_auto (GStrv) lines = NULL;
  Apm2StepArmed armed = { 0 };

  slot_arm (slot);

  events = slot_read_events (slot);
  lines = g_strsplit (events, "\n", -1);
  g_assert_cmpint (apm2_step_armed_parse (lines[0], &armed), ==, 0);
  g_assert_cmpint (armed.pidns, ==, armed.error_number == 0);
}

/* A directory in a directory, 5000 times: longer than a path can be. */
static void
make_deep (Slot *slot)
{
  int fd = open (slot->workspace, O_DIRECTORY | O_CLOEXEC);

  for (guint i = 0; i < 5000; i++)
    {
      int next = -1;

      g_assert_cmpint (mkdirat (fd, "deeper", 0700), ==, 0);
      next = openat (fd, "deeper", O_DIRECTORY | O_CLOEXEC);
      g_assert_cmpint (next, >=, 0);
      g_assert_cmpint (close (fd), ==, 0);
      fd = next;
    }
  g_assert_cmpint (close (fd), ==, 0);
}

static void
test_clean_hostile_tree (Slot *slot, gconstpointer data)
{
  g_autofree char *outside = g_build_filename (slot->dir, "outside", NULL);
  g_autofree char *fifo = slot_path (slot, "fifo");

  g_assert_true (g_file_set_contents (outside, "text", -1, NULL));
  make_deep (slot);
  make_file (slot, "file");
  make_link (slot, outside, "link");
  make_link (slot, slot->dir, "home");
  make_link (slot, "work", "work");
  g_assert_cmpint (mkfifo (fifo, 0), ==, 0);

  slot_arm (slot);

  assert_empty_workspace (slot);
  g_assert_true (g_file_test (outside, G_FILE_TEST_IS_REGULAR));
}

/* As an ordinary user, to whom rights matter. */
static void
test_clean_unreadable_directories (Slot *slot, gconstpointer data)
{
  if (!slot_become_user (slot))
    {
      g_test_skip ("the program is in nobody else's reach");
      return;
    }
  make_directory (slot, "shut", 0700);
  make_directory (slot, "shut/inner", 0000);
  make_directory (slot, "shut/another", 0700);
  make_file (slot, "shut/another/file");
  make_directory (slot, "tmp", 0000);
  set_mode (slot, "shut/another", 0100);
  set_mode (slot, "shut", 0000);
  set_mode (slot, ".", 0000);

  slot_arm (slot);

  assert_empty_workspace (slot);
}

static void
test_keep (Slot *slot, gconstpointer data)
{
  g_autofree char *file = slot_path (slot, "work/file");

  make_directory (slot, "work", 0755);
  make_file (slot, "work/file");
  make_link (slot, slot->dir, "home");
  make_file (slot, "tmp");

  slot_start (slot);
  slot_prepare (slot, APM2_STEP_PREPARE_KEEP);
  slot_wait_for_event (slot, APM2_STEP_EVENT_ARMED " ");

  assert_workspace (slot);
  g_assert_true (g_file_test (file, G_FILE_TEST_IS_REGULAR));
}

/* As what systemd makes for a dynamic user. */
static void
test_linked_workspace (Slot *slot, gconstpointer data)
{
  g_autofree char *real = g_build_filename (slot->dir, "real", NULL);

  g_assert_cmpint (g_rename (slot->workspace, real), ==, 0);
  g_assert_cmpint (symlink ("real", slot->workspace), ==, 0);
  make_file (slot, "file");

  slot_arm (slot);

  assert_empty_workspace (slot);
}

/* What is mounted there is somebody else's, and is left alone. */
static void
mount_inside (gpointer user_data)
{
  Slot *slot = user_data;
  g_autofree char *path = slot_path (slot, "mounted");
  g_autofree char *file = slot_path (slot, "mounted/file");

  if (unshare (CLONE_NEWNS) < 0
      || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0
      || mount ("tmpfs", path, "tmpfs", 0, NULL) < 0
      || mknod (file, S_IFREG | 0600, 0) < 0)
    _exit (98);
}

static void
test_clean_a_mount (Slot *slot, gconstpointer data)
{
  g_autofree char *wanted = NULL;
  g_autofree char *events = NULL;

  if (geteuid () != 0)
    {
      g_test_skip ("needs root to mount");
      return;
    }
  make_directory (slot, "mounted", 0700);
  slot->child_setup = mount_inside;
  slot_start (slot);
  slot_prepare (slot, APM2_STEP_PREPARE_CLEAN);

  slot_assert_exited (slot, APM2_STEP_LANE_EXIT_WORKSPACE);
  events = slot_read_events (slot);
  wanted = g_strdup_printf ("unarmed %d\n", EXDEV);
  g_assert_cmpstr (events, ==, wanted);
}

static void
test_no_workspace (Slot *slot, gconstpointer data)
{
  g_assert_cmpint (g_rmdir (slot->workspace), ==, 0);
  slot_start (slot);
  slot_prepare (slot, APM2_STEP_PREPARE_CLEAN);

  slot_assert_exited (slot, APM2_STEP_LANE_EXIT_WORKSPACE);
}

static void
assert_nothing_left (void)
{
  g_assert_cmpuint (slot_count_processes (), ==, 0);
}

static void
test_hang_up_at_once (Slot *slot, gconstpointer data)
{
  slot_start (slot);
  slot_hang_up (slot);

  slot_assert_exited (slot, 0);
  assert_nothing_left ();
}

static void
test_hang_up_when_armed (Slot *slot, gconstpointer data)
{
  slot_arm (slot);
  slot_hang_up (slot);

  slot_assert_exited (slot, 0);
  assert_nothing_left ();
}

static void
test_hang_up_within_the_message (Slot *slot, gconstpointer data)
{
  static const char *const argv[] = { "/bin/sh", "-c", "echo ran", NULL };
  g_autoptr (GBytes) message = NULL;
  g_autofree char *log = NULL;

  slot_set_argv (slot, argv);
  message = slot_encode (slot);
  slot_arm (slot);
  slot_write (
      slot, g_bytes_get_data (message, NULL), g_bytes_get_size (message) - 1);
  slot_hang_up (slot);

  slot_assert_exited (slot, 0);
  log = slot_read_log (slot);
  g_assert_cmpstr (log, ==, "");
}

static void
test_terminate_when_armed (Slot *slot, gconstpointer data)
{
  slot_arm (slot);
  g_subprocess_send_signal (slot->process, SIGTERM);

  slot_assert_exited (slot, 0);
  assert_nothing_left ();
}

static gboolean
nothing_left (gpointer data)
{
  return slot_count_processes () == 0;
}

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
test_kill_when_armed (Slot *slot, gconstpointer data)
{
  guint tick = 0;

  slot_arm (slot);
  g_subprocess_force_exit (slot->process);
  slot_assert_killed (slot, SIGKILL);

  tick = g_timeout_add (5, on_tick, NULL);
  wait_until (nothing_left, NULL);
  g_assert_true (g_source_remove (tick));
}

static void
test_garbage_record (Slot *slot, gconstpointer data)
{
  static const char garbage[] = "apm2prp1cleanXXXXXXXXXX";
  g_autofree char *events = NULL;

  slot_start (slot);
  slot_write (slot, garbage, APM2_STEP_PREPARE_SIZE);

  slot_assert_exited (slot, APM2_STEP_LANE_EXIT_DATA);
  events = slot_read_events (slot);
  g_assert_cmpstr (events, ==, "");
}

static void
test_garbage_message (Slot *slot, gconstpointer data)
{
  g_autofree char *garbage = g_strnfill (1000, 'x');

  slot_arm (slot);
  slot_write (slot, garbage, 1000);

  slot_assert_exited (slot, APM2_STEP_LANE_EXIT_DATA);
  assert_nothing_left ();
}

/* Not a byte after the message: two steps in one slot would be one too many. */
static void
test_more_than_a_message (Slot *slot, gconstpointer data)
{
  static const char *const argv[] = { "/bin/sh", "-c", "echo ran", NULL };
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GByteArray) twice = g_byte_array_new ();
  g_autofree char *log = NULL;
  gsize size = 0;
  const void *bytes = NULL;

  slot_set_argv (slot, argv);
  message = slot_encode (slot);
  bytes = g_bytes_get_data (message, &size);
  g_byte_array_append (twice, bytes, (guint) size);
  g_byte_array_append (twice, bytes, (guint) size);
  slot_arm (slot);
  slot_write (slot, twice->data, twice->len);

  slot_assert_exited (slot, APM2_STEP_LANE_EXIT_DATA);
  log = slot_read_log (slot);
  g_assert_null (strstr (log, "ran"));
}

/* More than a FIFO holds: it comes in pieces. */
static void
test_large_message (Slot *slot, gconstpointer data)
{
  g_autofree char *text = g_strnfill (100000, 'x');
  const char *const argv[]
      = { "/bin/sh", "-c", "echo ${#1}; exit 4", "sh", text, NULL };
  g_autofree char *log = NULL;

  slot_arm (slot);
  slot_set_argv (slot, argv);
  slot_feed (slot);

  slot_assert_exited (slot, 4);
  log = slot_read_log (slot);
  g_assert_cmpstr (log, ==, "100000\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func)                                                        \
  g_test_add (                                                                 \
      "/apm2/lane-arm/" path, Slot, NULL, slot_set_up, func, slot_tear_down)
  ADD ("workspace/a-new-one", test_new_workspace);
  ADD ("workspace/a-hostile-tree-is-removed", test_clean_hostile_tree);
  ADD ("workspace/unreadable-directories-are-removed",
       test_clean_unreadable_directories);
  ADD ("workspace/keep-keeps-all-but-traps", test_keep);
  ADD ("workspace/may-be-a-link", test_linked_workspace);
  ADD ("workspace/a-mount-is-not-entered", test_clean_a_mount);
  ADD ("workspace/none-is-no-slot", test_no_workspace);
  ADD ("armed/says-what-stands", test_says_what_stands);
  ADD ("worker/gone-at-once", test_hang_up_at_once);
  ADD ("worker/gone-when-armed", test_hang_up_when_armed);
  ADD ("worker/gone-within-the-message", test_hang_up_within_the_message);
  ADD ("end/terminated-when-armed", test_terminate_when_armed);
  ADD ("end/killed-when-armed", test_kill_when_armed);
  ADD ("input/garbage-is-no-record", test_garbage_record);
  ADD ("input/garbage-is-no-message", test_garbage_message);
  ADD ("input/nothing-comes-after-the-message", test_more_than_a_message);
  ADD ("input/a-message-larger-than-the-fifo", test_large_message);
#undef ADD
  return g_test_run ();
}
