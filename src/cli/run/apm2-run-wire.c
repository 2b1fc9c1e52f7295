/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The dictionaries of org.apm2.Slots, read and written with sd-bus.
 *
 * A key that is not known, or whose value is of another type, is left out: a
 * newer broker may say more. Functions return 0 or more, or a negative errno.
 */

#include "apm2-run-wire.h"

#include <errno.h>

#include "apm2-job-spec.h"

typedef struct
{
  const char *key;
  char type;
  gsize offset;
} Field;

#define FIELD(type, member, letter)                                            \
  {                                                                            \
    G_STRINGIFY (member), letter, G_STRUCT_OFFSET (type, member)               \
  }

typedef int (*TakeFunc) (sd_bus_message *m, const char *key, gpointer data);

static int
take_string (sd_bus_message *m, char **member)
{
  const char *text = NULL;
  int r = sd_bus_message_read (m, "v", "s", &text);

  if (r < 0)
    return r;
  g_free (*member);
  *member = g_strdup (text);
  return 1;
}

/* Returns 1 if the value was taken, 0 if it is still to be read. */
static int
take_field (sd_bus_message *m,
            const char *key,
            const Field *fields,
            gpointer data)
{
  const char *contents = NULL;
  int r = sd_bus_message_peek_type (m, NULL, &contents);

  if (r < 0)
    return r;
  for (const Field *f = fields; f->key != NULL; f++)
    {
      const char type[2] = { f->type, '\0' };
      gpointer member = (guint8 *) data + f->offset;

      if (!g_str_equal (f->key, key) || g_strcmp0 (contents, type) != 0)
        continue;
      if (f->type == 's')
        return take_string (m, member);
      r = sd_bus_message_read (m, "v", type, member);
      return r < 0 ? r : 1;
    }
  return 0;
}

static int
read_dict (sd_bus_message *m, TakeFunc take, gpointer data)
{
  int r = sd_bus_message_enter_container (m, 'a', "{sv}");

  if (r < 0)
    return r;
  while ((r = sd_bus_message_enter_container (m, 'e', "sv")) > 0)
    {
      const char *key = NULL;

      r = sd_bus_message_read (m, "s", &key);
      if (r >= 0)
        r = take (m, key, data);
      if (r == 0)
        r = sd_bus_message_skip (m, "v");
      if (r >= 0)
        r = sd_bus_message_exit_container (m);
      if (r < 0)
        return r;
    }
  return r < 0 ? r : sd_bus_message_exit_container (m);
}

static const Field holder_fields[] = {
  FIELD (Apm2RunHolder, job_id, 's'),
  FIELD (Apm2RunHolder, name, 's'),
  FIELD (Apm2RunHolder, command, 's'),
  FIELD (Apm2RunHolder, directory, 's'),
  FIELD (Apm2RunHolder, uid, 'u'),
  FIELD (Apm2RunHolder, since_usec, 't'),
  FIELD (Apm2RunHolder, expected_end_usec, 't'),
  { NULL, 0, 0 },
};

static void
holder_free (gpointer data)
{
  Apm2RunHolder *self = data;

  g_free (self->job_id);
  g_free (self->name);
  g_free (self->command);
  g_free (self->directory);
  g_free (self);
}

static int
take_holder (sd_bus_message *m, const char *key, gpointer data)
{
  return take_field (m, key, holder_fields, data);
}

static int
read_holders (sd_bus_message *m, GPtrArray *holders)
{
  int r = sd_bus_message_enter_container (m, 'v', "aa{sv}");

  if (r >= 0)
    r = sd_bus_message_enter_container (m, 'a', "a{sv}");
  while (r >= 0 && (r = sd_bus_message_at_end (m, 0)) == 0)
    {
      Apm2RunHolder *holder = g_new0 (Apm2RunHolder, 1);

      holder->job_id = g_strdup ("");
      holder->name = g_strdup ("");
      holder->command = g_strdup ("");
      holder->directory = g_strdup ("");
      r = read_dict (m, take_holder, holder);
      if (r >= 0 && holders->len < APM2_RUN_HOLDERS_MAX)
        g_ptr_array_add (holders, holder);
      else
        holder_free (holder);
    }
  if (r >= 0)
    r = sd_bus_message_exit_container (m);
  if (r >= 0)
    r = sd_bus_message_exit_container (m);
  return r < 0 ? r : 1;
}

static const Field detail_fields[] = {
  FIELD (Apm2RunDetails, timeout_sec, 't'),
  FIELD (Apm2RunDetails, memory_max_bytes, 't'),
  FIELD (Apm2RunDetails, tasks_max, 't'),
  FIELD (Apm2RunDetails, cpu_quota_percent, 't'),
  FIELD (Apm2RunDetails, kill_grace_usec, 't'),
  FIELD (Apm2RunDetails, position, 'u'),
  FIELD (Apm2RunDetails, cause, 's'),
  FIELD (Apm2RunDetails, resource, 's'),
  FIELD (Apm2RunDetails, holders_more, 'u'),
  { NULL, 0, 0 },
};

/**
 * apm2_run_details_new:
 *
 * Returns: (transfer full): details that say nothing
 */
Apm2RunDetails *
apm2_run_details_new (void)
{
  Apm2RunDetails *self = g_new0 (Apm2RunDetails, 1);

  self->cause = g_strdup ("");
  self->resource = g_strdup ("");
  self->holders = g_ptr_array_new_with_free_func (holder_free);
  return self;
}

/**
 * apm2_run_details_free:
 * @self: (transfer full) (nullable): details
 */
void
apm2_run_details_free (Apm2RunDetails *self)
{
  if (self == NULL)
    return;
  g_free (self->cause);
  g_free (self->resource);
  g_ptr_array_unref (self->holders);
  g_free (self);
}

static int
take_detail (sd_bus_message *m, const char *key, gpointer data)
{
  Apm2RunDetails *self = data;
  const char *contents = NULL;
  int r = sd_bus_message_peek_type (m, NULL, &contents);

  if (r < 0)
    return r;
  if (g_str_equal (key, "holders") && g_strcmp0 (contents, "aa{sv}") == 0)
    return read_holders (m, self->holders);
  return take_field (m, key, detail_fields, self);
}

/**
 * apm2_run_wire_read_details:
 * @message: a message, before an a{sv}
 * @ret_details: (out): what that says
 *
 * Returns: 0 or more, or a negative errno
 */
int
apm2_run_wire_read_details (sd_bus_message *message,
                            Apm2RunDetails **ret_details)
{
  g_autoptr (Apm2RunDetails) details = apm2_run_details_new ();
  int r = read_dict (message, take_detail, details);

  if (r >= 0)
    *ret_details = g_steal_pointer (&details);
  return r;
}

static const Field ending_fields[] = {
  FIELD (Apm2RunEnding, outcome, 's'),
  FIELD (Apm2RunEnding, verdict, 's'),
  FIELD (Apm2RunEnding, reason, 's'),
  FIELD (Apm2RunEnding, message, 's'),
  FIELD (Apm2RunEnding, exit_status, 'i'),
  FIELD (Apm2RunEnding, signal, 'i'),
  { NULL, 0, 0 },
};

static int
take_ending (sd_bus_message *m, const char *key, gpointer data)
{
  return take_field (m, key, ending_fields, data);
}

/**
 * apm2_run_ending_clear:
 * @self: an ending
 */
void
apm2_run_ending_clear (Apm2RunEnding *self)
{
  g_clear_pointer (&self->outcome, g_free);
  g_clear_pointer (&self->verdict, g_free);
  g_clear_pointer (&self->reason, g_free);
  g_clear_pointer (&self->message, g_free);
}

/**
 * apm2_run_wire_read_ending:
 * @message: a message, before the a{sv} of Ended
 * @ret_ending: (out caller-allocates): what that says; no string is %NULL
 *
 * Returns: 0 or more, or a negative errno; then @ret_ending is cleared
 */
int
apm2_run_wire_read_ending (sd_bus_message *message, Apm2RunEnding *ret_ending)
{
  Apm2RunEnding ending = { .exit_status = -1 };
  int r;

  ending.outcome = g_strdup ("");
  ending.verdict = g_strdup ("");
  ending.reason = g_strdup ("");
  ending.message = g_strdup ("");
  r = read_dict (message, take_ending, &ending);
  if (r < 0)
    apm2_run_ending_clear (&ending);
  *ret_ending = ending;
  return r;
}

static int
append_step (sd_bus_message *m, const Apm2RunResult *self)
{
  int r = sd_bus_message_open_container (m, 'e', "sv");

  if (r >= 0)
    r = sd_bus_message_append (m, "s", "steps");
  if (r >= 0)
    r = sd_bus_message_open_container (m, 'v', "aa{sv}");
  if (r >= 0)
    r = sd_bus_message_open_container (m, 'a', "a{sv}");
  if (r >= 0 && self->step_result != NULL)
    r = sd_bus_message_append (m,
                               "a{sv}",
                               9,
                               "name",
                               "s",
                               APM2_STEP_NAME_ATTACHED,
                               "result",
                               "s",
                               self->step_result,
                               "exit_status",
                               "i",
                               (gint32) self->exit_status,
                               "signal",
                               "i",
                               (gint32) self->signal,
                               "started_at",
                               "t",
                               (guint64) self->started_at,
                               "finished_at",
                               "t",
                               (guint64) self->finished_at,
                               "cpu_usec",
                               "t",
                               self->cpu_usec,
                               "memory_peak_bytes",
                               "t",
                               self->memory_peak_bytes,
                               "tasks_peak",
                               "t",
                               self->tasks_peak);
  for (guint i = 0; r >= 0 && i < 3; i++)
    r = sd_bus_message_close_container (m);
  return r;
}

/**
 * apm2_run_wire_append_result:
 * @message: a call of Finish, before its @result
 * @result: how the command ended
 *
 * Returns: 0 or more, or a negative errno
 */
int
apm2_run_wire_append_result (sd_bus_message *message,
                             const Apm2RunResult *result)
{
  const struct
  {
    const char *key;
    const char *text;
  } words[] = {
    { "outcome", result->outcome },         { "verdict", result->verdict },
    { "reason", result->reason },           { "message", result->message },
    { "containment", result->containment }, { "executor", "attached" },
  };
  int r = sd_bus_message_open_container (message, 'a', "{sv}");

  for (gsize i = 0; r >= 0 && i < G_N_ELEMENTS (words); i++)
    if (words[i].text != NULL && words[i].text[0] != '\0')
      r = sd_bus_message_append (
          message, "{sv}", words[i].key, "s", words[i].text);
  if (r >= 0)
    r = sd_bus_message_append (
        message, "{sv}", "started_at", "t", (guint64) result->started_at);
  if (r >= 0)
    r = append_step (message, result);
  return r < 0 ? r : sd_bus_message_close_container (message);
}
