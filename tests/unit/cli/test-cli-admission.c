/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which receipts admit a commit, and that all others do not.
 */

#include <string.h>

#include "apm2-admission.h"
#include "apm2-error.h"
#include "apm2-json-canonical.h"
#include "apm2-receipt-json.h"

#define PROJECT "https://example.org/a"
#define TREE    "1111111111111111111111111111111111111111"
#define GATES   "2222222222222222222222222222222222222222222222222222222222222222"

static Apm2Receipt *
new_receipt (void)
{
  Apm2Receipt *receipt = apm2_receipt_new ();
  Apm2StepResult *step = apm2_step_result_new ("build");

  receipt->sequence = 1;
  receipt->job_id = g_strdup ("j1");
  receipt->spec_digest = g_strnfill (64, '3');
  receipt->kind = APM2_JOB_KIND_GATES;
  receipt->lane = g_strdup ("gates");
  receipt->priority = 50;
  receipt->source_repository = g_strdup ("/srv/a");
  receipt->source_commit = g_strnfill (40, '4');
  receipt->source_tree = g_strdup (TREE);
  receipt->source_project = g_strdup (PROJECT);
  receipt->gate_set_digest = g_strdup (GATES);
  receipt->outcome = APM2_JOB_STATE_COMPLETED;
  receipt->verdict = APM2_VERDICT_PASSED;
  receipt->attempt = 1;
  receipt->worker = g_strdup ("w");
  receipt->executor = g_strdup ("direct");
  receipt->containment = g_strdup ("none");
  receipt->submitted_at = 1;
  receipt->started_at = 2;
  receipt->finished_at = 3;
  g_free (step->result);
  step->result = g_strdup ("passed");
  step->exit_status = 0;
  step->started_at = 2;
  step->finished_at = 3;
  g_ptr_array_add (receipt->steps, step);
  return receipt;
}

static char *
verify (const Apm2Receipt *receipt)
{
  gsize length = 0;
  g_autofree char *text = apm2_receipt_to_json (receipt, &length);
  g_autofree char *digest = apm2_json_digest (text, length);
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2Receipt) found
      = apm2_admission_verify (text, digest, PROJECT, TREE, GATES, &error);

  if (found == NULL)
    {
      g_assert_error (error, APM2_ERROR, APM2_ERROR_FAILED);
      return g_strdup (error->message);
    }
  g_assert_no_error (error);
  return g_strdup ("admitted");
}

static void
test_admits (void)
{
  g_autoptr (Apm2Receipt) receipt = new_receipt ();
  g_autofree char *said = verify (receipt);

  g_assert_cmpstr (said, ==, "admitted");
}

static void
expect (Apm2Receipt *receipt, const char *why)
{
  g_autoptr (Apm2Receipt) owned = receipt;
  g_autofree char *said = verify (owned);
  g_autofree char *wanted
      = g_strconcat ("the receipt from the broker admits nothing: ", why, NULL);

  g_assert_cmpstr (said, ==, wanted);
}

static void
set (char **member, const char *value)
{
  g_free (*member);
  *member = g_strdup (value);
}

static void
test_refuses_what_is_for_something_else (void)
{
  Apm2Receipt *receipt = new_receipt ();

  set (&receipt->source_project, PROJECT "b");
  expect (receipt, "it is for another repository");
  receipt = new_receipt ();
  set (&receipt->source_tree, "1111111111111111111111111111111111111110");
  expect (receipt, "it is for another tree");
  receipt = new_receipt ();
  receipt->gate_set_digest[63] = '3';
  expect (receipt, "it is for other gates");
  receipt = new_receipt ();
  set (&receipt->part_of, "j0");
  expect (receipt, "it is one of a part of the gates");
}

static void
test_refuses_what_did_not_pass (void)
{
  Apm2Receipt *receipt = new_receipt ();

  receipt->verdict = APM2_VERDICT_FAILED;
  receipt->reason = g_strdup ("step_failed");
  expect (receipt, "its verdict is not that they passed");
  receipt = new_receipt ();
  receipt->outcome = APM2_JOB_STATE_CANCELLED;
  receipt->verdict = APM2_VERDICT_NONE;
  receipt->reason = g_strdup ("cancelled");
  expect (receipt, "its verdict is not that they passed");
}

static void
test_refuses_another_kind (void)
{
  Apm2Receipt *receipt = new_receipt ();

  receipt->kind = APM2_JOB_KIND_COMMAND;
  g_clear_pointer (&receipt->gate_set_digest, g_free);
  expect (receipt, "it is not one of gates");
}

/* One byte of the text, or of the digest. */
static void
test_refuses_what_was_changed (void)
{
  g_autoptr (Apm2Receipt) receipt = new_receipt ();
  gsize length = 0;
  g_autofree char *text = apm2_receipt_to_json (receipt, &length);
  g_autofree char *digest = apm2_json_digest (text, length);
  char *worker = strstr (text, "\"worker\":\"w\"");
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (worker);
  worker[strlen ("\"worker\":\"")] = 'v';
  g_assert_null (
      apm2_admission_verify (text, digest, PROJECT, TREE, GATES, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "its text has the digest"));
  g_clear_error (&error);
  worker[strlen ("\"worker\":\"")] = 'w';
  digest[0] = digest[0] == '0' ? '1' : '0';
  g_assert_null (
      apm2_admission_verify (text, digest, PROJECT, TREE, GATES, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_FAILED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cli/admission/admits", test_admits);
  g_test_add_func ("/cli/admission/refuses-what-is-for-something-else",
                   test_refuses_what_is_for_something_else);
  g_test_add_func ("/cli/admission/refuses-what-did-not-pass",
                   test_refuses_what_did_not_pass);
  g_test_add_func ("/cli/admission/refuses-another-kind",
                   test_refuses_another_kind);
  g_test_add_func ("/cli/admission/refuses-what-was-changed",
                   test_refuses_what_was_changed);
  return g_test_run ();
}
