/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The worker's link to a broker that comes, goes and refuses. */

#include <string.h>
#include <sys/socket.h>

#include "apm2-error.h"
#include "apm2-log.h"
#include "link-rig.h"
#include "wait.h"

static void
test_register (LinkRig *rig, gconstpointer data)
{
  g_autofree char *text = NULL;

  apm2_broker_link_start (rig->link);
  fake_broker_wait_registered (rig->broker, 1);

  text = g_variant_print (rig->broker->registered, FALSE);
  g_assert_true (g_str_has_prefix (text, "('test', 2, [], {"));
  g_assert_nonnull (strstr (text, "'executor': <'direct'>"));
  g_assert_nonnull (strstr (text, "'heartbeat_path': <'/tmp/heartbeat'>"));
}

static void
test_as_many_leases_as_slots (LinkRig *rig, gconstpointer data)
{
  link_rig_lease_one (rig);

  g_assert_cmpuint (rig->broker->parked->len, ==, 1);
  g_assert_cmpuint (apm2_broker_link_count_held (rig->link), ==, 1);
  apm2_broker_link_set_free_slots (rig->link, 2);
  fake_broker_wait_parked (rig->broker, 2);
}

static void
test_comes_back (LinkRig *rig, gconstpointer data)
{
  g_autofree char *text = NULL;

  link_rig_lease_one (rig);
  fake_broker_go (rig->broker);
  while (rig->n_lost == 0)
    (void) g_main_context_iteration (NULL, TRUE);
  g_assert_false (apm2_broker_link_is_registered (rig->link));
  fake_broker_come (rig->broker);
  fake_broker_wait_registered (rig->broker, 2);

  text = g_variant_print (rig->broker->registered, FALSE);
  g_assert_true (g_str_has_prefix (text, "('test', 2, [('j1', 7)], {"));
  fake_broker_wait_parked (rig->broker, 1);
}

static void
test_waits_for_a_broker (LinkRig *rig, gconstpointer data)
{
  fake_broker_go (rig->broker);
  apm2_broker_link_start (rig->link);
  for (guint i = 0; i < 3; i++)
    (void) g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (rig->n_registered, ==, 0);

  fake_broker_come (rig->broker);
  fake_broker_wait_registered (rig->broker, 1);
}

static void
test_registration_refused (LinkRig *rig, gconstpointer data)
{
  rig->broker->refuse = "RegisterWorker";
  rig->broker->refuse_code = APM2_ERROR_EXISTS;
  apm2_broker_link_start (rig->link);
  fake_broker_wait_registered (rig->broker, 2);
  g_assert_cmpuint (rig->n_registered, ==, 0);
  g_assert_cmpuint (rig->n_lost, ==, 0);

  rig->broker->refuse = NULL;
  while (rig->n_registered == 0)
    (void) g_main_context_iteration (NULL, TRUE);
}

static void
test_finish (LinkRig *rig, gconstpointer data)
{
  g_autofree char *text = NULL;

  link_rig_lease_one (rig);
  apm2_broker_link_finish (rig->link, "j1", 7, link_rig_new_result ());
  link_rig_wait_text (rig->settled, "j1 ");

  g_assert_cmpuint (apm2_broker_link_count_held (rig->link), ==, 0);
  text = g_variant_print (rig->broker->last, FALSE);
  g_assert_cmpstr (text, ==, "('j1', 7, {'outcome': <'completed'>})");
}

static void
test_finish_while_away (LinkRig *rig, gconstpointer data)
{
  link_rig_lease_one (rig);
  fake_broker_go (rig->broker);
  while (rig->n_lost == 0)
    (void) g_main_context_iteration (NULL, TRUE);
  apm2_broker_link_finish (rig->link, "j1", 7, link_rig_new_result ());
  g_assert_cmpuint (apm2_broker_link_count_held (rig->link), ==, 1);
  fake_broker_come (rig->broker);

  link_rig_wait_text (rig->settled, "j1 ");
  g_assert_cmpuint (fake_broker_count_calls (rig->broker, "Finish"), ==, 1);
}

/* The broker took it and died before it could say so. */
static void
test_finish_without_answer (LinkRig *rig, gconstpointer data)
{
  link_rig_lease_one (rig);
  rig->broker->ignore = "Finish";
  apm2_broker_link_finish (rig->link, "j1", 7, link_rig_new_result ());
  fake_broker_wait_call (rig->broker, "Finish");
  rig->broker->ignore = NULL;
  fake_broker_hang_up (rig->broker);

  link_rig_wait_text (rig->settled, "j1 ");
  g_assert_cmpuint (fake_broker_count_calls (rig->broker, "Finish"), ==, 2);
}

static void
test_finish_refused (LinkRig *rig, gconstpointer data)
{
  link_rig_lease_one (rig);
  rig->broker->refuse = "Finish";
  rig->broker->refuse_code = APM2_ERROR_UNAVAILABLE;
  apm2_broker_link_finish (rig->link, "j1", 7, link_rig_new_result ());
  fake_broker_wait_call (rig->broker, "Finish");
  while (!apm2_broker_link_is_refused (rig->link))
    (void) g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (apm2_broker_link_count_held (rig->link), ==, 1);

  rig->broker->refuse = NULL;
  link_rig_wait_text (rig->settled, "j1 ");
  g_assert_false (apm2_broker_link_is_refused (rig->link));
}

static void
test_finish_too_late (LinkRig *rig, gconstpointer data)
{
  link_rig_lease_one (rig);
  rig->broker->refuse = "Finish";
  rig->broker->refuse_code = APM2_ERROR_STALE;
  apm2_broker_link_finish (rig->link, "j1", 7, link_rig_new_result ());

  link_rig_wait_text (rig->settled, "j1 ");
  g_assert_cmpuint (apm2_broker_link_count_held (rig->link), ==, 0);
  g_assert_cmpuint (fake_broker_count_calls (rig->broker, "Finish"), ==, 1);
}

static void
test_finish_of_another_token (LinkRig *rig, gconstpointer data)
{
  link_rig_lease_one (rig);
  apm2_broker_link_finish (rig->link, "j1", 6, link_rig_new_result ());
  apm2_broker_link_give_back (rig->link, "j1", 7);

  link_rig_wait_text (rig->settled, "j1 ");
  g_assert_cmpuint (fake_broker_count_calls (rig->broker, "Finish"), ==, 0);
  g_assert_cmpuint (fake_broker_count_calls (rig->broker, "Return"), ==, 1);
}

static void
test_results_do_not_pile_up (LinkRig *rig, gconstpointer data)
{
  static const char *const ids[] = { "j1", "j2", "j3" };

  rig->broker->ignore = "Finish";
  apm2_broker_link_set_free_slots (rig->link, 2);
  apm2_broker_link_start (rig->link);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      fake_broker_wait_parked (rig->broker, 2);
      fake_broker_lease (rig->broker, ids[i], i, "{}");
      link_rig_wait_text (rig->leased, rig->leased->str);
      while (strstr (rig->leased->str, ids[i]) == NULL)
        (void) g_main_context_iteration (NULL, TRUE);
      apm2_broker_link_finish (rig->link, ids[i], i, link_rig_new_result ());
      apm2_broker_link_set_free_slots (rig->link, 2);
    }
  fake_broker_wait_call (rig->broker, "Finish");

  /* Three are not settled, with two slots: the one call that was parked before
   * is all there is. */
  g_assert_cmpuint (rig->broker->parked->len, ==, 1);
}

static void
test_surplus_is_given_back (LinkRig *rig, gconstpointer data)
{
  apm2_broker_link_set_free_slots (rig->link, 1);
  apm2_broker_link_start (rig->link);
  fake_broker_wait_parked (rig->broker, 1);
  apm2_broker_link_set_free_slots (rig->link, 0);
  fake_broker_lease (rig->broker, "j1", 7, "{}");

  fake_broker_wait_call (rig->broker, "Return");
  g_assert_cmpuint (rig->leased->len, ==, 0);
}

static void
test_refused_lease_is_asked_again (LinkRig *rig, gconstpointer data)
{
  rig->broker->refuse = "Lease";
  rig->broker->refuse_code = APM2_ERROR_LIMIT_EXCEEDED;
  apm2_broker_link_set_free_slots (rig->link, 1);
  apm2_broker_link_start (rig->link);
  fake_broker_wait_call (rig->broker, "Lease");
  rig->broker->refuse = NULL;

  fake_broker_wait_parked (rig->broker, 1);
  g_assert_cmpuint (fake_broker_count_calls (rig->broker, "Lease"), ==, 2);
}

/* --- what is told ahead --- */

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
test_told_ahead_counts_once (LinkRig *rig, gconstpointer data)
{
  start_with_slots (rig, 2);
  fake_broker_tell_ahead (rig->broker, "j1", 7, "{}");
  wait_leased (rig);
  g_assert_cmpuint (apm2_broker_link_count_held (rig->link), ==, 1);
  /* The call for it is still parked and no other is made. */
  g_assert_cmpuint (fake_broker_count_calls (rig->broker, "Lease"), ==, 2);

  fake_broker_lease (rig->broker, "j1", 7, "{}");
  fake_broker_lease (rig->broker, "j2", 8, "{}");
  while (apm2_broker_link_count_held (rig->link) < 2)
    (void) g_main_context_iteration (NULL, TRUE);

  g_assert_cmpstr (rig->leased->str, ==, "j1 j2 ");
  apm2_broker_link_set_free_slots (rig->link, 1);
  fake_broker_wait_parked (rig->broker, 1);
  g_assert_cmpuint (fake_broker_count_calls (rig->broker, "Lease"), ==, 3);
}

/* Both are there when the link looks: in whichever order it sees them. */
static void
test_reply_overtakes_nothing (LinkRig *rig, gconstpointer data)
{
  start_with_slots (rig, 1);
  fake_broker_tell_ahead (rig->broker, "j1", 7, "{}");
  fake_broker_lease (rig->broker, "j1", 7, "{}");
  wait_leased (rig);
  apm2_broker_link_set_free_slots (rig->link, 1);
  fake_broker_wait_parked (rig->broker, 1);

  g_assert_cmpstr (rig->leased->str, ==, "j1 ");
}

static void
on_cancel_too_early (LinkRig *rig)
{
  g_assert_cmpstr (rig->leased->str, ==, "j1 ");
}

static void
test_cancel_finds_what_was_told (LinkRig *rig, gconstpointer data)
{
  start_with_slots (rig, 1);
  g_signal_connect_swapped (
      rig->link, "cancel-requested", G_CALLBACK (on_cancel_too_early), rig);
  fake_broker_tell_ahead (rig->broker, "j1", 7, "{}");
  fake_broker_cancel (rig->broker, "j1", 7);

  link_rig_wait_text (rig->cancelled, "j1 7 It is a test");
}

static void
test_told_ahead_without_a_slot_is_given_back (LinkRig *rig, gconstpointer data)
{
  g_autofree char *text = NULL;

  start_with_slots (rig, 1);
  apm2_broker_link_set_free_slots (rig->link, 0);
  fake_broker_tell_ahead (rig->broker, "j1", 7, "{}");
  fake_broker_wait_call (rig->broker, "Return");

  text = g_variant_print (rig->broker->last, FALSE);
  g_assert_cmpstr (text, ==, "('j1', 7, {})");
  g_assert_cmpuint (rig->leased->len, ==, 0);
}

static void
test_garbage_ahead_is_dropped (LinkRig *rig, gconstpointer data)
{
  static const char garbage[] = "this is not a lease, whatever it may say";

  start_with_slots (rig, 1);
  g_assert_cmpint (
      send (rig->broker->leases, garbage, sizeof garbage, MSG_NOSIGNAL), >, 0);
  fake_broker_tell_ahead (rig->broker, "../etc", 6, "{}");
  fake_broker_tell_ahead (rig->broker, "j1", 7, "{}");
  wait_leased (rig);

  g_assert_cmpstr (rig->leased->str, ==, "j1 ");
}

/* What was told is held when the connection is gone before the reply. */
static void
test_told_ahead_is_named_afterwards (LinkRig *rig, gconstpointer data)
{
  g_autofree char *text = NULL;

  start_with_slots (rig, 2);
  fake_broker_tell_ahead (rig->broker, "j1", 7, "{}");
  wait_leased (rig);
  fake_broker_hang_up (rig->broker);
  fake_broker_wait_registered (rig->broker, 2);

  text = g_variant_print (rig->broker->registered, FALSE);
  g_assert_true (g_str_has_prefix (text, "('test', 2, [('j1', 7)], {"));
  fake_broker_wait_parked (rig->broker, 1);
}

/* A call that fails tells of no lease, so that what was told is no longer
 * expected to be told again. */
static void
test_failed_calls_are_made_again (LinkRig *rig, gconstpointer data)
{
  GDBusMethodInvocation *invocation = NULL;

  start_with_slots (rig, 1);
  fake_broker_tell_ahead (rig->broker, "j1", 7, "{}");
  wait_leased (rig);
  invocation = g_ptr_array_steal_index (rig->broker->parked, 0);
  g_dbus_method_invocation_return_error_literal (
      invocation, APM2_ERROR, APM2_ERROR_CANCELLED, "It is a test");
  apm2_broker_link_set_free_slots (rig->link, 2);

  fake_broker_wait_parked (rig->broker, 2);
}

static gboolean
has_socket (LinkRig *rig)
{
  g_autofree char *text = g_variant_print (rig->broker->registered, FALSE);

  return strstr (text, "'lease_socket'") != NULL;
}

static void
test_older_broker_is_not_asked_for_it (LinkRig *rig, gconstpointer data)
{
  rig->broker->refuse = "RegisterWorker";
  rig->broker->refuse_code = APM2_ERROR_INVALID_ARGUMENT;
  apm2_broker_link_start (rig->link);
  fake_broker_wait_registered (rig->broker, 1);
  g_assert_true (has_socket (rig));
  g_assert_cmpint (rig->broker->leases, >=, 0);

  fake_broker_wait_registered (rig->broker, 2);
  g_assert_false (has_socket (rig));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* Warnings are what is provoked here. */
  apm2_log_init ("test", FALSE);

#define ADD(path, func)                                                        \
  g_test_add ("/apm2/broker-link/" path,                                       \
              LinkRig,                                                         \
              NULL,                                                            \
              link_rig_set_up,                                                 \
              func,                                                            \
              link_rig_tear_down)
  ADD ("register/says-who-it-is", test_register);
  ADD ("register/waits-for-a-broker", test_waits_for_a_broker);
  ADD ("register/is-tried-again-when-refused", test_registration_refused);
  ADD ("register/names-its-leases-when-it-comes-back", test_comes_back);
  ADD ("lease/as-many-calls-as-free-slots", test_as_many_leases_as_slots);
  ADD ("lease/surplus-is-given-back", test_surplus_is_given_back);
  ADD ("lease/is-asked-for-again-when-refused",
       test_refused_lease_is_asked_again);
  ADD ("lease/none-while-results-pile-up", test_results_do_not_pile_up);
  ADD ("ahead/counts-once", test_told_ahead_counts_once);
  ADD ("ahead/is-not-overtaken-by-its-reply", test_reply_overtakes_nothing);
  ADD ("ahead/is-not-overtaken-by-its-cancelling",
       test_cancel_finds_what_was_told);
  ADD ("ahead/without-a-slot-is-given-back",
       test_told_ahead_without_a_slot_is_given_back);
  ADD ("ahead/garbage-is-dropped", test_garbage_ahead_is_dropped);
  ADD ("ahead/is-named-when-it-comes-back",
       test_told_ahead_is_named_afterwards);
  ADD ("ahead/calls-that-fail-are-made-again",
       test_failed_calls_are_made_again);
  ADD ("ahead/is-not-asked-of-an-older-broker",
       test_older_broker_is_not_asked_for_it);
  ADD ("finish/settles-the-lease", test_finish);
  ADD ("finish/waits-for-the-broker", test_finish_while_away);
  ADD ("finish/is-repeated-without-an-answer", test_finish_without_answer);
  ADD ("finish/is-repeated-when-refused", test_finish_refused);
  ADD ("finish/is-dropped-when-too-late", test_finish_too_late);
  ADD ("finish/of-another-token-is-nothing", test_finish_of_another_token);
#undef ADD
  return g_test_run ();
}
