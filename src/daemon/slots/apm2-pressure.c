/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The pressure on the processors, as the kernel measures it.
 *
 * The kernel tells of pressure stall only to those who may set a trigger, and
 * brings its averages up to date every two seconds. So the file is read, and
 * only while somebody waits for the pressure to fall.
 */

#include "apm2-pressure.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "apm2-fs.h"
#include "apm2-log.h"

#define INTERVAL_MSEC 1000
#define FILE_MAX      512
#define AVERAGE       "avg10="

struct _Apm2Pressure
{
  GObject parent_instance;

  char *file;
  guint timer;
  gboolean told; /* that it cannot be read */
};

G_DEFINE_FINAL_TYPE (Apm2Pressure, apm2_pressure, G_TYPE_OBJECT)

static guint again_signal;

static void
apm2_pressure_finalize (GObject *object)
{
  Apm2Pressure *self = APM2_PRESSURE (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  g_free (self->file);
  G_OBJECT_CLASS (apm2_pressure_parent_class)->finalize (object);
}

static void
apm2_pressure_class_init (Apm2PressureClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_pressure_finalize;
  again_signal = g_signal_new ("again",
                               APM2_TYPE_PRESSURE,
                               G_SIGNAL_RUN_LAST,
                               0,
                               NULL,
                               NULL,
                               NULL,
                               G_TYPE_NONE,
                               0);
}

static void
apm2_pressure_init (Apm2Pressure *self)
{
}

/**
 * apm2_pressure_new:
 * @file: where the kernel tells it
 *
 * Returns: (transfer full): a pressure that nobody watches
 */
Apm2Pressure *
apm2_pressure_new (const char *file)
{
  Apm2Pressure *self = g_object_new (APM2_TYPE_PRESSURE, NULL);

  self->file = g_strdup (file);
  return self;
}

/* "some avg10=1.23 avg60=…": the first line. */
static gboolean
parse (const char *text, guint *ret_percent)
{
  const char *average = strstr (text, AVERAGE);
  char *end = NULL;
  double value;

  if (!g_str_has_prefix (text, "some ") || average == NULL)
    return FALSE;
  average += strlen (AVERAGE);
  value = g_ascii_strtod (average, &end);
  if (end == average || !(value >= 0.0 && value <= 100.0))
    return FALSE;
  /* Up, so that 0 means that nobody waits at all. */
  *ret_percent = (guint) value + ((double) (guint) value < value ? 1 : 0);
  return TRUE;
}

static gboolean
read_percent (Apm2Pressure *self, guint *ret_percent)
{
  apm2_autofd int fd = open (self->file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  char text[FILE_MAX] = { 0 };
  ssize_t n = fd < 0 ? -1 : read (fd, text, sizeof text - 1);

  if (n >= 0 && parse (text, ret_percent))
    return TRUE;
  if (!self->told)
    apm2_log (G_LOG_LEVEL_WARNING,
              NULL,
              "Cannot read the pressure on the processors from %s (%s): lanes "
              "with pressure= start jobs as if there were none",
              self->file,
              n < 0 ? g_strerror (errno) : "unknown format");
  self->told = TRUE;
  return FALSE;
}

/**
 * apm2_pressure_read:
 * @self: a pressure
 *
 * Returns: the percentage of the last ten seconds, rounded up; 0 if the kernel
 *   does not tell
 */
guint
apm2_pressure_read (Apm2Pressure *self)
{
  guint percent = 0;

  (void) read_percent (self, &percent);
  return percent;
}

static gboolean
on_timer (gpointer user_data)
{
  g_signal_emit (user_data, again_signal, 0);
  return G_SOURCE_CONTINUE;
}

/**
 * apm2_pressure_set_watched:
 * @self: a pressure
 * @watched: whether somebody waits for it to change
 */
void
apm2_pressure_set_watched (Apm2Pressure *self, gboolean watched)
{
  if (watched == (self->timer != 0))
    return;
  if (watched)
    self->timer = g_timeout_add (INTERVAL_MSEC, on_timer, self);
  else
    g_clear_handle_id (&self->timer, g_source_remove);
}
