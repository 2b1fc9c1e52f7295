/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "apm2-job-spec.h"

#include "apm2-error.h"
#include "apm2-job-spec-json.h"

/* What the corpus of JSON files cannot bring about: specs that the command line
 * or a careless caller builds. */

static Apm2Step *
add_step (Apm2JobSpec *spec, const char *name, const char *argument)
{
  Apm2Step *step = apm2_step_new (name);

  step->argv = g_new0 (char *, 3);
  step->argv[0] = g_strdup ("echo");
  step->argv[1] = g_strdup (argument);
  g_ptr_array_add (spec->steps, step);
  return step;
}

static Apm2JobSpec *
new_spec (void)
{
  Apm2JobSpec *spec = apm2_job_spec_new ();

  add_step (spec, "a", "x");
  return spec;
}

static void
assert_valid (const Apm2JobSpec *spec)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (apm2_job_spec_validate (spec, &error));
  g_assert_no_error (error);
}

static void
assert_invalid (const Apm2JobSpec *spec, const char *place)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *prefix = g_strconcat ("Invalid job spec: ", place, NULL);

  g_assert_false (apm2_job_spec_validate (spec, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
  if (!g_str_has_prefix (error->message, prefix))
    g_test_message ("%s", error->message);
  g_assert_true (g_str_has_prefix (error->message, prefix));
}

static void
test_smallest_command_is_valid (void)
{
  g_autoptr (Apm2JobSpec) spec = new_spec ();

  assert_valid (spec);
}

static void
test_command_needs_a_step (void)
{
  g_autoptr (Apm2JobSpec) spec = apm2_job_spec_new ();

  assert_invalid (spec, "steps: ");
}

static void
test_unknown_kind_is_invalid (void)
{
  g_autoptr (Apm2JobSpec) spec = new_spec ();

  spec->kind = (Apm2JobKind) APM2_N_JOB_KINDS;

  assert_invalid (spec, "kind: ");
}

static void
test_only_attached_jobs_have_a_slot (void)
{
  g_autoptr (Apm2JobSpec) spec = new_spec ();

  spec->slots = 2;
  assert_invalid (spec, "slot: ");
  spec->slots = 1;
  spec->exclusive = g_strsplit ("db", " ", -1);
  assert_invalid (spec, "slot: ");
  g_clear_pointer (&spec->exclusive, g_strfreev);
  spec->key = g_strdup ("k");
  assert_invalid (spec, "slot: ");
}

static void
test_exclusive_names_stand_in_order (void)
{
  g_autoptr (Apm2JobSpec) spec = apm2_job_spec_new ();
  Apm2Step *step = add_step (spec, APM2_STEP_NAME_ATTACHED, "x");

  spec->kind = APM2_JOB_KIND_ATTACHED;
  step->working_directory = g_strdup ("/srv/r");
  spec->exclusive = g_strsplit ("a b", " ", -1);
  assert_valid (spec);

  g_strfreev (spec->exclusive);
  spec->exclusive = g_strsplit ("b a", " ", -1);
  assert_invalid (spec, "slot.exclusive: 'a' ");
}

static void
test_attached_takes_a_slot (void)
{
  g_autoptr (Apm2JobSpec) spec = apm2_job_spec_new ();
  Apm2Step *step = add_step (spec, APM2_STEP_NAME_ATTACHED, "x");

  spec->kind = APM2_JOB_KIND_ATTACHED;
  step->working_directory = g_strdup ("/srv/r");
  spec->slots = 0;
  assert_invalid (spec, "slot.slots: ");
  spec->slots = APM2_SLOTS_MAX + 1;
  assert_invalid (spec, "slot.slots: ");
  spec->slots = APM2_SLOTS_MAX;
  assert_valid (spec);
}

static void
test_step_without_command_is_invalid (void)
{
  g_autoptr (Apm2JobSpec) spec = new_spec ();

  g_ptr_array_add (spec->steps, apm2_step_new ("b"));

  assert_invalid (spec, "steps[1].argv: ");
}

static void
test_argument_that_is_not_utf8_is_invalid (void)
{
  g_autoptr (Apm2JobSpec) spec = new_spec ();

  add_step (spec, "b", "caf\xe9");

  assert_invalid (spec, "steps[1].argv[1]: ");
}

static void
test_all_steps_share_one_bound_of_bytes (void)
{
  g_autoptr (Apm2JobSpec) spec = apm2_job_spec_new ();
  g_autofree char *half = g_strnfill (APM2_COMMAND_BYTES_MAX / 2 - 6, 'x');
  Apm2Step *last;

  add_step (spec, "a", half);
  last = add_step (spec, "b", half);
  assert_valid (spec);

  last->env = g_strsplit ("A=", " ", -1);
  assert_invalid (spec, "steps: 65539 bytes of argv and env");
}

static void
test_environment_needs_no_order (void)
{
  g_autoptr (Apm2JobSpec) spec = new_spec ();
  g_autoptr (Apm2JobSpec) read = NULL;
  g_autofree char *json = NULL;
  g_autoptr (GError) error = NULL;
  Apm2Step *step = g_ptr_array_index (spec->steps, 0);

  step->env = g_strsplit ("B=2 A=1", " ", -1);
  assert_valid (spec);
  json = apm2_job_spec_to_json (spec, NULL);
  read = apm2_job_spec_from_json (json, strlen (json), &error);

  g_assert_no_error (error);
  step = g_ptr_array_index (read->steps, 0);
  g_assert_cmpstr (step->env[0], ==, "A=1");
}

static void
test_environment_names_are_distinct (void)
{
  g_autoptr (Apm2JobSpec) spec = new_spec ();
  Apm2Step *step = g_ptr_array_index (spec->steps, 0);

  step->env = g_strsplit ("A=1 B=2 A=3", " ", -1);

  assert_invalid (spec, "steps[0].env: 'A=3' ");
}

static void
test_environment_without_equals_is_invalid (void)
{
  g_autoptr (Apm2JobSpec) spec = new_spec ();
  Apm2Step *step = g_ptr_array_index (spec->steps, 0);

  step->env = g_strsplit ("PATH", " ", -1);

  assert_invalid (spec, "steps[0].env: 'PATH' ");
}

static void
test_label_without_equals_is_invalid (void)
{
  g_autoptr (Apm2JobSpec) spec = new_spec ();

  spec->labels = g_strsplit ("name", " ", -1);

  assert_invalid (spec, "labels: ");
}

static void
test_labels_are_distinct (void)
{
  g_autoptr (Apm2JobSpec) spec = new_spec ();

  spec->labels = g_strsplit ("k=1 k=2", " ", -1);

  assert_invalid (spec, "labels: 'k=2' ");
}

static void
test_half_a_source_is_invalid (void)
{
  g_autoptr (Apm2JobSpec) spec = new_spec ();

  spec->source_ref = g_strdup ("main");
  assert_invalid (spec, "source: ");
  spec->source_repository = g_strdup ("/srv/r");
  assert_invalid (spec, "source: ");
  spec->source_commit = g_strnfill (40, 'a');
  assert_valid (spec);
}

static void
test_unset_limits_are_valid (void)
{
  g_autoptr (Apm2JobSpec) spec = new_spec ();

  spec->limits = (Apm2Limits){ 0 };

  assert_valid (spec);
}

static void
test_wrapped_numbers_are_invalid (void)
{
  g_autoptr (Apm2JobSpec) spec = new_spec ();

  spec->limits.tasks_max = (guint64) -1;
  assert_invalid (spec, "limits.tasks_max: ");
  spec->limits.tasks_max = 0;
  spec->priority = (guint) -1;
  assert_invalid (spec, "priority: ");
  spec->priority = 0;
  spec->max_attempts = 0;
  assert_invalid (spec, "retry.max_attempts: ");
  spec->max_attempts = 1;
  spec->not_before_unix = -1;
  assert_invalid (spec, "not_before_unix: ");
}

static void
test_flood_in_a_message_is_cut (void)
{
  g_autoptr (Apm2JobSpec) spec = new_spec ();
  g_autoptr (GError) error = NULL;

  spec->job_id = g_strnfill (100000, '\033');

  g_assert_false (apm2_job_spec_validate (spec, &error));
  g_assert_cmpuint (strlen (error->message), <, 200);
  g_assert_null (strchr (error->message, '\033'));
}

static void
test_label_is_found_by_its_whole_key (void)
{
  g_autoptr (Apm2JobSpec) spec = new_spec ();

  g_assert_null (apm2_job_spec_get_label (spec, "k"));
  spec->labels = g_strsplit ("k=a=b kk=", " ", -1);

  g_assert_cmpstr (apm2_job_spec_get_label (spec, "k"), ==, "a=b");
  g_assert_cmpstr (apm2_job_spec_get_label (spec, "kk"), ==, "");
  g_assert_null (apm2_job_spec_get_label (spec, "kkk"));
  g_assert_null (apm2_job_spec_get_label (spec, ""));
}

static void
test_described_by_its_name (void)
{
  g_autoptr (Apm2JobSpec) spec = new_spec ();
  g_autofree char *text = NULL;

  spec->labels = g_strsplit ("name=nightly", " ", -1);
  text = apm2_job_spec_describe (spec);

  g_assert_cmpstr (text, ==, "nightly");
}

static void
test_described_by_its_first_command (void)
{
  g_autoptr (Apm2JobSpec) spec = apm2_job_spec_new ();
  g_autofree char *text = NULL;

  add_step (spec, "a", "one\ntwo");
  add_step (spec, "b", "three");
  text = apm2_job_spec_describe (spec);

  g_assert_cmpstr (text, ==, "echo one\\ntwo");
}

static void
test_description_is_short (void)
{
  g_autoptr (Apm2JobSpec) spec = apm2_job_spec_new ();
  g_autofree char *argument = g_strnfill (5000, 'x');
  g_autofree char *text = NULL;

  add_step (spec, "a", argument);
  text = apm2_job_spec_describe (spec);

  g_assert_cmpint (g_utf8_strlen (text, -1), ==, 65);
  g_assert_true (g_str_has_suffix (text, "x…"));
}

static void
test_kinds_have_words (void)
{
  for (guint i = 0; i < APM2_N_JOB_KINDS; i++)
    {
      Apm2JobKind kind = (Apm2JobKind) APM2_N_JOB_KINDS;

      g_assert_true (apm2_job_kind_from_string (
          apm2_job_kind_to_string ((Apm2JobKind) i), &kind));
      g_assert_cmpuint (kind, ==, i);
    }
}

static void
test_last_reference_frees (void)
{
  Apm2JobSpec *spec = new_spec ();

  g_assert_true (apm2_job_spec_ref (spec) == spec);
  apm2_job_spec_unref (spec);
  g_assert_cmpuint (spec->steps->len, ==, 1);
  apm2_job_spec_unref (spec);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, test) g_test_add_func ("/apm2/job-spec/" path, test)
  ADD ("validate/smallest-command-is-valid", test_smallest_command_is_valid);
  ADD ("validate/command-needs-a-step", test_command_needs_a_step);
  ADD ("validate/unknown-kind-is-invalid", test_unknown_kind_is_invalid);
  ADD ("validate/only-attached-jobs-have-a-slot",
       test_only_attached_jobs_have_a_slot);
  ADD ("validate/exclusive-names-stand-in-order",
       test_exclusive_names_stand_in_order);
  ADD ("validate/attached-takes-a-slot", test_attached_takes_a_slot);
  ADD ("validate/step-without-command-is-invalid",
       test_step_without_command_is_invalid);
  ADD ("validate/argument-that-is-not-utf8-is-invalid",
       test_argument_that_is_not_utf8_is_invalid);
  ADD ("validate/all-steps-share-one-bound-of-bytes",
       test_all_steps_share_one_bound_of_bytes);
  ADD ("validate/environment-needs-no-order", test_environment_needs_no_order);
  ADD ("validate/environment-names-are-distinct",
       test_environment_names_are_distinct);
  ADD ("validate/environment-without-equals-is-invalid",
       test_environment_without_equals_is_invalid);
  ADD ("validate/label-without-equals-is-invalid",
       test_label_without_equals_is_invalid);
  ADD ("validate/labels-are-distinct", test_labels_are_distinct);
  ADD ("validate/half-a-source-is-invalid", test_half_a_source_is_invalid);
  ADD ("validate/unset-limits-are-valid", test_unset_limits_are_valid);
  ADD ("validate/wrapped-numbers-are-invalid",
       test_wrapped_numbers_are_invalid);
  ADD ("validate/flood-in-a-message-is-cut", test_flood_in_a_message_is_cut);
  ADD ("get-label/found-by-its-whole-key",
       test_label_is_found_by_its_whole_key);
  ADD ("describe/by-its-name", test_described_by_its_name);
  ADD ("describe/by-its-first-command", test_described_by_its_first_command);
  ADD ("describe/is-short", test_description_is_short);
  ADD ("kind/has-words", test_kinds_have_words);
  ADD ("ref/last-frees", test_last_reference_frees);
  return g_test_run ();
}
