/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A hint of the broker at a lease that may come, on the worker's side: it is
 * heard, and is no lease.
 */

#include "apm2-lease.h"

#include "apm2-log.h"
#include "link-rig.h"
#include "wait.h"

static void
start_with_slots (LinkRig *rig, guint n)
{
  apm2_broker_link_set_free_slots (rig->link, n);
  apm2_broker_link_start (rig->link);
  fake_broker_wait_parked (rig->broker, n);
}

static void
wait_leased (LinkRig *rig)
{
  while (rig->leased->len == 0)
    (void) g_main_context_iteration (NULL, TRUE);
}

static void
on_hinted (GString *text, Apm2Lease *lease)
{
  g_string_append_printf (
      text, "%s %" G_GUINT64_FORMAT " ", lease->job_id, lease->token);
  apm2_lease_free (lease);
}

/* It is no lease: not held, not given back, and no call is used up by it. */
static void
test_hint_is_no_lease (LinkRig *rig, gconstpointer data)
{
  g_autoptr (GString) hinted = g_string_new (NULL);

  g_signal_connect_swapped (apm2_broker_link_get_parker (rig->link),
                            "hinted",
                            G_CALLBACK (on_hinted),
                            hinted);
  start_with_slots (rig, 1);
  fake_broker_hint (rig->broker, "j1", 7, "{}");
  while (hinted->len == 0)
    (void) g_main_context_iteration (NULL, TRUE);

  g_assert_cmpstr (hinted->str, ==, "j1 7 ");
  g_assert_cmpuint (apm2_broker_link_count_held (rig->link), ==, 0);
  g_assert_cmpuint (rig->leased->len, ==, 0);
  fake_broker_tell_ahead (rig->broker, "j2", 8, "{}");
  wait_leased (rig);
  g_assert_cmpstr (rig->leased->str, ==, "j2 ");
  g_assert_cmpuint (fake_broker_count_calls (rig->broker, "Return"), ==, 0);
}

static void
test_hint_without_a_slot_is_not_heard (LinkRig *rig, gconstpointer data)
{
  g_autoptr (GString) hinted = g_string_new (NULL);

  g_signal_connect_swapped (apm2_broker_link_get_parker (rig->link),
                            "hinted",
                            G_CALLBACK (on_hinted),
                            hinted);
  start_with_slots (rig, 1);
  apm2_broker_link_set_free_slots (rig->link, 0);
  fake_broker_hint (rig->broker, "j1", 7, "{}");
  fake_broker_tell_ahead (rig->broker, "j2", 8, "{}");
  fake_broker_wait_call (rig->broker, "Return");

  g_assert_cmpuint (hinted->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  apm2_log_init ("test", FALSE);

#define ADD(path, func)                                                        \
  g_test_add ("/apm2/lease-hint/" path,                                        \
              LinkRig,                                                         \
              NULL,                                                            \
              link_rig_set_up,                                                 \
              func,                                                            \
              link_rig_tear_down)
  ADD ("is-no-lease", test_hint_is_no_lease);
  ADD ("is-not-heard-without-a-slot", test_hint_without_a_slot_is_not_heard);
#undef ADD
  return g_test_run ();
}
