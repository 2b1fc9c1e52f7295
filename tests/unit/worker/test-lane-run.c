/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A step in a lane slot: what it is run with, how it ends, and that the process
 * of the unit ends the same way. */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include <glib/gstdio.h>

#include "apm2-step-prepare.h"
#include "slot.h"

static void
run (Slot *slot, const char *script)
{
  slot_arm (slot);
  slot_feed_sh (slot, script);
  slot_wait (slot);
}

static void
test_exit_status (Slot *slot, gconstpointer data)
{
  g_autofree char *log = NULL;

  run (slot, "echo out; echo err >&2; exit 3");

  slot_assert_exited (slot, 3);
  slot_assert_cause (slot, APM2_STEP_CAUSE_EXITED);
  log = slot_read_log (slot);
  g_assert_cmpstr (log, ==, "out\nerr\n");
}

static void
test_success (Slot *slot, gconstpointer data)
{
  Apm2StepExit exit = { 0 };

  run (slot, "echo done");

  slot_assert_exited (slot, 0);
  slot_get_exit (slot, &exit);
  g_assert_cmpint (exit.exit_status, ==, 0);
  g_assert_cmpuint (exit.log_bytes, ==, 5);
  g_assert_cmpuint (exit.memory_peak_bytes, >, 0);
}

static void
test_signal (Slot *slot, gconstpointer data)
{
  Apm2StepExit exit = { 0 };

  run (slot,
       GPOINTER_TO_INT (data) == SIGSEGV ? "kill -SEGV $$" : "kill -KILL $$");

  slot_assert_killed (slot, GPOINTER_TO_INT (data));
  slot_get_exit (slot, &exit);
  g_assert_cmpint (exit.cause, ==, APM2_STEP_CAUSE_EXITED);
  g_assert_cmpint (exit.term_signal, ==, GPOINTER_TO_INT (data));
}

static void
assert_not_spawned (Slot *slot, int stage, int error_number)
{
  Apm2StepExit exit = { 0 };
  g_autofree char *events = slot_read_events (slot);

  slot_get_exit (slot, &exit);
  g_assert_cmpint (exit.cause, ==, APM2_STEP_CAUSE_SPAWN_FAILED);
  g_assert_cmpint (exit.stage, ==, stage);
  g_assert_cmpint (exit.error_number, ==, error_number);
  g_assert_null (strstr (events, APM2_STEP_EVENT_STARTED));
}

static void
test_not_found (Slot *slot, gconstpointer data)
{
  static const char *const argv[] = { "apm2-no-such-program", NULL };

  slot_arm (slot);
  slot_set_argv (slot, argv);
  slot_feed (slot);

  slot_assert_exited (slot, 127);
  assert_not_spawned (slot, APM2_STEP_STAGE_EXEC, ENOENT);
}

static void
test_not_executable (Slot *slot, gconstpointer data)
{
  static const char *const argv[] = { "/etc/passwd", NULL };

  slot_arm (slot);
  slot_set_argv (slot, argv);
  slot_feed (slot);

  slot_assert_exited (slot, 126);
  assert_not_spawned (slot, APM2_STEP_STAGE_EXEC, EACCES);
}

static void
test_no_directory (Slot *slot, gconstpointer data)
{
  slot->message.directory = "/nonexistent";
  run (slot, "true");

  slot_assert_exited (slot, 126);
  assert_not_spawned (slot, APM2_STEP_STAGE_DIRECTORY, ENOENT);
}

static void
test_timeout (Slot *slot, gconstpointer data)
{
  slot->message.timeout_usec = 100000;
  run (slot, "exec sleep 1000");

  slot_assert_exited (slot, APM2_STEP_MIRROR_TIMEOUT);
  slot_assert_cause (slot, APM2_STEP_CAUSE_TIMEOUT);
}

static void
test_timeout_without_obedience (Slot *slot, gconstpointer data)
{
  slot->message.timeout_usec = 100000;
  slot->message.kill_grace_usec = 50000;
  run (slot, "trap '' TERM; while :; do sleep 1000; done");

  slot_assert_exited (slot, APM2_STEP_MIRROR_TIMEOUT);
  slot_assert_cause (slot, APM2_STEP_CAUSE_TIMEOUT);
  g_assert_cmpuint (slot_count_processes (), ==, 0);
}

static void
test_log_limit (Slot *slot, gconstpointer data)
{
  g_autofree char *log = NULL;

  slot->message.log_bytes_max = 10000;
  run (slot, "while :; do echo 0123456789; done");

  slot_assert_exited (slot, APM2_STEP_MIRROR_LOG_LIMIT);
  slot_assert_cause (slot, APM2_STEP_CAUSE_LOG_LIMIT);
  log = slot_read_log (slot);
  g_assert_cmpuint (strlen (log), <=, 10000);
  g_assert_true (g_str_has_suffix (
      log, "[apm2: log limit of 10000 bytes reached, step ended]\n"));
}

static void
test_large_output (Slot *slot, gconstpointer data)
{
  Apm2StepExit exit = { 0 };
  GStatBuf st;

  run (slot, "head -c 10000000 /dev/zero");

  slot_assert_exited (slot, 0);
  slot_get_exit (slot, &exit);
  g_assert_cmpuint (exit.log_bytes, ==, 10000000);
  g_assert_cmpint (g_stat (slot->log_file, &st), ==, 0);
  g_assert_cmpint (st.st_size, ==, 10000000);
}

static void
test_closed_output (Slot *slot, gconstpointer data)
{
  run (slot, "exec >&- 2>&-; sleep 0.1; exit 5");

  slot_assert_exited (slot, 5);
}

/* As systemd does when it stops a unit whose KillMode is mixed. */
static void
terminate (Slot *slot)
{
  g_subprocess_send_signal (slot->process, SIGTERM);
}

static void
test_terminate_lets_it_clean_up (Slot *slot, gconstpointer data)
{
  g_autofree char *log = NULL;

  slot_arm (slot);
  slot_feed_sh (slot,
                "trap 'echo got it; exit 9' TERM; echo ready; "
                "while :; do sleep 0.01; done");
  slot_wait_for_log (slot, "ready");
  terminate (slot);

  slot_assert_killed (slot, SIGTERM);
  slot_assert_cause (slot, APM2_STEP_CAUSE_TERMINATED);
  log = slot_read_log (slot);
  g_assert_true (g_str_has_suffix (log, "got it\n"));
}

static void
test_terminate_sends_one_signal (Slot *slot, gconstpointer data)
{
  g_autofree char *log = NULL;

  slot_arm (slot);
  slot_feed_sh (slot,
                "n=0; trap 'n=$((n+1)); echo term $n' TERM; echo ready; "
                "while [ $n -eq 0 ]; do sleep 0.01; done; sleep 0.2; exit 0");
  slot_wait_for_log (slot, "ready");
  terminate (slot);
  slot_wait_for_log (slot, "term 1");
  terminate (slot);

  slot_assert_killed (slot, SIGTERM);
  log = slot_read_log (slot);
  g_assert_null (strstr (log, "term 2"));
}

static void
test_terminate_reaches_other_sessions (Slot *slot, gconstpointer data)
{
  g_autofree char *log = NULL;

  slot_arm (slot);
  slot_feed_sh (slot,
                "trap 'wait; exit' TERM; "
                "setsid sh -c 'trap \"echo other; exit\" TERM; echo ready; "
                "while :; do sleep 0.01; done' & wait");
  slot_wait_for_log (slot, "ready");
  terminate (slot);

  slot_assert_killed (slot, SIGTERM);
  log = slot_read_log (slot);
  g_assert_true (g_str_has_suffix (log, "other\n"));
}

static void
test_terminate_kills_after_the_grace (Slot *slot, gconstpointer data)
{
  slot->message.kill_grace_usec = 100000;
  slot_arm (slot);
  slot_feed_sh (slot, "trap '' TERM; echo ready; while :; do sleep 1; done");
  slot_wait_for_log (slot, "ready");
  terminate (slot);

  slot_assert_killed (slot, SIGTERM);
  slot_assert_cause (slot, APM2_STEP_CAUSE_TERMINATED);
  g_assert_cmpuint (slot_count_processes (), ==, 0);
}

static void
test_environment_is_exact (Slot *slot, gconstpointer data)
{
  static const char *const argv[] = { "/usr/bin/env", NULL };
  char one[] = "ONE=1";
  char lines[] = "LINES=a\nb";
  char *env[] = { one, lines, NULL };
  g_autofree char *log = NULL;

  slot->message.env = env;
  slot_arm (slot);
  slot_set_argv (slot, argv);
  slot_feed (slot);

  slot_assert_exited (slot, 0);
  log = slot_read_log (slot);
  g_assert_cmpstr (log, ==, "ONE=1\nLINES=a\nb\n");
}

static void
test_descriptors (Slot *slot, gconstpointer data)
{
  g_autofree char *log = NULL;

  run (slot, "readlink /proc/self/fd/0; ls /proc/self/fd | tr '\\n' ' '");

  /* 3 is the directory that ls reads. */
  log = slot_read_log (slot);
  g_assert_cmpstr (log, ==, "/dev/null\n0 1 2 3 ");
}

static void
test_confinement (Slot *slot, gconstpointer data)
{
  g_autofree char *log = NULL;

  run (slot,
       "grep -E '^(NoNewPrivs|Cap(Prm|Eff|Bnd|Amb))' /proc/self/status; "
       "sed -n 's/^Sig\\(Blk\\|Ign\\):.*0\\(.\\)$/\\1 \\2/p' "
       "/proc/self/status; ulimit -c; umask; "
       "[ $(cut -d' ' -f6 /proc/self/stat) = $(cut -d' ' -f5 "
       "/proc/self/stat) ] && echo leads");

  slot_assert_exited (slot, 0);
  log = slot_read_log (slot);
  g_assert_cmpstr (log,
                   ==,
                   "CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"
                   "CapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\n"
                   "NoNewPrivs:\t1\nBlk 0\nIgn 0\n0\n0022\nleads\n");
}

static void
test_progress (Slot *slot, gconstpointer data)
{
  g_autofree char *fifo = slot_path (slot, APM2_STEP_LANE_PROGRESS_FIFO);
  g_autofree char *script = g_strdup_printf ("echo '50 halfway' >%s", fifo);
  g_autofree char *events = NULL;

  slot->message.progress_fifo = fifo;
  run (slot, script);

  slot_assert_exited (slot, 0);
  events = slot_read_events (slot);
  g_assert_nonnull (strstr (events, "\nprogress 5000\nstatus halfway\n"));
}

/* What is cut off on a full disk spoils no other line. The limit is in the way
 * of what comes second. */
static void
limit_files (gpointer user_data)
{
  const struct rlimit limit = { 44, 44 };

  (void) setrlimit (RLIMIT_FSIZE, &limit);
}

static void
test_full_disk (Slot *slot, gconstpointer data)
{
  g_autofree char *events = NULL;

  slot->child_setup = limit_files;
  run (slot, "exit 3");

  slot_assert_exited (slot, 3);
  events = slot_read_events (slot);
  g_assert_cmpuint (strlen (events), ==, 44);
  g_assert_true (g_str_has_prefix (events, "armed pidns="));
}

static void
test_oom_score (Slot *slot, gconstpointer data)
{
  g_autofree char *file = NULL;
  g_autofree char *own = NULL;
  g_autofree char *log = NULL;

  slot_arm (slot);
  slot_feed_sh (slot,
                "cat /proc/self/oom_score_adj; echo ready; exec sleep 1000");
  slot_wait_for_log (slot, "ready");
  file
      = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/oom_score_adj", slot->pid);
  g_assert_true (g_file_get_contents (file, &own, NULL, NULL));
  log = slot_read_log (slot);

  g_assert_cmpint (
      g_ascii_strtoll (log, NULL, 10), >, g_ascii_strtoll (own, NULL, 10));
  terminate (slot);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD_WITH(path, data, func)                                             \
  g_test_add (                                                                 \
      "/apm2/lane-run/" path, Slot, data, slot_set_up, func, slot_tear_down)
#define ADD(path, func) ADD_WITH (path, NULL, func)
  ADD ("end/a-status-is-that-of-the-unit", test_exit_status);
  ADD ("end/success-is-that-of-the-unit", test_success);
  ADD_WITH ("end/a-fault-is-that-of-the-unit",
            GINT_TO_POINTER (SIGSEGV),
            test_signal);
  ADD_WITH (
      "end/a-kill-is-that-of-the-unit", GINT_TO_POINTER (SIGKILL), test_signal);
  ADD ("end/no-such-program", test_not_found);
  ADD ("end/no-program", test_not_executable);
  ADD ("end/no-such-directory", test_no_directory);
  ADD ("timeout/term-ends-it", test_timeout);
  ADD ("timeout/kill-ends-what-ignores-term", test_timeout_without_obedience);
  ADD ("log/limit-ends-the-step", test_log_limit);
  ADD ("log/ten-megabytes-are-there", test_large_output);
  ADD ("log/may-be-closed-early", test_closed_output);
  ADD ("terminate/lets-it-clean-up", test_terminate_lets_it_clean_up);
  ADD ("terminate/sends-one-signal", test_terminate_sends_one_signal);
  ADD ("terminate/reaches-other-sessions",
       test_terminate_reaches_other_sessions);
  ADD ("terminate/kills-after-the-grace", test_terminate_kills_after_the_grace);
  ADD ("command/environment-is-exact", test_environment_is_exact);
  ADD ("command/has-no-descriptor-of-ours", test_descriptors);
  ADD ("command/has-no-rights", test_confinement);
  ADD ("command/rather-than-its-supervisor-runs-out-of-memory", test_oom_score);
  ADD ("events/progress-and-status", test_progress);
  ADD ("events/a-full-disk-holds-nothing-up", test_full_disk);
#undef ADD
#undef ADD_WITH
  return g_test_run ();
}
