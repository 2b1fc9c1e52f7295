/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Bundles of receipts: each kind of change is found at the first bad link, and
 * named.
 */

#include <string.h>

#include "apm2-error.h"
#include "apm2-receipt-bundle.h"
#include "apm2-receipt-json.h"

#define N_RECEIPTS 5
#define N_LINES    (N_RECEIPTS + 2)

/* Lines without their ends. */
typedef struct
{
  GPtrArray *lines;
  char *digests[N_RECEIPTS];
} Bundle;

static char *
make_text (guint64 sequence, const char *previous, const char *lane)
{
  g_autoptr (Apm2Receipt) receipt = apm2_receipt_new ();

  receipt->sequence = sequence;
  receipt->previous_digest = g_strdup (previous);
  receipt->job_id = g_strdup_printf ("job-%u", (guint) sequence);
  receipt->spec_digest = g_strnfill (64, 'a');
  receipt->lane = g_strdup (lane);
  receipt->outcome = APM2_JOB_STATE_COMPLETED;
  receipt->verdict = APM2_VERDICT_FAILED;
  receipt->reason = g_strdup ("step_failed");
  receipt->finished_at = 10;
  return apm2_receipt_to_json (receipt, NULL);
}

static void
add_line (Bundle *self, char *line)
{
  g_assert_true (g_str_has_suffix (line, "\n"));
  line[strlen (line) - 1] = '\0';
  g_ptr_array_add (self->lines, line);
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

/* Receipts @first and the following, those from @forged on made anew; before
 * them one was collected that has the digest @collected, if it is not "". */
static void
fill_after (Bundle *self, guint64 first, guint forged, const char *collected)
{
  g_auto (Apm2ReceiptBundleWriter) writer = { 0 };
  const char *previous = first > 1 ? ZEROS : NULL;

  self->lines = g_ptr_array_new_with_free_func (g_free);
  add_line (self,
            apm2_receipt_bundle_begin (&writer, first, 1234567, collected));
  for (guint i = 0; i < N_RECEIPTS; i++)
    {
      g_autofree char *text
          = make_text (first + i, previous, i >= forged ? "forged" : "bulk");

      self->digests[i] = apm2_json_digest (text, strlen (text));
      previous = self->digests[i];
      add_line (
          self,
          apm2_receipt_bundle_add (&writer, first + i, self->digests[i], text));
    }
  add_line (self, apm2_receipt_bundle_end (&writer));
}

static void
fill (Bundle *self, guint64 first, guint forged)
{
  fill_after (self, first, forged, "");
}

static void
bundle_set_up (Bundle *self, gconstpointer data)
{
  fill (self, 1, G_MAXUINT);
}

static void
bundle_tear_down (Bundle *self, gconstpointer data)
{
  g_ptr_array_unref (self->lines);
  for (guint i = 0; i < N_RECEIPTS; i++)
    g_free (self->digests[i]);
}

static char **
line (Bundle *self, guint i)
{
  return (char **) &g_ptr_array_index (self->lines, i);
}

static void
put_line (Bundle *self, guint i, char *text)
{
  g_free (*line (self, i));
  *line (self, i) = text;
}

static void
replace (Bundle *self, guint i, const char *find, const char *with)
{
  GString *text = g_string_new (*line (self, i));

  g_assert_cmpuint (g_string_replace (text, find, with, 1), ==, 1);
  put_line (self, i, g_string_free (text, FALSE));
}

static gboolean
verify (Bundle *self, Apm2ReceiptBundleReader *reader, GError **error)
{
  for (guint i = 0; i < self->lines->len; i++)
    if (!apm2_receipt_bundle_push (
            reader, *line (self, i), strlen (*line (self, i)), error))
      return FALSE;
  return apm2_receipt_bundle_finish (reader, error);
}

static void
assert_bad (Bundle *self,
            const char *problem,
            guint64 sequence,
            const char *job_id)
{
  g_auto (Apm2ReceiptBundleReader) reader = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_false (verify (self, &reader, &error));
  g_assert_nonnull (error);
  g_assert_cmpint (error->domain, ==, APM2_ERROR);
  g_test_message ("%s", error->message);
  g_assert_cmpstr (reader.chain.fault.problem, ==, problem);
  g_assert_cmpuint (reader.chain.fault.sequence, ==, sequence);
  g_assert_cmpstr (reader.chain.fault.job_id, ==, job_id);
}

static void
test_untouched_is_good (Bundle *self, gconstpointer data)
{
  g_auto (Apm2ReceiptBundleReader) reader = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (apm2_receipt_bundle_is_header (*line (self, 0),
                                                strlen (*line (self, 0))));
  g_assert_false (apm2_receipt_bundle_is_header (*line (self, 1),
                                                 strlen (*line (self, 1))));
  g_assert_true (verify (self, &reader, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (reader.count, ==, N_RECEIPTS);
  g_assert_cmpuint (reader.first_sequence, ==, 1);
  g_assert_cmpstr (reader.chain.digest, ==, self->digests[N_RECEIPTS - 1]);
  g_assert_null (reader.chain.fault.problem);
}

static void
test_middle_of_a_chain_is_good (void)
{
  Bundle self = { 0 };
  g_auto (Apm2ReceiptBundleReader) reader = { 0 };
  g_autoptr (GError) error = NULL;

  fill (&self, 7, G_MAXUINT);
  g_assert_true (verify (&self, &reader, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (reader.chain.sequence, ==, 11);
  bundle_tear_down (&self, NULL);
}

static void
test_what_was_collected_is_followed (void)
{
  static const struct
  {
    const char *find, *with;
    const char *problem; /* (nullable) */
    guint64 sequence;
    const char *job;
  } cases[] = {
    { "first", "first", NULL, 0, "" },
    { ZEROS, "f" ZEROS, "header", 0, "" },
    { "_digest\":\"0", "_digest\":\"1", "previous", 7, "job-7" },
    { "sequence\":7", "sequence\":6", "sequence", 7, "job-7" },
    { "sequence\":7", "sequence\":1", "header", 1, "" },
    { "\"collected_digest\":\"" ZEROS "\",", "", "trailer", 12, "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Bundle self = { 0 };
      g_auto (Apm2ReceiptBundleReader) reader = { 0 };

      fill_after (&self, 7, G_MAXUINT, ZEROS);
      replace (&self, 0, cases[i].find, cases[i].with);
      if (cases[i].problem != NULL)
        assert_bad (&self, cases[i].problem, cases[i].sequence, cases[i].job);
      else
        g_assert_true (verify (&self, &reader, NULL));
      bundle_tear_down (&self, NULL);
    }
}

static void
test_without_receipts_is_good (void)
{
  g_auto (Apm2ReceiptBundleWriter) writer = { 0 };
  g_auto (Apm2ReceiptBundleReader) reader = { 0 };
  g_autoptr (GError) error = NULL;
  Bundle self = { g_ptr_array_new_with_free_func (g_free) };

  add_line (&self, apm2_receipt_bundle_begin (&writer, 1, 1, ""));
  add_line (&self, apm2_receipt_bundle_end (&writer));
  g_assert_true (verify (&self, &reader, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (reader.count, ==, 0);
  bundle_tear_down (&self, NULL);
}

/* A verdict that was turned, in a line that otherwise stays. */
static void
test_changed_text (Bundle *self, gconstpointer data)
{
  replace (self, 3, "\"lane\":\"bulk\"", "\"lane\":\"bulx\"");
  assert_bad (self, "digest", 3, "job-3");
}

/* ... and its digest with it: the next one still names the old one. */
static void
test_changed_text_and_digest (Bundle *self, gconstpointer data)
{
  g_autofree char *text = make_text (3, self->digests[1], "other");
  g_autofree char *digest = apm2_json_digest (text, strlen (text));
  g_auto (Apm2ReceiptBundleWriter) writer = { 0 };

  g_free (apm2_receipt_bundle_begin (&writer, 1, 1, ""));
  put_line (
      self, 3, g_strchomp (apm2_receipt_bundle_add (&writer, 3, digest, text)));
  assert_bad (self, "previous", 4, "job-4");
}

static void
test_changed_last_and_digest (Bundle *self, gconstpointer data)
{
  g_autofree char *text = make_text (5, self->digests[3], "other");
  g_autofree char *digest = apm2_json_digest (text, strlen (text));
  g_auto (Apm2ReceiptBundleWriter) writer = { 0 };

  g_free (apm2_receipt_bundle_begin (&writer, 1, 1, ""));
  put_line (
      self, 5, g_strchomp (apm2_receipt_bundle_add (&writer, 5, digest, text)));
  assert_bad (self, "trailer", 6, "");
}

static void
test_changed_digest (Bundle *self, gconstpointer data)
{
  replace (self, 2, self->digests[1], self->digests[0]);
  assert_bad (self, "digest", 2, "job-2");
}

static void
test_changed_previous (Bundle *self, gconstpointer data)
{
  replace (self, 3, self->digests[1], self->digests[0]);
  assert_bad (self, "digest", 3, "job-3");
}

static void
test_blank_in_text (Bundle *self, gconstpointer data)
{
  g_autofree char *text = NULL;
  g_autofree char *digest = NULL;
  g_autoptr (GString) spaced = NULL;
  g_auto (Apm2ReceiptBundleWriter) writer = { 0 };

  text = make_text (2, self->digests[0], "bulk");
  spaced = g_string_new (text);
  g_string_replace (spaced, "\"lane\":", "\"lane\": ", 1);
  digest = apm2_json_digest (spaced->str, spaced->len);
  g_free (apm2_receipt_bundle_begin (&writer, 1, 1, ""));
  put_line (
      self,
      2,
      g_strchomp (apm2_receipt_bundle_add (&writer, 2, digest, spaced->str)));
  assert_bad (self, "form", 2, "job-2");
}

static void
test_member_added (Bundle *self, gconstpointer data)
{
  replace (self, 2, "\"lane\":", "\"extra\":1,\"lane\":");
  assert_bad (self, "malformed", 2, "");
}

static void
test_removed (Bundle *self, gconstpointer data)
{
  g_ptr_array_remove_index (self->lines, 3);
  assert_bad (self, "sequence", 4, "job-4");
}

static void
test_removed_first (Bundle *self, gconstpointer data)
{
  g_ptr_array_remove_index (self->lines, 1);
  assert_bad (self, "sequence", 1, "");
}

static void
test_removed_last (Bundle *self, gconstpointer data)
{
  g_ptr_array_remove_index (self->lines, N_RECEIPTS);
  assert_bad (self, "trailer", 5, "");
}

static void
test_doubled (Bundle *self, gconstpointer data)
{
  g_ptr_array_insert (self->lines, 3, g_strdup (*line (self, 2)));
  assert_bad (self, "sequence", 2, "job-2");
}

static void
test_swapped (Bundle *self, gconstpointer data)
{
  char *kept = *line (self, 2);

  *line (self, 2) = *line (self, 3);
  *line (self, 3) = kept;
  assert_bad (self, "sequence", 3, "job-3");
}

static void
test_of_another_chain (Bundle *self, gconstpointer data)
{
  Bundle other = { 0 };

  fill (&other, 1, 0);
  put_line (self, 4, g_strdup (*line (&other, 4)));
  assert_bad (self, "previous", 4, "job-4");
  bundle_tear_down (&other, NULL);
}

static void
test_cut_off (Bundle *self, gconstpointer data)
{
  for (guint n = N_LINES - 1; n > 1; n--)
    {
      g_ptr_array_remove_index (self->lines, n);
      assert_bad (self, "truncated", n, "");
    }
}

static void
test_cut_within_a_line (Bundle *self, gconstpointer data)
{
  (*line (self, 4))[strlen (*line (self, 4)) - 1] = '\0';
  assert_bad (self, "malformed", 4, "");
}

static void
test_header (Bundle *self, gconstpointer data)
{
  replace (self, 0, "1234567", "1234568");
  assert_bad (self, "trailer", 6, "");
  replace (self, 0, "\"first_sequence\":1", "\"first_sequence\":2");
  assert_bad (self, "sequence", 2, "");
  replace (self, 0, "\"first_sequence\":2", "\"first_sequence\": 1");
  assert_bad (self, "header", 0, "");
}

static void
test_trailer (Bundle *self, gconstpointer data)
{
  g_autofree char *good = g_strdup (*line (self, N_LINES - 1));

  replace (self, N_LINES - 1, "\"count\":5", "\"count\":6");
  assert_bad (self, "trailer", 6, "");
  put_line (self, N_LINES - 1, g_strdup (good));
  replace (self, N_LINES - 1, "\"last_sequence\":5", "\"last_sequence\":4");
  assert_bad (self, "trailer", 6, "");
  put_line (self, N_LINES - 1, g_strdup (good));
  g_ptr_array_add (self->lines, g_strdup (*line (self, 1)));
  assert_bad (self, "trailer", 6, "");
}

static void
test_every_bit_counts (Bundle *self, gconstpointer data)
{
  for (guint i = 0; i < N_LINES; i++)
    for (gsize at = 0; (*line (self, i))[at] != '\0'; at++)
      {
        g_auto (Apm2ReceiptBundleReader) reader = { 0 };
        g_autoptr (GError) error = NULL;

        (*line (self, i))[at] ^= 1;
        g_assert_false (verify (self, &reader, &error));
        g_assert_nonnull (reader.chain.fault.problem);
        (*line (self, i))[at] ^= 1;
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add ("/apm2/receipt-bundle/" name,                                    \
              Bundle,                                                          \
              NULL,                                                            \
              bundle_set_up,                                                   \
              function,                                                        \
              bundle_tear_down)

  ADD ("good/untouched", test_untouched_is_good);
  g_test_add_func ("/apm2/receipt-bundle/good/middle-of-a-chain",
                   test_middle_of_a_chain_is_good);
  g_test_add_func ("/apm2/receipt-bundle/bad/what-was-collected-is-followed",
                   test_what_was_collected_is_followed);
  g_test_add_func ("/apm2/receipt-bundle/good/without-receipts",
                   test_without_receipts_is_good);
  ADD ("changed/text", test_changed_text);
  ADD ("changed/text-and-digest", test_changed_text_and_digest);
  ADD ("changed/last-and-digest", test_changed_last_and_digest);
  ADD ("changed/digest", test_changed_digest);
  ADD ("changed/previous", test_changed_previous);
  ADD ("changed/blank-in-text", test_blank_in_text);
  ADD ("changed/member-added", test_member_added);
  ADD ("changed/every-bit-counts", test_every_bit_counts);
  ADD ("moved/removed", test_removed);
  ADD ("moved/removed-first", test_removed_first);
  ADD ("moved/removed-last", test_removed_last);
  ADD ("moved/doubled", test_doubled);
  ADD ("moved/swapped", test_swapped);
  ADD ("moved/of-another-chain", test_of_another_chain);
  ADD ("cut/off", test_cut_off);
  ADD ("cut/within-a-line", test_cut_within_a_line);
  ADD ("frame/header", test_header);
  ADD ("frame/trailer", test_trailer);
  return g_test_run ();
}
