/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-error.h"
#include "apm2-log.h"

/* A process has one log writer for ever, so each test logs in a child. */
static gboolean
is_child (void)
{
  if (g_test_subprocess ())
    return TRUE;
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
  return FALSE;
}

static void
test_lines_name_program_and_level (void)
{
  if (is_child ())
    {
      apm2_log_init ("apm2-x", FALSE);
      apm2_log (G_LOG_LEVEL_INFO, NULL, "Job %s started", "j1");
      apm2_log (
          G_LOG_LEVEL_WARNING, APM2_LOG_WITH (.job = "j1"), "Job is slow");
      g_message ("plain");
      return;
    }
  g_test_trap_assert_stderr ("apm2-x: info: Job j1 started\n"
                             "apm2-x: warning: Job is slow\n"
                             "apm2-x: notice: plain\n");
}

static void
test_debug_is_off_unless_asked_for (void)
{
  if (is_child ())
    {
      apm2_log_init ("apm2-x", FALSE);
      g_debug ("hidden");
      g_assert_true (apm2_log_set_level ("debug"));
      g_debug ("shown");
      g_assert_true (apm2_log_set_level ("warning"));
      g_message ("hidden");
      g_assert_false (apm2_log_set_level ("loud"));
      g_assert_false (apm2_log_set_level (NULL));
      g_assert_cmpstr (apm2_log_get_level (), ==, "warning");
      g_warning ("shown too");
      return;
    }
  g_test_trap_assert_stderr ("apm2-x: debug: shown\n"
                             "apm2-x: warning: shown too\n");
}

static void
test_debug_of_libraries_stays_away (void)
{
  if (is_child ())
    {
      apm2_log_init ("apm2-x", TRUE);
      g_log_structured (
          "GLib-GIO", G_LOG_LEVEL_DEBUG, "MESSAGE", "%s", "chatter");
      g_debug ("ours");
      return;
    }
  g_test_trap_assert_stderr ("apm2-x: debug: ours\n");
}

static void
test_lines_cannot_be_forged (void)
{
  if (is_child ())
    {
      apm2_log_init ("apm2-x", FALSE);
      g_message ("a\nfake: line\r\x1b[31m\tä");
      return;
    }
  g_test_trap_assert_stderr (
      "apm2-x: notice: a\\x0afake: line\\x0d\\x1b[31m\tä\n");
}

static void
test_lines_are_bounded (void)
{
  g_autofree char *text = NULL;
  g_autofree char *expected = NULL;

  if (is_child ())
    {
      text = g_strnfill (100000, 'x');
      apm2_log_init ("apm2-x", FALSE);
      g_message ("%s", text);
      return;
    }
  text = g_strnfill (4096 - strlen ("apm2-x: notice: "), 'x');
  expected = g_strconcat ("apm2-x: notice: ", text, "...\n", NULL);
  g_test_trap_assert_stderr (expected);
}

static void
test_a_second_init_changes_nothing (void)
{
  if (is_child ())
    {
      apm2_log_init ("apm2-x", FALSE);
      apm2_log_init ("apm2-y", TRUE);
      g_assert_cmpstr (apm2_log_get_identifier (), ==, "apm2-x");
      g_assert_cmpstr (apm2_log_get_level (), ==, "info");
      g_assert_cmpstr (apm2_log_get_target (), ==, "console");
      return;
    }
}

/* The fields as any writer gets them. */
static GLogWriterOutput
on_log (GLogLevelFlags level,
        const GLogField *fields,
        gsize n_fields,
        gpointer user_data)
{
  GString *seen = user_data;

  for (gsize i = 0; i < n_fields; i++)
    {
      const char *value = fields[i].value;

      if (!g_str_has_prefix (fields[i].key, "CODE_"))
        g_string_append_printf (seen, "%s=%s\n", fields[i].key, value);
    }
  return G_LOG_WRITER_HANDLED;
}

static void
test_context_becomes_fields (void)
{
  g_autoptr (GString) seen = g_string_new (NULL);

  if (!is_child ())
    return;
  g_log_set_writer_func (on_log, seen, NULL);
  apm2_log (G_LOG_LEVEL_WARNING,
            APM2_LOG_WITH (.message_id = "0123",
                           .job = "j1",
                           .worker = "w",
                           .lane = "bulk",
                           .reason = "oom"),
            "Job %s failed",
            "j1");

  g_assert_cmpstr (seen->str,
                   ==,
                   "PRIORITY=4\nMESSAGE=Job j1 failed\nGLIB_DOMAIN=apm2\n"
                   "MESSAGE_ID=0123\nAPM2_JOB=j1\nAPM_JOB=j1\n"
                   "APM2_WORKER=w\nAPM_WORKER=w\nAPM2_LANE=bulk\n"
                   "APM_LANE=bulk\nAPM2_REASON=oom\nAPM_REASON=oom\n");
}

static void
test_health_and_error_become_fields (void)
{
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  if (!is_child ())
    return;
  g_log_set_writer_func (on_log, seen, NULL);
  g_set_error_literal (&error, APM2_ERROR, APM2_ERROR_UNAVAILABLE, "gone");
  apm2_log (G_LOG_LEVEL_INFO,
            APM2_LOG_WITH (.health_old = "healthy",
                           .health_new = "degraded",
                           .state = "absent",
                           .error = error),
            "Gone");

  g_assert_cmpstr (seen->str,
                   ==,
                   "PRIORITY=6\nMESSAGE=Gone\nGLIB_DOMAIN=apm2\n"
                   "APM2_STATE=absent\nAPM2_HEALTH_OLD=healthy\n"
                   "APM2_HEALTH_NEW=degraded\n"
                   "APM2_ERROR_DOMAIN=apm2-error-quark\n"
                   "APM2_ERROR_CODE=12\n");
}

static void
test_target_can_be_changed (void)
{
  if (is_child ())
    {
      apm2_log_init ("apm2-x", FALSE);
      g_assert_false (apm2_log_set_target ("kmsg"));
      g_assert_false (apm2_log_set_target (NULL));
      g_assert_true (apm2_log_set_target ("auto"));
      g_assert_cmpstr (apm2_log_get_target (), ==, "console");
      g_assert_true (apm2_log_set_target ("journal"));
      g_assert_cmpstr (apm2_log_get_target (), ==, "journal");
      g_assert_true (apm2_log_set_target ("console"));
      g_message ("here");
      return;
    }
  g_test_trap_assert_stderr ("apm2-x: notice: here\n");
}

static int
bind_socket (int type, const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, type | SOCK_CLOEXEC, 0);

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (
      bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  return fd;
}

static gboolean
write_proc (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  ssize_t n = write (fd, text, strlen (text));

  (void) close (fd);
  return n == (ssize_t) strlen (text);
}

/* Without root, a mount takes a user namespace; in it, files take ids. */
static gboolean
enter_user_namespace (void)
{
  g_autofree char *uids = g_strdup_printf ("0 %u 1\n", geteuid ());
  g_autofree char *gids = g_strdup_printf ("0 %u 1\n", getegid ());

  return unshare (CLONE_NEWUSER) == 0
         && write_proc ("/proc/self/setgroups", "deny")
         && write_proc ("/proc/self/uid_map", uids)
         && write_proc ("/proc/self/gid_map", gids);
}

/* Gives this process a /run of its own. */
static gboolean
enter_private_run (void)
{
  return (geteuid () == 0 || enter_user_namespace ())
         && unshare (CLONE_NEWNS) == 0
         && mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
         && mount ("tmpfs", "/run", "tmpfs", 0, NULL) == 0;
}

/* Tried in a child, for there is no way back. */
static gboolean
can_have_private_run (void)
{
  pid_t pid = fork ();
  int status = 0;

  if (pid == 0)
    _exit (enter_private_run () ? 0 : 1);
  g_assert_cmpint (pid, >, 0);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  return WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

/* Puts two sockets where the journal has its own, and connects stderr as that
 * of a service is. */
static int
become_the_journal (void)
{
  struct sockaddr_un address
      = { .sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/stdout" };
  int stream = -1;
  int client = -1;

  g_assert_true (enter_private_run ());
  g_assert_cmpint (g_mkdir_with_parents ("/run/systemd/journal", 0755), ==, 0);
  stream = bind_socket (SOCK_STREAM, address.sun_path);
  g_assert_cmpint (listen (stream, 1), ==, 0);
  client = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (
      connect (client, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (dup2 (client, STDERR_FILENO), ==, STDERR_FILENO);
  return bind_socket (SOCK_DGRAM, "/run/systemd/journal/socket");
}

/* An entry holds NULs, in the lengths of texts of several lines. */
static void
assert_entry (int journal, const char *const *lines)
{
  char entry[4096];
  ssize_t length = recv (journal, entry, sizeof entry, MSG_DONTWAIT);

  g_assert_cmpint (length, >, 0);
  for (gsize i = 0; lines[i] != NULL; i++)
    {
      g_test_message ("%s", lines[i]);
      g_assert_nonnull (
          memmem (entry, (gsize) length, lines[i], strlen (lines[i])));
    }
}

static void
test_journal_gets_the_fields (void)
{
  static const char *const entry[] = {
    "PRIORITY=6\n",
    "MESSAGE\n", /* of two lines, so with its length */
    "one\ntwo\n",
    "APM2_JOB=j1\n",
    "SYSLOG_IDENTIFIER=apm2-x\n",
    "APM2_MODE=user\n",
    "CODE_FUNC=test_journal_gets_the_fields\n",
    NULL,
  };
  int journal = -1;

  if (!can_have_private_run ())
    {
      g_test_skip ("no mount namespaces here");
      return;
    }
  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, 0);
      g_test_trap_assert_passed ();
      return;
    }
  journal = become_the_journal ();
  apm2_log_init ("apm2-x", FALSE);
  apm2_log_set_mode ("user");
  g_assert_cmpstr (apm2_log_get_target (), ==, "journal");
  apm2_log (G_LOG_LEVEL_INFO, APM2_LOG_WITH (.job = "j1"), "one\ntwo");
  assert_entry (journal, entry);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/log/lines/name-program-and-level",
                   test_lines_name_program_and_level);
  g_test_add_func ("/apm2/log/lines/cannot-be-forged",
                   test_lines_cannot_be_forged);
  g_test_add_func ("/apm2/log/lines/are-bounded", test_lines_are_bounded);
  g_test_add_func ("/apm2/log/level/debug-is-off-unless-asked-for",
                   test_debug_is_off_unless_asked_for);
  g_test_add_func ("/apm2/log/level/debug-of-libraries-stays-away",
                   test_debug_of_libraries_stays_away);
  g_test_add_func ("/apm2/log/init/a-second-changes-nothing",
                   test_a_second_init_changes_nothing);
  g_test_add_func ("/apm2/log/fields/context-becomes-fields",
                   test_context_becomes_fields);
  g_test_add_func ("/apm2/log/fields/health-and-error-become-fields",
                   test_health_and_error_become_fields);
  g_test_add_func ("/apm2/log/target/can-be-changed",
                   test_target_can_be_changed);
  g_test_add_func ("/apm2/log/journal/gets-the-fields",
                   test_journal_gets_the_fields);
  return g_test_run ();
}
