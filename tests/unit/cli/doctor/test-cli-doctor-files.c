/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What lies about: configuration, interrupted writes, specs that wait, sockets
 * that nobody serves.
 */

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-fs.h"
#include "patient.h"

#define FAC         "home/private/fac"
#define AN_HOUR_SEC G_GINT64_CONSTANT (3600)

static void
test_configuration_is_optional (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient_assert (
      patient, apm2_check_configuration, APM2_FINDING_OK, "built-in settings");
}

static void
test_configuration_is_read (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient_write (patient, "home/apm2.conf", "[worker]\nslots=3\n");
  patient_assert (
      patient, apm2_check_configuration, APM2_FINDING_OK, "free of errors");
}

static void
test_configuration_errors_name_their_lines (void)
{
  g_autoptr (Patient) patient = patient_new ();
  const Apm2Finding *finding = NULL;

  patient_write (
      patient, "home/apm2.conf", "[worker]\nslots=many\n[nowhere]\n");
  patient_check (patient, apm2_check_configuration);
  g_assert_cmpuint (patient->diagnosis->findings->len, ==, 2);
  finding = g_ptr_array_index (patient->diagnosis->findings, 0);
  g_assert_cmpint (finding->result, ==, APM2_FINDING_FAILED);
  g_assert_nonnull (strstr (finding->text, "/apm2.conf:2: [worker] slots"));
  g_assert_nonnull (strstr (patient_get_command (finding, 0), " +2 /"));
  g_assert_cmpuint (patient_repair (patient), ==, 0);
}

static void
test_configuration_of_everybody_is_closed (void)
{
  g_autoptr (Patient) patient = patient_new ();
  g_autofree char *path = patient_path (patient, "home/apm2.conf");

  patient_write (patient, "home/apm2.conf", "[worker]\nslots=3\n");
  g_assert_cmpint (g_chmod (path, 0666), ==, 0);
  patient_assert (
      patient, apm2_check_configuration, APM2_FINDING_WARNING, "has mode 0666");
  patient_type (patient);
  patient_assert (
      patient, apm2_check_configuration, APM2_FINDING_OK, "free of errors");
}

static void
leave_temporary_files (const Patient *patient)
{
  patient_write (patient, FAC "/.apm2-0123456789abcdef.tmp", "old");
  patient_write (patient, FAC "/.apm2-fedcba9876543210.tmp", "young");
  patient_write (patient, FAC "/.apm2-note", "not ours to remove");
  patient_age (patient, FAC "/.apm2-0123456789abcdef.tmp", AN_HOUR_SEC);
  patient_age (patient, FAC "/.apm2-note", AN_HOUR_SEC);
}

static void
assert_only_old_is_gone (const Patient *patient)
{
  g_autofree char *old
      = patient_path (patient, FAC "/.apm2-0123456789abcdef.tmp");
  g_autofree char *young
      = patient_path (patient, FAC "/.apm2-fedcba9876543210.tmp");
  g_autofree char *note = patient_path (patient, FAC "/.apm2-note");

  g_assert_false (g_file_test (old, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (young, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (note, G_FILE_TEST_EXISTS));
}

static void
test_leftovers_are_swept (gconstpointer typed)
{
  g_autoptr (Patient) patient = patient_new ();

  leave_temporary_files (patient);
  patient_assert (patient,
                  apm2_check_leftovers,
                  APM2_FINDING_WARNING,
                  "1 interrupted write");
  if (typed != NULL)
    patient_type (patient);
  else
    g_assert_cmpuint (patient_repair (patient), ==, 1);
  assert_only_old_is_gone (patient);
  patient_assert (
      patient, apm2_check_leftovers, APM2_FINDING_OK, "no interrupted");
}

static void
test_incoming_may_be_new (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient_write (patient, FAC "/incoming/a.json", "{}");
  patient_assert (
      patient, apm2_check_incoming, APM2_FINDING_OK, "no job spec waits");
}

static void
test_incoming_must_not_wait (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient_write (patient, FAC "/incoming/a.json", "{}");
  patient_write (patient, FAC "/incoming/b.json", "{}");
  patient_age (patient, FAC "/incoming/a.json", AN_HOUR_SEC);
  patient_age (patient, FAC "/incoming/b.json", 2 * AN_HOUR_SEC);
  patient_assert (
      patient, apm2_check_incoming, APM2_FINDING_WARNING, "2 job specs wait");
  patient_assert (patient, apm2_check_incoming, APM2_FINDING_WARNING, "2h");
}

static void
test_quarantine_waits_for_somebody (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient_write (patient, FAC "/quarantine/it's.json", "{}");
  patient_write (patient, FAC "/quarantine/it's.json.reason", "bad\n");
  patient_assert (patient,
                  apm2_check_quarantine,
                  APM2_FINDING_WARNING,
                  "1 refused job spec");
  g_assert_cmpuint (patient_repair (patient), ==, 0);
  patient_type (patient);
  patient_assert (
      patient, apm2_check_quarantine, APM2_FINDING_OK, "no refused");
}

static void
test_quarantined_name_is_not_typed (void)
{
  g_autoptr (Patient) patient = patient_new ();
  const Apm2Finding *finding = NULL;

  patient_write (patient, FAC "/quarantine/a\x1b[2J.json", "{}");
  finding = patient_get_only (patient, apm2_check_quarantine);
  g_assert_cmpint (finding->result, ==, APM2_FINDING_WARNING);
  g_assert_cmpuint (finding->cures->len, ==, 0);
  g_assert_cmpuint (finding->looks->len, ==, 1);
}

/* Binds the operator socket; returns what keeps it. */
static int
bind_socket (const Patient *patient, gboolean listening)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  const int fd
      = socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const char *path = patient->doctor->paths->operator_socket;

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpuint (g_strlcpy (address.sun_path, path, sizeof address.sun_path),
                    <,
                    sizeof address.sun_path);
  g_assert_cmpint (
      bind (fd, (const struct sockaddr *) &address, sizeof address), ==, 0);
  if (listening)
    g_assert_cmpint (listen (fd, 1), ==, 0);
  g_assert_cmpint (g_chmod (path, 0600), ==, 0);
  return fd;
}

static void
test_socket_may_be_missing (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient_assert (
      patient, apm2_check_socket, APM2_FINDING_FAILED, "no operator socket");
}

static void
test_listener_is_seen_without_a_call (void)
{
  g_autoptr (Patient) patient = patient_new ();
  const char *path = patient->doctor->paths->operator_socket;
  apm2_autofd int fd = -1;

  g_assert_false (apm2_broker_is_listening (path));
  fd = bind_socket (patient, TRUE);
  g_assert_true (apm2_broker_is_listening (path));
  patient->doctor->listening = TRUE;
  patient_assert (patient, apm2_check_socket, APM2_FINDING_OK, "listens");
  g_assert_cmpint (accept4 (fd, NULL, NULL, SOCK_CLOEXEC), ==, -1);
}

static void
test_stale_socket_is_removed (void)
{
  g_autoptr (Patient) patient = patient_new ();
  const char *path = patient->doctor->paths->operator_socket;
  int fd = bind_socket (patient, TRUE);

  apm2_fd_clear (&fd);
  g_assert_false (apm2_broker_is_listening (path));
  patient_assert (
      patient, apm2_check_socket, APM2_FINDING_FAILED, "nobody listens");
  g_assert_cmpuint (patient_repair (patient), ==, 1);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* Somebody may have come between the look and the repair. */
static void
test_live_socket_is_kept (void)
{
  g_autoptr (Patient) patient = patient_new ();
  const char *path = patient->doctor->paths->operator_socket;
  apm2_autofd int fd = bind_socket (patient, TRUE);

  patient_assert (
      patient, apm2_check_socket, APM2_FINDING_FAILED, "nobody listens");
  g_assert_cmpuint (patient_repair (patient), ==, 0);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
test_open_socket_is_closed (void)
{
  g_autoptr (Patient) patient = patient_new ();
  const char *path = patient->doctor->paths->operator_socket;
  apm2_autofd int fd = bind_socket (patient, TRUE);

  patient->doctor->listening = TRUE;
  g_assert_cmpint (g_chmod (path, 0666), ==, 0);
  patient_assert (
      patient, apm2_check_socket, APM2_FINDING_WARNING, "more users");
  patient_type (patient);
  patient_assert (patient, apm2_check_socket, APM2_FINDING_OK, "listens");
  g_assert_cmpint (g_chmod (path, 0400), ==, 0);
  patient_assert (
      patient, apm2_check_socket, APM2_FINDING_FAILED, "nobody can");
  g_assert_cmpuint (patient_repair (patient), ==, 1);
  patient_assert (patient, apm2_check_socket, APM2_FINDING_OK, "listens");
}

static void
test_file_in_place_of_the_socket (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient_write (patient, "run/apm2/operator.sock", "");
  patient_assert (
      patient, apm2_check_socket, APM2_FINDING_FAILED, "is not a socket");
  g_assert_cmpuint (patient_repair (patient), ==, 0);
}

static void
test_runtime_directory_is_closed (void)
{
  g_autoptr (Patient) patient = patient_new ();
  const char *path = patient->doctor->paths->runtime_dir;

  patient_assert (patient, apm2_check_runtime_dir, APM2_FINDING_OK, "is there");
  g_assert_cmpint (g_chmod (path, 0777), ==, 0);
  patient_assert (
      patient, apm2_check_runtime_dir, APM2_FINDING_WARNING, "mode 0777");
  g_assert_cmpuint (patient_repair (patient), ==, 1);
  patient_assert (patient, apm2_check_runtime_dir, APM2_FINDING_OK, "is there");
  g_assert_cmpint (g_rmdir (path), ==, 0);
  patient_assert (
      patient, apm2_check_runtime_dir, APM2_FINDING_OK, "does not exist");
}

static void
test_clock_must_not_go_back (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient_write (patient, FAC "/fac.db", "");
  patient_assert (patient, apm2_check_clock, APM2_FINDING_OK, "not behind");
  patient->doctor->realtime_usec -= AN_HOUR_SEC * G_USEC_PER_SEC;
  patient_assert (
      patient, apm2_check_clock, APM2_FINDING_WARNING, "was set back");
  patient->doctor->realtime_usec = G_USEC_PER_SEC;
  patient_assert (
      patient, apm2_check_clock, APM2_FINDING_FAILED, "before 2024");
}

static void
test_disk_has_room (void)
{
  g_autoptr (Patient) patient = patient_new ();
  const Apm2Finding *finding
      = patient_get_only (patient, apm2_check_disk_space);

  /* How much there is on this machine is not ours to say. */
  g_assert_nonnull (strstr (finding->text, "free for"));
  patient_check (patient, apm2_check_inodes);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/doctor/files/" name, func)
  ADD ("configuration-is-optional", test_configuration_is_optional);
  ADD ("configuration-is-read", test_configuration_is_read);
  ADD ("configuration-errors-name-lines",
       test_configuration_errors_name_their_lines);
  ADD ("configuration-of-everybody", test_configuration_of_everybody_is_closed);
  g_test_add_data_func (
      "/doctor/files/leftovers-are-swept", NULL, test_leftovers_are_swept);
  g_test_add_data_func ("/doctor/files/leftovers-are-typed-away",
                        "typed",
                        test_leftovers_are_swept);
  ADD ("incoming-may-be-new", test_incoming_may_be_new);
  ADD ("incoming-must-not-wait", test_incoming_must_not_wait);
  ADD ("quarantine-waits", test_quarantine_waits_for_somebody);
  ADD ("quarantined-name-is-not-typed", test_quarantined_name_is_not_typed);
  ADD ("socket-may-be-missing", test_socket_may_be_missing);
  ADD ("listener-is-seen-without-a-call", test_listener_is_seen_without_a_call);
  ADD ("stale-socket-is-removed", test_stale_socket_is_removed);
  ADD ("live-socket-is-kept", test_live_socket_is_kept);
  ADD ("open-socket-is-closed", test_open_socket_is_closed);
  ADD ("file-in-place-of-the-socket", test_file_in_place_of_the_socket);
  ADD ("runtime-directory-is-closed", test_runtime_directory_is_closed);
  ADD ("clock-must-not-go-back", test_clock_must_not_go_back);
  ADD ("disk-has-room", test_disk_has_room);
#undef ADD
  return g_test_run ();
}
