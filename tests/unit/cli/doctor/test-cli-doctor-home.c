/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The tree under APM2_HOME: each fault is found, and its cure, as printed and
 * as --fix does it, cures it.
 */

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-layout.h"
#include "apm2-names.h"
#include "patient.h"

#define FAC "home/private/fac"

typedef void (*Harm) (const Patient *patient);

static void
remove_incoming_and_below (const Patient *patient)
{
  const char *const names[]
      = { FAC "/incoming", FAC "/quarantine", FAC "/logs", FAC "/work", FAC };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = patient_path (patient, names[i]);

      g_assert_cmpint (g_rmdir (path), ==, 0);
    }
}

static void
set_mode (const Patient *patient, const char *name, mode_t mode)
{
  g_autofree char *path = patient_path (patient, name);

  g_assert_cmpint (g_chmod (path, (int) mode), ==, 0);
}

static void
open_home (const Patient *patient)
{
  set_mode (patient, "home", 0755);
}

static void
close_fac (const Patient *patient)
{
  set_mode (patient, FAC, 0500);
}

static void
open_store (const Patient *patient)
{
  patient_write (patient, FAC "/fac.db", "");
  set_mode (patient, FAC "/fac.db", 0644);
}

static void
open_quarantine (const Patient *patient)
{
  set_mode (patient, FAC "/quarantine", 0777);
}

static const struct
{
  const char *path;
  Harm harm;
  Apm2FindingResult result;
  const char *text;
} faults[] = {
  { "missing-directory",
    remove_incoming_and_below,
    APM2_FINDING_FAILED,
    FAC " does not exist" },
  { "open-home", open_home, APM2_FINDING_WARNING, "has mode 0755" },
  { "closed-directory", close_fac, APM2_FINDING_FAILED, "has mode 0500" },
  { "open-store", open_store, APM2_FINDING_WARNING, "has mode 0644" },
  { "open-quarantine", open_quarantine, APM2_FINDING_WARNING, "mode 0777" },
};

static void
test_fault_is_found_and_typed_away (gconstpointer data)
{
  const gsize i = GPOINTER_TO_SIZE (data);
  g_autoptr (Patient) patient = patient_new ();

  faults[i].harm (patient);
  patient_assert (patient, apm2_check_home, faults[i].result, faults[i].text);
  patient_type (patient);
  patient_assert (patient, apm2_check_home, APM2_FINDING_OK, "home is there");
}

static void
test_fault_is_repaired (gconstpointer data)
{
  const gsize i = GPOINTER_TO_SIZE (data);
  g_autoptr (Patient) patient = patient_new ();

  faults[i].harm (patient);
  patient_check (patient, apm2_check_home);
  g_assert_cmpuint (patient_repair (patient), ==, 1);
  patient_assert (patient, apm2_check_home, APM2_FINDING_OK, "home is there");
}

static void
test_sound_home_is_ok (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient_assert (patient, apm2_check_home, APM2_FINDING_OK, "home is there");
}

static void
test_no_home_is_made_from_the_top (void)
{
  g_autoptr (Patient) patient = patient_new ();
  g_autofree char *other = patient_path (patient, "other");
  g_autoptr (GError) error = NULL;

  g_setenv ("APM2_HOME", other, TRUE);
  apm2_paths_free (patient->doctor->paths);
  patient->doctor->paths = apm2_paths_new (APM2_MODE_USER, &error);
  g_assert_no_error (error);
  patient_check (patient, apm2_check_home);
  g_assert_cmpuint (patient->diagnosis->findings->len, ==, 3);
  g_assert_cmpuint (patient_repair (patient), ==, 3);
  patient_assert (patient, apm2_check_home, APM2_FINDING_OK, "other is there");
}

static void
test_link_is_found_and_left (void)
{
  g_autoptr (Patient) patient = patient_new ();
  g_autofree char *private = patient_path (patient, "home/private");
  g_autofree char *moved = patient_path (patient, "moved");
  g_autofree char *aside = patient_path (patient, "home/private.aside");

  g_assert_cmpint (g_rename (private, moved), ==, 0);
  g_assert_cmpint (symlink (moved, private), ==, 0);
  patient_assert (
      patient, apm2_check_home, APM2_FINDING_FAILED, "is a symbolic link");
  g_assert_cmpuint (patient_repair (patient), ==, 0);
  patient_type (patient);
  g_assert_true (g_file_test (aside, G_FILE_TEST_IS_SYMLINK));
}

static void
test_foreign_owner_is_left_to_root (void)
{
  g_autoptr (Patient) patient = patient_new ();
  const Apm2Finding *finding = NULL;

  /* As if it were somebody else who looks. */
  patient->doctor->uid = getuid () + 1;
  patient_check (patient, apm2_check_home);
  finding = g_ptr_array_index (patient->diagnosis->findings, 0);
  g_assert_cmpint (finding->result, ==, APM2_FINDING_FAILED);
  g_assert_nonnull (strstr (finding->text, "not to somebody"));
  g_assert_true (g_str_has_prefix (patient_get_command (finding, 0),
                                   "sudo chown somebody: "));
  g_assert_cmpuint (patient_repair (patient), ==, 0);
}

static void
test_system_layout_keeps_the_worker_from_the_store (void)
{
  g_autoptr (Apm2Paths) paths = NULL;
  g_autoptr (GPtrArray) places = NULL;
  g_autoptr (GError) error = NULL;
  guint checked = 0;

  g_unsetenv ("APM2_HOME");
  paths = apm2_paths_new (APM2_MODE_SYSTEM, &error);
  g_assert_no_error (error);
  places = apm2_layout_get_places (paths);
  for (guint i = 0; i < places->len; i++)
    {
      const Apm2Place *place = g_ptr_array_index (places, i);

      if (g_str_equal (place->path, paths->store_file))
        {
          g_assert_cmpuint (place->mode & 077, ==, 0);
          g_assert_cmpstr (place->account, ==, APM2_ACCOUNT_BROKER);
          checked++;
        }
      if (g_str_equal (place->path, paths->fac_dir))
        {
          g_assert_cmpuint (place->mode & S_ISVTX, !=, 0);
          checked++;
        }
    }
  g_assert_cmpuint (checked, ==, 2);
}

static void
add (const char *prefix, gsize i, GTestDataFunc func)
{
  g_autofree char *path = g_strconcat (prefix, faults[i].path, NULL);

  g_test_add_data_func (path, GSIZE_TO_POINTER (i), func);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      add ("/doctor/home/typed/", i, test_fault_is_found_and_typed_away);
      add ("/doctor/home/repaired/", i, test_fault_is_repaired);
    }
  g_test_add_func ("/doctor/home/sound-is-ok", test_sound_home_is_ok);
  g_test_add_func ("/doctor/home/none-is-made-from-the-top",
                   test_no_home_is_made_from_the_top);
  g_test_add_func ("/doctor/home/link-is-left", test_link_is_found_and_left);
  g_test_add_func ("/doctor/home/foreign-owner-is-left",
                   test_foreign_owner_is_left_to_root);
  g_test_add_func ("/doctor/home/system-layout",
                   test_system_layout_keeps_the_worker_from_the_store);
  return g_test_run ();
}
