/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apm2-job-spec-json.h"

#include "apm2-json-canonical.h"
#include "json-corpus.h"

static Apm2JobSpec *
read_spec (const char *text)
{
  g_autoptr (GError) error = NULL;
  Apm2JobSpec *spec = apm2_job_spec_from_json (text, strlen (text), &error);

  g_assert_no_error (error);
  return spec;
}

static char *
rewrite (const char *text, gsize length, GError **error)
{
  g_autoptr (Apm2JobSpec) spec = apm2_job_spec_from_json (text, length, error);
  gsize written = 0;
  char *json;

  if (spec == NULL)
    return NULL;
  json = apm2_job_spec_to_json (spec, &written);
  g_assert_cmpuint (written, ==, strlen (json));
  return json;
}

static const char full[]
    = "{\"schema\":\"apm2.fac.job_spec.v1\",\"job_id\":\"j-1\",\"kind\":"
      "\"gates\",\"lane\":\"gates\",\"priority\":7,\"source\":{\"repository\":"
      "\"/srv/r\",\"commit\":\"0123456789abcdef0123456789abcdef01234567\","
      "\"ref\":\"main\",\"tree\":\"89abcdef0123456789abcdef0123456789abcdef\","
      "\"project\":\"example.org/r\",\"bundle\":\"h1\"},"
      "\"steps\":[{\"name\":\"a\",\"argv\":[\"x\",\"y z\"],"
      "\"env\":{\"B\":\"2\",\"A0\":\"=\",\"A\":\"1\"},\"working_directory\":"
      "\"d\",\"timeout_sec\":5,\"allow_failure\":true,\"network\":true,"
      "\"caches\":[\"o\",\"c/d\"]},{\"name\":\"b\",\"argv\":[\"x\"],"
      "\"needs\":[\"a\"]}],"
      "\"limits\":{\"timeout_sec\":6,\"memory_max_bytes\":1048576,"
      "\"tasks_max\":8,\"cpu_quota_percent\":9},\"retry\":{\"max_attempts\":3,"
      "\"on\":[\"oom\",\"lost\"]},\"after\":[\"b\",\"a\"],"
      "\"not_before_unix\":11,\"labels\":{\"name\":\"n\",\"k\":\"v\"},"
      "\"idempotency_key\":\"key\"}";

static void
test_reads_every_member (void)
{
  g_autoptr (Apm2JobSpec) spec = read_spec (full);

  g_assert_cmpstr (spec->job_id, ==, "j-1");
  g_assert_cmpint (spec->kind, ==, APM2_JOB_KIND_GATES);
  g_assert_cmpstr (spec->lane, ==, "gates");
  g_assert_cmpuint (spec->priority, ==, 7);
  g_assert_cmpstr (spec->source_repository, ==, "/srv/r");
  g_assert_cmpstr (
      spec->source_commit, ==, "0123456789abcdef0123456789abcdef01234567");
  g_assert_cmpstr (spec->source_ref, ==, "main");
  g_assert_cmpstr (
      spec->source_tree, ==, "89abcdef0123456789abcdef0123456789abcdef");
  g_assert_cmpstr (spec->source_project, ==, "example.org/r");
  g_assert_cmpstr (spec->source_bundle, ==, "h1");
  g_assert_cmpuint (spec->limits.timeout_sec, ==, 6);
  g_assert_cmpuint (spec->limits.memory_max_bytes, ==, 1048576);
  g_assert_cmpuint (spec->limits.tasks_max, ==, 8);
  g_assert_cmpuint (spec->limits.cpu_quota_percent, ==, 9);
  g_assert_cmpuint (spec->max_attempts, ==, 3);
  g_assert_cmpint (spec->not_before_unix, ==, 11);
  g_assert_cmpstr (apm2_job_spec_get_label (spec, "name"), ==, "n");
  g_assert_cmpstr (spec->idempotency_key, ==, "key");
}

static void
test_reads_every_member_of_a_step (void)
{
  g_autoptr (Apm2JobSpec) spec = read_spec (full);
  static const char *const argv[] = { "x", "y z", NULL };
  static const char *const caches[] = { "o", "c/d", NULL };
  static const char *const needs[] = { "a", NULL };
  const Apm2Step *step;

  g_assert_cmpuint (spec->steps->len, ==, 2);
  step = g_ptr_array_index (spec->steps, 1);
  g_assert_cmpstrv (step->needs, needs);
  g_assert_null (step->caches);
  step = g_ptr_array_index (spec->steps, 0);
  g_assert_null (step->needs);
  g_assert_cmpstrv (step->caches, caches);
  g_assert_cmpstr (step->name, ==, "a");
  g_assert_cmpstrv (step->argv, argv);
  g_assert_cmpstr (step->working_directory, ==, "d");
  g_assert_cmpuint (step->timeout_sec, ==, 5);
  g_assert_true (step->allow_failure);
  g_assert_true (step->network);
}

static void
test_reads_every_member_of_a_slot (void)
{
  static const char *const exclusive[] = { "a", "b:1", NULL };
  g_autoptr (Apm2JobSpec) spec = read_spec (
      "{\"schema\":\"apm2.fac.job_spec.v1\",\"kind\":\"attached\",\"steps\":[{"
      "\"name\":\"run\",\"argv\":[\"x\"],\"working_directory\":\"/\"}],"
      "\"slot\":{\"slots\":3,\"exclusive\":[\"b:1\",\"a\"],\"key\":\"k\"}}");

  g_assert_cmpint (spec->kind, ==, APM2_JOB_KIND_ATTACHED);
  g_assert_cmpuint (spec->slots, ==, 3);
  g_assert_cmpstrv (spec->exclusive, exclusive);
  g_assert_cmpstr (spec->key, ==, "k");
}

static void
test_slot_is_written_without_defaults (void)
{
  static const char text[]
      = "{\"schema\":\"apm2.fac.job_spec.v1\",\"kind\":\"attached\",\"steps\":["
        "{"
        "\"name\":\"run\",\"argv\":[\"x\"],\"working_directory\":\"/\"}],"
        "\"slot\":{\"slots\":1,\"exclusive\":[\"b\",\"a\"]}}";
  g_autoptr (GError) error = NULL;
  g_autofree char *json = rewrite (text, strlen (text), &error);

  g_assert_cmpstr (json,
                   ==,
                   "{\"kind\":\"attached\",\"schema\":\"apm2.fac.job_spec.v1\","
                   "\"slot\":{\"exclusive\":[\"a\",\"b\"]},\"steps\":[{"
                   "\"argv\":[\"x\"],\"name\":\"run\","
                   "\"working_directory\":\"/\"}]}");
}

static void
test_sorts_what_has_no_order (void)
{
  static const char *const env[] = { "A=1", "A0==", "B=2", NULL };
  static const char *const labels[] = { "k=v", "name=n", NULL };
  static const char *const reasons[] = { "lost", "oom", NULL };
  g_autoptr (Apm2JobSpec) spec = read_spec (full);
  const Apm2Step *step = g_ptr_array_index (spec->steps, 0);

  g_assert_cmpstrv (step->env, env);
  g_assert_cmpstrv (spec->labels, labels);
  g_assert_cmpstrv (spec->retry_on, reasons);
}

static void
test_keeps_the_order_of_after (void)
{
  static const char *const after[] = { "b", "a", NULL };
  g_autoptr (Apm2JobSpec) spec = read_spec (full);

  g_assert_cmpstrv (spec->after, after);
}

static void
test_absent_members_are_defaults (void)
{
  g_autoptr (Apm2JobSpec) spec
      = read_spec ("{\"schema\":\"apm2.fac.job_spec.v1\",\"steps\":[{\"name\":"
                   "\"a\",\"argv\":[\"x\"]}]}");
  const Apm2Step *step = g_ptr_array_index (spec->steps, 0);

  g_assert_null (spec->job_id);
  g_assert_cmpint (spec->kind, ==, APM2_JOB_KIND_COMMAND);
  g_assert_cmpstr (spec->lane, ==, "bulk");
  g_assert_cmpuint (spec->priority, ==, 50);
  g_assert_null (spec->source_repository);
  g_assert_cmpuint (spec->limits.timeout_sec, ==, 0);
  g_assert_cmpuint (spec->max_attempts, ==, 1);
  g_assert_null (spec->retry_on);
  g_assert_null (spec->after);
  g_assert_cmpint (spec->not_before_unix, ==, 0);
  g_assert_null (spec->labels);
  g_assert_null (spec->idempotency_key);
  g_assert_cmpuint (spec->slots, ==, 1);
  g_assert_null (spec->exclusive);
  g_assert_null (spec->key);
  g_assert_null (step->env);
  g_assert_null (step->working_directory);
  g_assert_false (step->allow_failure);
  g_assert_false (step->network);
}

static void
test_writes_no_defaults (void)
{
  static const char text[]
      = "{\"schema\":\"apm2.fac.job_spec.v1\",\"kind\":\"command\",\"lane\":"
        "\"bulk\",\"priority\":50,\"steps\":[{\"name\":\"a\",\"argv\":[\"x\"],"
        "\"env\":{},\"network\":false}],\"limits\":{},\"retry\":{"
        "\"max_attempts\":1},\"labels\":{},\"after\":[],\"not_before_unix\":0}";
  g_autoptr (GError) error = NULL;
  g_autofree char *json = rewrite (text, strlen (text), &error);

  g_assert_cmpstr (json,
                   ==,
                   "{\"schema\":\"apm2.fac.job_spec.v1\",\"steps\":[{\"argv\":["
                   "\"x\"],\"name\":\"a\"}]}");
}

static void
test_priority_zero_is_written (void)
{
  g_autoptr (Apm2JobSpec) spec = apm2_job_spec_new ();
  g_autofree char *json = NULL;

  spec->priority = 0;
  json = apm2_job_spec_to_json (spec, NULL);

  g_assert_nonnull (strstr (json, "\"priority\":0"));
}

static void
test_gates_have_a_lane_of_their_own (void)
{
  static const char text[]
      = "{\"kind\":\"gates\",\"schema\":\"apm2.fac.job_spec.v1\","
        "\"source\":{\"commit\":\"0123456789abcdef0123456789abcdef01234567\","
        "\"project\":\"r\",\"repository\":\"/srv/r\",\"tree\":"
        "\"89abcdef0123456789abcdef0123456789abcdef\"},\"steps\":[{\"argv\":["
        "\"x\"],\"name\":\"a\"}]}";
  g_autoptr (Apm2JobSpec) spec = read_spec (text);
  g_autofree char *json = apm2_job_spec_to_json (spec, NULL);

  g_assert_cmpstr (spec->lane, ==, "gates");
  g_assert_cmpstr (json, ==, text);
  g_free (spec->lane);
  spec->lane = g_strdup (APM2_LANE_DEFAULT);
  g_free (json);
  json = apm2_job_spec_to_json (spec, NULL);
  g_assert_nonnull (strstr (json, "\"lane\":\"bulk\""));
}

static void
assert_digest (const char *text, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *json = rewrite (text, strlen (text), &error);
  g_autofree char *digest = apm2_json_digest (json, strlen (json));

  g_assert_no_error (error);
  g_assert_cmpstr (digest, ==, expected);
}

/* Digests are stored: these must never change. */
static void
test_digest_is_frozen (void)
{
  static const char command[]
      = "{\"schema\":\"apm2.fac.job_spec.v1\",\"job_id\":\"j-1\",\"lane\":"
        "\"gates\",\"priority\":7,\"source\":{\"repository\":\"/srv/r\","
        "\"commit\":\"0123456789abcdef0123456789abcdef01234567\",\"ref\":"
        "\"main\"},\"steps\":[{\"name\":\"a\",\"argv\":[\"x\",\"y z\"],"
        "\"env\":{\"B\":\"2\",\"A\":\"1\"},\"timeout_sec\":5,"
        "\"allow_failure\":true,\"network\":true}],\"after\":[\"b\",\"a\"]}";

  assert_digest (
      command,
      "c6b517c8138fc7ace7b8f76efccd5e3d0c15d6f3e3e24e8caa934af569ceb142");
  assert_digest (
      full, "7fe8e60f65844e4847c521ecb6318f484712d525bd6c232dfb9eb821a8b8e3a4");
}

static void
test_digest_does_not_depend_on_the_writing (void)
{
  static const char plain[]
      = "{\"schema\":\"apm2.fac.job_spec.v1\",\"priority\":3,\"steps\":[{"
        "\"name\":\"a\",\"argv\":[\"é\"]}]}";
  static const char fancy[]
      = " {\n\"steps\" : [{\"argv\":[\"\\u00E9\"], \"name\":\"\\u0061\"}],\n"
        "\"lane\":\"bulk\",\"priority\":3,\"\\u0073chema\":"
        "\"apm2.fac.job_spec.v1\"}\n";
  g_autoptr (GError) error = NULL;
  g_autofree char *a = rewrite (plain, strlen (plain), &error);
  g_autofree char *b = rewrite (fancy, strlen (fancy), &error);

  g_assert_no_error (error);
  g_assert_cmpstr (a, ==, b);
}

static void
test_password_is_not_echoed (void)
{
  static const char text[]
      = "{\"schema\":\"apm2.fac.job_spec.v1\",\"kind\":\"gates\",\"source\":{"
        "\"repository\":\"https://u:hunter2@example.org/r\",\"commit\":"
        "\"0123456789abcdef0123456789abcdef01234567\"}}";
  g_autoptr (GError) error = NULL;
  g_autofree char *json = rewrite (text, strlen (text), &error);

  g_assert_null (json);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
  g_assert_null (strstr (error->message, "hunter2"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  json_corpus_add ("job-spec", rewrite);
  g_test_add_func ("/apm2/job-spec-json/reads-every-member",
                   test_reads_every_member);
  g_test_add_func ("/apm2/job-spec-json/reads-every-member-of-a-step",
                   test_reads_every_member_of_a_step);
  g_test_add_func ("/apm2/job-spec-json/reads-every-member-of-a-slot",
                   test_reads_every_member_of_a_slot);
  g_test_add_func ("/apm2/job-spec-json/slot-is-written-without-defaults",
                   test_slot_is_written_without_defaults);
  g_test_add_func ("/apm2/job-spec-json/sorts-what-has-no-order",
                   test_sorts_what_has_no_order);
  g_test_add_func ("/apm2/job-spec-json/keeps-the-order-of-after",
                   test_keeps_the_order_of_after);
  g_test_add_func ("/apm2/job-spec-json/absent-members-are-defaults",
                   test_absent_members_are_defaults);
  g_test_add_func ("/apm2/job-spec-json/writes-no-defaults",
                   test_writes_no_defaults);
  g_test_add_func ("/apm2/job-spec-json/priority-zero-is-written",
                   test_priority_zero_is_written);
  g_test_add_func ("/apm2/job-spec-json/gates-have-a-lane-of-their-own",
                   test_gates_have_a_lane_of_their_own);
  g_test_add_func ("/apm2/job-spec-json/digest-is-frozen",
                   test_digest_is_frozen);
  g_test_add_func ("/apm2/job-spec-json/digest-does-not-depend-on-the-writing",
                   test_digest_does_not_depend_on_the_writing);
  g_test_add_func ("/apm2/job-spec-json/password-is-not-echoed",
                   test_password_is_not_echoed);
  return g_test_run ();
}
