/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which cgroup controllers are there, in both shapes of a machine; namespaces;
 * the token.
 */

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-cgroup.h"
#include "patient.h"

#define CREDS "home/private/creds"
#define TOKEN CREDS "/gh-token"

static void
make_dir (const Patient *patient, const char *name)
{
  g_autofree char *path = patient_path (patient, name);

  g_assert_cmpint (g_mkdir_with_parents (path, 0700), ==, 0);
}

static char *
find_missing (const Patient *patient)
{
  g_autofree char *root = patient_path (patient, "cgroup");
  g_auto (GStrv) missing = apm2_cgroup_find_missing (root, "user/manager");

  return g_strjoinv (" ", missing);
}

static void
test_unified_tells_controllers (void)
{
  g_autoptr (Patient) patient = patient_new ();
  g_autofree char *before = NULL;
  g_autofree char *some = NULL;
  g_autofree char *all = NULL;

  make_dir (patient, "cgroup/user/manager");
  patient_write (patient, "cgroup/cgroup.controllers", "cpu memory pids\n");
  before = find_missing (patient);
  g_assert_cmpstr (before, ==, "cpu memory pids");
  patient_write (
      patient, "cgroup/user/manager/cgroup.controllers", "memory pids\n");
  some = find_missing (patient);
  g_assert_cmpstr (some, ==, "cpu");
  patient_write (patient,
                 "cgroup/user/manager/cgroup.controllers",
                 "cpuset cpu io memory pids\n");
  all = find_missing (patient);
  g_assert_cmpstr (all, ==, "");
}

static void
test_legacy_needs_groups_of_our_own (void)
{
  g_autoptr (Patient) patient = patient_new ();
  g_autofree char *missing = NULL;

  make_dir (patient, "cgroup/memory/user/manager");
  make_dir (patient, "cgroup/pids/user");
  missing = find_missing (patient);
  g_assert_cmpstr (missing, ==, "cpu pids");
}

static void
test_namespaces_are_tried (void)
{
  g_autoptr (Patient) patient = patient_new ();
  const Apm2Finding *finding
      = patient_get_only (patient, apm2_check_namespaces);

  /* Whether this machine lets us is not ours to say. */
  if (finding->result == APM2_FINDING_FAILED)
    g_assert_cmpuint (finding->cures->len + finding->looks->len, >, 0);
  else
    g_assert_cmpint (finding->result, ==, APM2_FINDING_OK);
}

static void
test_token_may_be_absent (void)
{
  g_autoptr (Patient) patient = patient_new ();
  g_autofree char *dir = patient_path (patient, CREDS);

  g_assert_cmpint (g_rmdir (dir), ==, 0);
  patient_assert (patient,
                  apm2_check_credential,
                  APM2_FINDING_WARNING,
                  "there is no GitHub token");
  g_assert_cmpuint (patient_repair (patient), ==, 1);
  g_assert_true (g_file_test (dir, G_FILE_TEST_IS_DIR));
}

static void
test_open_token_is_closed (gconstpointer typed)
{
  g_autoptr (Patient) patient = patient_new ();
  g_autofree char *dir = patient_path (patient, CREDS);
  g_autofree char *file = patient_path (patient, TOKEN);

  patient_write (patient, TOKEN, "secret\n");
  patient_assert (
      patient, apm2_check_credential, APM2_FINDING_OK, "token is /");
  g_assert_cmpint (g_chmod (file, 0644), ==, 0);
  g_assert_cmpint (g_chmod (dir, 0755), ==, 0);
  patient_assert (
      patient, apm2_check_credential, APM2_FINDING_FAILED, "has the mode");
  if (typed != NULL)
    patient_type (patient);
  else
    g_assert_cmpuint (patient_repair (patient), ==, 2);
  patient_assert (
      patient, apm2_check_credential, APM2_FINDING_OK, "token is /");
}

static void
test_linked_token_is_left (void)
{
  g_autoptr (Patient) patient = patient_new ();
  g_autofree char *file = patient_path (patient, TOKEN);

  patient_write (patient, "elsewhere", "secret\n");
  g_assert_cmpint (symlink ("../../../elsewhere", file), ==, 0);
  patient_assert (
      patient, apm2_check_credential, APM2_FINDING_FAILED, "symbolic link");
  g_assert_cmpuint (patient_repair (patient), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/doctor/limits/" name, func)
  ADD ("unified", test_unified_tells_controllers);
  ADD ("legacy", test_legacy_needs_groups_of_our_own);
  ADD ("namespaces-are-tried", test_namespaces_are_tried);
  ADD ("token-may-be-absent", test_token_may_be_absent);
  ADD ("linked-token-is-left", test_linked_token_is_left);
#undef ADD
  g_test_add_data_func (
      "/doctor/limits/open-token-is-closed", NULL, test_open_token_is_closed);
  g_test_add_data_func ("/doctor/limits/open-token-is-typed-closed",
                        "typed",
                        test_open_token_is_closed);
  return g_test_run ();
}
