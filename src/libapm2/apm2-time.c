/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Clocks, the boot, and lengths of time as people write them.
 *
 * A span is read strictly and without a rounding surprise: whole units, larger
 * before smaller, no overflow. What this file prints is for people; it is not
 * meant to be read back.
 */

#include "apm2-time.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-fs.h"

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"

/* Larger first: a span names its units in this order. */
static const struct
{
  const char *names[4];
  guint64 sec;
} units[] = {
  { { "d", "day", "days" }, 24 * 3600 },
  { { "h", "hour", "hours" }, 3600 },
  { { "m", "min", "minute", "minutes" }, 60 },
  { { "s", "sec", "second", "seconds" }, 1 },
};

/**
 * apm2_time_realtime_usec:
 *
 * Returns: microseconds since the epoch, UTC; may jump
 */
gint64
apm2_time_realtime_usec (void)
{
  return g_get_real_time ();
}

/**
 * apm2_time_boottime_usec:
 *
 * Returns: microseconds since the machine booted, time asleep included
 */
gint64
apm2_time_boottime_usec (void)
{
  struct timespec now = { 0 };

  (void) clock_gettime (CLOCK_BOOTTIME, &now);
  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static char *
read_boot_id (void)
{
  apm2_autofd int fd = open (BOOT_ID_FILE, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  g_autoptr (GString) id = g_string_new (NULL);
  char text[64];
  ssize_t n = fd < 0 ? -1 : read (fd, text, sizeof text);

  for (ssize_t i = 0; i < n; i++)
    {
      if (g_ascii_isxdigit (text[i]))
        g_string_append_c (id, g_ascii_tolower (text[i]));
    }
  return g_strdup (id->len == 32 ? id->str : "");
}

/**
 * apm2_time_boot_id:
 *
 * Returns: (transfer none): the id of this boot as 32 lower-case hex digits;
 *   "" without /proc, which equals no boot
 */
const char *
apm2_time_boot_id (void)
{
  static gsize cached = 0;

  if (g_once_init_enter (&cached))
    {
      char *id = read_boot_id ();

      g_once_init_leave (&cached, GPOINTER_TO_SIZE (id));
    }
  return GSIZE_TO_POINTER (cached);
}

static gboolean
find_unit (const char *word, gsize length, gsize *ret_index)
{
  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (units[i].names); k++)
      {
        const char *name = units[i].names[k];

        if (name != NULL && strlen (name) == length
            && strncmp (name, word, length) == 0)
          {
            *ret_index = i;
            return TRUE;
          }
      }
  return FALSE;
}

/* Reads one "<number><unit>" at *@text; the unit must be smaller than the one
 * before, which *@next tells. */
static gboolean
parse_part (const char **text, gsize *next, guint64 *total)
{
  const char *word = NULL;
  guint64 number = 0;
  guint64 part = 0;
  gsize length = 0;
  gsize index = 0;

  if (!g_ascii_isdigit (**text))
    return FALSE;
  for (word = *text; g_ascii_isdigit (*word); word++)
    {
      if (!g_uint64_checked_mul (&number, number, 10)
          || !g_uint64_checked_add (&number, number, (guint64) (*word - '0')))
        return FALSE;
    }
  while (*word == ' ')
    word++;
  while (g_ascii_isalpha (word[length]))
    length++;
  if (!find_unit (word, length, &index) || index < *next)
    return FALSE;
  if (!g_uint64_checked_mul (&part, number, units[index].sec)
      || !g_uint64_checked_add (total, *total, part))
    return FALSE;
  word += length;
  while (*word == ' ')
    word++;
  if (*word == '\0' && word[-1] == ' ')
    return FALSE;
  *text = word;
  *next = index + 1;
  return TRUE;
}

/**
 * apm2_time_parse_span:
 * @text: "90" (seconds), "90s", "10min", "2h 30m", "1d"
 * @ret_sec: (out): seconds
 * @error: INVALID_ARGUMENT for anything else, or what overflows
 *
 * Returns: %TRUE if @text is a span
 */
gboolean
apm2_time_parse_span (const char *text, guint64 *ret_sec, GError **error)
{
  const char *rest = text;
  guint64 total = 0;
  gsize next = 0;

  g_return_val_if_fail (text != NULL, FALSE);
  g_return_val_if_fail (ret_sec != NULL, FALSE);

  if (g_ascii_isdigit (*text)
      && g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, ret_sec, NULL))
    return TRUE;

  do
    {
      if (!parse_part (&rest, &next, &total))
        {
          g_set_error (
              error,
              APM2_ERROR,
              APM2_ERROR_INVALID_ARGUMENT,
              _ ("'%s' is not a length of time; write for example 90s, "
                 "10min or 2h30m"),
              text);
          return FALSE;
        }
    }
  while (*rest != '\0');

  *ret_sec = total;
  return TRUE;
}

/**
 * apm2_time_format_span:
 * @usec: a length of time
 *
 * Rounds down, to two units at most: "120ms", "2.5s", "3min 12s", "1d 4h".
 *
 * Returns: (transfer full): text for people
 */
char *
apm2_time_format_span (guint64 usec)
{
  guint64 sec = usec / G_USEC_PER_SEC;
  guint64 tenths = usec / (G_USEC_PER_SEC / 10) % 10;

  if (usec == 0)
    return g_strdup ("0s");
  if (usec < 1000)
    return g_strdup_printf ("%" G_GUINT64_FORMAT "us", usec);
  if (sec == 0)
    return g_strdup_printf ("%" G_GUINT64_FORMAT "ms", usec / 1000);
  if (sec < 10 && tenths != 0)
    return g_strdup_printf (
        "%" G_GUINT64_FORMAT ".%" G_GUINT64_FORMAT "s", sec, tenths);

  for (gsize i = 0; i + 1 < G_N_ELEMENTS (units); i++)
    {
      static const char *const shown[] = { "d", "h", "min", "s" };
      guint64 rest = sec % units[i].sec / units[i + 1].sec;

      if (sec < units[i].sec)
        continue;
      if (rest == 0)
        return g_strdup_printf (
            "%" G_GUINT64_FORMAT "%s", sec / units[i].sec, shown[i]);
      return g_strdup_printf ("%" G_GUINT64_FORMAT "%s %" G_GUINT64_FORMAT "%s",
                              sec / units[i].sec,
                              shown[i],
                              rest,
                              shown[i + 1]);
    }
  return g_strdup_printf ("%" G_GUINT64_FORMAT "s", sec);
}
