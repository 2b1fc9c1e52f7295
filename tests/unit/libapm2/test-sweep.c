/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What housekeeping removes goes as a whole, and no link leads out of where it
 * lies.
 */

#include "apm2-sweep.h"

#include <sys/file.h>
#include <sys/stat.h>

#include "apm2-error.h"
#include "test-dir.h"

typedef struct
{
  TestDir dir;
  Apm2Paths paths; /* only what the sweep needs */
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->dir = test_dir_new ();
  self->paths
      = (Apm2Paths){ .mode = APM2_MODE_USER, .fac_dir = self->dir.path };
  for (guint kind = 0; kind < APM2_SWEEP_TEMPORARY; kind++)
    {
      g_autofree char *path = apm2_sweep_get_dir (&self->paths, kind);

      g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
    }
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  test_dir_clear (&self->dir);
}

static gboolean
exists (Fixture *self, const char *name)
{
  struct stat st;

  return fstatat (self->dir.fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
make_dir (Fixture *self, const char *name)
{
  g_assert_cmpint (mkdirat (self->dir.fd, name, 0700), ==, 0);
}

static void
assert_removed (Fixture *self, Apm2SweepKind kind, const char *name)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (
      apm2_sweep_remove (&self->paths, kind, name, G_MAXINT64, &error));
  g_assert_no_error (error);
}

static void
assert_refused (Fixture *self,
                Apm2SweepKind kind,
                const char *name,
                gint64 stamp,
                Apm2Error code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (apm2_sweep_remove (&self->paths, kind, name, stamp, &error));
  g_assert_error (error, APM2_ERROR, (int) code);
}

static void
test_logs_go_with_all_below (Fixture *self, gconstpointer data)
{
  make_dir (self, "logs/job");
  make_dir (self, "logs/job/1");
  test_dir_write (&self->dir, "logs/job/1/0.log", "text");
  make_dir (self, "logs/other");

  assert_removed (self, APM2_SWEEP_LOG, "job");
  g_assert_false (exists (self, "logs/job"));
  g_assert_false (exists (self, "logs/" APM2_SWEEP_GONE_PREFIX "job"));
  g_assert_true (exists (self, "logs/other"));
  assert_removed (self, APM2_SWEEP_LOG, "job");
}

static void
test_a_link_does_not_lead_out (Fixture *self, gconstpointer data)
{
  g_autofree char *target = g_build_filename (self->dir.path, "kept", NULL);

  make_dir (self, "kept");
  test_dir_write (&self->dir, "kept/file", "text");
  make_dir (self, "logs/job");
  g_assert_cmpint (symlinkat (target, self->dir.fd, "logs/job/1"), ==, 0);
  g_assert_cmpint (symlinkat (target, self->dir.fd, "logs/link"), ==, 0);

  assert_removed (self, APM2_SWEEP_LOG, "job");
  assert_removed (self, APM2_SWEEP_LOG, "link");
  g_assert_false (exists (self, "logs/link"));
  g_assert_true (exists (self, "kept/file"));
}

static void
test_a_folder_that_is_a_link_is_not_entered (Fixture *self, gconstpointer data)
{
  make_dir (self, "kept");
  test_dir_write (&self->dir, "kept/job", "text");
  g_assert_cmpint (unlinkat (self->dir.fd, "logs", AT_REMOVEDIR), ==, 0);
  g_assert_cmpint (symlinkat ("kept", self->dir.fd, "logs"), ==, 0);

  assert_refused (
      self, APM2_SWEEP_LOG, "job", G_MAXINT64, APM2_ERROR_INVALID_ARGUMENT);
  g_assert_true (exists (self, "kept/job"));
}

static void
test_names_cannot_lead_out (Fixture *self, gconstpointer data)
{
  static const char *const names[]
      = { "", ".", "..", "../kept", "a/b", ".hidden" };

  test_dir_write (&self->dir, "kept", "text");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    assert_refused (self,
                    APM2_SWEEP_LOG,
                    names[i],
                    G_MAXINT64,
                    APM2_ERROR_INVALID_ARGUMENT);
  /* Beside the directories lies what is never swept. */
  assert_refused (self,
                  APM2_SWEEP_TEMPORARY,
                  "kept",
                  G_MAXINT64,
                  APM2_ERROR_INVALID_ARGUMENT);
  g_assert_true (exists (self, "kept"));
}

static void
test_what_was_used_meanwhile_stays (Fixture *self, gconstpointer data)
{
  gint64 stamp = 0;
  const struct timespec later[2]
      = { { .tv_sec = 4000000000 }, { .tv_sec = 4000000000 } };

  make_dir (self, "mirrors/a.git");
  test_dir_write (&self->dir, "mirrors/a.git/apm2-used", "");
  stamp
      = apm2_sweep_get_stamp (self->dir.fd, APM2_SWEEP_MIRROR, "mirrors/a.git");
  g_assert_cmpint (stamp, >, 0);
  g_assert_cmpint (
      utimensat (self->dir.fd, "mirrors/a.git/apm2-used", later, 0), ==, 0);

  assert_refused (self, APM2_SWEEP_MIRROR, "a.git", stamp, APM2_ERROR_BUSY);
  g_assert_true (exists (self, "mirrors/a.git/apm2-used"));
}

static void
test_a_mirror_that_is_fetched_into_stays (Fixture *self, gconstpointer data)
{
  apm2_autofd int lock = -1;

  make_dir (self, "mirrors/a.git");
  lock = openat (
      self->dir.fd, "mirrors/a.git.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  g_assert_cmpint (flock (lock, LOCK_EX), ==, 0);
  assert_refused (
      self, APM2_SWEEP_MIRROR, "a.git", G_MAXINT64, APM2_ERROR_BUSY);
  g_assert_true (exists (self, "mirrors/a.git"));

  apm2_fd_clear (&lock);
  assert_removed (self, APM2_SWEEP_MIRROR, "a.git");
  g_assert_false (exists (self, "mirrors/a.git"));
}

/* As a crash leaves it: under its new name, perhaps with the old one again. */
static void
test_what_is_half_gone_goes (Fixture *self, gconstpointer data)
{
  make_dir (self, "logs/" APM2_SWEEP_GONE_PREFIX "job");
  test_dir_write (&self->dir, "logs/" APM2_SWEEP_GONE_PREFIX "job/x", "text");
  make_dir (self, "logs/job");
  assert_removed (self, APM2_SWEEP_LOG, "job");
  g_assert_false (exists (self, "logs/" APM2_SWEEP_GONE_PREFIX "job"));

  make_dir (self, "logs/" APM2_SWEEP_GONE_PREFIX "job");
  assert_removed (self, APM2_SWEEP_LOG, APM2_SWEEP_GONE_PREFIX "job");
  g_assert_false (exists (self, "logs/" APM2_SWEEP_GONE_PREFIX "job"));
}

static void
test_a_reason_goes_with_its_spec (Fixture *self, gconstpointer data)
{
  test_dir_write (&self->dir, "quarantine/a.json", "{}");
  test_dir_write (&self->dir, "quarantine/a.json.reason", "bad\n");
  test_dir_write (&self->dir, "quarantine/b.json.reason", "bad\n");

  assert_removed (self, APM2_SWEEP_QUARANTINE, "a.json");
  g_assert_false (exists (self, "quarantine/a.json"));
  g_assert_false (exists (self, "quarantine/a.json.reason"));
  assert_removed (self, APM2_SWEEP_QUARANTINE, "b.json.reason");
  g_assert_false (exists (self, "quarantine/b.json.reason"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add ("/apm2/sweep/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("logs-go-with-all-below", test_logs_go_with_all_below);
  ADD ("a-link-does-not-lead-out", test_a_link_does_not_lead_out);
  ADD ("a-folder-that-is-a-link-is-not-entered",
       test_a_folder_that_is_a_link_is_not_entered);
  ADD ("names-cannot-lead-out", test_names_cannot_lead_out);
  ADD ("what-was-used-meanwhile-stays", test_what_was_used_meanwhile_stays);
  ADD ("a-mirror-that-is-fetched-into-stays",
       test_a_mirror_that_is_fetched_into_stays);
  ADD ("what-is-half-gone-goes", test_what_is_half_gone_goes);
  ADD ("a-reason-goes-with-its-spec", test_a_reason_goes_with_its_spec);
#undef ADD
  return g_test_run ();
}
