/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Threads that share the processors of this machine. */

#include "apm2-processor-share.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How a thread is run. */
typedef struct
{
  cpu_set_t processors;
  guint64 turn; /* nanoseconds; 0 before Linux 6.12 */
} State;

/* As the kernel has it: the fourth is the turn. */
typedef guint64 Attributes[6];

static State
get_state (void)
{
  State state;
  Attributes attributes = { 0 };

  g_assert_cmpint (
      sched_getaffinity (0, sizeof state.processors, &state.processors), ==, 0);
  g_assert_cmpint (
      syscall (SYS_sched_getattr, 0, attributes, sizeof attributes, 0), ==, 0);
  state.turn = attributes[3];
  return state;
}

static void
assert_same (const State *one, const State *other)
{
  g_assert_true (CPU_EQUAL (&one->processors, &other->processors));
  g_assert_cmpuint (one->turn, ==, other->turn);
}

static gpointer
take (gpointer share)
{
  State *taken = g_new (State, 1);

  apm2_processor_share_take (GPOINTER_TO_INT (share));
  *taken = get_state ();
  return taken;
}

/* Returns: how a thread is run that has taken @share */
static State *
take_in_thread (Apm2ProcessorShare share)
{
  return g_thread_join (g_thread_new ("share", take, GINT_TO_POINTER (share)));
}

static gpointer
try_turns (gpointer data)
{
  Attributes attributes = { 0 };

  (void) syscall (SYS_sched_getattr, 0, attributes, sizeof attributes, 0);
  attributes[3] = 200000;
  (void) syscall (SYS_sched_setattr, 0, attributes, 0);
  return GINT_TO_POINTER (get_state ().turn == 200000);
}

static gboolean
skip_without_shares (const State *all)
{
  if (CPU_COUNT (&all->processors) < 2)
    g_test_skip ("This machine has one processor");
  else if (g_thread_join (g_thread_new ("turns", try_turns, NULL)) == NULL)
    g_test_skip ("There are no short turns here, or they are denied");
  else
    return FALSE;
  return TRUE;
}

static void
test_shares_are_apart (void)
{
  State all = get_state ();
  g_autofree State *even = take_in_thread (APM2_PROCESSOR_SHARE_EVEN);
  g_autofree State *odd = take_in_thread (APM2_PROCESSOR_SHARE_ODD);
  cpu_set_t both;
  cpu_set_t any;
  int more = 0;

  if (skip_without_shares (&all))
    return;
  CPU_AND (&both, &even->processors, &odd->processors);
  CPU_OR (&any, &even->processors, &odd->processors);
  more = CPU_COUNT (&even->processors) - CPU_COUNT (&odd->processors);
  g_assert_cmpint (CPU_COUNT (&both), ==, 0);
  g_assert_true (CPU_EQUAL (&any, &all.processors));
  g_assert_true (more == 0 || more == 1);
  g_assert_cmpuint (even->turn, <, all.turn);
  g_assert_cmpuint (odd->turn, ==, even->turn);
}

static gpointer
take_of_one (gpointer data)
{
  const cpu_set_t *one = data;

  g_assert_cmpint (sched_setaffinity (0, sizeof *one, one), ==, 0);
  return take (GINT_TO_POINTER (APM2_PROCESSOR_SHARE_ODD));
}

static void
test_one_processor_is_not_shared (void)
{
  g_autofree State *taken = NULL;
  State all = get_state ();
  cpu_set_t one;
  int first = 0;

  while (!CPU_ISSET (first, &all.processors))
    first++;
  CPU_ZERO (&one);
  CPU_SET (first, &one);
  taken = g_thread_join (g_thread_new ("one", take_of_one, &one));

  g_assert_true (CPU_EQUAL (&taken->processors, &one));
  g_assert_cmpuint (taken->turn, ==, all.turn);
}

static gpointer
suspend_and_resume (gpointer data)
{
  State before = get_state ();
  State taken;
  State now;

  apm2_processor_share_suspend ();
  now = get_state ();
  assert_same (&now, &before);

  apm2_processor_share_take (APM2_PROCESSOR_SHARE_EVEN);
  taken = get_state ();
  apm2_processor_share_suspend ();
  now = get_state ();
  assert_same (&now, &before);

  apm2_processor_share_resume ();
  now = get_state ();
  assert_same (&now, &taken);
  return NULL;
}

static void
test_a_share_is_suspended (void)
{
  State all = get_state ();

  if (!skip_without_shares (&all))
    (void) g_thread_join (g_thread_new ("suspend", suspend_and_resume, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/processor-share/apart", test_shares_are_apart);
  g_test_add_func ("/apm2/processor-share/one",
                   test_one_processor_is_not_shared);
  g_test_add_func ("/apm2/processor-share/suspended",
                   test_a_share_is_suspended);
  return g_test_run ();
}
