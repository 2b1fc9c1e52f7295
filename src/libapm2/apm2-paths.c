/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Where everything lives, in user mode and in system mode.
 *
 * The environment is read here once and nowhere else. What the environment
 * gives must be absolute and short enough for a Unix socket; otherwise there is
 * an error that names the variable, never a guess.
 */

#include "apm2-paths.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-job-id.h"
#include "apm2-names.h"

#define SYSTEM_HOME    "/var/lib/apm2"
#define SYSTEM_RUNTIME "/run/apm2"
#define SYSTEM_CONFIG  "/etc/apm2/apm2.conf"
#define USER_RUNTIME   "/run/user"

/* With its final NUL the path must fit into sun_path. */
#define SOCKET_PATH_MAX (sizeof (((struct sockaddr_un *) NULL)->sun_path) - 1)

/**
 * apm2_mode_to_string:
 * @mode: a mode
 *
 * Returns: (transfer none): "auto", "user" or "system"
 */
const char *
apm2_mode_to_string (Apm2Mode mode)
{
  switch (mode)
    {
    case APM2_MODE_AUTO:
      return "auto";
    case APM2_MODE_USER:
      return "user";
    case APM2_MODE_SYSTEM:
      return "system";
    default:
      g_return_val_if_reached (NULL);
    }
}

/* Returns: (nullable): the tidy path in @variable, NULL without an error if it
 * is unset or empty. */
static char *
get_path_from_env (const char *variable, GError **error)
{
  const char *value = g_getenv (variable);

  if (value == NULL || value[0] == '\0')
    return NULL;
  if (g_path_is_absolute (value))
    return g_canonicalize_filename (value, "/");
  g_set_error (
      error,
      APM2_ERROR,
      APM2_ERROR_INVALID_ARGUMENT,
      _ ("%s is '%s', which is not an absolute path; set it to one, or "
         "unset it"),
      variable,
      value);
  return NULL;
}

static char *
find_home (Apm2Mode mode, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  char *home = get_path_from_env (APM2_ENV_HOME, &local_error);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  if (home != NULL)
    return home;
  if (mode == APM2_MODE_SYSTEM)
    return g_strdup (SYSTEM_HOME);
  if (g_path_is_absolute (g_get_home_dir ()))
    return g_build_filename (g_get_home_dir (), ".apm2", NULL);
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               _ ("The home directory '%s' is not an absolute path; set %s"),
               g_get_home_dir (),
               APM2_ENV_HOME);
  return NULL;
}

/**
 * apm2_paths_find_user_runtime:
 *
 * Returns: (transfer full) (nullable): the directory for what lives as long as
 *   the user is logged in: $XDG_RUNTIME_DIR, or where that is not set, as in a
 *   job of cron, the place where it always is, if it is there and this user's
 */
char *
apm2_paths_find_user_runtime (void)
{
  const char *named = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *usual = NULL;
  struct stat st;

  /* A relative one is to be ignored, says the XDG specification. */
  if (named != NULL && g_path_is_absolute (named))
    return g_strdup (named);
  usual = g_strdup_printf (USER_RUNTIME "/%u", (unsigned) geteuid ());
  return lstat (usual, &st) == 0 && S_ISDIR (st.st_mode)
                 && st.st_uid == geteuid ()
             ? g_steal_pointer (&usual)
             : NULL;
}

/* A home of one's own has a broker of its own, unless somebody says otherwise.
 */
static char *
find_runtime_dir (Apm2Mode mode, const char *home)
{
  const char *named = g_getenv ("XDG_RUNTIME_DIR");
  const char *own_home = g_getenv (APM2_ENV_HOME);
  g_autofree char *base = NULL;

  if (mode == APM2_MODE_SYSTEM)
    return g_strdup (SYSTEM_RUNTIME);
  if ((named != NULL && g_path_is_absolute (named)) || own_home == NULL
      || own_home[0] == '\0')
    base = apm2_paths_find_user_runtime ();
  return base != NULL ? g_build_filename (base, "apm2", NULL)
                      : g_build_filename (home, "run", NULL);
}

static gboolean
find_config_file (Apm2Paths *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  self->config_file = get_path_from_env (APM2_ENV_CONFIG, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (self->config_file == NULL && self->mode == APM2_MODE_SYSTEM)
    self->config_file = g_strdup (SYSTEM_CONFIG);
  else if (self->config_file == NULL)
    self->config_file = g_build_filename (self->home, "apm2.conf", NULL);
  return TRUE;
}

/* Only the service manager sets it, so a strange value is none. */
static char *
find_credentials_dir (void)
{
  const char *dir = g_getenv ("CREDENTIALS_DIRECTORY");

  return dir != NULL && g_path_is_absolute (dir) ? g_strdup (dir) : NULL;
}

static gboolean
check_socket_length (const Apm2Paths *self, GError **error)
{
  gsize length = strlen (self->operator_socket);

  if (length <= SOCKET_PATH_MAX)
    return TRUE;
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               _ ("The socket path %s has %zu bytes, a Unix socket can have "
                  "%zu; set XDG_RUNTIME_DIR or %s to a shorter path"),
               self->operator_socket,
               length,
               (gsize) SOCKET_PATH_MAX,
               APM2_ENV_HOME);
  return FALSE;
}

/**
 * apm2_paths_new:
 * @mode: which mode; AUTO is system for root, user for everybody else
 * @error: INVALID_ARGUMENT if the environment holds a relative path, or one too
 *   long for a socket
 *
 * Makes no file.
 *
 * Returns: (transfer full): the paths of @mode in this environment
 */
Apm2Paths *
apm2_paths_new (Apm2Mode mode, GError **error)
{
  g_autoptr (Apm2Paths) self = g_new0 (Apm2Paths, 1);

  self->mode = mode;
  if (mode == APM2_MODE_AUTO)
    self->mode = geteuid () == 0 ? APM2_MODE_SYSTEM : APM2_MODE_USER;

  self->home = find_home (self->mode, error);
  if (self->home == NULL || !find_config_file (self, error))
    return NULL;
  self->fac_dir = g_build_filename (self->home, "private", "fac", NULL);
  /* The worker of system mode may make files beside its heartbeat, and SQLite
   * takes up a journal that it finds beside the store. */
  self->store_file
      = self->mode == APM2_MODE_SYSTEM
            ? g_build_filename (self->home, "private", "store", "fac.db", NULL)
            : g_build_filename (self->fac_dir, "fac.db", NULL);
  self->incoming_dir = g_build_filename (self->fac_dir, "incoming", NULL);
  self->quarantine_dir = g_build_filename (self->fac_dir, "quarantine", NULL);
  self->logs_dir = g_build_filename (self->fac_dir, "logs", NULL);
  self->work_dir = g_build_filename (self->fac_dir, "work", NULL);
  self->token_file = g_build_filename (
      self->home, "private", "creds", APM2_CREDENTIAL_TOKEN, NULL);
  self->credentials_dir = find_credentials_dir ();
  self->runtime_dir = find_runtime_dir (self->mode, self->home);
  self->operator_socket
      = g_build_filename (self->runtime_dir, "operator.sock", NULL);
  if (!check_socket_length (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * apm2_paths_copy:
 * @self: the paths
 *
 * Returns: (transfer full): the same, for somebody who outlives them
 */
Apm2Paths *
apm2_paths_copy (const Apm2Paths *self)
{
  Apm2Paths *copy = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  copy = g_new0 (Apm2Paths, 1);
  copy->mode = self->mode;
  copy->home = g_strdup (self->home);
  copy->fac_dir = g_strdup (self->fac_dir);
  copy->store_file = g_strdup (self->store_file);
  copy->incoming_dir = g_strdup (self->incoming_dir);
  copy->quarantine_dir = g_strdup (self->quarantine_dir);
  copy->logs_dir = g_strdup (self->logs_dir);
  copy->work_dir = g_strdup (self->work_dir);
  copy->token_file = g_strdup (self->token_file);
  copy->credentials_dir = g_strdup (self->credentials_dir);
  copy->runtime_dir = g_strdup (self->runtime_dir);
  copy->operator_socket = g_strdup (self->operator_socket);
  copy->config_file = g_strdup (self->config_file);
  return copy;
}

/**
 * apm2_paths_free:
 * @self: (transfer full) (nullable): the paths
 */
void
apm2_paths_free (Apm2Paths *self)
{
  if (self == NULL)
    return;
  g_free (self->home);
  g_free (self->fac_dir);
  g_free (self->store_file);
  g_free (self->incoming_dir);
  g_free (self->quarantine_dir);
  g_free (self->logs_dir);
  g_free (self->work_dir);
  g_free (self->token_file);
  g_free (self->credentials_dir);
  g_free (self->runtime_dir);
  g_free (self->operator_socket);
  g_free (self->config_file);
  g_free (self);
}

/**
 * apm2_paths_get_heartbeat_file:
 * @self: the paths
 * @instance: (nullable): a worker's instance; %NULL, "" and "default" mean the
 *   one without a name
 *
 * Returns: (transfer full): its heartbeat file
 */
char *
apm2_paths_get_heartbeat_file (const Apm2Paths *self, const char *instance)
{
  g_autofree char *name = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  if (instance == NULL || instance[0] == '\0'
      || g_str_equal (instance, "default"))
    return g_build_filename (self->fac_dir, "worker_heartbeat.json", NULL);
  g_return_val_if_fail (apm2_instance_is_valid (instance), NULL);

  name = g_strdup_printf ("worker_heartbeat.%s.json", instance);
  return g_build_filename (self->fac_dir, name, NULL);
}

/**
 * apm2_paths_get_log_file:
 * @self: the paths
 * @job_id: a valid job id
 * @attempt: which attempt, from 1
 * @step: which step, from 0
 *
 * Returns: (transfer full): the log of that step
 */
char *
apm2_paths_get_log_file (const Apm2Paths *self,
                         const char *job_id,
                         guint attempt,
                         guint step)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (apm2_job_id_is_valid (job_id), NULL);

  return g_strdup_printf (
      "%s/%s/%u/%03u.log", self->logs_dir, job_id, attempt, step);
}
