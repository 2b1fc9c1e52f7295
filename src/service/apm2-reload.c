/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * SIGHUP: the configuration is read anew and the token looked at again.
 *
 * The service manager hears when it begins and when it is over. A bad file is
 * refused with all that is wrong in it, and what was in force stays so. Signals
 * that come meanwhile are one more reload after this one.
 */

#include "apm2-reload.h"

#include <signal.h>

#include <glib-unix.h>

#include "apm2-credential.h"
#include "apm2-log.h"
#include "apm2-message-id.h"
#include "apm2-notify.h"

struct _Apm2Reload
{
  Apm2ActiveConfig *config; /* (owned) */
  const Apm2Paths *paths;   /* borrowed: of main, which outlives us */
  Apm2Credential *told;     /* (owned) what was last logged */
  char *log_level;          /* (owned) that the configuration last asked for */
  guint source;
  gboolean running;
  gboolean again;
  gboolean freed;
};

static void begin (Apm2Reload *self);

/* What helps stands beside what is dangerous; to have no token is none. */
static void
tell_credential (Apm2Reload *self)
{
  g_autoptr (Apm2Credential) now = apm2_credential_examine_given (self->paths);
  const char *state = apm2_credential_state_to_string (now->state);
  gboolean open = now->state == APM2_CREDENTIAL_INSECURE_MODE;

  if (self->told != NULL && g_str_equal (now->message, self->told->message))
    return;
  apm2_log (
      open ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_MESSAGE,
      APM2_LOG_WITH (.message_id = APM2_MSG_CREDENTIAL_STATE, .state = state),
      "%s (%s)%s%s",
      now->message,
      state,
      open && now->cure != NULL ? "; run: " : "",
      open && now->cure != NULL ? now->cure : "");
  g_clear_pointer (&self->told, apm2_credential_free);
  self->told = g_steal_pointer (&now);
}

/* A level that somebody set by hand stays until the configuration asks for
 * another one than before. */
static void
apply_log_level (Apm2Reload *self)
{
  const Apm2Config *config = apm2_active_config_get (self->config);

  if (g_strcmp0 (config->log_level, self->log_level) == 0)
    return;
  (void) apm2_log_set_level (config->log_level);
  g_free (self->log_level);
  self->log_level = g_strdup (config->log_level);
}

static void
release (Apm2Reload *self)
{
  g_object_unref (self->config);
  g_clear_pointer (&self->told, apm2_credential_free);
  g_free (self->log_level);
  g_free (self);
}

static void
on_reloaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2Reload *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  self->running = FALSE;
  if (self->freed)
    {
      release (self);
      return;
    }
  if (!apm2_active_config_reload_finish (self->config, result, &error))
    apm2_log (
        G_LOG_LEVEL_WARNING,
        APM2_LOG_WITH (.message_id = APM2_MSG_CONFIG_REFUSED, .error = error),
        "The new configuration is refused, the old one stays: %s",
        error->message);
  else
    {
      apply_log_level (self);
      text = apm2_active_config_describe (self->config);
      apm2_log (G_LOG_LEVEL_MESSAGE,
                APM2_LOG_WITH (.message_id = APM2_MSG_CONFIG_RELOADED),
                "%s",
                text);
    }
  tell_credential (self);
  apm2_notify_reloaded ();
  if (self->again)
    begin (self);
}

static void
begin (Apm2Reload *self)
{
  self->again = self->running;
  if (self->running)
    return;
  self->running = TRUE;
  apm2_notify_reloading ();
  apm2_active_config_reload_async (self->config, on_reloaded, self);
}

static gboolean
on_hangup (gpointer user_data)
{
  begin (user_data);
  return G_SOURCE_CONTINUE;
}

/**
 * apm2_reload_new:
 * @config: what is read anew
 * @paths: (transfer none): must outlive the reload
 *
 * Takes over SIGHUP, and says at once which token this process has.
 *
 * Returns: (transfer full): the reload
 */
Apm2Reload *
apm2_reload_new (Apm2ActiveConfig *config, const Apm2Paths *paths)
{
  Apm2Reload *self = g_new0 (Apm2Reload, 1);

  self->config = g_object_ref (config);
  self->paths = paths;
  self->log_level = g_strdup (apm2_active_config_get (config)->log_level);
  self->source = g_unix_signal_add (SIGHUP, on_hangup, self);
  tell_credential (self);
  return self;
}

/**
 * apm2_reload_free:
 * @self: (transfer full): the reload
 */
void
apm2_reload_free (Apm2Reload *self)
{
  g_clear_handle_id (&self->source, g_source_remove);
  self->freed = TRUE;
  if (!self->running)
    release (self);
}
