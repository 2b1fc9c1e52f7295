/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What Submit refuses by a rule of this machine, and what it only checks.
 */

#include <string.h>
#include <unistd.h>

#include "rig-broker.h"
#include "rig-client.h"
#include "rig-gates.h"

typedef struct
{
  Rig *rig;
} Fixture;

static void
set_up (Fixture *self, gconstpointer config)
{
  self->rig = rig_new (config);
}

static void
tear_down (Fixture *self, gconstpointer config)
{
  rig_free (self->rig);
}

static void
test_dry_run_accepts_nothing (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);
  g_autoptr (GVariant) reply = rig_queue (
      self->rig->client, "Submit", "(%s, {'dry_run': <true>})", spec);
  const char *id = NULL;
  const char *path = NULL;

  g_variant_get (reply, "(&s&ob)", &id, &path, NULL);
  g_assert_cmpstr (id, ==, "");
  g_assert_cmpstr (path, ==, "/");
  g_assert_cmpuint (rig_counter (self->rig->client, "Pending"), ==, 0);
}

static void
test_rules_refuse_with_reason (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *members;
    Apm2Error code;
    const char *reason;
  } rules[] = {
    { "'lane':'nowhere'", APM2_ERROR_DENIED, "unknown_lane: " },
    { "'limits':{'timeout_sec':99}",
      APM2_ERROR_DENIED,
      "limit_exceeds_lane: " },
    { "'after':['ghost']", APM2_ERROR_NOT_FOUND, "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rules); i++)
    {
      g_autofree char *spec = rig_spec (rules[i].members);
      g_autofree char *message = rig_queue_fails (
          self->rig->client, rules[i].code, "Submit", "(%s, @a{sv} {})", spec);

      g_assert_true (g_str_has_prefix (message, rules[i].reason));
    }
  g_assert_cmpuint (rig_counter (self->rig->client, "Pending"), ==, 0);
}

/* Nobody would run it. */
static void
test_attached_job_is_not_submitted (Fixture *self, gconstpointer data)
{
  g_autofree char *spec
      = rig_json ("{'schema':'" APM2_SCHEMA_JOB_SPEC
                  "','kind':'attached','steps':[{'name':'run','argv':['true'],"
                  "'working_directory':'/'}]}");
  g_autofree char *message = rig_queue_fails (
      self->rig->client, APM2_ERROR_DENIED, "Submit", "(%s, @a{sv} {})", spec);

  g_assert_true (g_str_has_prefix (message, "kind_unsupported: "));
  g_assert_nonnull (strstr (message, "apm2 run"));
  g_assert_cmpuint (rig_counter (self->rig->client, "Pending"), ==, 0);
}

static void
test_quota_ends_at_its_bound (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *message = NULL;
  g_autofree char *last = NULL;
  g_autofree char *again = NULL;
  g_autoptr (GVariant) reply = NULL;

  for (guint i = 0; i < 3; i++)
    {
      g_free (last);
      last = rig_submit (self->rig->client, spec);
    }
  message = rig_queue_fails (self->rig->client,
                             APM2_ERROR_LIMIT_EXCEEDED,
                             "Submit",
                             "(%s, @a{sv} {})",
                             spec);
  g_assert_true (g_str_has_prefix (message, "queue_quota_exceeded: "));

  /* Room is made by what leaves the queue. */
  reply = rig_queue (self->rig->client, "Cancel", "(%s, @a{sv} {})", last);
  again = rig_submit (self->rig->client, spec);
  g_assert_cmpstr (again, !=, last);
}

static void
test_quota_counts_bytes_too (Fixture *self, gconstpointer data)
{
  g_autofree char *blob = g_strnfill (30000, 'x');
  g_autofree char *large = rig_spec_sh (blob, NULL);
  g_autofree char *small = rig_spec (NULL);
  g_autofree char *message = NULL;

  g_free (rig_submit (self->rig->client, large));
  g_free (rig_submit (self->rig->client, large));
  message = rig_queue_fails (self->rig->client,
                             APM2_ERROR_LIMIT_EXCEEDED,
                             "Submit",
                             "(%s, @a{sv} {})",
                             large);
  g_assert_true (g_str_has_prefix (message, "queue_quota_exceeded: "));
  g_free (rig_submit (self->rig->client, small));
}

/* Returns: (transfer full): the id of the job that is there already */
static char *
submit_known (Fixture *self, const char *spec)
{
  g_autoptr (GVariant) reply
      = rig_queue (self->rig->client, "Submit", "(%s, @a{sv} {})", spec);
  char *id = NULL;
  gboolean created = TRUE;

  g_variant_get (reply, "(sob)", &id, NULL, &created);
  g_assert_false (created);
  return id;
}

/* It takes no room. */
static void
test_full_queue_answers_for_known_jobs (Fixture *self, gconstpointer data)
{
  g_autofree char *named = rig_spec ("'job_id':'one'");
  g_autofree char *keyed = rig_spec ("'idempotency_key':'k'");
  g_autofree char *gates = rig_gates ('a', "build", NULL);
  g_autofree char *urgent = rig_gates ('a', "build", "'priority':3");
  char *others[] = {
    rig_spec (NULL),
    rig_spec ("'job_id':'two'"),
    rig_spec ("'idempotency_key':'l'"),
    rig_gates ('b', "build", NULL),
  };
  const char *const known[] = { named, keyed, gates };
  char *ids[G_N_ELEMENTS (known)];
  g_autofree char *joined = NULL;
  g_autofree char *forced = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    ids[i] = rig_submit (self->rig->client, known[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autofree char *message = rig_queue_fails (self->rig->client,
                                                  APM2_ERROR_LIMIT_EXCEEDED,
                                                  "Submit",
                                                  "(%s, @a{sv} {})",
                                                  others[i]);

      g_assert_true (g_str_has_prefix (message, "queue_quota_exceeded: 3 "));
      g_free (others[i]);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    {
      g_autofree char *again = submit_known (self, known[i]);

      g_assert_cmpstr (again, ==, ids[i]);
    }
  joined = submit_known (self, urgent);
  g_assert_cmpstr (joined, ==, ids[2]);
  forced = rig_queue_fails (self->rig->client,
                            APM2_ERROR_LIMIT_EXCEEDED,
                            "Submit",
                            "(%s, {'force': <true>})",
                            gates);
  g_assert_cmpuint (rig_counter (self->rig->client, "Pending"), ==, 3);
  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    g_free (ids[i]);
}

/* Which are all of one user here. */
static void
test_bound_of_a_user (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *first = rig_submit (self->rig->client, spec);
  g_autofree char *second = rig_submit (self->rig->client, spec);
  g_autofree char *message = rig_queue_fails (self->rig->client,
                                              APM2_ERROR_LIMIT_EXCEEDED,
                                              "Submit",
                                              "(%s, @a{sv} {})",
                                              spec);
  g_autofree char *expected
      = g_strdup_printf ("queue_quota_exceeded: 2 jobs of user %u are pending, "
                         "as many as [queue] pending-jobs-per-user-max= allows",
                         (guint) getuid ());
  g_autofree char *again = NULL;
  g_autofree char *after = NULL;
  g_autoptr (GVariant) reply = NULL;

  g_assert_cmpstr (message, ==, expected);
  rig_crash (self->rig);
  again = rig_queue_fails (self->rig->client,
                           APM2_ERROR_LIMIT_EXCEEDED,
                           "Submit",
                           "(%s, @a{sv} {})",
                           spec);
  g_assert_cmpstr (again, ==, expected);
  reply = rig_queue (self->rig->client, "Cancel", "(%s, @a{sv} {})", first);
  after = rig_submit (self->rig->client, spec);
  g_assert_cmpstr (after, !=, second);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD_WITH(name, function, config)                                       \
  g_test_add (                                                                 \
      "/apm2/admission/" name, Fixture, config, set_up, function, tear_down)
#define ADD(name, function) ADD_WITH (name, function, NULL)

  ADD ("dry-run-accepts-nothing", test_dry_run_accepts_nothing);
  ADD_WITH ("rules-refuse-with-reason",
            test_rules_refuse_with_reason,
            "[lane bulk]\ntimeout=60s\n");
  ADD ("attached-job-is-not-submitted", test_attached_job_is_not_submitted);
  ADD_WITH ("quota-ends-at-its-bound",
            test_quota_ends_at_its_bound,
            "[queue]\npending-jobs-max=3\n");
  ADD_WITH ("quota-counts-bytes-too",
            test_quota_counts_bytes_too,
            "[queue]\npending-bytes-max=64K\n");
  ADD_WITH ("full-queue-answers-for-known-jobs",
            test_full_queue_answers_for_known_jobs,
            "[queue]\npending-jobs-max=3\n");
  ADD_WITH ("bound-of-a-user",
            test_bound_of_a_user,
            "[queue]\npending-jobs-per-user-max=2\n");
  return g_test_run ();
}
