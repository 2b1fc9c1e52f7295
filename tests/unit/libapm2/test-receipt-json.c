/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apm2-receipt-json.h"

#include "apm2-json-gate.h"
#include "apm2-label.h"
#include "json-corpus.h"

static char *
rewrite (const char *text, gsize length, GError **error)
{
  g_autoptr (Apm2Receipt) receipt
      = apm2_receipt_from_json (text, length, error);

  return receipt == NULL ? NULL : apm2_receipt_to_json (receipt, NULL);
}

/* A receipt of which every member differs from its default. */
static Apm2Receipt *
new_receipt (guint64 sequence, const char *previous)
{
  Apm2Receipt *self = apm2_receipt_new ();
  Apm2StepResult *step = apm2_step_result_new ("test");

  self->sequence = sequence;
  self->previous_digest = g_strdup (previous);
  self->job_id = g_strdup_printf ("job-%" G_GUINT64_FORMAT, sequence);
  self->spec_digest = g_strnfill (64, 'a');
  self->kind = APM2_JOB_KIND_GATES;
  self->lane = g_strdup ("gates");
  self->priority = 0;
  self->source_repository = g_strdup ("/srv/r");
  self->source_commit = g_strnfill (40, '1');
  self->source_tree = g_strnfill (40, '2');
  self->source_project = g_strdup ("example.org/r");
  self->gate_set_digest = g_strnfill (64, '3');
  self->part_of = g_strdup ("whole");
  self->labels = g_strsplit ("k=v name=n", " ", -1);
  self->outcome = APM2_JOB_STATE_COMPLETED;
  self->verdict = APM2_VERDICT_FAILED;
  self->reason = g_strdup (APM2_REASON_STEP_FAILED);
  self->message = g_strdup ("step test ended with status 0");
  self->attempt = 2;
  step->result = g_strdup ("failed");
  step->exit_status = 0;
  step->term_signal = 9;
  step->started_at = 20;
  step->finished_at = 30;
  step->log_bytes = 4;
  step->cpu_usec = 5;
  step->memory_peak_bytes = 6;
  g_ptr_array_add (self->steps, step);
  self->worker = g_strdup ("w1");
  self->executor = g_strdup ("direct");
  self->containment = g_strdup ("none");
  self->limits = (Apm2Limits){ 1, 2, 3, 4 };
  self->submitted_at = 10;
  self->started_at = 20;
  self->finished_at = 30;
  return self;
}

static void
test_every_member_survives (void)
{
  g_autoptr (Apm2Receipt) receipt = new_receipt (1, NULL);
  g_autoptr (Apm2Receipt) read = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *json = NULL;
  gsize length = 0;

  json = apm2_receipt_to_json (receipt, &length);
  read = apm2_receipt_from_json (json, length, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (read->sequence, ==, 1);
  g_assert_cmpstr (read->job_id, ==, receipt->job_id);
  g_assert_cmpstr (read->spec_digest, ==, receipt->spec_digest);
  g_assert_cmpint (read->kind, ==, receipt->kind);
  g_assert_cmpstr (read->lane, ==, receipt->lane);
  g_assert_cmpuint (read->priority, ==, receipt->priority);
  g_assert_cmpstr (read->source_repository, ==, receipt->source_repository);
  g_assert_cmpstr (read->source_commit, ==, receipt->source_commit);
  g_assert_cmpstr (read->source_tree, ==, receipt->source_tree);
  g_assert_cmpstr (read->source_project, ==, receipt->source_project);
  g_assert_cmpstr (read->gate_set_digest, ==, receipt->gate_set_digest);
  g_assert_cmpstr (read->part_of, ==, receipt->part_of);
  g_assert_cmpstrv (read->labels, receipt->labels);
  g_assert_cmpint (read->outcome, ==, receipt->outcome);
  g_assert_cmpint (read->verdict, ==, receipt->verdict);
  g_assert_cmpstr (read->reason, ==, receipt->reason);
  g_assert_cmpstr (read->message, ==, receipt->message);
  g_assert_cmpuint (read->attempt, ==, receipt->attempt);
  g_assert_cmpstr (read->worker, ==, receipt->worker);
  g_assert_cmpstr (read->executor, ==, receipt->executor);
  g_assert_cmpstr (read->containment, ==, receipt->containment);
  g_assert_cmpmem (&read->limits,
                   sizeof read->limits,
                   &receipt->limits,
                   sizeof receipt->limits);
  g_assert_cmpint (read->submitted_at, ==, receipt->submitted_at);
  g_assert_cmpint (read->started_at, ==, receipt->started_at);
  g_assert_cmpint (read->finished_at, ==, receipt->finished_at);
}

static void
test_every_member_of_a_step_survives (void)
{
  g_autoptr (Apm2Receipt) receipt = new_receipt (1, NULL);
  g_autofree char *json = apm2_receipt_to_json (receipt, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2Receipt) read
      = apm2_receipt_from_json (json, strlen (json), &error);
  const Apm2StepResult *step;

  g_assert_no_error (error);
  g_assert_cmpuint (read->steps->len, ==, 1);
  step = g_ptr_array_index (read->steps, 0);
  g_assert_cmpstr (step->name, ==, "test");
  g_assert_cmpstr (step->result, ==, "failed");
  g_assert_cmpint (step->exit_status, ==, 0);
  g_assert_cmpint (step->term_signal, ==, 9);
  g_assert_cmpint (step->started_at, ==, 20);
  g_assert_cmpint (step->finished_at, ==, 30);
  g_assert_cmpuint (step->log_bytes, ==, 4);
  g_assert_cmpuint (step->cpu_usec, ==, 5);
  g_assert_cmpuint (step->memory_peak_bytes, ==, 6);
}

static void
test_no_exit_status_is_minus_one (void)
{
  g_autoptr (Apm2Receipt) receipt = new_receipt (1, NULL);
  Apm2StepResult *step = g_ptr_array_index (receipt->steps, 0);
  g_autofree char *json = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2Receipt) read = NULL;

  step->exit_status = -1;
  json = apm2_receipt_to_json (receipt, NULL);
  read = apm2_receipt_from_json (json, strlen (json), &error);

  g_assert_no_error (error);
  g_assert_null (strstr (json, "exit_status"));
  step = g_ptr_array_index (read->steps, 0);
  g_assert_cmpint (step->exit_status, ==, -1);
}

static void
test_any_message_makes_a_receipt (void)
{
  g_autofree char *flood = g_strnfill (100000, 'x');
  const char *const messages[] = {
    "", "a\033[31mb", "\xff\xfe", "\xc2\x9b", "two\n\tlines\r\n", flood,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++)
    {
      g_autoptr (Apm2Receipt) receipt = new_receipt (1, NULL);
      g_autoptr (Apm2Receipt) read = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *json = NULL;

      g_free (receipt->message);
      receipt->message = g_strdup (messages[i]);
      json = apm2_receipt_to_json (receipt, NULL);
      read = apm2_receipt_from_json (json, strlen (json), &error);

      g_assert_no_error (error);
      g_assert_nonnull (read);
    }
}

static void
test_largest_receipt_can_be_read (void)
{
  g_autoptr (Apm2Receipt) receipt = new_receipt (2, NULL);
  g_autoptr (Apm2Receipt) read = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *json = NULL;
  g_autofree char *value = g_strnfill (APM2_LABEL_VALUE_MAX, '"');

  receipt->previous_digest = g_strnfill (64, 'b');
  g_strfreev (receipt->labels);
  receipt->labels = g_new0 (char *, APM2_LABELS_MAX + 1);
  for (guint i = 0; i < APM2_LABELS_MAX; i++)
    receipt->labels[i] = g_strdup_printf ("l%063u=%s", i, value);
  g_ptr_array_set_size (receipt->steps, 0);
  for (guint i = 0; i < APM2_STEPS_RUN_MAX; i++)
    {
      g_autofree char *name = g_strdup_printf ("s%063u", i);
      Apm2StepResult *step = apm2_step_result_new (name);

      step->result = g_strnfill (APM2_REASON_MAX, 'r');
      step->exit_status = 255;
      step->term_signal = 64;
      step->started_at = step->finished_at = APM2_JSON_INT_MAX;
      /* More than JSON can say: the largest that it can is written. */
      step->log_bytes = step->cpu_usec = step->memory_peak_bytes = G_MAXUINT64;
      g_ptr_array_add (receipt->steps, step);
    }
  g_free (receipt->message);
  receipt->message = g_strnfill (APM2_RECEIPT_MESSAGE_MAX, '\n');

  json = apm2_receipt_to_json (receipt, NULL);
  read = apm2_receipt_from_json (json, strlen (json), &error);

  g_assert_no_error (error);
  g_assert_cmpuint (read->steps->len, ==, APM2_STEPS_RUN_MAX);
}

static void
assert_digest (const Apm2Receipt *receipt, const char *expected)
{
  g_autofree char *json = apm2_receipt_to_json (receipt, NULL);
  g_autofree char *digest = apm2_json_digest (json, strlen (json));

  g_assert_cmpstr (digest, ==, expected);
}

/* Digests are stored: these must never change. */
static void
test_digest_is_frozen (void)
{
  g_autoptr (Apm2Receipt) receipt = new_receipt (1, NULL);

  assert_digest (
      receipt,
      "1856c4cf7be369c8ef02f40f0050eae9f786fa054f27cec48d4cde2b0a6010c9");

  /* As they were written before gates were run. */
  g_clear_pointer (&receipt->source_tree, g_free);
  g_clear_pointer (&receipt->source_project, g_free);
  g_clear_pointer (&receipt->gate_set_digest, g_free);
  g_clear_pointer (&receipt->part_of, g_free);
  assert_digest (
      receipt,
      "8c138971582aae430c9b6abeb2bb1df106f1dc56311ffc947140835700f2bf8d");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  json_corpus_add ("receipt", rewrite);
  g_test_add_func ("/apm2/receipt-json/every-member-survives",
                   test_every_member_survives);
  g_test_add_func ("/apm2/receipt-json/every-member-of-a-step-survives",
                   test_every_member_of_a_step_survives);
  g_test_add_func ("/apm2/receipt-json/no-exit-status-is-minus-one",
                   test_no_exit_status_is_minus_one);
  g_test_add_func ("/apm2/receipt-json/any-message-makes-a-receipt",
                   test_any_message_makes_a_receipt);
  g_test_add_func ("/apm2/receipt-json/largest-receipt-can-be-read",
                   test_largest_receipt_can_be_read);
  g_test_add_func ("/apm2/receipt-json/digest-is-frozen",
                   test_digest_is_frozen);
  return g_test_run ();
}
