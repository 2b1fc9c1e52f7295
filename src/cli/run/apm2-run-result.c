/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a run ended, as a JSON document in a file.
 */

#include "apm2-run-result.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-format-json.h"
#include "apm2-fs.h"
#include "apm2-job-state.h"
#include "apm2-names.h"

/**
 * apm2_run_result_clear:
 * @self: a result
 */
void
apm2_run_result_clear (Apm2RunResult *self)
{
  g_clear_pointer (&self->job_id, g_free);
  g_clear_pointer (&self->message, g_free);
  g_clear_pointer (&self->receipt_digest, g_free);
}

/* Receipts tell of steps, this of one command; and say nothing where all is
 * well. */
static const char *
get_reason (const Apm2RunResult *self)
{
  if (self->reason == NULL || self->reason[0] == '\0')
    return "passed";
  if (g_str_equal (self->reason, APM2_REASON_STEP_FAILED))
    return "failed";
  return self->reason;
}

static void
set_text (json_t *object, const char *key, const char *text)
{
  json_object_set_new (object,
                       key,
                       text != NULL && text[0] != '\0'
                           ? apm2_format_json_string (text)
                           : json_null ());
}

static void
set_number (json_t *object, const char *key, guint64 number)
{
  json_object_set_new (
      object, key, json_integer ((json_int_t) MIN (number, G_MAXINT64)));
}

/**
 * apm2_run_result_to_json:
 * @self: how a run ended
 *
 * Returns: (transfer full): a document of apm2.fac.run_result.v1, with a line
 *   feed at its end
 */
char *
apm2_run_result_to_json (const Apm2RunResult *self)
{
  json_t *root = apm2_format_json_new (APM2_SCHEMA_RUN_RESULT);
  json_t *usage = json_object ();
  g_autofree char *text = NULL;

  set_text (root, "job_id", self->job_id);
  json_object_set_new (root, "joined", json_boolean (self->is_joined));
  set_text (root, "reason", get_reason (self));
  set_text (root, "verdict", self->verdict);
  json_object_set_new (root, "status", json_integer (self->status));
  json_object_set_new (root,
                       "exit_status",
                       self->exit_status >= 0 ? json_integer (self->exit_status)
                                              : json_null ());
  json_object_set_new (root,
                       "signal",
                       self->signal > 0 ? json_integer (self->signal)
                                        : json_null ());
  set_text (root, "message", self->message);
  set_text (root, "containment", self->containment);
  set_text (root, "receipt_digest", self->receipt_digest);
  set_number (root, "waited_usec", self->waited_usec);
  set_number (root, "ran_usec", self->ran_usec);
  set_number (usage, "cpu_usec", self->cpu_usec);
  set_number (usage, "memory_peak_bytes", self->memory_peak_bytes);
  set_number (usage, "tasks_peak", self->tasks_peak);
  set_number (usage, "oom_kills", self->oom_kills);
  json_object_set_new (root, "usage", usage);
  text = apm2_format_json_to_string (root, APM2_JSON_STYLE_PRETTY);
  json_decref (root);
  return g_strconcat (g_strchomp (text), "\n", NULL);
}

/**
 * apm2_run_report_open:
 * @self: APM2_RUN_REPORT_NONE
 * @file: (nullable): where the report shall be
 * @error: the reason why it cannot be there
 *
 * Looks for the directory of @file; makes nothing.
 *
 * Returns: %FALSE with @error set
 */
gboolean
apm2_run_report_open (Apm2RunReport *self, const char *file, GError **error)
{
  g_autofree char *dir = NULL;
  struct stat st;

  if (file == NULL)
    return TRUE;
  dir = g_path_get_dirname (file);
  self->name = g_path_get_basename (file);
  self->dirfd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (self->dirfd < 0 || faccessat (self->dirfd, ".", W_OK, AT_EACCESS) != 0)
    {
      apm2_error_set_errno (
          error, errno, _ ("Cannot write --json-result %s"), file);
      return FALSE;
    }
  /* It is replaced as a whole, which would take a device or a pipe away. */
  if (fstatat (self->dirfd, self->name, &st, AT_SYMLINK_NOFOLLOW) == 0
      && !S_ISREG (st.st_mode) && !S_ISLNK (st.st_mode))
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_INVALID_ARGUMENT,
                   _ ("Cannot write --json-result %s: it is no regular file; "
                      "name one"),
                   file);
      return FALSE;
    }
  return TRUE;
}

static mode_t
get_mode (void)
{
  const mode_t mask = umask (0);

  (void) umask (mask);
  return 0666 & ~mask;
}

/**
 * apm2_run_report_write:
 * @self: a report
 * @result: what it says
 * @error: return location
 *
 * Writes the file, if one is wanted: all of it, or nothing.
 *
 * Returns: %FALSE with @error set
 */
gboolean
apm2_run_report_write (const Apm2RunReport *self,
                       const Apm2RunResult *result,
                       GError **error)
{
  g_autofree char *text = NULL;

  if (self->dirfd < 0)
    return TRUE;
  text = apm2_run_result_to_json (result);
  return apm2_fs_write_file (self->dirfd,
                             self->name,
                             text,
                             strlen (text),
                             get_mode (),
                             APM2_FS_WRITE_NONE,
                             error);
}

/**
 * apm2_run_report_clear:
 * @self: a report
 */
void
apm2_run_report_clear (Apm2RunReport *self)
{
  g_clear_pointer (&self->name, g_free);
  apm2_fd_clear (&self->dirfd);
}
