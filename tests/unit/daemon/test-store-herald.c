/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The herald of a claim: he hints at one lease before it is on the disk, tells
 * of it afterwards, and never tells of one that is not there.
 */

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "apm2-job-spec-json.h"
#include "apm2-json-canonical.h"
#include "sqlite-engine.h"
#include "store-vfs.h"

#define PATIENCE_MSEC 60000

typedef struct
{
  StoreHarness *h;
  int fd; /* the worker's end */
  GSocket *socket;
  Apm2JobSpec *spec;
  Apm2StoreHerald *herald;
} Fixture;

static char *
digest_of (Apm2JobSpec *spec)
{
  gsize length = 0;
  g_autofree char *text = apm2_job_spec_to_json (spec, &length);

  return apm2_json_digest (text, length);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  int fds[2] = { -1, -1 };
  g_autoptr (GError) error = NULL;
  g_autofree char *digest = NULL;

  f->h = store_harness_new (&sqlite_engine, 0);
  g_assert_cmpint (
      socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), ==, 0);
  f->fd = fds[0];
  f->socket = g_socket_new_from_fd (fds[1], &error);
  g_assert_no_error (error);
  f->spec = store_harness_spec ("fresh");
  digest = digest_of (f->spec);
  f->herald = apm2_store_herald_new (f->socket, digest);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  store_vfs_set_mood (STORE_VFS_WORKS);
  apm2_store_herald_unref (f->herald);
  apm2_job_spec_unref (f->spec);
  g_object_unref (f->socket);
  if (f->fd >= 0)
    (void) close (f->fd);
  store_harness_free (f->h);
}

static void
brief (Fixture *f)
{
  apm2_store_herald_set_terms (f->herald,
                               g_variant_new_parsed ("{'network': <true>}"));
}

static void
send_claim (Fixture *f, StoreCall *call)
{
  const Apm2LaneRoom room = { "bulk", 4 };

  apm2_store_claim (
      f->h->store, &room, 1, "w1", "boot", 4, f->herald, store_call_done, call);
}

/* Submits the fresh spec and claims; both wait then. */
static void
send_both (Fixture *f, StoreCall *submit, StoreCall *claim)
{
  apm2_store_hold (f->h->store);
  store_harness_send (f->h->store, f->spec, submit);
  send_claim (f, claim);
  apm2_store_release (f->h->store);
}

static Apm2StoredJob *
get_claimed (Fixture *f, StoreCall *call)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) jobs
      = apm2_store_claim_finish (f->h->store, store_call_wait (call), &error);

  g_assert_no_error (error);
  g_assert_cmpuint (jobs->len, ==, 1);
  return g_ptr_array_steal_index (jobs, 0);
}

static gboolean
has_packet (Fixture *f, int msec)
{
  struct pollfd fd = { .fd = f->fd, .events = POLLIN };

  return poll (&fd, 1, msec) == 1;
}

/* Returns: (transfer full): the lease of the next packet */
static GVariant *
read_packet (Fixture *f, gboolean is_certain)
{
  guint8 data[4096];
  guint8 *copy = NULL;
  g_autoptr (GVariant) packet = NULL;
  GVariant *lease = NULL;
  gboolean says_certain = FALSE;
  gssize n = -1;

  g_assert_true (has_packet (f, PATIENCE_MSEC));
  n = recv (f->fd, data, sizeof data, 0);
  g_assert_cmpint (n, >, 0);
  copy = g_memdup2 (data, (gsize) n);
  packet = g_variant_ref_sink (
      g_variant_new_from_data (G_VARIANT_TYPE ("(b(stussa{sv}))"),
                               copy,
                               (gsize) n,
                               FALSE,
                               g_free,
                               copy));
  g_variant_get (packet, "(b@*)", &says_certain, &lease);
  g_assert_cmpint (says_certain, ==, is_certain);
  return lease;
}

static void
test_tells_when_it_is_on_the_disk (Fixture *f, gconstpointer data)
{
  g_auto (StoreCall) submit = { NULL };
  g_auto (StoreCall) claim = { NULL };
  g_autoptr (GVariant) hint = NULL;
  g_autoptr (GVariant) packet = NULL;
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autofree char *expected = NULL;
  g_autofree char *seen = NULL;
  guint before = store_vfs_count_syncs ();

  brief (f);
  store_vfs_hold_syncs (TRUE);
  send_both (f, &submit, &claim);
  store_vfs_wait_held ();
  hint = read_packet (f, FALSE);
  g_assert_false (has_packet (f, 0));

  store_vfs_hold_syncs (FALSE);
  packet = read_packet (f, TRUE);
  g_assert_true (g_variant_equal (hint, packet));
  /* The answer is there before the packet, whoever turns the main loop. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_nonnull (claim.result);
  g_assert_cmpuint (store_vfs_count_syncs (), ==, before + 1);

  job = get_claimed (f, &claim);
  expected = g_strdup_printf ("('%s', %" G_GUINT64_FORMAT
                              ", 1, '%s', '%s', {'network': <true>})",
                              job->id,
                              job->token,
                              job->spec_text,
                              job->spec_digest);
  seen = g_variant_print (packet, FALSE);
  g_assert_cmpstr (seen, ==, expected);
  g_assert_true (apm2_store_herald_has_told (f->herald, job));
}

/* An older job is as urgent: it goes first, and the herald does not know it. */
static void
test_tells_nothing_of_another_job (Fixture *f, gconstpointer data)
{
  g_autofree char *older = store_harness_add (f->h, "older");
  g_auto (StoreCall) claim = { NULL };
  g_autoptr (Apm2StoredJob) job = NULL;

  brief (f);
  send_claim (f, &claim);
  job = get_claimed (f, &claim);

  g_assert_cmpstr (job->id, ==, older);
  g_assert_false (has_packet (f, 0));
  g_assert_false (apm2_store_herald_has_told (f->herald, job));
}

static void
test_tells_nothing_without_terms (Fixture *f, gconstpointer data)
{
  g_auto (StoreCall) submit = { NULL };
  g_auto (StoreCall) claim = { NULL };
  g_autoptr (Apm2StoredJob) job = NULL;

  send_both (f, &submit, &claim);
  job = get_claimed (f, &claim);

  g_assert_false (apm2_store_herald_has_told (f->herald, job));
  g_assert_false (has_packet (f, 0));
}

static void
test_knows_when_nobody_listens (Fixture *f, gconstpointer data)
{
  g_auto (StoreCall) submit = { NULL };
  g_auto (StoreCall) claim = { NULL };
  g_autoptr (Apm2StoredJob) job = NULL;

  brief (f);
  (void) close (f->fd);
  f->fd = -1;
  send_both (f, &submit, &claim);
  job = get_claimed (f, &claim);

  g_assert_false (apm2_store_herald_has_told (f->herald, job));
}

static void
test_does_not_wait_for_room (Fixture *f, gconstpointer data)
{
  static const guint8 block[16384];
  g_auto (StoreCall) submit = { NULL };
  g_auto (StoreCall) claim = { NULL };
  g_autoptr (Apm2StoredJob) job = NULL;

  while (send (g_socket_get_fd (f->socket), block, sizeof block, MSG_DONTWAIT)
         > 0)
    continue;
  while (send (g_socket_get_fd (f->socket), block, 1, MSG_DONTWAIT) > 0)
    continue;
  brief (f);
  send_both (f, &submit, &claim);
  job = get_claimed (f, &claim);

  g_assert_false (apm2_store_herald_has_told (f->herald, job));
}

/* The main loop would wait for the disk. */
static void
test_is_not_locked_while_the_disk_works (Fixture *f, gconstpointer data)
{
  g_auto (StoreCall) submit = { NULL };
  g_auto (StoreCall) claim = { NULL };
  g_autoptr (Apm2StoredJob) job = NULL;

  brief (f);
  store_vfs_hold_syncs (TRUE);
  send_both (f, &submit, &claim);
  store_vfs_wait_held ();
  brief (f);
  store_vfs_hold_syncs (FALSE);

  job = get_claimed (f, &claim);
  g_assert_true (apm2_store_herald_has_told (f->herald, job));
}

static void
test_tells_nothing_that_did_not_reach_the_disk (Fixture *f, gconstpointer data)
{
  g_autoptr (GVariant) hint = NULL;
  g_auto (StoreCall) submit = { NULL };
  g_auto (StoreCall) claim = { NULL };
  g_autoptr (GError) error = NULL;

  brief (f);
  store_vfs_set_mood (STORE_VFS_SYNC_ERROR);
  send_both (f, &submit, &claim);
  g_assert_null (
      apm2_store_claim_finish (f->h->store, store_call_wait (&claim), &error));

  g_assert_nonnull (error);
  hint = read_packet (f, FALSE);
  g_assert_false (has_packet (f, 0));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  store_vfs_install ();

#define ADD(path, func)                                                        \
  g_test_add (                                                                 \
      "/apm2/store-herald/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("tells/when-it-is-on-the-disk", test_tells_when_it_is_on_the_disk);
  ADD ("tells/nothing-of-another-job", test_tells_nothing_of_another_job);
  ADD ("tells/nothing-without-terms", test_tells_nothing_without_terms);
  ADD ("tells/nothing-that-did-not-reach-the-disk",
       test_tells_nothing_that_did_not_reach_the_disk);
  ADD ("tells/is-not-locked-while-the-disk-works",
       test_is_not_locked_while_the_disk_works);
  ADD ("loss/is-known-when-nobody-listens", test_knows_when_nobody_listens);
  ADD ("loss/does-not-wait-for-room", test_does_not_wait_for_room);
#undef ADD
  return g_test_run ();
}
