/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Logging of the programs: to the journal with fields, else lines on stderr.
 *
 * One writer per process, which takes all that goes through GLib, ours and the
 * libraries'. Its threshold can be changed while the program runs. Names and
 * texts of jobs come from anybody: on a terminal they can neither begin a line
 * nor send a control sequence.
 */

#include "apm2-log.h"

#include <syslog.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-names.h"

/* Bytes of one message on stderr; the journal has its own limit. */
#define LINE_MAX_BYTES 4096
#define FIELDS_MAX     40

/* The index is the syslog priority. */
static const char *const levels[] = {
  "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug",
};

static struct
{
  const char *identifier; /* for ever */
  const char *mode;       /* (nullable) for ever */
  gboolean installed;
  int journal;   /* atomic */
  int threshold; /* atomic */
} state = { .identifier = "apm2", .threshold = LOG_INFO };

static int
level_to_priority (GLogLevelFlags level)
{
  if (level & G_LOG_LEVEL_ERROR)
    return LOG_ERR;
  if (level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING))
    return LOG_WARNING;
  if (level & G_LOG_LEVEL_MESSAGE)
    return LOG_NOTICE;
  if (level & G_LOG_LEVEL_INFO)
    return LOG_INFO;
  return LOG_DEBUG;
}

static const char *
find_field (const GLogField *fields, gsize n_fields, const char *key)
{
  for (gsize i = 0; i < n_fields; i++)
    {
      if (g_str_equal (fields[i].key, key) && fields[i].length < 0)
        return fields[i].value;
    }
  return NULL;
}

/* The chatter of the libraries below us is asked for by G_MESSAGES_DEBUG. */
static gboolean
is_wanted (GLogLevelFlags level, const GLogField *fields, gsize n_fields)
{
  const char *domain = find_field (fields, n_fields, "GLIB_DOMAIN");

  if (level_to_priority (level) > g_atomic_int_get (&state.threshold))
    return FALSE;
  if (g_strcmp0 (domain, G_LOG_DOMAIN) == 0)
    return TRUE;
  return !g_log_writer_default_would_drop (level, domain);
}

static void
append_printable (GString *line, const char *text)
{
  for (const char *c = text; *c != '\0'; c++)
    {
      if (line->len >= LINE_MAX_BYTES)
        {
          g_string_append (line, "...");
          return;
        }
      if (*c == '\t' || (guchar) *c >= 0x80 || g_ascii_isprint (*c))
        g_string_append_c (line, *c);
      else
        g_string_append_printf (line, "\\x%02x", (guchar) *c);
    }
}

static GLogWriterOutput
write_line (GLogLevelFlags level, const char *message)
{
  g_autoptr (GString) line = g_string_new (state.identifier);

  g_string_append_printf (line, ": %s: ", levels[level_to_priority (level)]);
  append_printable (line, message);
  g_string_append_c (line, '\n');
  if (write (STDERR_FILENO, line->str, line->len) < 0)
    return G_LOG_WRITER_UNHANDLED;
  return G_LOG_WRITER_HANDLED;
}

static GLogWriterOutput
write_journal (GLogLevelFlags level, const GLogField *fields, gsize n_fields)
{
  GLogField all[FIELDS_MAX];
  gsize n = MIN (n_fields, FIELDS_MAX - 1);

  for (gsize i = 0; i < n; i++)
    all[i] = fields[i];
  all[n++] = (GLogField){ "SYSLOG_IDENTIFIER", state.identifier, -1 };
  return g_log_writer_journald (level, all, n, NULL);
}

static GLogWriterOutput
on_log (GLogLevelFlags level,
        const GLogField *fields,
        gsize n_fields,
        gpointer user_data)
{
  const char *message = find_field (fields, n_fields, "MESSAGE");

  if (!is_wanted (level, fields, n_fields))
    return G_LOG_WRITER_HANDLED;
  if (g_atomic_int_get (&state.journal)
      && write_journal (level, fields, n_fields) == G_LOG_WRITER_HANDLED)
    return G_LOG_WRITER_HANDLED;
  return write_line (level, message != NULL ? message : "(no message)");
}

/**
 * apm2_log_init:
 * @identifier: (transfer none): the program's name
 * @debug: whether to show debug messages of apm2 too
 *
 * Takes over the log of the process; called once from main(), before the first
 * message. The journal is used if stderr leads to it.
 */
void
apm2_log_init (const char *identifier, gboolean debug)
{
  static gsize once = 0;

  g_return_if_fail (identifier != NULL);

  if (!g_once_init_enter (&once))
    return;
  state.identifier = g_intern_string (identifier);
  g_atomic_int_set (&state.journal, g_log_writer_is_journald (STDERR_FILENO));
  g_atomic_int_set (&state.threshold, debug ? LOG_DEBUG : LOG_INFO);
  g_log_set_writer_func (on_log, NULL, NULL);
  state.installed = TRUE;
  g_once_init_leave (&once, 1);
}

/**
 * apm2_log_set_mode:
 * @mode: "user" or "system"
 *
 * Tells each message from now on, so that the catalog can name the right
 * commands; called once, before there are threads.
 */
void
apm2_log_set_mode (const char *mode)
{
  state.mode = g_intern_string (mode);
}

/**
 * apm2_log_get_identifier:
 *
 * Returns: (transfer none): the name under which this process logs
 */
const char *
apm2_log_get_identifier (void)
{
  return state.identifier;
}

/**
 * apm2_log_get_target:
 *
 * Returns: (transfer none): "journal" or "console", as LogControl1 has it
 */
const char *
apm2_log_get_target (void)
{
  return g_atomic_int_get (&state.journal) ? "journal" : "console";
}

/**
 * apm2_log_set_target:
 * @name: (nullable): "journal", "console", or "auto": the journal if stderr
 *   leads to it
 *
 * Changes where messages go from now on. Thread-safe.
 *
 * Returns: %FALSE if @name is no target; nothing changes then
 */
gboolean
apm2_log_set_target (const char *name)
{
  static const char *const names[] = { "console", "journal", "auto" };
  const int journal[]
      = { FALSE, TRUE, g_log_writer_is_journald (STDERR_FILENO) };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if (g_strcmp0 (name, names[i]) == 0)
        {
          g_atomic_int_set (&state.journal, journal[i]);
          return TRUE;
        }
    }
  return FALSE;
}

/**
 * apm2_log_get_level:
 *
 * Returns: (transfer none): the least urgent syslog level that is shown
 */
const char *
apm2_log_get_level (void)
{
  return levels[g_atomic_int_get (&state.threshold)];
}

/**
 * apm2_log_set_level:
 * @name: (nullable): a syslog level from "emerg" to "debug"
 *
 * Shows from now on what is at least as urgent as @name. Thread-safe.
 *
 * Returns: %FALSE if @name is no level; nothing changes then
 */
gboolean
apm2_log_set_level (const char *name)
{
  for (int i = 0; i < (int) G_N_ELEMENTS (levels); i++)
    {
      if (g_strcmp0 (name, levels[i]) == 0)
        {
          g_atomic_int_set (&state.threshold, i);
          return TRUE;
        }
    }
  return FALSE;
}

typedef struct
{
  GLogField fields[32];
  gsize n;
  gboolean is_event; /* the catalog has a text for it */
} Entry;

static void
add_field (Entry *self, const char *key, const char *value)
{
  if (value != NULL && self->n < G_N_ELEMENTS (self->fields))
    self->fields[self->n++] = (GLogField){ key, value, -1 };
}

/* @catalog_key: its name in the catalog */
static void
add_named (Entry *self,
           const char *key,
           const char *catalog_key,
           const char *value)
{
  add_field (self, key, value);
  if (self->is_event)
    add_field (self, catalog_key, value);
}

/* @ret_code: where its number is written to, for as long as @self is */
static void
add_context (Entry *self, const Apm2LogContext *about, char ret_code[12])
{
  self->is_event = about->message_id != NULL;
  add_field (self, "MESSAGE_ID", about->message_id);
  add_named (self, APM2_LOG_JOB, "APM_JOB", about->job);
  add_named (self, APM2_LOG_WORKER, "APM_WORKER", about->worker);
  add_named (self, APM2_LOG_LANE, "APM_LANE", about->lane);
  add_named (self, APM2_LOG_REASON, "APM_REASON", about->reason);
  add_named (self, APM2_LOG_STATE, "APM_STATE", about->state);
  add_named (self, APM2_LOG_HEALTH_OLD, "APM_HEALTH_OLD", about->health_old);
  add_named (self, APM2_LOG_HEALTH_NEW, "APM_HEALTH_NEW", about->health_new);
  add_named (self, APM2_LOG_MODE, "APM_MODE", state.mode);
  if (about->error == NULL)
    return;
  g_snprintf (ret_code, 12, "%d", about->error->code);
  add_field (
      self, APM2_LOG_ERROR_DOMAIN, g_quark_to_string (about->error->domain));
  add_field (self, APM2_LOG_ERROR_CODE, ret_code);
}

/**
 * apm2_log_full:
 * @level: one level
 * @context: (nullable): what it is about
 * @file: source file
 * @line: line in it
 * @function: function in it
 * @format: the message; one sentence without a final period
 * @...: its arguments
 *
 * Logs with fields; use the macro apm2_log().
 */
void
apm2_log_full (GLogLevelFlags level,
               const Apm2LogContext *context,
               const char *file,
               int line,
               const char *function,
               const char *format,
               ...)
{
  static const Apm2LogContext nothing = { 0 };
  g_autofree char *message = NULL;
  Entry entry = { 0 };
  char priority[2] = { (char) ('0' + level_to_priority (level)), '\0' };
  char line_text[12];
  char code_text[12];
  va_list args;

  /* Most are debug messages that nobody wants: they cost nothing. */
  if (state.installed
      && level_to_priority (level) > g_atomic_int_get (&state.threshold))
    return;
  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  g_snprintf (line_text, sizeof line_text, "%d", line);
  add_field (&entry, "PRIORITY", priority);
  add_field (&entry, "MESSAGE", message);
  add_field (&entry, "GLIB_DOMAIN", G_LOG_DOMAIN);
  add_field (&entry, "CODE_FILE", file);
  add_field (&entry, "CODE_LINE", line_text);
  add_field (&entry, "CODE_FUNC", function);
  add_context (&entry, context != NULL ? context : &nothing, code_text);
  g_log_structured_array (level, entry.fields, entry.n);
}
