/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apm2-error.h"
#include "apm2-heartbeat-json.h"
#include "apm2-heartbeat.h"

#define SEC       ((gint64) G_USEC_PER_SEC)
#define THIS_BOOT "0123456789abcdef0123456789abcdef"
#define LAST_BOOT "ffffffffffffffffffffffffffffffff"
/* Seconds; far apart, so that the wrong clock shows. */
#define UNIX_NOW G_GINT64_CONSTANT (1750000000)
#define BOOT_NOW G_GINT64_CONSTANT (5000)

static Apm2Heartbeat *
sample (void)
{
  static const char *const jobs[] = { "j1", "j2", NULL };
  Apm2Heartbeat *self = apm2_heartbeat_new ();

  self->pid = 4711;
  g_free (self->instance);
  self->instance = g_strdup ("default");
  self->timestamp_unix = UNIX_NOW;
  self->timestamp_boottime_usec = BOOT_NOW * SEC;
  g_free (self->boot_id);
  self->boot_id = g_strdup (THIS_BOOT);
  self->cycle_count = 9;
  self->jobs_completed = 5;
  self->jobs_failed = 2;
  self->jobs_denied = 1;
  self->jobs_quarantined = 3;
  self->jobs_cancelled = 4;
  g_strfreev (self->current_jobs);
  self->current_jobs = g_strdupv ((char **) jobs);
  return self;
}

typedef struct
{
  const char *boot_id;
  gint64 boot_usec; /* passed since the heartbeat, by each clock */
  gint64 unix_usec;
  gint64 age_sec;
  gboolean fresh;
} Freshness;

static void
test_freshness_at_the_edges (void)
{
  static const Freshness cases[] = {
    { THIS_BOOT, 0, 0, 0, TRUE },
    { THIS_BOOT, 120 * SEC, 120 * SEC, 120, TRUE },
    { THIS_BOOT, 120 * SEC + 1, 120 * SEC + 1, 120, FALSE },
    { THIS_BOOT, 121 * SEC, 121 * SEC, 121, FALSE },
    { THIS_BOOT, -5 * SEC, -5 * SEC, -5, TRUE },
    { THIS_BOOT, -5 * SEC - 1, -5 * SEC - 1, -5, FALSE },
    { THIS_BOOT, -1, -1, 0, TRUE },
    /* The wall clock jumps, forward and back. */
    { THIS_BOOT, 10 * SEC, 100000 * SEC, 10, TRUE },
    { THIS_BOOT, 10 * SEC, -100000 * SEC, 10, TRUE },
    { THIS_BOOT, 300 * SEC, 10 * SEC, 300, FALSE },
    /* After a reboot the clock of the boot says nothing. */
    { LAST_BOOT, 10 * SEC, 40 * SEC, 40, FALSE },
    { LAST_BOOT, 10 * SEC, -40 * SEC, -40, FALSE },
    { "", 10 * SEC, 10 * SEC, 10, FALSE },
    { NULL, 10 * SEC, 10 * SEC, 10, FALSE },
  };
  g_autoptr (Apm2Heartbeat) heartbeat = sample ();

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gint64 realtime = UNIX_NOW * SEC + cases[i].unix_usec;
      gint64 boottime = BOOT_NOW * SEC + cases[i].boot_usec;

      g_test_message ("case %" G_GSIZE_FORMAT, i);
      g_assert_cmpint (apm2_heartbeat_is_fresh (
                           heartbeat, realtime, boottime, cases[i].boot_id),
                       ==,
                       cases[i].fresh);
      g_assert_cmpint (apm2_heartbeat_get_age_sec (
                           heartbeat, realtime, boottime, cases[i].boot_id),
                       ==,
                       cases[i].age_sec);
    }
}

static void
test_no_boot_equals_none (void)
{
  g_autoptr (Apm2Heartbeat) heartbeat = sample ();

  heartbeat->boot_id[0] = '\0';

  g_assert_false (
      apm2_heartbeat_is_fresh (heartbeat, UNIX_NOW * SEC, BOOT_NOW * SEC, ""));
}

static void
test_extreme_times_do_not_overflow (void)
{
  g_autoptr (Apm2Heartbeat) heartbeat = sample ();

  heartbeat->timestamp_boottime_usec = G_MININT64;
  g_assert_false (apm2_heartbeat_is_fresh (heartbeat, 0, 1, THIS_BOOT));
  heartbeat->timestamp_boottime_usec = G_MAXINT64;
  g_assert_false (apm2_heartbeat_is_fresh (heartbeat, 0, -2, THIS_BOOT));
  heartbeat->timestamp_unix = G_MININT64;
  g_assert_cmpint (apm2_heartbeat_get_age_sec (heartbeat, SEC, 0, LAST_BOOT),
                   ==,
                   G_MAXINT64);
}

static void
test_json_is_frozen (void)
{
  g_autoptr (Apm2Heartbeat) heartbeat = sample ();
  gsize length = 0;
  g_autofree char *text = apm2_heartbeat_to_json (heartbeat, &length);

  g_assert_cmpstr (
      text,
      ==,
      "{\"schema\":\"apm2.fac.worker_heartbeat.v1\",\"pid\":4711,"
      "\"instance\":\"default\",\"timestamp_unix\":1750000000,"
      "\"timestamp_boottime_usec\":5000000000,"
      "\"boot_id\":\"" THIS_BOOT "\",\"cycle_count\":9,"
      "\"jobs_completed\":5,\"jobs_failed\":2,\"jobs_denied\":1,"
      "\"jobs_quarantined\":3,\"jobs_cancelled\":4,"
      "\"health_status\":\"ok\",\"current_jobs\":[\"j1\",\"j2\"]}\n");
  g_assert_cmpuint (length, ==, strlen (text));
}

static void
test_json_reads_back (void)
{
  g_autoptr (Apm2Heartbeat) first = sample ();
  g_autoptr (Apm2Heartbeat) second = NULL;
  g_autofree char *text = NULL;
  g_autofree char *again = NULL;
  g_autoptr (GError) error = NULL;

  g_free (first->health_status);
  first->health_status = g_strdup ("degraded");
  first->health_reason = g_strdup ("broker_unreachable");
  text = apm2_heartbeat_to_json (first, NULL);
  second = apm2_heartbeat_from_json (text, strlen (text), &error);
  g_assert_no_error (error);
  again = apm2_heartbeat_to_json (second, NULL);

  g_assert_cmpstr (text, ==, again);
  g_assert_cmpstr (second->health_status, ==, "degraded");
  g_assert_cmpstr (second->health_reason, ==, "broker_unreachable");
  g_assert_cmpint (second->pid, ==, 4711);
  g_assert_cmpuint (second->jobs_cancelled, ==, 4);
  g_assert_cmpstr (second->current_jobs[1], ==, "j2");
}

/* The worst of everything: still one small file that its own reader takes. */
static void
test_json_stays_small (void)
{
  g_autoptr (Apm2Heartbeat) heartbeat = sample ();
  g_autoptr (Apm2Heartbeat) back = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GStrvBuilder) jobs = g_strv_builder_new ();
  g_autofree char *id = g_strnfill (64, 'x');
  g_autofree char *text = NULL;
  gsize length = 0;

  for (guint i = 0; i < 40; i++)
    g_strv_builder_add (jobs, id);
  g_strfreev (heartbeat->current_jobs);
  heartbeat->current_jobs = g_strv_builder_end (jobs);
  g_free (heartbeat->instance);
  heartbeat->instance = g_strnfill (64, 'x');
  heartbeat->health_reason = g_strnfill (5000, '\x01');
  heartbeat->pid = G_MAXINT32;
  heartbeat->cycle_count = G_MAXUINT64;
  heartbeat->jobs_completed = G_MAXUINT64;
  heartbeat->jobs_failed = G_MAXUINT64;
  heartbeat->jobs_denied = G_MAXUINT64;
  heartbeat->jobs_quarantined = G_MAXUINT64;
  heartbeat->jobs_cancelled = G_MAXUINT64;
  text = apm2_heartbeat_to_json (heartbeat, &length);
  back = apm2_heartbeat_from_json (text, length, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (length, <=, APM2_HEARTBEAT_BYTES_MAX);
  g_assert_cmpuint (g_strv_length (back->current_jobs), ==, 32);
  g_assert_cmpuint (strlen (back->health_reason), ==, 160);
}

static void
test_reason_is_cut_at_a_character (void)
{
  g_autoptr (Apm2Heartbeat) heartbeat = sample ();
  g_autoptr (GString) reason = g_string_new ("a");
  g_autoptr (Apm2Heartbeat) back = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  for (guint i = 0; i < 100; i++)
    g_string_append (reason, "ä");
  g_string_append_c (reason, '\xff');
  heartbeat->health_reason = g_strdup (reason->str);
  text = apm2_heartbeat_to_json (heartbeat, NULL);
  back = apm2_heartbeat_from_json (text, strlen (text), &error);

  g_assert_no_error (error);
  g_assert_cmpuint (strlen (back->health_reason), ==, 159);
}

static void
assert_refused (const char *text, gsize length)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (apm2_heartbeat_from_json (text, length, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
}

/* Each case changes one member of a good heartbeat. */
static void
test_reader_is_strict (void)
{
  static const char *const cases[][2] = {
    { "\"schema\":\"apm2.fac.worker_heartbeat.v1\",", "" },
    { "heartbeat.v1", "heartbeat.v2" },
    { "\"pid\":4711,", "" },
    { "4711", "0" },
    { "4711", "-1" },
    { "4711", "\"4711\"" },
    { "4711", "4711.0" },
    { "4711", "2147483648" },
    { "\"pid\":4711", "\"pid\":4711,\"pid\":4711" },
    { "\"default\"", "\"../x\"" },
    { "\"default\"", "null" },
    { "\"jobs_denied\":1", "\"jobs_denied\":-1" },
    { "\"jobs_denied\":1", "\"jobs_denied\":true" },
    { "\"jobs_denied\":1", "\"jobs_refused\":1" },
    { "\"jobs_denied\":1", "\"jobs_denied\":1,\"more\":1" },
    { "\"jobs_denied\":1", "\"jobs_denied\":99999999999999999999" },
    { THIS_BOOT, "0123" },
    { THIS_BOOT, THIS_BOOT "0" },
    { THIS_BOOT, "0123456789ABCDEF0123456789ABCDEF" },
    { "\"ok\"", "\"fine\"" },
    { "\"ok\"", "\"ok\",\"health_reason\":7" },
    { "[\"j1\",\"j2\"]", "\"j1\"" },
    { "[\"j1\",\"j2\"]", "[\"j1\",7]" },
    { "[\"j1\",\"j2\"]", "[\"j/1\"]" },
    { ",\"current_jobs\":[\"j1\",\"j2\"]", "" },
    { "}\n", "}{}\n" },
    { "}\n", "" },
  };
  g_autoptr (Apm2Heartbeat) heartbeat = sample ();
  g_autofree char *good = apm2_heartbeat_to_json (heartbeat, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (GStrv) parts = g_strsplit (good, cases[i][0], -1);
      g_autofree char *bad = g_strjoinv (cases[i][1], parts);

      g_test_message ("%s -> %s", cases[i][0], cases[i][1]);
      g_assert_cmpstr (good, !=, bad);
      assert_refused (bad, strlen (bad));
    }
  assert_refused ("", 0);
  assert_refused ("[]", 2);
  assert_refused ("7", 1);
}

static void
test_reader_is_bounded (void)
{
  g_autoptr (Apm2Heartbeat) heartbeat = sample ();
  g_autoptr (Apm2Heartbeat) back = NULL;
  g_autofree char *text = apm2_heartbeat_to_json (heartbeat, NULL);
  g_autofree char *padding = g_strnfill (4096 - strlen (text), ' ');
  g_autofree char *full = g_strconcat (text, padding, NULL);
  g_autofree char *over = g_strconcat (full, " ", NULL);
  g_autoptr (GError) error = NULL;

  back = apm2_heartbeat_from_json (full, strlen (full), &error);
  g_assert_no_error (error);
  g_assert_nonnull (back);

  assert_refused (over, strlen (over));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/heartbeat/is-fresh/holds-at-the-edges",
                   test_freshness_at_the_edges);
  g_test_add_func ("/apm2/heartbeat/is-fresh/no-boot-equals-none",
                   test_no_boot_equals_none);
  g_test_add_func ("/apm2/heartbeat/is-fresh/extreme-times-do-not-overflow",
                   test_extreme_times_do_not_overflow);
  g_test_add_func ("/apm2/heartbeat/to-json/is-frozen", test_json_is_frozen);
  g_test_add_func ("/apm2/heartbeat/to-json/stays-small",
                   test_json_stays_small);
  g_test_add_func ("/apm2/heartbeat/to-json/cuts-the-reason-at-a-character",
                   test_reason_is_cut_at_a_character);
  g_test_add_func ("/apm2/heartbeat/from-json/reads-back",
                   test_json_reads_back);
  g_test_add_func ("/apm2/heartbeat/from-json/is-strict",
                   test_reader_is_strict);
  g_test_add_func ("/apm2/heartbeat/from-json/is-bounded",
                   test_reader_is_bounded);
  return g_test_run ();
}
