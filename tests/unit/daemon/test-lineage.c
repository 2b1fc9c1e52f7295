/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which process is which, and from whom it descends. The processes are real
 * ones: the test, and shells that wait for the end of their input.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gio/gio.h>

#include "apm2-fs.h"
#include "apm2-lineage.h"

typedef struct
{
  GSubprocess *process;
  Apm2ProcessId id;
} Child;

/* It tells that it runs what it was told to run. */
static void
child_start (Child *self)
{
  g_autoptr (GError) error = NULL;
  char byte = 0;

  self->process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE
                                        | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                                    &error,
                                    "/bin/sh",
                                    "-c",
                                    "echo; read _",
                                    NULL);
  g_assert_no_error (error);
  g_assert_cmpint (
      g_input_stream_read (
          g_subprocess_get_stdout_pipe (self->process), &byte, 1, NULL, &error),
      ==,
      1);
  g_assert_true (apm2_process_id_read (
      &self->id,
      (pid_t) g_ascii_strtoll (
          g_subprocess_get_identifier (self->process), NULL, 10),
      NULL));
}

static void
child_end (Child *self)
{
  g_subprocess_force_exit (self->process);
  g_assert_true (g_subprocess_wait (self->process, NULL, NULL));
  g_clear_object (&self->process);
}

static void
test_a_process_is_alive_until_it_ends (void)
{
  Apm2ProcessId parent = { 0, 0 };
  Apm2ProcessId self = { 0, 0 };
  Apm2ProcessId other;
  Child child = { 0 };

  g_assert_true (apm2_process_id_read (&self, getpid (), &parent));
  g_assert_cmpint (self.pid, ==, getpid ());
  g_assert_cmpint (parent.pid, ==, getppid ());
  g_assert_cmpuint (self.start_time, >, 0);

  child_start (&child);
  g_assert_true (apm2_process_id_is_alive (&child.id));
  other = child.id;
  other.start_time++;
  g_assert_false (apm2_process_id_is_alive (&other));
  g_assert_false (apm2_process_id_equal (&child.id, &other));
  child_end (&child);
  g_assert_false (apm2_process_id_is_alive (&child.id));
  g_assert_cmpint (apm2_process_id_open (&child.id), ==, -1);
}

/* A zombie has ended, whoever has not waited for it. */
static void
test_a_zombie_has_ended (void)
{
  Apm2ProcessId id = { 0, 0 };
  siginfo_t info = { 0 };
  pid_t pid = fork ();

  if (pid == 0)
    _exit (0);
  g_assert_cmpint (pid, >, 0);
  g_assert_cmpint (waitid (P_PID, (id_t) pid, &info, WEXITED | WNOWAIT), ==, 0);
  g_assert_false (apm2_process_id_read (&id, pid, NULL));
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
}

static void
test_the_kernel_tells_of_an_end (void)
{
  Child child = { 0 };
  apm2_autofd int fd = -1;
  struct pollfd poll_fd;

  child_start (&child);
  fd = apm2_process_id_open (&child.id);
  g_assert_cmpint (fd, >=, 0);
  poll_fd = (struct pollfd){ fd, POLLIN, 0 };
  g_assert_cmpint (poll (&poll_fd, 1, 0), ==, 0);
  child_end (&child);
  g_assert_cmpint (poll (&poll_fd, 1, 10000), ==, 1);
}

static void
test_a_name_says_which_process (void)
{
  static const char *const wrong[] = {
    "",         "run-",      "run-1",   "run-0-5", "run-1-",
    "run--1-2", "run-1-2-3", "default", "run-1-x", "run-99999999999-1",
    NULL,
  };
  Apm2ProcessId id = { 4711, 123456 };
  Apm2ProcessId read = { 0, 0 };
  g_autofree char *worker = apm2_process_id_to_worker (&id);

  g_assert_cmpstr (worker, ==, "run-4711-123456");
  g_assert_true (apm2_process_id_from_worker (&read, worker));
  g_assert_true (apm2_process_id_equal (&id, &read));
  g_assert_false (apm2_process_id_from_worker (&read, NULL));
  for (gsize i = 0; wrong[i] != NULL; i++)
    {
      g_assert_false (apm2_process_id_from_worker (&read, wrong[i]));
      g_assert_cmpint (read.pid, ==, 0);
    }
}

static void
test_a_child_descends_from_its_parents (void)
{
  g_autoptr (Apm2Lineage) lineage = NULL;
  g_autoptr (Apm2Lineage) own = NULL;
  Apm2ProcessId self = { 0, 0 };
  Apm2ProcessId parent = { 0, 0 };
  const Apm2ProcessId none = { 0, 0 };
  Child child = { 0 };
  Child sibling = { 0 };

  g_assert_true (apm2_process_id_read (&self, getpid (), NULL));
  g_assert_true (apm2_process_id_read (&parent, getppid (), NULL));
  child_start (&child);
  child_start (&sibling);
  lineage = apm2_lineage_new (&child.id);
  own = apm2_lineage_new (&self);
  g_assert_true (apm2_lineage_descends_from (lineage, &child.id));
  g_assert_true (apm2_lineage_descends_from (lineage, &self));
  g_assert_true (apm2_lineage_descends_from (lineage, &parent));
  g_assert_false (apm2_lineage_descends_from (lineage, &sibling.id));
  g_assert_false (apm2_lineage_descends_from (lineage, &none));
  g_assert_false (apm2_lineage_descends_from (own, &child.id));
  child_end (&sibling);
  child_end (&child);
}

/* Its number may be another's by then. */
static void
test_one_that_has_ended_descends_from_nobody (void)
{
  g_autoptr (Apm2Lineage) lineage = NULL;
  Apm2ProcessId self = { 0, 0 };
  Child child = { 0 };

  g_assert_true (apm2_process_id_read (&self, getpid (), NULL));
  child_start (&child);
  child_end (&child);
  lineage = apm2_lineage_new (&child.id);
  g_assert_false (apm2_lineage_descends_from (lineage, &self));
  g_assert_false (apm2_lineage_is_in (lineage, "/"));
}

static void
test_a_scope_is_what_the_kernel_says (void)
{
  g_autoptr (Apm2Lineage) lineage = NULL;
  g_autofree char *cgroup = NULL;
  g_autofree char *longer = NULL;
  g_autofree char *name = NULL;
  g_autofree char *found = NULL;
  Apm2ProcessId self = { 0, 0 };

  g_assert_true (apm2_process_id_read (&self, getpid (), NULL));
  cgroup = apm2_process_id_get_cgroup (&self);
  if (cgroup == NULL)
    {
      g_test_skip ("there is no single hierarchy of control groups here");
      return;
    }
  lineage = apm2_lineage_new (&self);
  longer = g_strconcat (cgroup, "x", NULL);
  name = g_path_get_basename (cgroup);
  g_assert_true (apm2_lineage_is_in (lineage, cgroup));
  g_assert_false (apm2_lineage_is_in (lineage, longer));
  g_assert_false (apm2_lineage_is_in (lineage, ""));
  g_assert_false (apm2_lineage_is_in (lineage, NULL));
  g_assert_null (apm2_lineage_verify_scope (&self, "apm2-run-x.scope"));
  if (g_str_equal (cgroup, "/"))
    return;
  found = apm2_lineage_verify_scope (&self, name);
  g_assert_cmpstr (found, ==, cgroup);
}

static void
test_a_number_without_process_has_ended (void)
{
  pid_t child = fork ();

  if (child == 0)
    _exit (0);
  g_assert_cmpint (child, >, 0);
  g_assert_false (apm2_process_id_has_ended (getpid ()));
  g_assert_cmpint (
      waitid (P_PID, (id_t) child, NULL, WEXITED | WNOWAIT), ==, 0);
  g_assert_true (apm2_process_id_has_ended (child));
  g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
  g_assert_true (apm2_process_id_has_ended (child));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/apm2/process-id/is-alive-until-it-ends",
                   test_a_process_is_alive_until_it_ends);
  g_test_add_func ("/apm2/process-id/a-zombie-has-ended",
                   test_a_zombie_has_ended);
  g_test_add_func ("/apm2/process-id/a-number-without-process-has-ended",
                   test_a_number_without_process_has_ended);
  g_test_add_func ("/apm2/process-id/the-kernel-tells-of-an-end",
                   test_the_kernel_tells_of_an_end);
  g_test_add_func ("/apm2/process-id/a-name-says-which",
                   test_a_name_says_which_process);
  g_test_add_func ("/apm2/lineage/a-child-descends-from-its-parents",
                   test_a_child_descends_from_its_parents);
  g_test_add_func ("/apm2/lineage/one-that-has-ended-descends-from-nobody",
                   test_one_that_has_ended_descends_from_nobody);
  g_test_add_func ("/apm2/lineage/a-scope-is-what-the-kernel-says",
                   test_a_scope_is_what_the_kernel_says);
  return g_test_run ();
}
