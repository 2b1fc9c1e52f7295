/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The caller's side of org.apm2.Slots, in the hands of a test.
 */

#include "rig-slot.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "rig-wait.h"

#define PROCESS_OPTION "--caller"
#define HEIR_SEC       10

/**
 * rig_slot_new:
 * @home: the broker's home
 *
 * Returns: (transfer full): a caller that has asked for nothing
 */
RigSlot *
rig_slot_new (RigHome *home)
{
  RigSlot *self = g_new0 (RigSlot, 1);

  self->connection = rig_connect (home, RIG_PEER);
  self->recorder = rig_recorder_new (self->connection);
  return self;
}

static void
hang_up (RigSlot *self)
{
  g_clear_pointer (&self->recorder, rig_recorder_free);
  if (self->connection != NULL)
    rig_disconnect (g_steal_pointer (&self->connection));
}

void
rig_slot_free (RigSlot *self)
{
  if (self == NULL)
    return;
  hang_up (self);
  g_clear_pointer (&self->details, g_variant_unref);
  g_free (self->state);
  g_free (self->job_id);
  g_free (self);
}

/**
 * rig_slot_reconnect:
 * @self: a caller
 * @home: the broker's home
 *
 * The connection ends, and another is made.
 */
void
rig_slot_reconnect (RigSlot *self, RigHome *home)
{
  hang_up (self);
  self->connection = rig_connect (home, RIG_PEER);
  self->recorder = rig_recorder_new (self->connection);
}

GVariant *
rig_slot_try (RigSlot *self,
              const char *method,
              GVariant *parameters,
              GError **error)
{
  return rig_call (self->connection,
                   APM2_OBJECT_SLOTS,
                   APM2_IFACE_SLOTS,
                   method,
                   parameters,
                   error);
}

/**
 * rig_slot_fails:
 * @self: a caller
 * @code: the error that it must get
 * @words: part of its message
 * @method: of org.apm2.Slots
 * @parameters: a floating tuple
 */
void
rig_slot_fails (RigSlot *self,
                Apm2Error code,
                const char *words,
                const char *method,
                GVariant *parameters)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = rig_slot_try (self, method, parameters, &error);

  rig_assert_error (error, code);
  if (strstr (error->message, words) == NULL)
    rig_fail ("\"%s\" does not say \"%s\"", error->message, words);
}

char *
rig_slot_spec (const char *job_id, const char *members)
{
  return rig_json ("{'schema':'" APM2_SCHEMA_JOB_SPEC
                   "','kind':'attached','lane':'run','job_id':'%s','steps':[{"
                   "'name':'run','argv':['make','%s'],'working_directory':"
                   "'/somewhere'}]%s}",
                   job_id,
                   job_id,
                   members);
}

static void
take_answer (RigSlot *self, GVariant *reply, gboolean with_id)
{
  g_clear_pointer (&self->details, g_variant_unref);
  g_clear_pointer (&self->state, g_free);
  if (with_id)
    {
      g_clear_pointer (&self->job_id, g_free);
      g_variant_get (reply,
                     "(sst@a{sv})",
                     &self->job_id,
                     &self->state,
                     &self->token,
                     &self->details);
    }
  else
    g_variant_get (
        reply, "(st@a{sv})", &self->state, &self->token, &self->details);
}

gboolean
rig_slot_try_attach (RigSlot *self,
                     const char *spec,
                     const char *options,
                     GError **error)
{
  g_autoptr (GVariant) reply = rig_slot_try (
      self,
      "Attach",
      g_variant_new ("(s@a{sv})", spec, g_variant_new_parsed (options)),
      error);

  if (reply == NULL)
    return FALSE;
  take_answer (self, reply, TRUE);
  return TRUE;
}

void
rig_slot_attach (RigSlot *self,
                 const char *job_id,
                 const char *members,
                 const char *state)
{
  g_autofree char *spec = rig_slot_spec (job_id, members);
  g_autoptr (GError) error = NULL;

  (void) rig_slot_try_attach (self, spec, "@a{sv} {}", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (self->state, ==, state);
}

void
rig_slot_resume (RigSlot *self,
                 const char *job_id,
                 guint64 token,
                 const char *state)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = rig_slot_try (
      self,
      "Resume",
      g_variant_new (
          "(st@a{sv})", job_id, token, g_variant_new_parsed ("@a{sv} {}")),
      &error);

  g_assert_no_error (error);
  take_answer (self, reply, FALSE);
  g_assert_cmpstr (self->state, ==, state);
}

/* Says that the command runs. */
void
rig_slot_start (RigSlot *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = rig_slot_try (self,
                      "Started",
                      g_variant_new ("(st@a{sv})",
                                     self->job_id,
                                     self->token,
                                     g_variant_new_parsed ("@a{sv} {}")),
                      &error);

  g_assert_no_error (error);
  g_assert_nonnull (reply);
}

/**
 * rig_slot_finish:
 * @self: a caller that holds a slot
 * @result: how its command ended; "" for passed
 * @error: return location
 *
 * Returns: (transfer full) (nullable): digest of the receipt
 */
char *
rig_slot_finish (RigSlot *self, const char *result, GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  char *digest = NULL;

  if (*result == '\0')
    result = "{'outcome': <'completed'>, 'verdict': <'passed'>, 'executor': "
             "<'attached'>, 'containment': <'none'>, 'steps': <[{'name': "
             "<'run'>, 'result': <'passed'>, 'exit_status': <0>}]>}";
  reply = rig_slot_try (self,
                        "Finish",
                        g_variant_new ("(st@a{sv})",
                                       self->job_id,
                                       self->token,
                                       g_variant_new_parsed (result)),
                        error);
  if (reply != NULL)
    g_variant_get (reply, "(s)", &digest);
  return digest;
}

void
rig_slot_pass (RigSlot *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *digest = rig_slot_finish (self, "", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (strlen (digest), ==, 64);
}

static char *
prefix_of (const char *signal)
{
  return g_strconcat (APM2_OBJECT_SLOTS " ", signal, NULL);
}

const char *
rig_slot_await (RigSlot *self,
                const char *signal,
                const char *job_id,
                const char *part)
{
  g_autofree char *start
      = g_strdup_printf (APM2_OBJECT_SLOTS " %s ('%s'", signal, job_id);
  guint at = rig_recorder_await (self->recorder, 0, start, part);

  return g_ptr_array_index (self->recorder->lines, at);
}

void
rig_slot_await_granted (RigSlot *self, const char *job_id)
{
  const char *line = rig_slot_await (self, "Granted", job_id, "");
  g_autoptr (GVariant) arguments = NULL;
  g_autoptr (GError) error = NULL;

  arguments = g_variant_parse (
      G_VARIANT_TYPE ("(sta{sv})"), strchr (line, '('), NULL, NULL, &error);
  g_assert_no_error (error);
  g_clear_pointer (&self->job_id, g_free);
  g_variant_get (arguments, "(st@a{sv})", &self->job_id, &self->token, NULL);
}

guint
rig_slot_count (RigSlot *self, const char *signal)
{
  g_autofree char *start = prefix_of (signal);

  return rig_recorder_count (self->recorder, start, "");
}

gboolean
rig_slot_is_process (int argc, char **argv)
{
  return argc >= 5 && g_str_equal (argv[1], PROCESS_OPTION);
}

static gboolean
is_stopped (gpointer data)
{
  g_autofree char *text = NULL;
  const char *end = NULL;

  g_assert_true (g_file_get_contents (data, &text, NULL, NULL));
  end = strrchr (text, ')');
  return end != NULL && g_str_has_prefix (end, ") T");
}

/* Somebody who has our connection too and outlives us for a while. */
static void
leave_heir (void)
{
  pid_t heir = fork ();

  g_assert_cmpint (heir, >=, 0);
  if (heir > 0)
    return;
  (void) alarm (HEIR_SEC);
  (void) pause ();
  _exit (0);
}

/* Asks a broker that cannot hear it, and is gone when it can. */
static _Noreturn void
ask_and_die (RigSlot *self, const char *spec, const char *broker)
{
  g_autofree char *stat = g_strconcat ("/proc/", broker, "/stat", NULL);
  const pid_t pid = (pid_t) g_ascii_strtoll (broker, NULL, 10);
  g_autoptr (GDBusMessage) message = g_dbus_message_new_method_call (
      NULL, APM2_OBJECT_SLOTS, APM2_IFACE_SLOTS, "Attach");

  g_dbus_message_set_body (message, g_variant_new ("(sa{sv})", spec, NULL));
  g_assert_no_errno (kill (pid, SIGSTOP));
  rig_wait (is_stopped, stat, "a broker to be stopped");
  g_assert_true (g_dbus_connection_send_message (
      self->connection, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL));
  g_assert_true (g_dbus_connection_flush_sync (self->connection, NULL, NULL));
  leave_heir ();
  _exit (0);
}

int
rig_slot_be_process (char **argv)
{
  RigHome home = { .address = argv[2] };
  g_autoptr (RigSlot) self = rig_slot_new (&home);
  g_autofree char *spec = rig_slot_spec (argv[3], argv[4]);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;

  if (argv[5] != NULL)
    ask_and_die (self, spec, argv[5]);
  if (!rig_slot_try_attach (self, spec, "@a{sv} {}", &error))
    return g_error_matches (error, APM2_ERROR, APM2_ERROR_DENIED)
               ? RIG_SLOT_DENIED
               : 1;
  if (!g_str_equal (self->state, "waiting"))
    rig_slot_start (self);
  g_main_loop_run (loop);
  return 0;
}

/**
 * rig_slot_lose_process:
 * @home: the broker's home
 * @broker: the broker; it is stopped afterwards
 * @job_id: a job
 *
 * A process attaches @job_id and has ended before the broker reads that. The
 * connection is open for some seconds still.
 */
void
rig_slot_lose_process (RigHome *home, RigProcess *broker, const char *job_id)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *pid
      = g_strdup_printf ("%d", (int) rig_process_get_pid (broker));
  const char *argv[]
      = { program, PROCESS_OPTION, home->address, job_id, "", pid, NULL };
  g_autoptr (RigProcess) caller = rig_process_start (home, job_id, argv);

  g_assert_cmpint (rig_process_wait (caller), ==, 0);
}

RigProcess *
rig_slot_start_process (RigHome *home, const char *job_id, const char *members)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  const char *argv[]
      = { program, PROCESS_OPTION, home->address, job_id, members, NULL };

  return rig_process_start (home, job_id, argv);
}

typedef struct
{
  GDBusConnection *client;
  const char *job_id;
  const char *state;
} Sought;

static gboolean
is_there (gpointer data)
{
  const Sought *sought = data;
  g_autoptr (GVariant) reply
      = rig_call (sought->client,
                  APM2_OBJECT_QUEUE,
                  APM2_IFACE_QUEUE,
                  "Get",
                  g_variant_new ("(sa{sv})", sought->job_id, NULL),
                  NULL);
  g_autofree char *text = NULL;

  if (reply == NULL)
    return FALSE;
  text = rig_get_string (sought->client, sought->job_id, "state");
  return g_str_equal (text, sought->state);
}

void
rig_slot_await_job (GDBusConnection *client,
                    const char *job_id,
                    const char *state)
{
  Sought sought = { client, job_id, state };

  rig_wait (is_there, &sought, job_id);
}
