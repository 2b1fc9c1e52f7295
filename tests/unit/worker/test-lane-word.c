/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A step that is in its slot and waits for the word to go: until that comes
 * nothing has run, whatever else happens.
 */

#include <signal.h>
#include <string.h>

#include "slot.h"

static void
assert_nothing_left (void)
{
  g_assert_cmpuint (slot_count_processes (), ==, 0);
}

/* The whole step, and not the word to go. */
static void
offer (Slot *slot, const char *script)
{
  const char *const argv[] = { "/bin/sh", "-c", script, NULL };
  g_autoptr (GBytes) message = NULL;

  slot_set_argv (slot, argv);
  message = slot_encode (slot);
  slot_arm (slot);
  slot_write (
      slot, g_bytes_get_data (message, NULL), g_bytes_get_size (message));
}

static void
assert_nothing_ran (Slot *slot)
{
  g_autofree char *log = slot_read_log (slot);
  g_autofree char *events = slot_read_events (slot);

  g_assert_cmpstr (log, ==, "");
  g_assert_true (g_str_has_suffix (events, "\n"));
  g_assert_true (strchr (events, '\n') == events + strlen (events) - 1);
}

static void
test_hang_up_before_the_word (Slot *slot, gconstpointer data)
{
  offer (slot, "echo ran");
  slot_hang_up (slot);

  slot_assert_exited (slot, 0);
  assert_nothing_ran (slot);
  assert_nothing_left ();
}

static void
test_terminate_before_the_word (Slot *slot, gconstpointer data)
{
  offer (slot, "echo ran");
  g_subprocess_send_signal (slot->process, SIGTERM);

  slot_assert_exited (slot, 0);
  assert_nothing_ran (slot);
  assert_nothing_left ();
}

static void
test_another_word (Slot *slot, gconstpointer data)
{
  offer (slot, "echo ran");
  slot_write (slot, "n", 1);

  slot_assert_exited (slot, APM2_STEP_LANE_EXIT_DATA);
  assert_nothing_left ();
}

static void
test_the_word_comes_later (Slot *slot, gconstpointer data)
{
  g_autofree char *log = NULL;

  offer (slot, "echo ran; exit 3");
  assert_nothing_ran (slot);
  slot_go (slot);

  slot_assert_exited (slot, 3);
  log = slot_read_log (slot);
  g_assert_cmpstr (log, ==, "ran\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func)                                                        \
  g_test_add (                                                                 \
      "/apm2/lane-word/" path, Slot, NULL, slot_set_up, func, slot_tear_down)
  ADD ("comes-later", test_the_word_comes_later);
  ADD ("is-another", test_another_word);
  ADD ("does-not-come/worker-is-gone", test_hang_up_before_the_word);
  ADD ("does-not-come/terminated", test_terminate_before_the_word);
#undef ADD
  return g_test_run ();
}
