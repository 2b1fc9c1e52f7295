/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A store that refuses for a while what must happen without anybody asking for
 * it again: a claim, the end of an attempt whose worker is gone, and that of a
 * job that was called off.
 */

#include <string.h>

#include <sqlite3.h>

#include "rig-broker.h"
#include "rig-client.h"
#include "rig-wait.h"
#include "rig-worker.h"

/* It refuses until the lane of this name is paused. */
#define LANE "calm"

typedef struct
{
  Rig *rig;
  RigWorker *worker;
} Fixture;

/* @change: of a job's state, in SQL, which is refused */
static void
set_up (Fixture *self, gconstpointer change)
{
  g_autofree char *path = NULL;
  g_autofree char *sql = g_strdup_printf (
      "CREATE TRIGGER trouble BEFORE UPDATE OF state ON job WHEN %s "
      "AND NOT EXISTS (SELECT 1 FROM lane_pause WHERE lane = '" LANE "') "
      "BEGIN SELECT RAISE (ABORT, 'there is trouble'); END",
      (const char *) change);
  sqlite3 *sqlite = NULL;

  self->rig = rig_new ("[lane " LANE "]\n");
  rig_process_kill (self->rig->broker);
  path = rig_home_path (self->rig->home, "fac.db");
  g_assert_cmpint (sqlite3_open (path, &sqlite), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (sqlite, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (sqlite), ==, SQLITE_OK);
  rig_crash (self->rig);
  self->worker = rig_worker_new (self->rig->home, "w", 1);
}

static void
tear_down (Fixture *self, gconstpointer change)
{
  rig_worker_free (self->worker);
  rig_free (self->rig);
}

static RigLease *
lease_one (Fixture *self)
{
  g_autofree char *spec = rig_spec_sh ("true", NULL);

  g_free (rig_submit (self->rig->client, spec));
  return rig_worker_lease (self->worker);
}

typedef struct
{
  RigProcess *broker;
  const char *words;
} Said;

static gboolean
has_said (gpointer data)
{
  const Said *said = data;
  g_autofree char *text = rig_process_get_stderr (said->broker);

  return strstr (text, said->words) != NULL;
}

static void
wait_said (Fixture *self, const char *words)
{
  Said said = { self->rig->broker, words };

  rig_wait (has_said, &said, words);
}

static void
end_trouble (Fixture *self)
{
  g_variant_unref (
      rig_queue (self->rig->client, "Pause", "('" LANE "', @a{sv} {})"));
}

static void
test_claim (Fixture *self, gconstpointer change)
{
  g_autofree char *spec = rig_spec_sh ("true", NULL);
  g_autofree char *id = NULL;
  g_autoptr (RigLease) lease = NULL;
  g_autoptr (GError) error = NULL;

  rig_worker_park (self->worker);
  id = rig_submit (self->rig->client, spec);
  wait_said (self, "Cannot claim a job for worker \"w\"");
  end_trouble (self);

  lease = rig_worker_await_lease (self->worker, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (lease->job_id, ==, id);
}

static void
test_lost_attempt (Fixture *self, gconstpointer change)
{
  g_autoptr (RigLease) lease = lease_one (self);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->worker, rig_worker_free);
  self->worker = rig_worker_new_unregistered (self->rig->home);
  reply = rig_worker_try (
      self->worker,
      "RegisterWorker",
      g_variant_new_parsed (
          "('w', uint32 1, @a(st) [], {'executor': <'systemd'>})"),
      &error);
  g_assert_no_error (error);
  wait_said (self, "Cannot end the lease of job");
  end_trouble (self);

  rig_wait_state (self->rig->client, lease->job_id, "pending");
}

/* It is given back, and then it ends. */
static void
test_called_off (Fixture *self, gconstpointer change)
{
  g_autoptr (RigLease) lease = lease_one (self);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *state = NULL;

  g_variant_unref (rig_queue (
      self->rig->client, "Cancel", "(%s, @a{sv} {})", lease->job_id));
  reply = rig_worker_try (
      self->worker,
      "Return",
      g_variant_new ("(sta{sv})", lease->job_id, lease->token, NULL),
      &error);
  g_assert_no_error (error);
  state = rig_get_string (self->rig->client, lease->job_id, "state");
  g_assert_cmpstr (state, ==, "pending");
  end_trouble (self);

  rig_wait_state (self->rig->client, lease->job_id, "cancelled");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/apm2/store-trouble/claim",
              Fixture,
              "NEW.state = 1",
              set_up,
              test_claim,
              tear_down);
  g_test_add ("/apm2/store-trouble/lost-attempt",
              Fixture,
              "OLD.state = 1 AND NEW.state = 0",
              set_up,
              test_lost_attempt,
              tear_down);
  g_test_add ("/apm2/store-trouble/called-off",
              Fixture,
              "OLD.state = 0 AND NEW.state > 2",
              set_up,
              test_called_off,
              tear_down);
  return g_test_run ();
}
