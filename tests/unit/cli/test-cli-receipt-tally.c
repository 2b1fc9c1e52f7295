/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A file of receipts, verified where no broker is.
 */

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-error.h"
#include "apm2-json-canonical.h"
#include "apm2-receipt-json.h"
#include "apm2-receipt-tally.h"

#define N_RECEIPTS 3

typedef struct
{
  char *file;
  GPtrArray *lines; /* (element-type utf8) */
} Fixture;

static char *
make_receipt (guint64 sequence, const char *previous, char **ret_digest)
{
  g_autoptr (Apm2Receipt) receipt = apm2_receipt_new ();
  char *text = NULL;
  gsize length = 0;

  receipt->sequence = sequence;
  receipt->previous_digest = g_strdup (previous);
  receipt->job_id = g_strdup_printf ("job-%u", (guint) sequence);
  receipt->spec_digest = g_strnfill (64, 'a');
  receipt->lane = g_strdup ("bulk");
  receipt->outcome = APM2_JOB_STATE_CANCELLED;
  receipt->reason = g_strdup ("cancelled");
  receipt->submitted_at = 1;
  receipt->finished_at = 2;
  text = apm2_receipt_to_json (receipt, &length);
  *ret_digest = apm2_json_digest (text, length);
  return text;
}

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *previous = NULL;
  int fd = g_file_open_tmp ("apm2-XXXXXX", &self->file, &error);

  g_assert_no_error (error);
  close (fd);
  self->lines = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 1; i <= N_RECEIPTS; i++)
    {
      char *digest = NULL;

      g_ptr_array_add (self->lines, make_receipt (i, previous, &digest));
      g_free (previous);
      previous = digest;
    }
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_assert_cmpint (g_unlink (self->file), ==, 0);
  g_free (self->file);
  g_ptr_array_unref (self->lines);
}

static const char *
line (const Fixture *self, guint i)
{
  return g_ptr_array_index (self->lines, i);
}

static gboolean
verify (const Fixture *self,
        const char *text,
        Apm2ReceiptTally *tally,
        GError **error)
{
  g_assert_true (g_file_set_contents (self->file, text, -1, NULL));
  return apm2_receipt_tally_add_file (tally, self->file, error);
}

static void
test_whole_chain_is_intact (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Apm2ReceiptTally tally = { 0 };
  g_autofree char *text = g_strdup_printf (
      "%s\n%s\n%s\n", line (self, 0), line (self, 1), line (self, 2));

  g_assert_true (verify (self, text, &tally, &error));

  g_assert_no_error (error);
  g_assert_cmpuint (tally.n, ==, 3);
  g_assert_cmpuint (tally.first, ==, 1);
  g_assert_cmpuint (tally.chain.sequence, ==, 3);
}

static void
test_last_line_needs_no_end (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Apm2ReceiptTally tally = { 0 };
  g_autofree char *text
      = g_strdup_printf ("%s\n%s", line (self, 0), line (self, 1));

  g_assert_true (verify (self, text, &tally, &error));

  g_assert_no_error (error);
  g_assert_cmpuint (tally.n, ==, 2);
}

static void
test_missing_link_is_found (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Apm2ReceiptTally tally = { 0 };
  g_autofree char *text
      = g_strdup_printf ("%s\n%s\n", line (self, 0), line (self, 2));

  g_assert_false (verify (self, text, &tally, &error));

  g_assert_error (error, APM2_ERROR, APM2_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "line 2"));
}

static void
test_changed_receipt_is_found_by_the_next (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Apm2ReceiptTally tally = { 0 };
  g_autoptr (GString) first = g_string_new (line (self, 0));
  g_autofree char *text = NULL;

  g_assert_cmpuint (g_string_replace (first, "bulk", "bulx", 0), ==, 1);
  text = g_strdup_printf ("%s\n%s\n", first->str, line (self, 1));

  g_assert_false (verify (self, text, &tally, &error));

  g_assert_error (error, APM2_ERROR, APM2_ERROR_FAILED);
}

static void
test_rubbish_is_named_by_its_line (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Apm2ReceiptTally tally = { 0 };
  g_autofree char *text = g_strdup_printf ("%s\nrubbish\n", line (self, 0));

  g_assert_false (verify (self, text, &tally, &error));

  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "line 2"));
}

static void
test_endless_line_is_refused (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Apm2ReceiptTally tally = { 0 };
  g_autofree char *text = g_strnfill (APM2_RECEIPT_BYTES_MAX + 100, ' ');

  g_assert_false (verify (self, text, &tally, &error));

  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
}

static void
test_empty_file_holds_nothing (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Apm2ReceiptTally tally = { 0 };

  g_assert_true (verify (self, "", &tally, &error));

  g_assert_no_error (error);
  g_assert_cmpuint (tally.n, ==, 0);
}

static void
test_missing_file_is_not_found (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Apm2ReceiptTally tally = { 0 };

  g_assert_false (
      apm2_receipt_tally_add_file (&tally, "/nonexistent/x", &error));

  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func)                                                        \
  g_test_add ("/apm2/cli-receipt-tally/add-file/" name,                        \
              Fixture,                                                         \
              NULL,                                                            \
              set_up,                                                          \
              func,                                                            \
              tear_down)
  ADD ("whole-chain-is-intact", test_whole_chain_is_intact);
  ADD ("last-line-needs-no-end", test_last_line_needs_no_end);
  ADD ("missing-link-is-found", test_missing_link_is_found);
  ADD ("changed-receipt-is-found-by-the-next",
       test_changed_receipt_is_found_by_the_next);
  ADD ("rubbish-is-named-by-its-line", test_rubbish_is_named_by_its_line);
  ADD ("endless-line-is-refused", test_endless_line_is_refused);
  ADD ("empty-file-holds-nothing", test_empty_file_holds_nothing);
  ADD ("missing-file-is-not-found", test_missing_file_is_not_found);
  return g_test_run ();
}
