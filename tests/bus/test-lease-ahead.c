/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Leases that the broker tells ahead of its replies: the same ones, never
 * others, and whoever was told of one has it, whatever happens to the
 * connection.
 */

#include <sys/socket.h>
#include <unistd.h>

#include <gio/gunixfdlist.h>

#include "rig-wait.h"
#include "rig-worker.h"

#define ROUNDS 25

typedef struct
{
  Rig *rig;
  char *spec;
  int fd; /* the worker's end */
} Fixture;

static void
set_up (Fixture *self, gconstpointer config)
{
  self->rig = rig_new (config);
  self->spec = rig_spec (NULL);
  self->fd = -1;
}

static void
tear_down (Fixture *self, gconstpointer config)
{
  if (self->fd >= 0)
    (void) close (self->fd);
  rig_free (self->rig);
  g_free (self->spec);
}

/* Registers as "w" with one slot and @fd, which is closed. */
static gboolean
register_with (RigWorker *worker, const RigLease *held, int fd, GError **error)
{
  g_autoptr (GUnixFDList) list = g_unix_fd_list_new_from_array (&fd, 1);
  GVariantBuilder leases = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(st)"));
  g_autoptr (GVariant) reply = NULL;

  if (held != NULL)
    g_variant_builder_add (&leases, "(st)", held->job_id, held->token);
  reply = g_dbus_connection_call_with_unix_fd_list_sync (
      worker->connection,
      NULL,
      APM2_OBJECT_BROKER,
      APM2_IFACE_BROKER,
      "RegisterWorker",
      g_variant_new (
          "(sua(st)@a{sv})",
          "w",
          1,
          &leases,
          g_variant_new_parsed (
              "{'executor': <'direct'>, 'lease_socket': <handle 0>}")),
      G_VARIANT_TYPE ("(otas)"),
      G_DBUS_CALL_FLAGS_NONE,
      -1,
      list,
      NULL,
      NULL,
      error);
  if (reply == NULL)
    return FALSE;
  g_clear_pointer (&worker->stale, g_strfreev);
  g_variant_get (reply, "(ot^as)", NULL, NULL, &worker->stale);
  return TRUE;
}

/* A new inbox takes the place of the one before. */
static void
register_ahead (Fixture *self, RigWorker *worker, const RigLease *held)
{
  int fds[2] = { -1, -1 };
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (
      socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), ==, 0);
  if (self->fd >= 0)
    (void) close (self->fd);
  self->fd = fds[0];
  (void) register_with (worker, held, fds[1], &error);
  g_assert_no_error (error);
}

/* Returns: (transfer full) (nullable): the next lease, if there is one */
static RigLease *
read_any (Fixture *self, int flags, gboolean *ret_is_certain)
{
  guint8 data[8192];
  gssize n = recv (self->fd, data, sizeof data, flags);
  g_autoptr (GVariant) packet = NULL;
  guint8 *copy = NULL;
  RigLease *lease = NULL;

  if (n <= 0)
    return NULL;
  copy = g_memdup2 (data, (gsize) n);
  packet = g_variant_ref_sink (
      g_variant_new_from_data (G_VARIANT_TYPE ("(b(stussa{sv}))"),
                               copy,
                               (gsize) n,
                               FALSE,
                               g_free,
                               copy));
  lease = g_new0 (RigLease, 1);
  g_variant_get (packet,
                 "(b(stuss@a{sv}))",
                 ret_is_certain,
                 &lease->job_id,
                 &lease->token,
                 &lease->attempt,
                 &lease->job_spec,
                 &lease->spec_digest,
                 &lease->terms);
  return lease;
}

/* Returns: (transfer full) (nullable): what was told, if anything was */
static RigLease *
read_packet (Fixture *self, int flags)
{
  gboolean is_certain = FALSE;
  RigLease *lease = read_any (self, flags, &is_certain);

  while (lease != NULL && !is_certain)
    {
      rig_lease_free (lease);
      lease = read_any (self, flags, &is_certain);
    }
  return lease;
}

static void
test_hint_comes_first (Fixture *self, gconstpointer data)
{
  g_autoptr (RigWorker) worker = rig_worker_new_unregistered (self->rig->home);
  g_autoptr (RigLease) hinted = NULL;
  g_autoptr (RigLease) told = NULL;
  gboolean is_certain = TRUE;
  g_autofree char *id = NULL;

  register_ahead (self, worker, NULL);
  rig_worker_park (worker);
  g_variant_unref (rig_worker_try (
      worker, "Renew", g_variant_new ("(a(st)a{sv})", NULL, NULL), NULL));
  id = rig_submit (self->rig->client, self->spec);
  hinted = read_any (self, 0, &is_certain);
  g_assert_false (is_certain);
  told = read_any (self, 0, &is_certain);
  g_assert_true (is_certain);

  g_assert_cmpstr (hinted->job_id, ==, id);
  g_assert_cmpstr (told->job_id, ==, id);
  g_assert_cmpuint (hinted->token, ==, told->token);
  rig_worker_pass (worker, told);
}

static void
test_says_what_the_reply_says (Fixture *self, gconstpointer data)
{
  g_autoptr (RigWorker) worker = rig_worker_new_unregistered (self->rig->home);
  g_autoptr (RigLease) told = NULL;
  g_autoptr (RigLease) lease = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;

  register_ahead (self, worker, NULL);
  rig_worker_park (worker);
  /* The call is there when the next one on the connection is answered. */
  g_variant_unref (rig_worker_try (
      worker, "Renew", g_variant_new ("(a(st)a{sv})", NULL, NULL), NULL));
  id = rig_submit (self->rig->client, self->spec);
  told = read_packet (self, 0);
  g_assert_nonnull (told);
  lease = rig_worker_await_lease (worker, &error);
  g_assert_no_error (error);

  g_assert_cmpstr (told->job_id, ==, id);
  g_assert_cmpstr (lease->job_id, ==, id);
  g_assert_cmpuint (told->token, ==, lease->token);
  g_assert_cmpuint (told->attempt, ==, lease->attempt);
  g_assert_cmpstr (told->job_spec, ==, lease->job_spec);
  g_assert_cmpstr (told->spec_digest, ==, lease->spec_digest);
  g_assert_true (g_variant_equal (told->terms, lease->terms));
  rig_worker_pass (worker, told);
}

static void
test_only_a_socket_of_packets (Fixture *self, gconstpointer data)
{
  g_autoptr (RigWorker) worker = rig_worker_new_unregistered (self->rig->home);
  int fds[2] = { -1, -1 };
  GError *error = NULL;

  g_assert_cmpint (pipe (fds), ==, 0);
  g_assert_false (register_with (worker, NULL, fds[1], &error));
  rig_assert_error (error, APM2_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  (void) close (fds[0]);

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  g_assert_false (register_with (worker, NULL, fds[1], &error));
  rig_assert_error (error, APM2_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  (void) close (fds[0]);

  rig_worker_fails (
      worker,
      APM2_ERROR_INVALID_ARGUMENT,
      "RegisterWorker",
      g_variant_new_parsed (
          "('w', uint32 1, @a(st) [], {'lease_socket': <handle 0>})"));
}

static void
test_nothing_of_a_paused_lane (Fixture *self, gconstpointer data)
{
  g_autoptr (RigWorker) worker = rig_worker_new_unregistered (self->rig->home);
  g_autofree char *id = NULL;
  g_autoptr (RigLease) lease = NULL;
  g_autoptr (GError) error = NULL;

  register_ahead (self, worker, NULL);
  rig_worker_park (worker);
  g_variant_unref (rig_call (self->rig->client,
                             APM2_OBJECT_QUEUE,
                             APM2_IFACE_QUEUE,
                             "Pause",
                             g_variant_new ("(sa{sv})", "", NULL),
                             &error));
  g_assert_no_error (error);
  id = rig_submit (self->rig->client, self->spec);
  g_assert_null (read_packet (self, MSG_DONTWAIT));

  g_variant_unref (rig_call (self->rig->client,
                             APM2_OBJECT_QUEUE,
                             APM2_IFACE_QUEUE,
                             "Resume",
                             g_variant_new ("(sa{sv})", "", NULL),
                             &error));
  g_assert_no_error (error);
  lease = rig_worker_await_lease (worker, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (lease->job_id, ==, id);
  rig_worker_pass (worker, lease);
}

static gboolean
has_cancelled (gpointer data)
{
  const RigWorker *worker = data;

  return worker->cancelled->len > 0;
}

static void
test_can_be_called_off (Fixture *self, gconstpointer data)
{
  g_autoptr (RigWorker) worker = rig_worker_new_unregistered (self->rig->home);
  g_autoptr (RigLease) told = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;
  g_autofree char *expected = NULL;
  g_autofree char *digest = NULL;

  register_ahead (self, worker, NULL);
  rig_worker_park (worker);
  id = rig_submit (self->rig->client, self->spec);
  told = read_packet (self, 0);
  g_assert_nonnull (told);
  g_variant_unref (rig_call (self->rig->client,
                             APM2_OBJECT_QUEUE,
                             APM2_IFACE_QUEUE,
                             "Cancel",
                             g_variant_new ("(sa{sv})", id, NULL),
                             &error));
  g_assert_no_error (error);
  rig_wait (has_cancelled, worker, "the worker hears of it");

  expected = g_strdup_printf ("%s %" G_GUINT64_FORMAT, id, told->token);
  g_assert_cmpstr (g_ptr_array_index (worker->cancelled, 0), ==, expected);
  digest = rig_worker_finish (
      worker,
      told,
      "{'outcome': <'cancelled'>, 'reason': <'cancelled'>}",
      NULL);
  g_assert_nonnull (digest);
  rig_wait_state (self->rig->client, id, "cancelled");
}

/* One job, whose worker leaves as soon as it was told, or at any moment of the
 * job's way through the broker. */
static void
lose_and_come_back (Fixture *self, gboolean first_told)
{
  RigWorker *worker = rig_worker_new_unregistered (self->rig->home);
  g_autoptr (RigWorker) next = NULL;
  g_autoptr (RigLease) told = NULL;
  g_autoptr (RigLease) lease = NULL;
  g_autofree char *id = NULL;

  register_ahead (self, worker, NULL);
  rig_worker_park (worker);
  /* The call is there when the next one on the connection is answered. */
  g_variant_unref (rig_worker_try (
      worker, "Renew", g_variant_new ("(a(st)a{sv})", NULL, NULL), NULL));
  g_dbus_connection_call (self->rig->client,
                          APM2_BUS_NAME,
                          APM2_OBJECT_QUEUE,
                          APM2_IFACE_QUEUE,
                          "Submit",
                          g_variant_new ("(sa{sv})", self->spec, NULL),
                          NULL,
                          G_DBUS_CALL_FLAGS_NONE,
                          -1,
                          NULL,
                          NULL,
                          NULL);
  (void) g_dbus_connection_flush_sync (self->rig->client, NULL, NULL);
  if (first_told)
    told = read_packet (self, 0);
  rig_worker_free (worker);
  /* Whatever the broker made of it is over: all that it has to tell is there.
   */
  rig_wait_property (
      self->rig->client, APM2_OBJECT_WORKERS "/w", "State", "'lost'");
  (void) rig_counter (self->rig->client, "Pending");
  if (told == NULL)
    told = read_packet (self, MSG_DONTWAIT);
  g_assert_true (told != NULL || !first_told);

  next = rig_worker_new_unregistered (self->rig->home);
  register_ahead (self, next, told);
  if (told == NULL)
    {
      lease = rig_worker_lease (next);
      rig_worker_pass (next, lease);
      return;
    }
  g_assert_cmpuint (g_strv_length (next->stale), ==, 0);
  rig_worker_pass (next, told);
}

static void
test_whoever_was_told_has_it (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < ROUNDS; i++)
    lose_and_come_back (self, i % 2 == 0);
  rig_wait_property (
      self->rig->client, APM2_OBJECT_QUEUE, "Passed", "uint64 25");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func)                                                        \
  g_test_add ("/apm2/lease-ahead/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("packet/says-what-the-reply-says", test_says_what_the_reply_says);
  ADD ("packet/hint-comes-first", test_hint_comes_first);
  ADD ("packet/only-a-socket-of-packets", test_only_a_socket_of_packets);
  ADD ("packet/nothing-of-a-paused-lane", test_nothing_of_a_paused_lane);
  ADD ("packet/can-be-called-off", test_can_be_called_off);
  ADD ("worker/whoever-was-told-has-it", test_whoever_was_told_has_it);
#undef ADD
  return g_test_run ();
}
