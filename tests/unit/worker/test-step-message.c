/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The message to apm2-step: what goes in comes out, and nothing else does. */

#include "apm2-step-message.h"

#include <errno.h>
#include <string.h>

#include <glib.h>

static char texts[][12] = { "sh", "", "two\nlines", "A=1", "B=" };
static char *argv_sample[] = { texts[0], texts[1], texts[2], NULL };
static char *env_sample[] = { texts[3], texts[4], NULL };

static const Apm2StepMessage sample = {
  .argv = argv_sample,
  .env = env_sample,
  .directory = "/tmp/somewhere",
  .log_file = "/tmp/log",
  .progress_fifo = "",
  .timeout_usec = 1,
  .kill_grace_usec = G_MAXUINT64,
  .log_bytes_max = 1234567890123,
  .memory_max_bytes = 4096,
  .tasks_max = 7,
  .workspace = "/tmp/all",
  .workspace_bytes_max = 8,
  .disk_bytes_left = 9,
};

static guint8 *
encode (const Apm2StepMessage *message, gsize *ret_size)
{
  gsize size = apm2_step_message_encode (message, NULL, 0);
  guint8 *data = g_malloc0 (size);

  g_assert_cmpuint (size, >, APM2_STEP_MESSAGE_HEAD);
  g_assert_cmpuint (apm2_step_message_encode (message, data, size), ==, size);
  *ret_size = size;
  return data;
}

/* As apm2-step does it: @data is head and body. */
static int
decode (Apm2StepMessage *message, guint8 *data)
{
  gsize size = 0;
  int r = apm2_step_message_get_body_size (data, &size);

  if (r < 0)
    return r;
  return apm2_step_message_decode (
      message, data + APM2_STEP_MESSAGE_HEAD, size);
}

static void
test_round_trip (void)
{
  Apm2StepMessage message = { 0 };
  gsize size = 0;
  g_autofree guint8 *data = encode (&sample, &size);

  g_assert_cmpint (decode (&message, data), ==, 0);

  g_assert_true (g_strv_equal ((const char *const *) message.argv,
                               (const char *const *) argv_sample));
  g_assert_true (g_strv_equal ((const char *const *) message.env,
                               (const char *const *) env_sample));
  g_assert_cmpstr (message.directory, ==, sample.directory);
  g_assert_cmpstr (message.log_file, ==, sample.log_file);
  g_assert_cmpstr (message.progress_fifo, ==, "");
  g_assert_cmpuint (message.timeout_usec, ==, sample.timeout_usec);
  g_assert_cmpuint (message.kill_grace_usec, ==, sample.kill_grace_usec);
  g_assert_cmpuint (message.log_bytes_max, ==, sample.log_bytes_max);
  g_assert_cmpuint (message.memory_max_bytes, ==, sample.memory_max_bytes);
  g_assert_cmpuint (message.tasks_max, ==, sample.tasks_max);
  g_assert_cmpstr (message.workspace, ==, sample.workspace);
  g_assert_cmpuint (message.workspace_bytes_max, ==, 8);
  g_assert_cmpuint (message.disk_bytes_left, ==, 9);
  apm2_step_message_clear (&message);
}

static void
test_too_little_room_is_not_overrun (void)
{
  gsize size = apm2_step_message_encode (&sample, NULL, 0);

  for (gsize room = 0; room < size; room++)
    {
      /* Exactly this long, so that a sanitizer sees the first byte beyond. */
      g_autofree guint8 *data = g_malloc (room);

      g_assert_cmpuint (
          apm2_step_message_encode (&sample, data, room), ==, size);
    }
}

static void
test_every_truncation_is_refused (void)
{
  gsize size = 0;
  g_autofree guint8 *data = encode (&sample, &size);

  for (gsize n = 0; n < size - APM2_STEP_MESSAGE_HEAD; n++)
    {
      g_autofree guint8 *body = g_memdup2 (data + APM2_STEP_MESSAGE_HEAD, n);
      Apm2StepMessage message = { 0 };

      g_assert_cmpint (
          apm2_step_message_decode (&message, body, n), ==, -EBADMSG);
      g_assert_null (message.argv);
      g_assert_null (message.env);
    }
}

static void
test_trailing_bytes_are_refused (void)
{
  Apm2StepMessage message = { 0 };
  gsize size = 0;
  g_autofree guint8 *data = encode (&sample, &size);
  gsize body_size = size - APM2_STEP_MESSAGE_HEAD;
  g_autofree guint8 *body = g_malloc0 (body_size + 1);

  memcpy (body, data + APM2_STEP_MESSAGE_HEAD, body_size);
  g_assert_cmpint (
      apm2_step_message_decode (&message, body, body_size + 1), ==, -EBADMSG);
}

static void
test_hostile_counts_are_refused (void)
{
  static const guint32 counts[]
      = { 0, 4, APM2_STEP_MESSAGE_ARGV + 1, G_MAXINT32, G_MAXUINT32 };
  gsize size = 0;
  g_autofree guint8 *data = encode (&sample, &size);

  /* The body begins with argc. */
  for (gsize i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      guint32 wire = GUINT32_TO_LE (counts[i]);
      Apm2StepMessage message = { 0 };

      memcpy (data + APM2_STEP_MESSAGE_HEAD, &wire, sizeof wire);
      g_assert_cmpint (decode (&message, data), ==, -EBADMSG);
    }
}

static void
test_hostile_lengths_are_refused (void)
{
  static const guint32 lengths[] = { 1, 3, G_MAXINT32, G_MAXUINT32 };
  gsize size = 0;
  g_autofree guint8 *data = encode (&sample, &size);

  /* Then comes the length of "sh". */
  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      guint32 wire = GUINT32_TO_LE (lengths[i]);
      Apm2StepMessage message = { 0 };

      memcpy (data + APM2_STEP_MESSAGE_HEAD + 4, &wire, sizeof wire);
      g_assert_cmpint (decode (&message, data), ==, -EBADMSG);
    }
}

static void
test_nul_inside_a_text_is_refused (void)
{
  Apm2StepMessage message = { 0 };
  gsize size = 0;
  g_autofree guint8 *data = encode (&sample, &size);

  g_assert_cmpint (data[APM2_STEP_MESSAGE_HEAD + 8], ==, 's');
  data[APM2_STEP_MESSAGE_HEAD + 8] = '\0';
  g_assert_cmpint (decode (&message, data), ==, -EBADMSG);
}

static void
test_wrong_heads_are_refused (void)
{
  guint8 head[APM2_STEP_MESSAGE_HEAD];
  gsize size = 0;
  g_autofree guint8 *data = encode (&sample, &size);

  memcpy (head, data, sizeof head);
  head[0] ^= 1;
  g_assert_cmpint (apm2_step_message_get_body_size (head, &size), ==, -EBADMSG);

  memcpy (head, data, sizeof head);
  memset (head + 8, 0xff, 4);
  g_assert_cmpint (apm2_step_message_get_body_size (head, &size), ==, -EBADMSG);
}

static void
test_body_may_be_as_long_as_the_bound (void)
{
  guint8 head[APM2_STEP_MESSAGE_HEAD] = "apm2stp2";
  guint32 wire = GUINT32_TO_LE (APM2_STEP_MESSAGE_MAX);
  gsize size = 0;

  memcpy (head + 8, &wire, sizeof wire);
  g_assert_cmpint (apm2_step_message_get_body_size (head, &size), ==, 0);
  g_assert_cmpuint (size, ==, APM2_STEP_MESSAGE_MAX);

  wire = GUINT32_TO_LE (APM2_STEP_MESSAGE_MAX + 1);
  memcpy (head + 8, &wire, sizeof wire);
  g_assert_cmpint (apm2_step_message_get_body_size (head, &size), ==, -EBADMSG);
}

static void
test_too_large_a_step_is_not_encoded (void)
{
  g_autofree char *text = g_strnfill (APM2_STEP_MESSAGE_MAX, 'x');
  char *long_argv[] = { text, NULL };
  char *many[APM2_STEP_MESSAGE_ARGV + 2] = { NULL };
  char *none[] = { NULL };
  Apm2StepMessage message = sample;

  message.argv = long_argv;
  g_assert_cmpuint (apm2_step_message_encode (&message, NULL, 0), ==, 0);

  for (gsize i = 0; i < APM2_STEP_MESSAGE_ARGV; i++)
    many[i] = texts[0];
  message.argv = many;
  g_assert_cmpuint (apm2_step_message_encode (&message, NULL, 0), >, 0);
  many[APM2_STEP_MESSAGE_ARGV] = texts[0];
  g_assert_cmpuint (apm2_step_message_encode (&message, NULL, 0), ==, 0);

  message.argv = none;
  g_assert_cmpuint (apm2_step_message_encode (&message, NULL, 0), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add_func ("/apm2/step-message/" path, func)
  ADD ("encode/comes-back-from-decode", test_round_trip);
  ADD ("encode/never-writes-beyond-the-room",
       test_too_little_room_is_not_overrun);
  ADD ("encode/a-step-beyond-the-bounds-is-none",
       test_too_large_a_step_is_not_encoded);
  ADD ("decode/every-truncation-is-refused", test_every_truncation_is_refused);
  ADD ("decode/trailing-bytes-are-refused", test_trailing_bytes_are_refused);
  ADD ("decode/hostile-counts-are-refused", test_hostile_counts_are_refused);
  ADD ("decode/hostile-lengths-are-refused", test_hostile_lengths_are_refused);
  ADD ("decode/nul-inside-a-text-is-refused",
       test_nul_inside_a_text_is_refused);
  ADD ("get-body-size/wrong-heads-are-refused", test_wrong_heads_are_refused);
  ADD ("get-body-size/the-bound-is-allowed",
       test_body_may_be_as_long_as_the_bound);
#undef ADD
  return g_test_run ();
}
