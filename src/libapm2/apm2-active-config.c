/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The configuration in force, while the program runs.
 *
 * Files are read and judged in a thread, and a good configuration takes the
 * place of the old one between two turns of the main loop: whoever asks for it
 * when it is needed sees one or the other and never a mixture. A bad one
 * changes nothing.
 */

#include "apm2-active-config.h"

struct _Apm2ActiveConfig
{
  GObject parent_instance;

  char *file;          /* (nullable) */
  Apm2Config *started; /* what the program began with */
  Apm2Config *current; /* (nullable) if it is another one */
};

G_DEFINE_FINAL_TYPE (Apm2ActiveConfig, apm2_active_config, G_TYPE_OBJECT)

static guint changed_signal;

static void
apm2_active_config_finalize (GObject *object)
{
  Apm2ActiveConfig *self = APM2_ACTIVE_CONFIG (object);

  g_clear_pointer (&self->current, apm2_config_free);
  g_clear_pointer (&self->started, apm2_config_free);
  g_free (self->file);
  G_OBJECT_CLASS (apm2_active_config_parent_class)->finalize (object);
}

static void
apm2_active_config_class_init (Apm2ActiveConfigClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_active_config_finalize;
  changed_signal = g_signal_new ("changed",
                                 G_TYPE_FROM_CLASS (klass),
                                 G_SIGNAL_RUN_LAST,
                                 0,
                                 NULL,
                                 NULL,
                                 NULL,
                                 G_TYPE_NONE,
                                 0);
}

static void
apm2_active_config_init (Apm2ActiveConfig *self)
{
}

/**
 * apm2_active_config_new:
 * @file: (nullable): the main file; see apm2_config_load()
 * @error: return location for an error
 *
 * Returns: (transfer full): the configuration of @file as it is now, or %NULL
 */
Apm2ActiveConfig *
apm2_active_config_new (const char *file, GError **error)
{
  g_autoptr (Apm2Config) config = apm2_config_load (file, error);
  Apm2ActiveConfig *self = NULL;

  if (config == NULL)
    return NULL;
  self = g_object_new (APM2_TYPE_ACTIVE_CONFIG, NULL);
  self->file = g_strdup (file);
  self->started = g_steal_pointer (&config);
  return self;
}

/**
 * apm2_active_config_get:
 * @self: a configuration
 *
 * Returns: (transfer none): what is in force now; not to be kept beyond this
 *   turn of the main loop
 */
const Apm2Config *
apm2_active_config_get (Apm2ActiveConfig *self)
{
  g_return_val_if_fail (APM2_IS_ACTIVE_CONFIG (self), NULL);

  return self->current != NULL ? self->current : self->started;
}

/**
 * apm2_active_config_describe:
 * @self: a configuration
 *
 * Returns: (transfer full): one sentence about the last reload, for the log
 */
char *
apm2_active_config_describe (Apm2ActiveConfig *self)
{
  const Apm2Config *config = NULL;
  g_auto (GStrv) pending = NULL;
  g_autofree char *list = NULL;

  g_return_val_if_fail (APM2_IS_ACTIVE_CONFIG (self), NULL);

  config = apm2_active_config_get (self);
  pending = apm2_config_list_pending (self->started, config);
  list = g_strjoinv (", ", pending);
  return g_strdup_printf ("Configuration reloaded from %u files%s%s",
                          config->files->len,
                          pending[0] != NULL ? "; only after a restart: " : "",
                          list);
}

static void
load_in_thread (GTask *task,
                gpointer source,
                gpointer data,
                GCancellable *cancellable)
{
  GError *error = NULL;
  Apm2Config *config = apm2_config_load (data, &error);

  if (config == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, config, (GDestroyNotify) apm2_config_free);
}

/**
 * apm2_active_config_reload_async:
 * @self: a configuration
 * @callback: called when the new configuration holds, or is refused
 * @user_data: for @callback
 *
 * Reads the files anew.
 */
void
apm2_active_config_reload_async (Apm2ActiveConfig *self,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (APM2_IS_ACTIVE_CONFIG (self));

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, apm2_active_config_reload_async);
  g_task_set_task_data (task, g_strdup (self->file), g_free);
  g_task_run_in_thread (task, load_in_thread);
}

/**
 * apm2_active_config_reload_finish:
 * @self: a configuration
 * @result: the result
 * @error: return location; see apm2_config_load()
 *
 * Puts what was read into force and tells everybody.
 *
 * Returns: %FALSE if it was refused; then all is as before
 */
gboolean
apm2_active_config_reload_finish (Apm2ActiveConfig *self,
                                  GAsyncResult *result,
                                  GError **error)
{
  g_autoptr (Apm2Config) old = NULL;
  Apm2Config *config = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  config = g_task_propagate_pointer (G_TASK (result), error);
  if (config == NULL)
    return FALSE;
  old = self->current;
  self->current = config;
  g_signal_emit (self, changed_signal, 0);
  return TRUE;
}
