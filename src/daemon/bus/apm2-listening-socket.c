/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A listening socket: passed by the service manager, or bound by us.
 *
 * A socket file that is in the way is replaced only if it is ours and nobody
 * answers on it. Looking and replacing happen under a lock on the directory, so
 * that of two brokers that start together one loses and neither is robbed.
 */

#include "apm2-listening-socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <systemd/sd-daemon.h>

#include "apm2-error.h"
#include "apm2-fs.h"

/* More than the backlog of a socket holds. */
#define TURN_AWAY_MAX 8192

G_GNUC_PRINTF (3, 4)
static void
set_error (GError **error, int errsv, const char *format, ...)
{
  g_autofree char *act = NULL;
  va_list args;

  va_start (args, format);
  act = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error,
               APM2_ERROR,
               errsv == EADDRINUSE ? APM2_ERROR_EXISTS : APM2_ERROR_FAILED,
               "%s: %s",
               act,
               g_strerror (errsv));
}

/**
 * apm2_listening_socket_take_passed:
 * @error: return location for an error
 *
 * Takes the socket that the service manager passed, if it passed one. To be
 * called once, at start.
 *
 * Returns: a descriptor that the caller owns; -1 if none was passed, or with
 *   @error set if what was passed is no listening socket
 */
int
apm2_listening_socket_take_passed (GError **error)
{
  int taken = -1;
  int n_fds = sd_listen_fds (TRUE);

  for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + n_fds; fd++)
    {
      if (taken < 0 && sd_is_socket_unix (fd, SOCK_STREAM, 1, NULL, 0) > 0)
        taken = fd;
      else
        (void) g_close (fd, NULL);
    }
  if (n_fds > 0 && taken < 0)
    g_set_error (error,
                 APM2_ERROR,
                 APM2_ERROR_INVALID_ARGUMENT,
                 "The service manager passed %d descriptors, and none of them "
                 "is a listening stream socket; check ListenStream= in "
                 "apm2-daemon.socket",
                 n_fds);
  return taken;
}

/**
 * apm2_listening_socket_turn_away:
 *
 * Closes what waits on the socket that the service manager passed, if it was
 * not taken: for a broker that no other start would help. Whoever waits hears
 * at once that it waits in vain; left there, it would make the manager start us
 * again and again without a pause.
 */
void
apm2_listening_socket_turn_away (void)
{
  apm2_autofd int fd = apm2_listening_socket_take_passed (NULL);
  struct pollfd waiting = { .fd = fd, .events = POLLIN };

  for (guint i = 0; fd >= 0 && i < TURN_AWAY_MAX; i++)
    {
      apm2_autofd int peer = -1;

      if (poll (&waiting, 1, 0) <= 0)
        return;
      peer = accept4 (fd, NULL, NULL, SOCK_CLOEXEC);
      if (peer < 0)
        return;
    }
}

/**
 * apm2_listening_socket_from_fd:
 * @fd: (transfer full): a descriptor
 * @error: return location for an error
 *
 * Returns: (transfer full) (nullable): the socket, or %NULL with @error set if
 *   it is no listening stream socket of the unix family
 */
GSocket *
apm2_listening_socket_from_fd (int fd, GError **error)
{
  apm2_autofd int owned = fd;
  GSocket *socket = NULL;

  if (sd_is_socket_unix (owned, SOCK_STREAM, 1, NULL, 0) <= 0)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_INVALID_ARGUMENT,
                   "Descriptor %d is no listening unix stream socket",
                   owned);
      return NULL;
    }
  socket = g_socket_new_from_fd (owned, error);
  if (socket != NULL)
    owned = -1;
  return socket;
}

static gboolean
fill_address (const char *path, struct sockaddr_un *ret_address, GError **error)
{
  memset (ret_address, 0, sizeof *ret_address);
  ret_address->sun_family = AF_UNIX;
  if (strlen (path) >= sizeof ret_address->sun_path)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_INVALID_ARGUMENT,
                   "The socket path %s is longer than %" G_GSIZE_FORMAT
                   " bytes; choose a shorter runtime directory",
                   path,
                   sizeof ret_address->sun_path - 1);
      return FALSE;
    }
  memcpy (ret_address->sun_path, path, strlen (path));
  return TRUE;
}

/* Whether somebody listens there. A full queue means a living listener; what
 * cannot be told counts as one too. */
static gboolean
is_answered (const struct sockaddr_un *address)
{
  apm2_autofd int fd
      = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd < 0)
    return TRUE;
  if (connect (fd, (const struct sockaddr *) address, sizeof *address) == 0)
    return TRUE;
  return errno != ECONNREFUSED && errno != ENOENT;
}

static gboolean
remove_stale (const struct sockaddr_un *address, GError **error)
{
  const char *path = address->sun_path;
  struct stat st;

  if (lstat (path, &st) != 0)
    {
      if (errno == ENOENT)
        return TRUE;
      set_error (error, errno, "Could not look at %s", path);
      return FALSE;
    }
  if (!S_ISSOCK (st.st_mode) || st.st_uid != geteuid ())
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_EXISTS,
                   "%s is in the way and not a socket of ours; look at it with "
                   "“ls -l %s” and move it away",
                   path,
                   path);
      return FALSE;
    }
  if (is_answered (address))
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_EXISTS,
                   "A broker already listens on %s; see 'apm2 fac services "
                   "status'",
                   path);
      return FALSE;
    }
  if (unlink (path) != 0 && errno != ENOENT)
    {
      set_error (error, errno, "Could not remove the stale socket %s", path);
      return FALSE;
    }
  return TRUE;
}

/* Linux gives the file the mode of the descriptor, less the umask: at no moment
 * is it open to more than @mode says. */
static gboolean
bind_and_listen (int fd,
                 const struct sockaddr_un *address,
                 mode_t mode,
                 GError **error)
{
  const char *path = address->sun_path;

  if (fchmod (fd, mode) != 0
      || bind (fd, (const struct sockaddr *) address, sizeof *address) != 0
      || chmod (path, mode) != 0)
    {
      set_error (error, errno, "Could not bind %s", path);
      return FALSE;
    }
  if (listen (fd, SOMAXCONN) != 0)
    {
      set_error (error, errno, "Could not listen on %s", path);
      (void) unlink (path);
      return FALSE;
    }
  return TRUE;
}

static int
lock_directory (const char *path, GError **error)
{
  g_autofree char *name = g_path_get_dirname (path);
  apm2_autofd int fd = open (name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    {
      set_error (error, errno, "Could not open %s", name);
      return -1;
    }
  if (flock (fd, LOCK_EX | LOCK_NB) != 0)
    {
      if (errno == EWOULDBLOCK)
        g_set_error (error,
                     APM2_ERROR,
                     APM2_ERROR_EXISTS,
                     "Another broker is just starting on %s; see 'apm2 fac "
                     "services status'",
                     path);
      else
        set_error (error, errno, "Could not lock %s", name);
      return -1;
    }
  return g_steal_fd (&fd);
}

/**
 * apm2_listening_socket_bind:
 * @path: where; its directory is there and only we may write to it
 * @mode: of the file
 * @ret_file: (out caller-allocates): what apm2_socket_file_clear() removes
 * @error: return location for an error
 *
 * Makes a socket. Never takes the place of one that answers.
 *
 * Returns: (transfer full) (nullable): the socket, or %NULL with @error set;
 *   %APM2_ERROR_EXISTS if the place is taken
 */
GSocket *
apm2_listening_socket_bind (const char *path,
                            mode_t mode,
                            Apm2SocketFile *ret_file,
                            GError **error)
{
  apm2_autofd int fd = -1;
  apm2_autofd int lock = -1;
  struct sockaddr_un address;
  struct stat st;
  GSocket *listener = NULL;

  g_return_val_if_fail (path != NULL && ret_file != NULL, NULL);

  if (!fill_address (path, &address, error))
    return NULL;
  lock = lock_directory (path, error);
  if (lock < 0 || !remove_stale (&address, error))
    return NULL;
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    {
      set_error (error, errno, "Could not make a socket");
      return NULL;
    }
  if (!bind_and_listen (fd, &address, mode, error))
    return NULL;
  if (lstat (path, &st) != 0)
    {
      set_error (error, errno, "Could not look at %s", path);
      return NULL;
    }

  listener = g_socket_new_from_fd (fd, error);
  if (listener == NULL)
    return NULL;
  fd = -1;
  ret_file->path = g_strdup (path);
  ret_file->device = st.st_dev;
  ret_file->inode = st.st_ino;
  return listener;
}

/**
 * apm2_listening_socket_is_closed:
 * @listener: a listening socket of the unix family
 *
 * Returns: whether its file can be opened by its owner and group alone
 */
gboolean
apm2_listening_socket_is_closed (GSocket *listener)
{
  struct sockaddr_un address = { 0 };
  socklen_t length = sizeof address;
  struct stat st;

  g_return_val_if_fail (G_IS_SOCKET (listener), FALSE);

  /* With a NUL after the path, for which there is always room. */
  if (getsockname (
          g_socket_get_fd (listener), (struct sockaddr *) &address, &length)
          != 0
      || length >= sizeof address || address.sun_path[0] != '/')
    return FALSE;
  return lstat (address.sun_path, &st) == 0 && S_ISSOCK (st.st_mode)
         && (st.st_mode & S_IRWXO) == 0;
}

/**
 * apm2_socket_file_clear:
 * @self: a socket file
 *
 * Removes it if it is still the one that was made, and forgets it.
 */
void
apm2_socket_file_clear (Apm2SocketFile *self)
{
  struct stat st;

  if (self->path != NULL && lstat (self->path, &st) == 0
      && st.st_dev == self->device && st.st_ino == self->inode)
    (void) unlink (self->path);
  g_clear_pointer (&self->path, g_free);
}
