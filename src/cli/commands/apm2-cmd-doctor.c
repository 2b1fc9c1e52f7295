/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac doctor: what is wrong here, and what to type next.
 */

#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-commands.h"
#include "apm2-diagnosis-json.h"
#include "apm2-diagnosis-text.h"
#include "apm2-display.h"
#include "apm2-doctor.h"
#include "apm2-format-json.h"
#include "apm2-page.h"
#include "apm2-repair.h"

/* A repair may mend the next fault too, or show it, such as what is wrong in a
 * directory that could not be entered; but there is an end. */
#define ROUNDS_MAX 32

/* The convention of monitoring plugins, as 'services status' follows it. */
typedef enum
{
  DOCTOR_EXIT_OK = 0,
  DOCTOR_EXIT_WARNING = 1,
  DOCTOR_EXIT_FAILED = 2,
} DoctorExit;

typedef struct
{
  gboolean fix;
} Options;

static const GOptionEntry entries[] = {
  { "fix",
    0,
    0,
    G_OPTION_ARG_NONE,
    APM2_ARGS_OFFSET (Options, fix),
    N_ ("Do what is safe to do, then look again"),
    NULL },
  G_OPTION_ENTRY_NULL,
};

static void
print_repairs (const Apm2CommandCall *call, GPtrArray *repairs)
{
  for (guint i = 0; i < repairs->len; i++)
    {
      const Apm2Repair *repair = g_ptr_array_index (repairs, i);
      const gboolean done = repair->outcome == APM2_REPAIR_DONE;
      const Apm2Style style = done ? APM2_STYLE_GOOD : APM2_STYLE_BAD;
      g_autofree char *command
          = apm2_display_escape_line (repair->command, call->term->utf8);
      g_autofree char *reason = apm2_display_escape_line (
          repair->reason != NULL ? repair->reason : "", call->term->utf8);

      printf ("%s%s%s %s%s%s\n",
              apm2_term_begin (call->term->out_color, style),
              done ? _ ("done:") : _ ("could not:"),
              apm2_term_end (call->term->out_color, style),
              command,
              done ? "" : ": ",
              reason);
    }
  if (repairs->len > 0)
    putchar ('\n');
}

static void
print_summary (const Apm2CommandCall *call,
               const Apm2Doctor *doctor,
               const Apm2Diagnosis *diagnosis)
{
  static const Apm2Style styles[] = {
    [APM2_FINDING_OK] = APM2_STYLE_GOOD,
    [APM2_FINDING_SKIPPED] = APM2_STYLE_GOOD,
    [APM2_FINDING_WARNING] = APM2_STYLE_WARN,
    [APM2_FINDING_FAILED] = APM2_STYLE_BAD,
  };
  const Options *options = call->options;
  const Apm2Style style = styles[apm2_diagnosis_get_worst (diagnosis)];
  const guint safe = apm2_diagnosis_count_safe_cures (diagnosis);
  g_autofree char *counts = apm2_diagnosis_summarize (diagnosis);

  printf ("\n%s%s%s (%s)\n",
          apm2_term_begin (call->term->out_color, style),
          counts,
          apm2_term_end (call->term->out_color, style),
          doctor->paths->mode == APM2_MODE_USER ? _ ("user mode")
                                                : _ ("system mode"));
  if (safe > 0 && !options->fix)
    printf (ngettext ("'%s fac doctor --fix' mends %u of these\n",
                      "'%s fac doctor --fix' mends %u of these\n",
                      safe),
            doctor->program,
            safe);
}

static void
print (const Apm2CommandCall *call,
       const Apm2Doctor *doctor,
       const Apm2Diagnosis *diagnosis,
       GPtrArray *repairs)
{
  const Options *options = call->options;
  g_autofree char *text = NULL;

  if (call->globals->json != APM2_JSON_STYLE_OFF)
    {
      apm2_format_json_print (
          call,
          apm2_diagnosis_to_json (
              diagnosis, doctor, options->fix ? repairs : NULL));
      return;
    }
  text = apm2_diagnosis_to_text (diagnosis,
                                 apm2_page_get_width (call),
                                 call->term->utf8,
                                 call->term->out_color);
  apm2_page_begin (call);
  print_repairs (call, repairs);
  fputs (text, stdout);
  if (!call->globals->no_legend)
    print_summary (call, doctor, diagnosis);
}

static int
exit_of (const Apm2Diagnosis *diagnosis)
{
  switch (apm2_diagnosis_get_worst (diagnosis))
    {
    case APM2_FINDING_FAILED:
      return DOCTOR_EXIT_FAILED;
    case APM2_FINDING_WARNING:
      return DOCTOR_EXIT_WARNING;
    case APM2_FINDING_OK:
    case APM2_FINDING_SKIPPED:
    default:
      return DOCTOR_EXIT_OK;
    }
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const Options *options = call->options;
  g_autoptr (GPtrArray) repairs = apm2_repair_list_new ();
  g_autoptr (Apm2Doctor) doctor = NULL;
  g_autoptr (Apm2Diagnosis) diagnosis = NULL;

  for (guint round = 0; round < ROUNDS_MAX; round++)
    {
      g_clear_pointer (&diagnosis, apm2_diagnosis_free);
      g_clear_pointer (&doctor, apm2_doctor_free);
      doctor = apm2_doctor_new (call->globals, error);
      if (doctor == NULL)
        return -1;
      diagnosis = apm2_doctor_examine (doctor);
      if (!options->fix || apm2_repair_next (doctor, diagnosis, repairs) == 0)
        break;
    }
  print (call, doctor, diagnosis, repairs);
  return exit_of (diagnosis);
}

const Apm2Command apm2_cmd_doctor = {
  .name = "doctor",
  .there = TRUE,
  .summary = N_ ("Find what is wrong and say what to type"),
  .description = N_ (
      "Looks at everything that apm2 stands on and starts nothing by that. "
      "Each "
      "finding\nnames the commands that help. --fix does those that lose "
      "nothing and end nothing:\nit makes directories, sets modes, removes "
      "what dead processes left, lets the\nservice manager read its units "
      "again, forgets failures, and starts the socket unit\nwhere it is "
      "enabled. It says what it did; the rest is left to you.\n\nExit status: "
      "0 all is well, 1 warnings, 2 something failed."),
  .examples = "  apm2 fac doctor\n"
              "  apm2 fac doctor --fix\n"
              "  apm2 fac doctor --json | jq -r '.checks[].fix[]'",
  .entries = entries,
  .options_size = sizeof (Options),
  .run = run,
};
