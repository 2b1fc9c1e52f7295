/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A file or stdin, read whole and bounded.
 */

#include "apm2-input.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-fs.h"

static gboolean
read_all (int fd, GByteArray *bytes, gsize max, GError **error)
{
  guint8 chunk[16384];

  while (bytes->len <= max)
    {
      const ssize_t n = read (fd, chunk, sizeof chunk);

      if (n == 0)
        return TRUE;
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          g_set_error_literal (
              error, APM2_ERROR, APM2_ERROR_FAILED, g_strerror (errno));
          return FALSE;
        }
      g_byte_array_append (bytes, chunk, (guint) n);
    }
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               _ ("larger than %zu bytes"),
               max);
  return FALSE;
}

/**
 * apm2_input_read:
 * @file: name of a file, or "-" for stdin
 * @max: at most so many bytes
 * @ret_length: (out): how many bytes there are
 * @error: FAILED if it cannot be read, INVALID_ARGUMENT if it is larger
 *
 * Returns: (transfer full): what is in it, with a NUL after it
 */
char *
apm2_input_read (const char *file, gsize max, gsize *ret_length, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  const gboolean is_stdin = g_str_equal (file, "-");
  apm2_autofd int opened = -1;

  if (!is_stdin)
    {
      opened = open (file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
      if (opened < 0)
        {
          g_set_error (error,
                       APM2_ERROR,
                       APM2_ERROR_FAILED,
                       _ ("cannot read %s: %s; name a file, or - for stdin"),
                       file,
                       g_strerror (errno));
          return NULL;
        }
    }
  if (!read_all (is_stdin ? STDIN_FILENO : opened, bytes, max, error))
    {
      g_prefix_error (
          error, _ ("cannot read %s: "), is_stdin ? _ ("stdin") : file);
      return NULL;
    }
  *ret_length = bytes->len;
  g_byte_array_append (bytes, (const guint8 *) "", 1);
  return (char *) g_byte_array_free (g_steal_pointer (&bytes), FALSE);
}
