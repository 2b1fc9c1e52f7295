/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apm2-job-gates.h"

#include "apm2-error.h"
#include "apm2-job-spec-json.h"

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

static Apm2JobSpec *
new_gates (void)
{
  Apm2JobSpec *spec = new_spec ();

  spec->kind = APM2_JOB_KIND_GATES;
  spec->source_repository = g_strdup ("/srv/r");
  spec->source_commit = g_strnfill (40, 'c');
  spec->source_tree = g_strnfill (40, '7');
  spec->source_project = g_strdup ("r");
  return spec;
}

static void
test_gates_name_their_tree (void)
{
  g_autoptr (Apm2JobSpec) spec = new_gates ();

  assert_valid (spec);
  g_clear_pointer (&spec->source_tree, g_free);
  assert_invalid (spec, "source: ");
  spec->source_tree = g_strnfill (64, '7');
  assert_valid (spec);
  g_clear_pointer (&spec->source_project, g_free);
  assert_invalid (spec, "source: ");
}

static void
test_gates_need_gates_before_them (void)
{
  g_autoptr (Apm2JobSpec) spec = new_gates ();
  Apm2Step *step = add_step (spec, "b", "x");

  step->needs = g_strsplit ("a", " ", -1);
  assert_valid (spec);
  g_strfreev (step->needs);
  step->needs = g_strsplit ("a b", " ", -1);
  assert_invalid (spec, "steps[1].needs: 'b' ");
}

static void
test_step_is_copied_whole (void)
{
  g_autoptr (Apm2Step) step = apm2_step_new ("b");
  g_autoptr (Apm2JobSpec) one = new_gates ();
  g_autoptr (Apm2JobSpec) other = new_gates ();
  g_autofree char *text = NULL;
  g_autofree char *copied = NULL;

  step->argv = g_strsplit ("make check", " ", -1);
  step->env = g_strsplit ("A=1 B=2", " ", -1);
  step->working_directory = g_strdup ("sub");
  step->timeout_sec = 5;
  step->allow_failure = TRUE;
  step->network = TRUE;
  step->needs = g_strsplit ("a", " ", -1);
  step->caches = g_strsplit ("c d/e", " ", -1);
  g_ptr_array_add (other->steps, apm2_step_copy (step));
  g_ptr_array_add (one->steps, g_steal_pointer (&step));

  text = apm2_job_spec_to_json (one, NULL);
  copied = apm2_job_spec_to_json (other, NULL);
  g_assert_cmpstr (text, ==, copied);
  g_assert_nonnull (strstr (text, "\"caches\":[\"c\",\"d/e\"]"));
}

static void
test_described_by_its_commit (void)
{
  g_autoptr (Apm2JobSpec) spec = new_gates ();
  g_autofree char *text = NULL;

  text = apm2_job_spec_describe (spec);

  g_assert_cmpstr (text, ==, "gates of cccccccccccc");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/job-gates/name-their-tree",
                   test_gates_name_their_tree);
  g_test_add_func ("/apm2/job-gates/need-gates-before-them",
                   test_gates_need_gates_before_them);
  g_test_add_func ("/apm2/job-gates/step-is-copied-whole",
                   test_step_is_copied_whole);
  g_test_add_func ("/apm2/job-gates/described-by-their-commit",
                   test_described_by_its_commit);
  return g_test_run ();
}
