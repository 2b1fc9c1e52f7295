/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Leases while they are held: how they are kept, and how they are lost. */

#include <string.h>

#include "apm2-error.h"
#include "apm2-log.h"
#include "apm2-time.h"
#include "link-rig.h"
#include "wait.h"

static void
test_cancel_requested (LinkRig *rig, gconstpointer data)
{
  link_rig_lease_one (rig);
  fake_broker_cancel (rig->broker, "j1", 7);

  link_rig_wait_text (rig->cancelled, "j1 7 It is a test");
}

static void
test_stale_at_registration (LinkRig *rig, gconstpointer data)
{
  link_rig_lease_one (rig);
  rig->broker->stale = "j1";
  fake_broker_hang_up (rig->broker);

  link_rig_wait_text (rig->stale, "j1 ");
  g_assert_cmpuint (apm2_broker_link_count_held (rig->link), ==, 0);
}

static void
test_stale_by_report (LinkRig *rig, gconstpointer data)
{
  link_rig_lease_one (rig);
  rig->broker->refuse = "Report";
  rig->broker->refuse_code = APM2_ERROR_STALE;
  apm2_broker_link_report (
      rig->link, "j1", 7, g_variant_new_parsed ("{'log_bytes': <@t 1>}"));

  link_rig_wait_text (rig->stale, "j1 ");
}

static void
test_reports_are_dropped_while_away (LinkRig *rig, gconstpointer data)
{
  link_rig_lease_one (rig);
  fake_broker_go (rig->broker);
  while (rig->n_lost == 0)
    (void) g_main_context_iteration (NULL, TRUE);
  apm2_broker_link_report (
      rig->link, "j1", 7, g_variant_new_parsed ("{'log_bytes': <@t 1>}"));
  fake_broker_come (rig->broker);
  fake_broker_wait_parked (rig->broker, 1);

  g_assert_cmpuint (fake_broker_count_calls (rig->broker, "Report"), ==, 0);
}

static void
test_renews (LinkRig *rig, gconstpointer data)
{
  rig->broker->expiry_usec = 400000;
  link_rig_lease_one (rig);
  fake_broker_wait_call (rig->broker, "Renew");
  rig->broker->stale = "j1";

  link_rig_wait_text (rig->stale, "j1 ");
}

static void
test_fence (LinkRig *rig, gconstpointer data)
{
  gint64 before = apm2_time_boottime_usec ();
  gint64 fence = 0;

  rig->broker->expiry_usec = 100 * G_USEC_PER_SEC;
  link_rig_lease_one (rig);

  /* Counted from the call, and a margin before the expiry. */
  fence = apm2_broker_link_get_fence (rig->link);
  g_assert_cmpint (fence, >=, before + 80 * G_USEC_PER_SEC);
  g_assert_cmpint (fence, <=, apm2_time_boottime_usec () + 80 * G_USEC_PER_SEC);
}

/* What runs is given up; what has ended is still told when it can be. */
static void
test_silence_beyond_the_fence (LinkRig *rig, gconstpointer data)
{
  g_autofree char *text = NULL;

  rig->broker->expiry_usec = 300000;
  link_rig_lease_one (rig);
  fake_broker_lease (rig->broker, "j2", 8, "{}");
  while (strstr (rig->leased->str, "j2") == NULL)
    (void) g_main_context_iteration (NULL, TRUE);
  fake_broker_go (rig->broker);
  while (rig->n_lost == 0)
    (void) g_main_context_iteration (NULL, TRUE);
  apm2_broker_link_finish (rig->link, "j2", 8, link_rig_new_result ());

  link_rig_wait_text (rig->stale, "j1 ");
  fake_broker_come (rig->broker);
  link_rig_wait_text (rig->settled, "j2 ");
  text = g_variant_print (rig->broker->registered, FALSE);
  g_assert_true (g_str_has_prefix (text, "('test', 2, [('j2', 8)], {"));
}

/* It is connected and answers nothing: it must hear what we gave up. */
static void
test_silent_broker_is_told (LinkRig *rig, gconstpointer data)
{
  g_autofree char *text = NULL;

  rig->broker->expiry_usec = 300000;
  rig->broker->ignore = "Renew";
  link_rig_lease_one (rig);
  link_rig_wait_text (rig->stale, "j1 ");
  fake_broker_wait_registered (rig->broker, 2);

  text = g_variant_print (rig->broker->registered, FALSE);
  g_assert_true (g_str_has_prefix (text, "('test', 2, [], {"));
}

static void
test_forget_is_told (LinkRig *rig, gconstpointer data)
{
  g_autofree char *text = NULL;

  link_rig_lease_one (rig);
  apm2_broker_link_forget (rig->link, "j1", 7);
  fake_broker_wait_registered (rig->broker, 2);

  text = g_variant_print (rig->broker->registered, FALSE);
  g_assert_true (g_str_has_prefix (text, "('test', 2, [], {"));
}

static void
on_beaten (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **place = user_data;

  *place = g_object_ref (result);
}

static gboolean
beat (LinkRig *rig, int timeout_msec, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  apm2_broker_link_beat_async (rig->link,
                               g_variant_new_parsed ("@a{sv} {}"),
                               timeout_msec,
                               on_beaten,
                               &result);
  while (result == NULL)
    (void) g_main_context_iteration (NULL, TRUE);
  return apm2_broker_link_beat_finish (rig->link, result, error);
}

static void
test_beat (LinkRig *rig, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  guint contacts = 0;

  g_assert_false (beat (rig, 1000, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE);
  g_clear_error (&error);

  link_rig_lease_one (rig);
  contacts = rig->n_contact;
  g_assert_true (beat (rig, 60000, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (rig->n_contact, ==, contacts + 1);

  rig->broker->ignore = "Heartbeat";
  g_assert_false (beat (rig, 50, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* Warnings are what is provoked here. */
  apm2_log_init ("test", FALSE);

#define ADD(path, func)                                                        \
  g_test_add ("/apm2/lease-keeper/" path,                                      \
              LinkRig,                                                         \
              NULL,                                                            \
              link_rig_set_up,                                                 \
              func,                                                            \
              link_rig_tear_down)
  ADD ("register/stale-leases-are-dropped", test_stale_at_registration);
  ADD ("cancel/is-passed-on", test_cancel_requested);
  ADD ("report/stale-drops-the-lease", test_stale_by_report);
  ADD ("report/is-dropped-while-away", test_reports_are_dropped_while_away);
  ADD ("renew/keeps-and-drops-leases", test_renews);
  ADD ("fence/stands-before-the-expiry", test_fence);
  ADD ("fence/what-runs-beyond-it-is-given-up", test_silence_beyond_the_fence);
  ADD ("fence/a-silent-broker-hears-of-it", test_silent_broker_is_told);
  ADD ("forget/the-broker-hears-of-it", test_forget_is_told);
  ADD ("beat/tells-whether-the-broker-answered", test_beat);
#undef ADD
  return g_test_run ();
}
