/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Several steps at once in one lane slot: each has its own log, events, end and
 * time, and the slot ends with the last. */

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "slot.h"
#include "wait.h"

static void
arm (Slot *slot, guint width)
{
  unsigned char record[APM2_STEP_PREPARE_SIZE];

  slot_start (slot);
  slot->steps = width;
  apm2_step_prepare_encode (APM2_STEP_PREPARE_CLEAN, width, record);
  slot_write (slot, record, sizeof record);
  slot_wait_for_event (slot, APM2_STEP_EVENT_ARMED " ");
}

static void
find_end (Slot *slot, guint seat, Apm2StepExit *ret_exit)
{
  g_autofree char *events = slot_read_events (slot);
  g_auto (GStrv) lines = g_strsplit (events, "\n", -1);
  g_autofree char *prefix
      = g_strdup_printf ("%u " APM2_STEP_EVENT_ENDED " ", seat);
  g_autofree char *at = g_strdup_printf ("\n%u " APM2_STEP_EVENT_AT " ", seat);
  guint found = 0;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (!g_str_has_prefix (lines[i], prefix))
        continue;
      found++;
      g_assert_cmpint (
          apm2_step_exit_parse (lines[i] + strlen ("0 "), ret_exit), ==, 0);
    }
  g_assert_cmpuint (found, ==, 1);
  g_assert_nonnull (strstr (events, at));
}

static void
assert_end (Slot *slot, guint seat, Apm2StepCause cause, int exit_status)
{
  Apm2StepExit exit = { 0 };

  find_end (slot, seat, &exit);
  g_assert_cmpint (exit.cause, ==, cause);
  g_assert_cmpint (exit.exit_status, ==, exit_status);
}

static char *
read_part (Slot *slot, guint seat)
{
  char text[4096] = "";
  Apm2StepExit exit = { 0 };
  int fd = open (slot->log_file, O_RDONLY | O_CLOEXEC);
  gssize n = 0;

  g_assert_cmpint (fd, >=, 0);
  find_end (slot, seat, &exit);
  g_assert_cmpuint (exit.log_bytes, <, sizeof text);
  n = pread (
      fd, text, exit.log_bytes, (off_t) (seat * APM2_STEP_WAVE_LOG_STRIDE));
  g_assert_cmpint (n, ==, (gssize) exit.log_bytes);
  (void) close (fd);
  return g_strdup (text);
}

static void
test_meet (Slot *slot, gconstpointer data)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  arm (slot, 2);
  slot_feed_sh (slot, "mkfifo pipe; echo one; echo word >pipe; exit 3");
  slot_feed_sh (slot, "until test -p pipe; do sleep 0.01; done; cat pipe");

  slot_assert_exited (slot, 0);
  assert_end (slot, 0, APM2_STEP_CAUSE_EXITED, 3);
  assert_end (slot, 1, APM2_STEP_CAUSE_EXITED, 0);
  first = read_part (slot, 0);
  g_assert_cmpstr (first, ==, "one\n");
  second = read_part (slot, 1);
  g_assert_cmpstr (second, ==, "word\n");
}

/* What one leaves behind ends with it, not with the last. */
static void
test_own_processes (Slot *slot, gconstpointer data)
{
  arm (slot, 2);
  slot_feed_sh (slot,
                "mkfifo p; (echo; exec sleep 999) >p & "
                "until test -e got; do sleep 0.01; done");
  slot_feed_sh (slot,
                "until test -p p; do sleep 0.01; done; "
                "{ read line; touch got; cat; } <p; kill -TERM $$");

  slot_assert_exited (slot, 0);
  assert_end (slot, 0, APM2_STEP_CAUSE_EXITED, 0);
  assert_end (slot, 1, APM2_STEP_CAUSE_EXITED, -1);
  g_assert_cmpuint (slot_count_processes (), ==, 0);
}

/* Whoever kills all that it can see leaves its neighbour alone. */
static void
test_neighbours_are_out_of_reach (Slot *slot, gconstpointer data)
{
  arm (slot, 2);
  if (!slot_has_namespace (slot))
    {
      slot_hang_up (slot);
      slot_wait (slot);
      g_test_skip ("no pid namespaces here");
      return;
    }
  slot_feed_sh (slot, "kill -KILL -1; touch done");
  slot_feed_sh (slot, "until test -e done; do sleep 0.01; done");

  slot_assert_exited (slot, 0);
  assert_end (slot, 1, APM2_STEP_CAUSE_EXITED, 0);
}

static void
test_timeout_of_one (Slot *slot, gconstpointer data)
{
  arm (slot, 3);
  slot->message.timeout_usec = 200000;
  slot->message.kill_grace_usec = 200000;
  slot_feed_sh (slot, "sleep 999");
  slot->message.timeout_usec = 0;
  slot_feed_sh (slot, "sleep 0.5; exit 4");
  slot_feed_sh (slot, "true");

  slot_assert_exited (slot, 0);
  assert_end (slot, 0, APM2_STEP_CAUSE_TIMEOUT, -1);
  assert_end (slot, 1, APM2_STEP_CAUSE_EXITED, 4);
  assert_end (slot, 2, APM2_STEP_CAUSE_EXITED, 0);
}

static void
test_log_limit_of_one (Slot *slot, gconstpointer data)
{
  g_autofree char *log = NULL;
  g_autofree char *other = NULL;

  arm (slot, 2);
  slot->message.log_bytes_max = 1000;
  slot_feed_sh (slot, "yes");
  slot_feed_sh (slot, "sleep 0.2; echo mine");

  slot_assert_exited (slot, 0);
  assert_end (slot, 0, APM2_STEP_CAUSE_LOG_LIMIT, -1);
  assert_end (slot, 1, APM2_STEP_CAUSE_EXITED, 0);
  log = read_part (slot, 0);
  g_assert_cmpuint (strlen (log), <=, 1000);
  g_assert_nonnull (strstr (log, "log limit of 1000 bytes"));
  other = read_part (slot, 1);
  g_assert_cmpstr (other, ==, "mine\n");
}

static void
test_term_is_for_all (Slot *slot, gconstpointer data)
{
  arm (slot, 2);
  slot->message.kill_grace_usec = 200000;
  slot_feed_sh (slot, "sleep 999");
  slot_feed_sh (slot, "trap '' TERM; while :; do sleep 1; done");
  slot_wait_for_event (slot, "0 " APM2_STEP_EVENT_STARTED);
  slot_wait_for_event (slot, "1 " APM2_STEP_EVENT_STARTED);
  g_assert_cmpint (kill ((pid_t) slot->pid, SIGTERM), ==, 0);

  slot_assert_exited (slot, 0);
  assert_end (slot, 0, APM2_STEP_CAUSE_TERMINATED, -1);
  assert_end (slot, 1, APM2_STEP_CAUSE_TERMINATED, -1);
  g_assert_cmpuint (slot_count_processes (), ==, 0);
}

static gboolean
is_nothing_left (gpointer data)
{
  return slot_count_processes () == 0;
}

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
test_all_die_with_the_first (Slot *slot, gconstpointer data)
{
  guint tick = g_timeout_add (5, on_tick, NULL);

  arm (slot, 2);
  slot_feed_sh (slot, "sleep 999 & sleep 999");
  slot_feed_sh (slot, "setsid sleep 999");
  slot_wait_for_event (slot, "0 " APM2_STEP_EVENT_STARTED);
  slot_wait_for_event (slot, "1 " APM2_STEP_EVENT_STARTED);
  if (slot_has_namespace (slot))
    {
      g_assert_cmpint (kill ((pid_t) slot->pid, SIGKILL), ==, 0);
      slot_assert_killed (slot, SIGKILL);
      wait_until (is_nothing_left, NULL);
    }
  else
    {
      g_assert_cmpint (kill ((pid_t) slot->pid, SIGTERM), ==, 0);
      slot_wait (slot);
    }
  g_assert_true (g_source_remove (tick));
}

/* A worker that dies before it has said all has said nothing. */
static void
test_half_is_nothing (Slot *slot, gconstpointer data)
{
  g_autofree char *events = NULL;

  arm (slot, 2);
  slot_feed_sh (slot, "touch begun");
  slot_hang_up (slot);

  slot_assert_exited (slot, 0);
  events = slot_read_events (slot);
  g_assert_null (strstr (events, APM2_STEP_EVENT_STARTED));
  g_assert_cmpuint (slot_count_processes (), ==, 0);
}

static void
test_not_found (Slot *slot, gconstpointer data)
{
  static const char *const argv[] = { "apm2-no-such-program", NULL };

  arm (slot, 2);
  slot_set_argv (slot, argv);
  slot_feed (slot);
  slot_feed_sh (slot, "exit 5");

  slot_assert_exited (slot, 0);
  assert_end (slot, 0, APM2_STEP_CAUSE_SPAWN_FAILED, 127);
  assert_end (slot, 1, APM2_STEP_CAUSE_EXITED, 5);
}

static void
test_rubbish (Slot *slot, gconstpointer data)
{
  static const char rubbish[64] = "this is no message";

  arm (slot, 2);
  slot_feed_sh (slot, "touch begun");
  slot_write (slot, rubbish, sizeof rubbish);

  slot_assert_exited (slot, APM2_STEP_LANE_EXIT_DATA);
  g_assert_cmpuint (slot_count_processes (), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func)                                                        \
  g_test_add (                                                                 \
      "/apm2/lane-wave/" path, Slot, NULL, slot_set_up, func, slot_tear_down)
  ADD ("run-at-once", test_meet);
  ADD ("each-ends-its-processes", test_own_processes);
  ADD ("neighbours-are-out-of-reach", test_neighbours_are_out_of_reach);
  ADD ("timeout-is-of-one", test_timeout_of_one);
  ADD ("log-limit-is-of-one", test_log_limit_of_one);
  ADD ("term-is-for-all", test_term_is_for_all);
  ADD ("all-die-with-the-first", test_all_die_with_the_first);
  ADD ("half-is-nothing", test_half_is_nothing);
  ADD ("one-is-not-found", test_not_found);
  ADD ("rubbish-runs-nothing", test_rubbish);
#undef ADD

  return g_test_run ();
}
