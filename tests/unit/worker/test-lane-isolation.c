/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a job in a lane slot cannot do: outlive its step, get at its supervisor,
 * or hang it; and what goes on without its worker. With namespaces and, where a
 * machine refuses them, without. */

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "slot.h"
#include "wait.h"

/* Refuses unshare(), as a sandbox may: @answer is what the filter says. */
static void
refuse (guint32 answer)
{
  struct sock_filter filter[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, answer),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = { G_N_ELEMENTS (filter), filter };

  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0
      || prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
    _exit (97);
}

static void
refuse_with_error (gpointer user_data)
{
  refuse (SECCOMP_RET_ERRNO | EPERM);
}

static void
refuse_with_death (gpointer user_data)
{
  refuse (SECCOMP_RET_KILL_PROCESS);
}

typedef enum
{
  WITH_NAMESPACE,
  WITHOUT_NAMESPACE,
} Kind;

/* Returns: whether the slot is of that kind here */
static gboolean
arm (Slot *slot, gconstpointer data)
{
  if (GPOINTER_TO_INT (data) == WITHOUT_NAMESPACE)
    slot->child_setup = refuse_with_error;
  slot_arm (slot);
  if (GPOINTER_TO_INT (data) == WITHOUT_NAMESPACE || slot_has_namespace (slot))
    return TRUE;
  g_test_skip ("no namespaces here");
  return FALSE;
}

static void
assert_nothing_survives (Slot *slot, gconstpointer data, const char *script)
{
  if (!arm (slot, data))
    return;
  slot_feed_sh (slot, script);

  slot_assert_exited (slot, 0);
  slot_assert_cause (slot, APM2_STEP_CAUSE_EXITED);
  g_assert_cmpuint (slot_count_processes (), ==, 0);
}

static void
test_background (Slot *slot, gconstpointer data)
{
  assert_nothing_survives (slot, data, "sleep 1000 & exit 0");
}

static void
test_daemon (Slot *slot, gconstpointer data)
{
  assert_nothing_survives (
      slot,
      data,
      "(setsid sh -c 'trap \"\" TERM HUP INT; setsid sleep 1000 & "
      "sleep 1000' >/dev/null 2>&1 &) ; exit 0");
}

static void
test_comet (Slot *slot, gconstpointer data)
{
  g_autofree char *path = slot_path (slot, "tmp/comet");
  g_autofree char *script = g_strdup_printf (
      "echo 'setsid sh %s &' >%s; setsid sh %s & sleep 0.2", path, path, path);

  assert_nothing_survives (slot, data, script);
}

static void
test_fork_storm (Slot *slot, gconstpointer data)
{
  slot->message.timeout_usec = 300000;
  slot->message.kill_grace_usec = 10000;
  if (!arm (slot, data))
    return;
  slot_feed_sh (slot, "while :; do (setsid sleep 1000 &); done");

  slot_assert_exited (slot, APM2_STEP_MIRROR_TIMEOUT);
  g_assert_cmpuint (slot_count_processes (), ==, 0);
}

/* Processes two levels below @pid, dead ones that nobody took away included. */
static guint
count_below (gint64 pid, guint levels)
{
  g_autofree char *file = g_strdup_printf (
      "/proc/%" G_GINT64_FORMAT "/task/%" G_GINT64_FORMAT "/children",
      pid,
      pid);
  g_autofree char *text = NULL;
  g_auto (GStrv) pids = NULL;
  guint count = 0;

  if (levels == 0 || !g_file_get_contents (file, &text, NULL, NULL))
    return 0;
  pids = g_strsplit (text, " ", -1);
  for (guint i = 0; pids[i] != NULL && pids[i][0] != '\0'; i++)
    count += 1 + count_below (g_ascii_strtoll (pids[i], NULL, 10), levels - 1);
  return count;
}

static gboolean
only_the_command_is_left (gpointer data)
{
  Slot *slot = data;

  return count_below (slot->pid, 2) == (slot_has_namespace (slot) ? 2 : 1);
}

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
wait_and_look (WaitCondition is_true, gpointer data)
{
  guint tick = g_timeout_add (5, on_tick, NULL);

  wait_until (is_true, data);
  g_assert_true (g_source_remove (tick));
}

static void
test_orphans_are_taken_away (Slot *slot, gconstpointer data)
{
  if (!arm (slot, data))
    return;
  slot_feed_sh (slot,
                "for i in 1 2 3 4 5; do (sh -c 'sleep 0.05' &); done; "
                "echo ready; exec sleep 1000");
  slot_wait_for_log (slot, "ready");
  wait_and_look (only_the_command_is_left, slot);
  g_subprocess_send_signal (slot->process, SIGTERM);
}

static void
test_goes_on_without_the_worker (Slot *slot, gconstpointer data)
{
  g_autofree char *go = slot_path (slot, "tmp/go");
  g_autofree char *script = g_strdup_printf (
      "echo ready; until [ -e %s ]; do sleep 0.01; done; echo done; exit 6",
      go);
  g_autofree char *log = NULL;

  if (!arm (slot, data))
    return;
  slot_feed_sh (slot, script);
  slot_wait_for_log (slot, "ready");
  slot_hang_up (slot);
  g_assert_true (g_file_set_contents (go, "", -1, NULL));

  slot_assert_exited (slot, 6);
  slot_assert_cause (slot, APM2_STEP_CAUSE_EXITED);
  log = slot_read_log (slot);
  g_assert_cmpstr (log, ==, "ready\ndone\n");
}

static gboolean
nothing_left (gpointer data)
{
  return slot_count_processes () == 0;
}

/* By an administrator: what has no supervisor must not run on. */
static void
test_supervisor_killed (Slot *slot, gconstpointer data)
{
  if (!arm (slot, GINT_TO_POINTER (WITH_NAMESPACE)))
    return;
  slot_feed_sh (slot, "setsid sleep 1000 & echo ready; exec sleep 1000");
  slot_wait_for_log (slot, "ready");
  g_assert_cmpuint (slot_count_processes (), >, 1);
  g_subprocess_force_exit (slot->process);
  slot_assert_killed (slot, SIGKILL);

  wait_and_look (nothing_left, NULL);
}

/* The first process of the namespace, from outside. */
static void
test_init_killed (Slot *slot, gconstpointer data)
{
  g_autofree char *file = NULL;
  g_autofree char *text = NULL;

  if (!arm (slot, GINT_TO_POINTER (WITH_NAMESPACE)))
    return;
  file = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/task/%" G_GINT64_FORMAT
                          "/children",
                          slot->pid,
                          slot->pid);
  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  slot_feed_sh (slot, "echo ready; exec sleep 1000");
  slot_wait_for_log (slot, "ready");
  g_assert_cmpint (
      kill ((pid_t) g_ascii_strtoll (text, NULL, 10), SIGKILL), ==, 0);

  slot_assert_killed (slot, SIGKILL);
  slot_assert_cause (slot, APM2_STEP_CAUSE_EXITED);
}

static void
test_init_killed_when_armed (Slot *slot, gconstpointer data)
{
  g_autofree char *file = NULL;
  g_autofree char *text = NULL;

  if (!arm (slot, GINT_TO_POINTER (WITH_NAMESPACE)))
    return;
  file = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/task/%" G_GINT64_FORMAT
                          "/children",
                          slot->pid,
                          slot->pid);
  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  g_assert_cmpint (
      kill ((pid_t) g_ascii_strtoll (text, NULL, 10), SIGKILL), ==, 0);

  slot_assert_exited (slot, 70);
}

/* The job of an ordinary user, and its supervisor is the same one. */
static void
test_supervisor_is_out_of_reach (Slot *slot, gconstpointer data)
{
  static const char script[]
      = "trap '' TERM; for s in STOP KILL TERM USR1 CHLD; do kill -$s 1; done; "
        "echo parent $PPID; "
        "kill -KILL %d 2>/dev/null && echo killed the supervisor; "
        "for f in environ mem maps fd/0 fd/1 fd/2 root cwd exe; do "
        "  head -c 1 /proc/%d/$f >/dev/null 2>&1 && echo read $f; "
        "  ls /proc/%d/$f/ >/dev/null 2>&1 && echo listed $f; done; "
        "echo ended 1 0 0 0 0 0 0 0 2>/dev/null >/proc/%d/fd/1; "
        "kill -TERM -1; sleep 0.1; echo alive";
  g_autofree char *text = NULL;
  g_autofree char *log = NULL;
  int pid = 0;

  if (!slot_become_user (slot))
    {
      g_test_skip ("the program is in nobody else's reach");
      return;
    }
  if (!arm (slot, GINT_TO_POINTER (WITH_NAMESPACE)))
    return;
  pid = (int) slot->pid;
  text = g_strdup_printf (script, pid, pid, pid, pid);
  slot_feed_sh (slot, text);

  slot_assert_exited (slot, 0);
  slot_assert_cause (slot, APM2_STEP_CAUSE_EXITED);
  log = slot_read_log (slot);
  g_assert_true (g_str_has_prefix (log, "parent 0\n"));
  g_assert_true (g_str_has_suffix (log, "alive\n"));
  g_assert_null (strstr (log, "killed"));
  g_assert_null (strstr (log, "read"));
  g_assert_null (strstr (log, "listed"));
}

/* What the test above would see if there were no namespace. */
static void
test_supervisor_is_within_reach (Slot *slot, gconstpointer data)
{
  slot->child_setup = refuse_with_error;
  slot_arm (slot);
  slot_feed_sh (slot, "kill -KILL $PPID; exec sleep 1000");

  slot_assert_killed (slot, SIGKILL);
  wait_and_look (nothing_left, NULL);
}

/* As ProtectProc=invisible does in a unit of the system. */
static void
hide_processes (gpointer user_data)
{
  if (unshare (CLONE_NEWNS) < 0
      || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0
      || mount ("proc", "/proc", "proc", 0, "hidepid=invisible") < 0)
    _exit (96);
  refuse (SECCOMP_RET_ERRNO | EPERM);
}

/* A program that may be run and not read cannot be looked at either. */
static void
test_hidden_process (Slot *slot, gconstpointer data)
{
  g_autofree char *hidden = slot_path (slot, "tmp/hidden");
  g_autofree char *script = NULL;
  g_autofree char *program = NULL;
  gsize size = 0;

  if (geteuid () != 0 || !slot_become_user (slot))
    {
      g_test_skip ("needs root to hide processes");
      return;
    }
  slot->child_setup = hide_processes;
  slot_arm (slot);
  g_assert_true (g_file_get_contents ("/bin/sleep", &program, &size, NULL));
  g_assert_true (g_file_set_contents (hidden, program, (gssize) size, NULL));
  g_assert_cmpint (g_chmod (hidden, 0711), ==, 0);
  script = g_strdup_printf ("setsid %s 1000 & sleep 0.1; exit 0", hidden);
  slot_feed_sh (slot, script);

  slot_assert_exited (slot, 0);
  g_assert_cmpuint (slot_count_processes (), ==, 0);
}

static void
test_refused (Slot *slot, gconstpointer data)
{
  g_autofree char *events = NULL;
  g_autofree char *log = NULL;

  slot->child_setup
      = GPOINTER_TO_INT (data) == 0 ? refuse_with_error : refuse_with_death;
  slot_arm (slot);
  slot_feed_sh (slot, "echo ran; kill -9 $$");

  slot_assert_killed (slot, SIGKILL);
  events = slot_read_events (slot);
  log = slot_read_log (slot);
  g_assert_true (g_str_has_prefix (events, "armed pidns=0 errno=1 "));
  g_assert_cmpstr (log, ==, "ran\n");
}

static void
test_as_ordinary_user (Slot *slot, gconstpointer data)
{
  g_autofree char *log = NULL;
  g_autofree char *wanted = NULL;

  if (!slot_become_user (slot))
    {
      g_test_skip ("the program is in nobody else's reach");
      return;
    }
  if (!arm (slot, data))
    return;
  slot_feed_sh (slot, "id -u; touch $PWD/tmp/mine && stat -c %u $PWD/tmp/mine");

  slot_assert_exited (slot, 0);
  log = slot_read_log (slot);
  wanted = g_strdup_printf ("%d\n%d\n", (int) slot->uid, (int) slot->uid);
  g_assert_cmpstr (log, ==, wanted);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD_WITH(path, data, func)                                             \
  g_test_add ("/apm2/lane-isolation/" path,                                    \
              Slot,                                                            \
              GINT_TO_POINTER (data),                                          \
              slot_set_up,                                                     \
              func,                                                            \
              slot_tear_down)
#define ADD_BOTH(path, func)                                                   \
  ADD_WITH ("namespace/" path, WITH_NAMESPACE, func);                          \
  ADD_WITH ("bare/" path, WITHOUT_NAMESPACE, func)
  ADD_BOTH ("nothing-stays-in-the-background", test_background);
  ADD_BOTH ("no-daemon-stays", test_daemon);
  ADD_BOTH ("nothing-forks-its-way-out", test_comet);
  ADD_BOTH ("a-fork-storm-ends", test_fork_storm);
  ADD_BOTH ("orphans-are-taken-away", test_orphans_are_taken_away);
  ADD_BOTH ("goes-on-without-the-worker", test_goes_on_without_the_worker);
  ADD_BOTH ("as-an-ordinary-user", test_as_ordinary_user);
  ADD_WITH ("bare/what-hides-is-found", 0, test_hidden_process);
  ADD_WITH ("supervisor/killed-with-its-step", 0, test_supervisor_killed);
  ADD_WITH ("supervisor/out-of-reach", 0, test_supervisor_is_out_of_reach);
  ADD_WITH ("supervisor/within-reach-without-a-namespace",
            0,
            test_supervisor_is_within_reach);
  ADD_WITH ("init/killed-with-its-step", 0, test_init_killed);
  ADD_WITH ("init/killed-when-armed", 0, test_init_killed_when_armed);
  ADD_WITH ("refused/with-an-error", 0, test_refused);
  ADD_WITH ("refused/with-death", 1, test_refused);
#undef ADD_WITH
#undef ADD_BOTH
  return g_test_run ();
}
