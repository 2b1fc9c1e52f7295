/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "apm2-receipt.h"

#include "apm2-error.h"
#include "apm2-receipt-json.h"

#define LINKS 5

typedef struct
{
  char *text[LINKS];
  char *digest[LINKS];
} Chain;

static char *
write_receipt (guint64 sequence, const char *previous, const char *job)
{
  g_autoptr (Apm2Receipt) receipt = apm2_receipt_new ();

  receipt->sequence = sequence;
  receipt->previous_digest = g_strdup (previous);
  receipt->job_id = g_strdup (job);
  receipt->spec_digest = g_strnfill (64, 'a');
  receipt->lane = g_strdup ("bulk");
  receipt->outcome = APM2_JOB_STATE_DENIED;
  return apm2_receipt_to_json (receipt, NULL);
}

static void
chain_set_up (Chain *self, gconstpointer data)
{
  for (guint i = 0; i < LINKS; i++)
    {
      self->text[i]
          = write_receipt (i + 1, i == 0 ? NULL : self->digest[i - 1], "job");
      self->digest[i]
          = apm2_json_digest (self->text[i], strlen (self->text[i]));
    }
}

static void
chain_tear_down (Chain *self, gconstpointer data)
{
  for (guint i = 0; i < LINKS; i++)
    {
      g_free (self->text[i]);
      g_free (self->digest[i]);
    }
}

static gboolean
verify (Apm2ReceiptChain *chain, const Chain *self, guint i, GError **error)
{
  return apm2_receipt_chain_verify (
      chain, self->text[i], strlen (self->text[i]), self->digest[i], error);
}

static void
assert_broken (const GError *error, guint64 sequence, const char *digest)
{
  g_autofree char *place = g_strdup_printf (
      "Receipt %" G_GUINT64_FORMAT " (%s)", sequence, digest);

  g_assert_error (error, APM2_ERROR, APM2_ERROR_FAILED);
  g_assert_true (g_str_has_prefix (error->message, place));
}

static void
test_new_says_nothing (void)
{
  g_autoptr (Apm2Receipt) receipt = apm2_receipt_new ();
  g_autoptr (Apm2StepResult) step = apm2_step_result_new ("a");

  g_assert_cmpuint (receipt->sequence, ==, 0);
  g_assert_null (receipt->job_id);
  g_assert_cmpint (receipt->verdict, ==, APM2_VERDICT_NONE);
  g_assert_cmpuint (receipt->steps->len, ==, 0);
  g_assert_cmpstr (step->name, ==, "a");
  g_assert_cmpint (step->exit_status, ==, -1);
}

static void
test_whole_chain_holds (Chain *self, gconstpointer data)
{
  Apm2ReceiptChain chain = { 0 };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < LINKS; i++)
    {
      g_assert_true (verify (&chain, self, i, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (chain.sequence, ==, i + 1);
      g_assert_cmpstr (chain.digest, ==, self->digest[i]);
    }
}

static void
test_part_of_a_chain_holds (Chain *self, gconstpointer data)
{
  Apm2ReceiptChain chain = { 0 };
  g_autoptr (GError) error = NULL;

  for (guint i = 2; i < LINKS; i++)
    g_assert_true (verify (&chain, self, i, &error));
  g_assert_no_error (error);
}

static void
test_digest_may_be_unknown (Chain *self, gconstpointer data)
{
  Apm2ReceiptChain chain = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (apm2_receipt_chain_verify (
      &chain, self->text[0], strlen (self->text[0]), NULL, &error));
  g_assert_cmpstr (chain.digest, ==, self->digest[0]);
}

/* Every byte of a receipt is covered, whether or not it still reads. */
static void
test_any_change_breaks_it (Chain *self, gconstpointer data)
{
  gsize length = strlen (self->text[1]);

  for (gsize i = 0; i < length; i++)
    {
      Apm2ReceiptChain chain = { 0 };
      g_autoptr (GError) error = NULL;

      g_assert_true (verify (&chain, self, 0, &error));
      self->text[1][i] ^= 1;
      g_assert_false (verify (&chain, self, 1, &error));
      self->text[1][i] ^= 1;
      g_assert_nonnull (error);
      g_assert_cmpuint (chain.sequence, ==, 1);
    }
}

static void
test_changed_receipt_is_named (Chain *self, gconstpointer data)
{
  Apm2ReceiptChain chain = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (verify (&chain, self, 0, &error));
  memcpy (strstr (self->text[1], "\"job\""), "\"jab\"", 5);

  g_assert_false (verify (&chain, self, 1, &error));
  assert_broken (error, 2, self->digest[1]);
}

/* Who changes a receipt and its digest is found at the next one. */
static void
test_rewritten_receipt_is_found (Chain *self, gconstpointer data)
{
  Apm2ReceiptChain chain = { 0 };
  g_autoptr (GError) error = NULL;

  g_free (self->text[1]);
  g_free (self->digest[1]);
  self->text[1] = write_receipt (2, self->digest[0], "other");
  self->digest[1] = apm2_json_digest (self->text[1], strlen (self->text[1]));
  g_assert_true (verify (&chain, self, 0, &error));
  g_assert_true (verify (&chain, self, 1, &error));

  g_assert_false (verify (&chain, self, 2, &error));
  assert_broken (error, 3, self->digest[2]);
}

static void
test_removed_receipt_is_found (Chain *self, gconstpointer data)
{
  Apm2ReceiptChain chain = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (verify (&chain, self, 0, &error));

  g_assert_false (verify (&chain, self, 2, &error));
  assert_broken (error, 3, self->digest[2]);
}

static void
test_repeated_receipt_is_found (Chain *self, gconstpointer data)
{
  Apm2ReceiptChain chain = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (verify (&chain, self, 0, &error));
  g_assert_true (verify (&chain, self, 1, &error));

  g_assert_false (verify (&chain, self, 1, &error));
  assert_broken (error, 2, self->digest[1]);
}

static void
test_other_first_receipt_is_found (Chain *self, gconstpointer data)
{
  Apm2ReceiptChain chain = { 0 };
  g_autoptr (GError) error = NULL;

  g_free (self->text[0]);
  g_free (self->digest[0]);
  self->text[0] = write_receipt (1, NULL, "other");
  self->digest[0] = apm2_json_digest (self->text[0], strlen (self->text[0]));
  g_assert_true (verify (&chain, self, 0, &error));

  g_assert_false (verify (&chain, self, 1, &error));
  assert_broken (error, 2, self->digest[1]);
}

static void
test_only_canonical_text_counts (Chain *self, gconstpointer data)
{
  Apm2ReceiptChain chain = { 0 };
  g_autofree char *loose = g_strconcat (self->text[0], "\n", NULL);
  g_autofree char *digest = apm2_json_digest (loose, strlen (loose));
  g_autoptr (GError) error = NULL;

  g_assert_false (apm2_receipt_chain_verify (
      &chain, loose, strlen (loose), digest, &error));
  assert_broken (error, 1, digest);
}

static void
test_nonsense_is_placed_behind_the_last_good (Chain *self, gconstpointer data)
{
  Apm2ReceiptChain chain = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (verify (&chain, self, 0, &error));

  g_assert_false (
      apm2_receipt_chain_verify (&chain, "{}", 2, self->digest[1], &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
  g_assert_true (g_str_has_prefix (error->message, "After receipt 1 "));
}

static void
add (const char *path, void (*test) (Chain *self, gconstpointer data))
{
  g_test_add (path, Chain, NULL, chain_set_up, test, chain_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/receipt/new-says-nothing", test_new_says_nothing);
  add ("/apm2/receipt-chain/whole-chain-holds", test_whole_chain_holds);
  add ("/apm2/receipt-chain/part-of-a-chain-holds", test_part_of_a_chain_holds);
  add ("/apm2/receipt-chain/digest-may-be-unknown", test_digest_may_be_unknown);
  add ("/apm2/receipt-chain/any-change-breaks-it", test_any_change_breaks_it);
  add ("/apm2/receipt-chain/changed-receipt-is-named",
       test_changed_receipt_is_named);
  add ("/apm2/receipt-chain/rewritten-receipt-is-found",
       test_rewritten_receipt_is_found);
  add ("/apm2/receipt-chain/removed-receipt-is-found",
       test_removed_receipt_is_found);
  add ("/apm2/receipt-chain/repeated-receipt-is-found",
       test_repeated_receipt_is_found);
  add ("/apm2/receipt-chain/other-first-receipt-is-found",
       test_other_first_receipt_is_found);
  add ("/apm2/receipt-chain/only-canonical-text-counts",
       test_only_canonical_text_counts);
  add ("/apm2/receipt-chain/nonsense-is-placed-behind-the-last-good",
       test_nonsense_is_placed_behind_the_last_good);
  return g_test_run ();
}
