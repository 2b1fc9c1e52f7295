/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Gates at a real broker: one job answers for all who ask for the same, and
 * Admitted tells who has passed.
 */

#include <string.h>

#include "rig-client.h"
#include "rig-gates.h"
#include "rig-recorder.h"
#include "rig-wait.h"

typedef struct
{
  Rig *rig;
  char *spec;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->rig = rig_new (NULL);
  self->spec = rig_gates ('a', "build test:build", NULL);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  rig_free (self->rig);
  g_free (self->spec);
}

static char *
submit (Fixture *self, const char *spec, const char *options, gboolean expected)
{
  g_autoptr (GVariant) reply = rig_queue (self->rig->client,
                                          "Submit",
                                          "(%s, %@a{sv})",
                                          spec,
                                          g_variant_new_parsed (options));
  char *id = NULL;
  gboolean created = FALSE;

  g_variant_get (reply, "(sob)", &id, NULL, &created);
  g_assert_cmpint (created, ==, expected);
  return id;
}

static void
finish (Fixture *self, const char *last, const char *reason)
{
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigLease) lease = rig_worker_lease (worker);
  g_autofree char *result = rig_gates_result (lease, last, reason);
  g_autofree char *digest = rig_worker_finish (worker, lease, result, NULL);

  g_assert_cmpuint (strlen (digest), ==, 64);
}

static void
test_passed_gates_are_answered (Fixture *self, gconstpointer data)
{
  g_autofree char *id = submit (self, self->spec, "@a{sv} {}", TRUE);
  g_autofree char *joined = submit (self, self->spec, "@a{sv} {}", FALSE);
  g_autofree char *answered = NULL;
  g_autofree char *after = NULL;
  g_autofree char *none = rig_gates_admitted (self->rig->client, self->spec);
  g_autofree char *digest = NULL;
  g_autofree char *receipt = NULL;

  g_assert_null (none);
  g_assert_cmpstr (joined, ==, id);
  finish (self, "passed", "");
  answered = submit (self, self->spec, "@a{sv} {}", FALSE);
  g_assert_cmpstr (answered, ==, id);
  rig_crash (self->rig);
  after = submit (self, self->spec, "@a{sv} {}", FALSE);
  g_assert_cmpstr (after, ==, id);
  digest = rig_gates_admitted (self->rig->client, self->spec);
  receipt = rig_get_string (self->rig->client, id, "receipt_digest");
  g_assert_cmpstr (digest, ==, receipt);
}

static guint
get_priority (Fixture *self, const char *id)
{
  g_autoptr (GVariant) reply
      = rig_queue (self->rig->client, "Get", "(%s, @a{sv} {})", id);
  g_autoptr (GVariant) record = g_variant_get_child_value (reply, 0);
  guint priority = 101;

  g_assert_true (g_variant_lookup (record, "priority", "u", &priority));
  return priority;
}

/* Its two gates are parts, which are told of as well. */
static void
test_joining_makes_more_urgent (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_gates ('b', "build lint", "'priority':60");
  g_autofree char *urgent = rig_gates ('b', "build lint", "'priority':5");
  g_autofree char *lazy = rig_gates ('b', "build lint", "'priority':80");
  g_autofree char *id = submit (self, spec, "@a{sv} {}", TRUE);
  g_autofree char *part = g_strconcat (id, "-p2", NULL);
  g_autofree char *path = rig_job_path (id);
  g_autofree char *part_path = rig_job_path (part);
  g_autoptr (RigRecorder) recorder = rig_recorder_new (self->rig->client);

  g_free (submit (self, lazy, "@a{sv} {}", FALSE));
  g_assert_cmpuint (get_priority (self, id), ==, 60);
  g_free (submit (self, urgent, "@a{sv} {}", FALSE));
  (void) rig_recorder_await (recorder, 0, path, " Priority=5");
  (void) rig_recorder_await (recorder, 0, part_path, " Priority=5");
  g_assert_cmpuint (get_priority (self, id), ==, 5);
  g_assert_cmpuint (get_priority (self, part), ==, 5);
  g_assert_cmpuint (rig_recorder_count (recorder, path, " Priority=80"), ==, 0);
}

static void
test_failed_gates_are_run_again (Fixture *self, gconstpointer data)
{
  g_autofree char *id = submit (self, self->spec, "@a{sv} {}", TRUE);
  g_autofree char *again = NULL;
  g_autofree char *none = NULL;

  finish (self, "failed", "step_failed");
  none = rig_gates_admitted (self->rig->client, self->spec);
  g_assert_null (none);
  again = submit (self, self->spec, "@a{sv} {}", TRUE);
  g_assert_cmpstr (again, !=, id);
}

static void
test_force_and_retry_run_again (Fixture *self, gconstpointer data)
{
  g_autofree char *id = submit (self, self->spec, "@a{sv} {}", TRUE);
  g_autofree char *forced = NULL;
  g_autoptr (GVariant) retried = NULL;
  const char *retry_id = NULL;

  finish (self, "passed", "");
  forced = submit (self, self->spec, "{'force': <true>}", TRUE);
  g_assert_cmpstr (forced, !=, id);
  retried = rig_queue (self->rig->client, "Retry", "(%s, @a{sv} {})", id);
  g_variant_get (retried, "(&so)", &retry_id, NULL);
  g_assert_cmpstr (retry_id, !=, id);
  g_assert_cmpstr (retry_id, !=, forced);
}

static void
test_bad_questions_are_refused (Fixture *self, gconstpointer data)
{
  static const char *const bad[] = {
    "('', '%s', '%s', @a{sv} {})",
    "('https://u:p@h/r', '%s', '%s', @a{sv} {})",
    "('r', '%.39s', '%s', @a{sv} {})",
    "('r', '%s', '%.63s', @a{sv} {})",
    "('r', '%s', '%s', {'now': <true>})",
  };
  g_autofree char *tree = g_strnfill (40, 'a');
  g_autofree char *digest = g_strnfill (64, 'b');

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GString) text = g_string_new (bad[i]);
      g_autofree char *short_tree = g_strnfill (39, 'a');
      g_autofree char *short_digest = g_strnfill (63, 'b');

      g_string_replace (text, "%.39s", short_tree, 1);
      g_string_replace (text, "%.63s", short_digest, 1);
      if (i != 2)
        g_string_replace (text, "%s", tree, 1);
      g_string_replace (text, "%s", digest, 1);
      g_free (rig_queue_fails (self->rig->client,
                               APM2_ERROR_INVALID_ARGUMENT,
                               "Admitted",
                               text->str));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add (                                                                 \
      "/apm2/gate-answers/" name, Fixture, NULL, set_up, function, tear_down)

  ADD ("passed-ones-are-answered", test_passed_gates_are_answered);
  ADD ("joining-makes-more-urgent", test_joining_makes_more_urgent);
  ADD ("failed-ones-are-run-again", test_failed_gates_are_run_again);
  ADD ("force-and-retry-run-again", test_force_and_retry_run_again);
  ADD ("bad-questions-are-refused", test_bad_questions_are_refused);
  return g_test_run ();
}
