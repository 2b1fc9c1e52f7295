/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is known of the GitHub token, without ever having it.
 *
 * The units load it with LoadCredential=, and a fallback says that there is
 * none. To tell the two apart takes the size, and of a file as small as the
 * fallback its few bytes; a token is never read. systemd loads a file of any
 * mode and follows links without a word, so where it came from is judged here.
 */

#include "apm2-credential.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-fs.h"
#include "apm2-names.h"

static Apm2Credential *
report (Apm2CredentialState state, char *message, char *cure)
{
  Apm2Credential *self = g_new0 (Apm2Credential, 1);

  self->state = state;
  self->message = message;
  self->cure = cure;
  return self;
}

/**
 * apm2_credential_free:
 * @self: (transfer full) (nullable): a report
 */
void
apm2_credential_free (Apm2Credential *self)
{
  if (self == NULL)
    return;
  g_free (self->message);
  g_free (self->cure);
  g_free (self);
}

/**
 * apm2_credential_state_to_string:
 * @state: a state
 *
 * Returns: (transfer none): absent, ok, insecure_mode or unknown
 */
const char *
apm2_credential_state_to_string (Apm2CredentialState state)
{
  switch (state)
    {
    case APM2_CREDENTIAL_ABSENT:
      return "absent";
    case APM2_CREDENTIAL_OK:
      return "ok";
    case APM2_CREDENTIAL_INSECURE_MODE:
      return "insecure_mode";
    case APM2_CREDENTIAL_UNKNOWN:
      return "unknown";
    default:
      g_return_val_if_reached (NULL);
    }
}

static const char *
get_sudo (const Apm2Paths *paths)
{
  return paths->mode == APM2_MODE_SYSTEM && geteuid () != 0 ? "sudo " : "";
}

static Apm2Credential *
report_absent (const Apm2Paths *paths, const char *what)
{
  g_autofree char *quoted = g_shell_quote (paths->token_file);

  return report (
      APM2_CREDENTIAL_ABSENT,
      g_strdup_printf (_ ("There is no GitHub token: %s"), what),
      g_strdup_printf ("%ssh -c 'umask 077; cat >\"$0\"' %s # then paste the "
                       "token, Enter, Ctrl-D",
                       get_sudo (paths),
                       quoted));
}

static Apm2Credential *
report_errno (const Apm2Paths *paths, const char *path, int errsv)
{
  g_autofree char *what = NULL;

  if (errsv != ENOENT)
    return report (
        APM2_CREDENTIAL_UNKNOWN,
        g_strdup_printf (_ ("Cannot look at the GitHub token %s: %s"),
                         path,
                         g_strerror (errsv)),
        NULL);
  what = g_strdup_printf (_ ("%s does not exist"), path);
  return report_absent (paths, what);
}

/* In system mode the manager reads it as root, and nobody else needs to. */
static uid_t
get_owner (const Apm2Paths *paths)
{
  return paths->mode == APM2_MODE_SYSTEM ? 0 : geteuid ();
}

/* Returns: (nullable): what is wrong with @path */
static Apm2Credential *
judge (const Apm2Paths *paths,
       const char *path,
       const struct stat *st,
       mode_t type,
       mode_t mode)
{
  g_autofree char *quoted = g_shell_quote (path);
  const char *sudo = get_sudo (paths);

  if (S_ISLNK (st->st_mode))
    return report (
        APM2_CREDENTIAL_INSECURE_MODE,
        g_strdup_printf (_ ("%s is a symbolic link; put the real one there"),
                         path),
        g_strdup_printf ("%srm %s", sudo, quoted));
  if ((st->st_mode & S_IFMT) != type)
    return report (APM2_CREDENTIAL_INSECURE_MODE,
                   g_strdup_printf (type == S_IFDIR
                                        ? _ ("%s is not a directory")
                                        : _ ("%s is not a regular file"),
                                    path),
                   g_strdup_printf ("%srm -r %s", sudo, quoted));
  if (st->st_uid != get_owner (paths))
    return report (
        APM2_CREDENTIAL_INSECURE_MODE,
        g_strdup_printf (_ ("%s belongs to user %u, not to %u"),
                         path,
                         st->st_uid,
                         get_owner (paths)),
        g_strdup_printf ("sudo chown %u %s", get_owner (paths), quoted));
  if ((st->st_mode & 077) != 0)
    return report (
        APM2_CREDENTIAL_INSECURE_MODE,
        g_strdup_printf (_ ("%s has the mode %04o, which lets others in; it "
                            "must have %04o"),
                         path,
                         st->st_mode & 07777,
                         mode),
        g_strdup_printf ("%schmod %o %s", sudo, mode, quoted));
  return NULL;
}

/**
 * apm2_credential_examine_file:
 * @paths: where the file would be
 *
 * Looks at the file that the units load, as it is now; for whoever wants to
 * know how the services would start. Reads nothing of it.
 *
 * Returns: (transfer full): the report
 */
Apm2Credential *
apm2_credential_examine_file (const Apm2Paths *paths)
{
  g_autofree char *dir_path = NULL;
  g_autofree char *name = NULL;
  apm2_autofd int dir = -1;
  Apm2Credential *wrong = NULL;
  struct stat st;

  g_return_val_if_fail (paths != NULL, NULL);

  dir_path = g_path_get_dirname (paths->token_file);
  name = g_path_get_basename (paths->token_file);
  if (lstat (dir_path, &st) < 0)
    return report_errno (paths, paths->token_file, errno);
  wrong = judge (paths, dir_path, &st, S_IFDIR, 0700);
  dir = open (dir_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0 || fstatat (dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    {
      int errsv = errno;

      /* An open directory without a token in it gives nothing away. */
      if (wrong != NULL && errsv != ENOENT)
        return wrong;
      apm2_credential_free (wrong);
      return report_errno (paths, paths->token_file, errsv);
    }
  if (wrong == NULL)
    wrong = judge (paths, paths->token_file, &st, S_IFREG, 0600);
  if (wrong != NULL)
    return wrong;
  if (st.st_size == 0)
    {
      g_autofree char *what
          = g_strdup_printf (_ ("%s is empty"), paths->token_file);

      return report_absent (paths, what);
    }
  return report (
      APM2_CREDENTIAL_OK,
      g_strdup_printf (_ ("The GitHub token is %s"), paths->token_file),
      NULL);
}

/* Whether the file says that there is no token. */
static gboolean
is_fallback (int fd, const struct stat *st)
{
  char text[sizeof APM2_CREDENTIAL_FALLBACK] = "";
  ssize_t n = 0;

  if (st->st_size == 0)
    return TRUE;
  if (st->st_size != (off_t) strlen (APM2_CREDENTIAL_FALLBACK))
    return FALSE;
  n = pread (fd, text, sizeof text - 1, 0);
  return n == (ssize_t) strlen (APM2_CREDENTIAL_FALLBACK)
         && strcmp (text, APM2_CREDENTIAL_FALLBACK) == 0;
}

static Apm2Credential *
report_not_given (const Apm2Paths *paths)
{
  g_autoptr (Apm2Credential) file = apm2_credential_examine_file (paths);

  /* It came after us. */
  if (file->state == APM2_CREDENTIAL_OK)
    return report (
        APM2_CREDENTIAL_ABSENT,
        g_strdup_printf (_ ("The service was started before %s was "
                            "there, and has no GitHub token"),
                         paths->token_file),
        g_strdup_printf ("%ssystemctl %srestart "
                         "apm2-daemon.service apm2-worker.service",
                         get_sudo (paths),
                         paths->mode == APM2_MODE_SYSTEM ? "" : "--user "));
  if (file->state == APM2_CREDENTIAL_UNKNOWN)
    return report_absent (paths, _ ("the service was started without one"));
  return g_steal_pointer (&file);
}

/**
 * apm2_credential_examine_given:
 * @paths: the paths of this service
 *
 * Looks at the credential that the service manager gave to this process, and
 * at the file that it comes from. Without a service manager only the latter
 * counts.
 *
 * Returns: (transfer full): the report
 */
Apm2Credential *
apm2_credential_examine_given (const Apm2Paths *paths)
{
  g_autoptr (Apm2Credential) file = NULL;
  g_autofree char *path = NULL;
  apm2_autofd int fd = -1;
  struct stat st;

  g_return_val_if_fail (paths != NULL, NULL);

  if (paths->credentials_dir == NULL)
    return apm2_credential_examine_file (paths);
  path = g_build_filename (paths->credentials_dir, APM2_CREDENTIAL_TOKEN, NULL);
  fd = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0 && errno == ENOENT)
    return report_not_given (paths);
  if (fd < 0 || fstat (fd, &st) < 0)
    return report_errno (paths, path, errno);
  if (!S_ISREG (st.st_mode) || is_fallback (fd, &st))
    return report_not_given (paths);

  file = apm2_credential_examine_file (paths);
  if (file->state == APM2_CREDENTIAL_INSECURE_MODE)
    return g_steal_pointer (&file);
  return report (APM2_CREDENTIAL_OK,
                 g_strdup (_ ("The service has a GitHub token")),
                 NULL);
}
