/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apm2-error.h"
#include "apm2-size.h"
#include "apm2-time.h"

static void
test_span_reads_what_people_write (void)
{
  static const struct
  {
    const char *text;
    guint64 sec;
  } cases[] = {
    { "0", 0 },
    { "10", 10 },
    { "10s", 10 },
    { "10 sec", 10 },
    { "5m", 300 },
    { "5min", 300 },
    { "1minute", 60 },
    { "2h", 7200 },
    { "2h30m", 9000 },
    { "2h 30min", 9000 },
    { "2 hours 30 minutes 5 seconds", 9005 },
    { "1d", 86400 },
    { "1d1s", 86401 },
    { "18446744073709551615", G_MAXUINT64 },
    { "18446744073709551615s", G_MAXUINT64 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      guint64 sec = 12345;

      g_assert_true (apm2_time_parse_span (cases[i].text, &sec, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (sec, ==, cases[i].sec);
    }
}

static void
test_span_refuses_the_rest (void)
{
  static const char *const cases[] = {
    "",
    " ",
    "s",
    "-1",
    "+1",
    " 1",
    "1 ",
    "1.5h",
    "10ms",
    "10x",
    "2h30",
    "30m2h",
    "1h1h",
    "0x10",
    "1h,2m",
    "1e3",
    "1S",
    "1h  ",
    "1h m",
    "1h\n",
    "٣s",
    "18446744073709551616",
    "18446744073709551616s",
    "213503982334602d",
    "213503982334601d 1d",
    "18446744073709551615s 1s",
    "5124095576030431h 16m",
    "307445734561825860m 60s",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      guint64 sec = 12345;

      g_test_message ("'%s'", cases[i]);
      g_assert_false (apm2_time_parse_span (cases[i], &sec, &error));
      g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
      g_assert_cmpuint (sec, ==, 12345);
    }
}

static void
test_span_is_shown_in_two_units (void)
{
  static const struct
  {
    guint64 usec;
    const char *text;
  } cases[] = {
    { 0, "0s" },
    { 7, "7us" },
    { 999, "999us" },
    { 1000, "1ms" },
    { 120 * 1000, "120ms" },
    { 999999, "999ms" },
    { G_USEC_PER_SEC, "1s" },
    { 2500 * 1000, "2.5s" },
    { 9999999, "9.9s" },
    { 10500 * 1000, "10s" },
    { 59 * G_USEC_PER_SEC, "59s" },
    { 60 * G_USEC_PER_SEC, "1min" },
    { 192 * G_USEC_PER_SEC, "3min 12s" },
    { G_GUINT64_CONSTANT (3600) * G_USEC_PER_SEC, "1h" },
    { G_GUINT64_CONSTANT (3659) * G_USEC_PER_SEC, "1h" },
    { G_GUINT64_CONSTANT (7500) * G_USEC_PER_SEC, "2h 5min" },
    { G_GUINT64_CONSTANT (100800) * G_USEC_PER_SEC, "1d 4h" },
    { G_MAXUINT64, "213503982d 8h" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = apm2_time_format_span (cases[i].usec);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

static void
test_boot_id_is_hex_and_stays (void)
{
  const char *id = apm2_time_boot_id ();

  g_assert_cmpuint (strlen (id), ==, 32);
  g_assert_cmpuint (strspn (id, "0123456789abcdef"), ==, 32);
  g_assert_true (apm2_time_boot_id () == id);
}

static void
test_boottime_never_goes_back (void)
{
  gint64 before = apm2_time_boottime_usec ();

  g_assert_cmpint (before, >, 0);
  for (guint i = 0; i < 1000; i++)
    {
      gint64 now = apm2_time_boottime_usec ();

      g_assert_cmpint (now, >=, before);
      before = now;
    }
}

static void
test_realtime_is_after_2020 (void)
{
  g_assert_cmpint (apm2_time_realtime_usec (),
                   >,
                   G_GINT64_CONSTANT (1577836800) * G_USEC_PER_SEC);
}

static void
test_size_reads_binary_letters (void)
{
  static const struct
  {
    const char *text;
    guint64 bytes;
  } cases[] = {
    { "0", 0 },
    { "512", 512 },
    { "64K", 65536 },
    { "512M", G_GUINT64_CONSTANT (536870912) },
    { "2G", G_GUINT64_CONSTANT (2147483648) },
    { "1T", G_GUINT64_CONSTANT (1099511627776) },
    { "16777215T", G_GUINT64_CONSTANT (16777215) << 40 },
    { "18446744073709551615", G_MAXUINT64 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      guint64 bytes = 12345;

      g_assert_true (apm2_size_parse (cases[i].text, &bytes, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (bytes, ==, cases[i].bytes);
    }
}

static void
test_size_refuses_the_rest (void)
{
  static const char *const cases[] = {
    "",
    "K",
    "-1",
    "+1",
    " 1",
    "1 ",
    "1k",
    "1KB",
    "1.5G",
    "0x1",
    "1P",
    "1KK",
    "16777216T",
    "18446744073709551616",
    "18014398509481984K",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      guint64 bytes = 12345;

      g_test_message ("'%s'", cases[i]);
      g_assert_false (apm2_size_parse (cases[i], &bytes, &error));
      g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
      g_assert_cmpuint (bytes, ==, 12345);
    }
}

static void
test_size_is_written_exactly (void)
{
  static const guint64 cases[] = {
    0,
    1,
    1023,
    1024,
    1025,
    65536,
    1536 * 1024,
    G_GUINT64_CONSTANT (1) << 30,
    G_GUINT64_CONSTANT (1) << 40,
    G_GUINT64_CONSTANT (1) << 60,
    G_MAXUINT64,
  };
  g_autofree char *shown = apm2_size_to_string (1536 * 1024);

  g_assert_cmpstr (shown, ==, "1536K");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = apm2_size_to_string (cases[i]);
      g_autoptr (GError) error = NULL;
      guint64 bytes = 0;

      g_assert_true (apm2_size_parse (text, &bytes, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (bytes, ==, cases[i]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/time/parse-span/reads-what-people-write",
                   test_span_reads_what_people_write);
  g_test_add_func ("/apm2/time/parse-span/refuses-the-rest",
                   test_span_refuses_the_rest);
  g_test_add_func ("/apm2/time/format-span/shows-two-units",
                   test_span_is_shown_in_two_units);
  g_test_add_func ("/apm2/time/boot-id/is-hex-and-stays",
                   test_boot_id_is_hex_and_stays);
  g_test_add_func ("/apm2/time/boottime/never-goes-back",
                   test_boottime_never_goes_back);
  g_test_add_func ("/apm2/time/realtime/is-after-2020",
                   test_realtime_is_after_2020);
  g_test_add_func ("/apm2/size/parse/reads-binary-letters",
                   test_size_reads_binary_letters);
  g_test_add_func ("/apm2/size/parse/refuses-the-rest",
                   test_size_refuses_the_rest);
  g_test_add_func ("/apm2/size/to-string/is-exact",
                   test_size_is_written_exactly);
  return g_test_run ();
}
