/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Can the store and the logs still be written: room, inodes, read-only?
 */

#include <errno.h>
#include <inttypes.h>
#include <sys/statvfs.h>

#include <glib/gi18n.h>

#include "apm2-checks.h"
#include "apm2-size.h"

#define MIB (1024 * 1024)

/* Below the first a job's log and sources may not fit; below the second the
 * store itself is in danger. */
#define SPACE_LOW_BYTES ((guint64) 1024 * MIB)
#define SPACE_OUT_BYTES ((guint64) 100 * MIB)
#define INODES_LOW      10000
#define INODES_OUT      1000

/* Returns: (nullable): the directory that was looked at: where the store and
 * the logs are, or are going to be */
static char *
read_file_system (const Apm2Doctor *doctor,
                  struct statvfs *ret_fs,
                  Apm2Diagnosis *out)
{
  g_autofree char *path = g_strdup (doctor->paths->fac_dir);
  int errsv = 0;

  while (statvfs (path, ret_fs) < 0)
    {
      char *parent = g_path_get_dirname (path);

      errsv = errno;
      if (errsv != ENOENT)
        {
          g_free (parent);
          apm2_diagnosis_add (out,
                              APM2_FINDING_SKIPPED,
                              _ ("cannot look at the file system of %s: %s"),
                              path,
                              g_strerror (errsv));
          return NULL;
        }
      g_free (path);
      path = parent;
    }
  return g_steal_pointer (&path);
}

static Apm2FindingResult
judge (guint64 free_now, guint64 out_below, guint64 low_below)
{
  if (free_now < out_below)
    return APM2_FINDING_FAILED;
  return free_now < low_below ? APM2_FINDING_WARNING : APM2_FINDING_OK;
}

/* With a plain space: the text may be shown where there is no other. */
static char *
format_size (guint64 bytes)
{
  g_autofree char *text = g_format_size_full (bytes, G_FORMAT_SIZE_IEC_UNITS);
  g_auto (GStrv) parts = g_strsplit (text, "\u00a0", -1);

  return g_strjoinv (" ", parts);
}

static void
add_read_only (const char *path, Apm2Diagnosis *out)
{
  g_autofree char *quoted = apm2_cure_quote (path);
  Apm2Finding *finding = apm2_diagnosis_add (
      out,
      APM2_FINDING_FAILED,
      _ ("the file system of %s is read-only; the kernel does that when the "
         "disk has errors"),
      path);

  apm2_finding_add_look (finding, "findmnt -T %s", quoted);
  apm2_finding_add_look (finding, "sudo dmesg --level=err,warn");
  apm2_finding_add_command (finding,
                            "sudo mount -o remount,rw \"$(findmnt -n -o TARGET "
                            "-T %s)\"",
                            quoted);
}

/**
 * apm2_check_disk_space:
 * @doctor: the doctor
 * @out: gets the finding
 */
void
apm2_check_disk_space (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  struct statvfs fs;
  g_autofree char *path = read_file_system (doctor, &fs, out);
  g_autofree char *quoted = NULL;
  g_autofree char *size = NULL;
  guint64 free_bytes = 0;
  Apm2Finding *finding = NULL;

  if (path == NULL)
    return;
  quoted = apm2_cure_quote (path);
  if ((fs.f_flag & ST_RDONLY) != 0)
    {
      add_read_only (path, out);
      return;
    }
  free_bytes = (guint64) fs.f_bavail * fs.f_frsize;
  size = format_size (free_bytes);
  finding = apm2_diagnosis_add (
      out,
      judge (free_bytes, SPACE_OUT_BYTES, SPACE_LOW_BYTES),
      _ ("%s are free for %s"),
      size,
      path);
  if (finding->result != APM2_FINDING_OK)
    apm2_finding_add_look (
        finding, "du -xh -d 4 %s | sort -h | tail -n 20", quoted);
}

/**
 * apm2_check_inodes:
 * @doctor: the doctor
 * @out: gets the finding
 */
void
apm2_check_inodes (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  struct statvfs fs;
  g_autofree char *path = read_file_system (doctor, &fs, out);
  g_autofree char *quoted = NULL;
  Apm2Finding *finding = NULL;

  if (path == NULL)
    return;
  quoted = apm2_cure_quote (path);
  if (fs.f_files == 0)
    {
      apm2_diagnosis_add (
          out,
          APM2_FINDING_OK,
          _ ("the file system of %s makes inodes as they are needed"),
          path);
      return;
    }
  finding = apm2_diagnosis_add (out,
                                judge (fs.f_favail, INODES_OUT, INODES_LOW),
                                _ ("%" PRIu64 " inodes are free for %s"),
                                (guint64) fs.f_favail,
                                path);
  if (finding->result != APM2_FINDING_OK)
    apm2_finding_add_look (
        finding, "du -x --inodes -d 4 %s | sort -n | tail -n 20", quoted);
}
