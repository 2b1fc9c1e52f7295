/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Names that become path elements, object paths and unit names: job ids, lanes
 * and worker instances. What passes here needs no escaping anywhere else.
 *
 * A job id made here is a ULID: it sorts by time, and the ids of one process
 * strictly increase even within a millisecond or across a clock set back, so
 * that "by submission, then id" is a total order.
 */

#include "apm2-job-id.h"

#include <sys/random.h>

/* Crockford's: no i, l, o, u. */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
#define ULID_LENGTH 26

/* The upper half holds 48 bits of milliseconds and 16 random ones. */
typedef struct
{
  guint64 high;
  guint64 low;
} Ulid;

static void
fill_random (Ulid *ulid, guint64 msec)
{
  guint64 bits[2] = { 0 };

  /* Up to 256 bytes are never cut short; it can only fail where the system call
   * is filtered out, and uniqueness on one machine survives that. */
  if (getrandom (bits, sizeof bits, 0) != (ssize_t) sizeof bits)
    {
      bits[0] = g_random_int ();
      bits[1] = (guint64) g_random_int () << 32 | g_random_int ();
    }
  ulid->high = msec << 16 | (bits[0] & 0xffff);
  ulid->low = bits[1];
}

static Ulid
next_ulid (guint64 msec)
{
  static GMutex mutex;
  static Ulid last; /* under mutex */
  Ulid result;

  g_mutex_lock (&mutex);
  if (msec > last.high >> 16)
    fill_random (&last, msec);
  else if (++last.low == 0)
    last.high++;
  result = last;
  g_mutex_unlock (&mutex);
  return result;
}

/**
 * apm2_job_id_new:
 * @realtime_usec: now
 *
 * Returns: (transfer full): "j" and 26 characters; greater than all that this
 *   process made before. Thread-safe.
 */
char *
apm2_job_id_new (gint64 realtime_usec)
{
  Ulid ulid = { 0 };
  char text[1 + ULID_LENGTH + 1] = "j";

  g_return_val_if_fail (realtime_usec >= 0, NULL);

  ulid = next_ulid ((guint64) realtime_usec / 1000 & 0xffffffffffff);
  for (gsize i = ULID_LENGTH; i > 0; i--)
    {
      text[i] = alphabet[ulid.low & 31];
      ulid.low = ulid.low >> 5 | ulid.high << 59;
      ulid.high >>= 5;
    }
  return g_strdup (text);
}

static gboolean
is_word (const char *text, gsize max)
{
  gsize length = 0;

  if (text == NULL)
    return FALSE;
  for (length = 0; text[length] != '\0'; length++)
    {
      if (length == max
          || !(g_ascii_isalnum (text[length]) || text[length] == '_'
               || text[length] == '-'))
        return FALSE;
    }
  return length > 0;
}

/**
 * apm2_job_id_is_valid:
 * @id: (nullable): text from anywhere
 *
 * Returns: %TRUE for 1 to 64 of `A-Za-z0-9_-`
 */
gboolean
apm2_job_id_is_valid (const char *id)
{
  return is_word (id, APM2_JOB_ID_MAX);
}

/**
 * apm2_lane_name_is_valid:
 * @name: (nullable): text from anywhere
 *
 * Returns: %TRUE for a lower-case letter and up to 30 of `a-z0-9`
 */
gboolean
apm2_lane_name_is_valid (const char *name)
{
  if (name == NULL || !g_ascii_islower (name[0]))
    return FALSE;
  for (gsize i = 1; name[i] != '\0'; i++)
    {
      if (i == APM2_LANE_NAME_MAX
          || !(g_ascii_islower (name[i]) || g_ascii_isdigit (name[i])))
        return FALSE;
    }
  return TRUE;
}

/**
 * apm2_instance_is_valid:
 * @name: (nullable): text from anywhere
 *
 * Returns: %TRUE for 1 to 64 of `A-Za-z0-9_-`: a worker's instance name
 */
gboolean
apm2_instance_is_valid (const char *name)
{
  return is_word (name, APM2_INSTANCE_MAX);
}
