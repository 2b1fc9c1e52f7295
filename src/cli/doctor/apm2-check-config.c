/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Would the broker read its configuration, and could others write it?
 */

#include <sys/stat.h>

#include <glib/gi18n.h>

#include "apm2-checks.h"
#include "apm2-config.h"

#define WRITABLE_BY_OTHERS 0022

/* "FILE:LINE: what" is the form of most problems; an editor takes both. */
static char *
make_edit_command (const Apm2Doctor *doctor, const char *problem)
{
  g_autoptr (GRegex) regex
      = g_regex_new ("^(/.*?):(?:([0-9]+):)? ", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree char *file = NULL;
  g_autofree char *line = NULL;
  g_autofree char *quoted = NULL;
  const char *editor = doctor->paths->mode == APM2_MODE_USER || doctor->uid == 0
                           ? "\"${EDITOR:-vi}\""
                           : "sudoedit";

  if (g_regex_match (regex, problem, 0, &match))
    {
      file = g_match_info_fetch (match, 1);
      line = g_match_info_fetch (match, 2);
    }
  quoted = apm2_cure_quote (file != NULL ? file : doctor->paths->config_file);
  if (line == NULL || line[0] == '\0' || g_str_equal (editor, "sudoedit"))
    return g_strdup_printf ("%s %s", editor, quoted);
  return g_strdup_printf ("%s +%s %s", editor, line, quoted);
}

static void
add_problems (const Apm2Doctor *doctor, const GError *error, Apm2Diagnosis *out)
{
  g_auto (GStrv) lines = g_strsplit (error->message, "\n", -1);

  for (gsize i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *command = make_edit_command (doctor, lines[i]);
      Apm2Finding *finding
          = apm2_diagnosis_add (out, APM2_FINDING_FAILED, "%s", lines[i]);

      apm2_finding_add_command (finding, "%s", command);
    }
}

static void
judge_file (const Apm2Doctor *doctor, const char *file, Apm2Diagnosis *out)
{
  struct stat st;
  Apm2Finding *finding = NULL;

  if (lstat (file, &st) < 0 || (st.st_mode & WRITABLE_BY_OTHERS) == 0)
    return;
  finding = apm2_diagnosis_add (
      out,
      APM2_FINDING_WARNING,
      _ ("%s has mode %04o: others can set what apm2 does"),
      file,
      st.st_mode & 07777);
  apm2_doctor_add_cure (
      doctor,
      finding,
      apm2_cure_new_set_mode (file, st.st_mode & 0777 & ~WRITABLE_BY_OTHERS));
}

/**
 * apm2_check_configuration:
 * @doctor: the doctor
 * @out: gets the findings
 */
void
apm2_check_configuration (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2Config) config
      = apm2_config_load (doctor->paths->config_file, &error);
  const guint before = out->findings->len;

  if (config == NULL)
    {
      add_problems (doctor, error, out);
      return;
    }
  for (guint i = 0; i < config->files->len; i++)
    judge_file (doctor, g_ptr_array_index (config->files, i), out);
  if (out->findings->len > before)
    return;
  if (config->files->len == 0)
    apm2_diagnosis_add (
        out,
        APM2_FINDING_OK,
        _ ("there is no %s; the built-in settings are in force"),
        doctor->paths->config_file);
  else
    apm2_diagnosis_add (out,
                        APM2_FINDING_OK,
                        ngettext ("%u file is free of errors, from %s on",
                                  "%u files are free of errors, from %s on",
                                  config->files->len),
                        config->files->len,
                        (const char *) g_ptr_array_index (config->files, 0));
}
