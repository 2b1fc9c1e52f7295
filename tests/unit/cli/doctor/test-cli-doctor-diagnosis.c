/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How findings are told, and that repairs keep to what is safe.
 */

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-diagnosis-text.h"
#include "apm2-repair-file.h"
#include "apm2-repair.h"
#include "patient.h"

static void
test_text_ends_with_what_is_wrong (void)
{
  g_autoptr (Apm2Diagnosis) diagnosis = apm2_diagnosis_new ();
  g_autofree char *text = NULL;
  g_autofree char *summary = NULL;

  apm2_diagnosis_begin (diagnosis, "one");
  apm2_finding_add_command (
      apm2_diagnosis_add (diagnosis, APM2_FINDING_FAILED, "it is %s", "bad"),
      "mend it");
  apm2_diagnosis_begin (diagnosis, "other");
  apm2_diagnosis_add (diagnosis, APM2_FINDING_OK, "well");
  apm2_finding_add_look (
      apm2_diagnosis_add (diagnosis, APM2_FINDING_WARNING, "odd"), "look");
  text = apm2_diagnosis_to_text (diagnosis, 0, TRUE, FALSE);
  g_assert_cmpstr (text,
                   ==,
                   "ok       other  well\n"
                   "warning  other  odd\n"
                   "    see: look\n"
                   "failed   one    it is bad\n"
                   "    fix: mend it\n");
  summary = apm2_diagnosis_summarize (diagnosis);
  g_assert_cmpstr (summary, ==, "1 failed, 1 warning, 1 ok");
}

static void
test_sentences_are_wrapped_and_commands_not (void)
{
  g_autoptr (Apm2Diagnosis) diagnosis = apm2_diagnosis_new ();
  g_autofree char *text = NULL;

  apm2_diagnosis_begin (diagnosis, "a");
  apm2_finding_add_command (
      apm2_diagnosis_add (diagnosis,
                          APM2_FINDING_FAILED,
                          "a sentence that is longer than the terminal is "
                          "wide"),
      "a command that is longer than the terminal is wide, as it may be");
  text = apm2_diagnosis_to_text (diagnosis, 45, TRUE, FALSE);
  g_assert_cmpstr (
      text,
      ==,
      "failed  a  a sentence that is longer than the\n"
      "           terminal is wide\n"
      "    fix: a command that is longer than the terminal is wide, as it "
      "may be\n");
}

static void
test_names_control_no_terminal (void)
{
  g_autoptr (Apm2Diagnosis) diagnosis = apm2_diagnosis_new ();
  g_autofree char *text = NULL;

  apm2_diagnosis_begin (diagnosis, "a");
  apm2_finding_add_command (
      apm2_diagnosis_add (diagnosis, APM2_FINDING_FAILED, "x\x1b[2Jy"),
      "rm \x1b]0;z\x07");
  text = apm2_diagnosis_to_text (diagnosis, 80, TRUE, FALSE);
  g_assert_null (strchr (text, '\x1b'));
  g_assert_null (strchr (text, '\x07'));
}

static void
test_skipped_weighs_nothing (void)
{
  g_autoptr (Apm2Diagnosis) diagnosis = apm2_diagnosis_new ();

  apm2_diagnosis_add (diagnosis, APM2_FINDING_SKIPPED, "not asked");
  g_assert_cmpint (apm2_diagnosis_get_worst (diagnosis), ==, APM2_FINDING_OK);
  apm2_diagnosis_add (diagnosis, APM2_FINDING_WARNING, "odd");
  g_assert_cmpint (
      apm2_diagnosis_get_worst (diagnosis), ==, APM2_FINDING_WARNING);
  apm2_diagnosis_add (diagnosis, APM2_FINDING_FAILED, "bad");
  g_assert_cmpint (
      apm2_diagnosis_get_worst (diagnosis), ==, APM2_FINDING_FAILED);
}

static void
test_words_are_quoted (void)
{
  g_autofree char *plain = apm2_cure_quote ("/home/a.b/x_y-z");
  g_autofree char *space = apm2_cure_quote ("a b");
  g_autofree char *empty = apm2_cure_quote ("");
  g_autofree char *tilde = apm2_cure_quote ("~/x");

  g_assert_cmpstr (plain, ==, "/home/a.b/x_y-z");
  g_assert_cmpstr (space, ==, "'a b'");
  g_assert_cmpstr (empty, ==, "''");
  g_assert_cmpstr (tilde, ==, "'~/x'");
}

static void
test_what_needs_root_is_left (void)
{
  g_autoptr (Apm2Cure) cure = apm2_cure_new_set_mode ("/x", 0700);

  apm2_cure_need_root (cure);
  g_assert_cmpstr (cure->command, ==, "sudo chmod 0700 /x");
  g_assert_cmpint (cure->act, ==, APM2_CURE_TYPE);
  apm2_cure_need_root (cure);
  g_assert_cmpstr (cure->command, ==, "sudo chmod 0700 /x");
}

/* What comes after something that is left is left too. */
static void
test_order_of_cures_is_kept (void)
{
  g_autoptr (Patient) patient = patient_new ();
  g_autofree char *first = patient_path (patient, "first");
  g_autofree char *second = patient_path (patient, "second");
  Apm2Finding *finding
      = apm2_diagnosis_add (patient->diagnosis, APM2_FINDING_FAILED, "bad");

  apm2_finding_add_cure (finding, apm2_cure_new_make_dir (first, 0750));
  apm2_finding_add_command (finding, "decide");
  apm2_finding_add_cure (finding, apm2_cure_new_make_dir (second, 0750));
  g_assert_cmpuint (patient_repair (patient), ==, 1);
  g_assert_true (g_file_test (first, G_FILE_TEST_IS_DIR));
  g_assert_false (g_file_test (second, G_FILE_TEST_EXISTS));
}

/* What the next check found may be over when this one's faults are. */
static void
test_one_check_at_a_time (void)
{
  g_autoptr (Patient) patient = patient_new ();
  g_autofree char *first = patient_path (patient, "first");
  g_autofree char *second = patient_path (patient, "second");
  g_autofree char *third = patient_path (patient, "third");
  const char *const paths[] = { first, second, third };
  const char *const ids[] = { "one", "one", "other" };

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      apm2_diagnosis_begin (patient->diagnosis, ids[i]);
      apm2_finding_add_cure (
          apm2_diagnosis_add (patient->diagnosis, APM2_FINDING_FAILED, "bad"),
          apm2_cure_new_make_dir (paths[i], 0700));
    }
  g_assert_cmpuint (patient_repair (patient), ==, 2);
  g_assert_true (g_file_test (second, G_FILE_TEST_IS_DIR));
  g_assert_false (g_file_test (third, G_FILE_TEST_EXISTS));
}

static void
test_nothing_is_done_twice (void)
{
  g_autoptr (Patient) patient = patient_new ();
  g_autoptr (GPtrArray) repairs = apm2_repair_list_new ();
  g_autofree char *dir = patient_path (patient, "no/such/parent");
  Apm2Finding *finding
      = apm2_diagnosis_add (patient->diagnosis, APM2_FINDING_FAILED, "bad");
  const Apm2Repair *repair = NULL;

  apm2_finding_add_cure (finding, apm2_cure_new_make_dir (dir, 0700));
  g_assert_cmpuint (
      apm2_repair_next (patient->doctor, patient->diagnosis, repairs), ==, 0);
  g_assert_cmpuint (
      apm2_repair_next (patient->doctor, patient->diagnosis, repairs), ==, 0);
  g_assert_cmpuint (repairs->len, ==, 1);
  repair = g_ptr_array_index (repairs, 0);
  g_assert_cmpint (repair->outcome, ==, APM2_REPAIR_FAILED);
  g_assert_nonnull (strstr (repair->reason, "No such file"));
}

static void
assert_refused (Apm2Cure *cure)
{
  g_autoptr (Apm2Cure) owned = cure;
  g_autoptr (GError) error = NULL;

  g_assert_false (apm2_repair_file (owned, &error));
  g_assert_nonnull (error);
}

static void
test_repairs_follow_no_link (void)
{
  g_autoptr (Patient) patient = patient_new ();
  g_autofree char *target = patient_path (patient, "target");
  g_autofree char *link = patient_path (patient, "link");
  struct stat st;

  patient_write (patient, "target", "x");
  g_assert_cmpint (symlink ("target", link), ==, 0);
  assert_refused (apm2_cure_new_set_mode (link, 0777));
  assert_refused (apm2_cure_new_make_dir (link, 0777));
  assert_refused (apm2_cure_new_remove (APM2_CURE_REMOVE_FILE, link));
  assert_refused (apm2_cure_new_remove (APM2_CURE_REMOVE_SOCKET, target));
  assert_refused (apm2_cure_new_sweep (link));
  g_assert_cmpint (lstat (target, &st), ==, 0);
  g_assert_cmpuint (st.st_mode & 0777, ==, 0600);
}

/* Another name of somebody's file must not get our mode. */
static void
test_hard_link_gets_no_mode (void)
{
  g_autoptr (Patient) patient = patient_new ();
  g_autofree char *one = patient_path (patient, "one");
  g_autofree char *two = patient_path (patient, "two");

  patient_write (patient, "one", "x");
  g_assert_cmpint (link (one, two), ==, 0);
  assert_refused (apm2_cure_new_set_mode (one, 0644));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/doctor/diagnosis/" name, func)
  ADD ("text-ends-with-what-is-wrong", test_text_ends_with_what_is_wrong);
  ADD ("sentences-are-wrapped", test_sentences_are_wrapped_and_commands_not);
  ADD ("names-control-no-terminal", test_names_control_no_terminal);
  ADD ("skipped-weighs-nothing", test_skipped_weighs_nothing);
  ADD ("words-are-quoted", test_words_are_quoted);
  ADD ("what-needs-root-is-left", test_what_needs_root_is_left);
  ADD ("order-of-cures-is-kept", test_order_of_cures_is_kept);
  ADD ("one-check-at-a-time", test_one_check_at_a_time);
  ADD ("nothing-is-done-twice", test_nothing_is_done_twice);
  ADD ("repairs-follow-no-link", test_repairs_follow_no_link);
  ADD ("hard-link-gets-no-mode", test_hard_link_gets_no_mode);
#undef ADD
  return g_test_run ();
}
