/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What an installation tells: one line for each thing that it did or left, as
 * soon as that is so, warnings on stderr, and at the end what to type next.
 * With
 * --json the same as one object.
 */

#include "apm2-install-report.h"

#include <stdarg.h>
#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-display.h"
#include "apm2-format-json.h"

#define ACT_WIDTH 11

struct _Apm2InstallReport
{
  const Apm2CommandCall *call; /* borrowed: outlives the report */
  gboolean dry_run;
  json_t *document; /* (owned) (nullable) printed at the end */
  GPtrArray *next;  /* (owned) (element-type utf8) commands */
};

static const struct
{
  const char *name; /* in JSON */
  const char *done;
  const char *planned;
  Apm2Style style;
} acts[APM2_N_INSTALL_ACTS] = {
  [APM2_INSTALL_ACT_WROTE]
  = { "wrote", N_ ("wrote"), N_ ("would write"), APM2_STYLE_GOOD },
  [APM2_INSTALL_ACT_UPDATED]
  = { "updated", N_ ("updated"), N_ ("would update"), APM2_STYLE_GOOD },
  [APM2_INSTALL_ACT_UNCHANGED]
  = { "unchanged", N_ ("unchanged"), N_ ("unchanged"), APM2_STYLE_DIM },
  [APM2_INSTALL_ACT_KEPT]
  = { "kept", N_ ("kept"), N_ ("would keep"), APM2_STYLE_WARN },
  [APM2_INSTALL_ACT_SAVED]
  = { "saved", N_ ("saved"), N_ ("would save"), APM2_STYLE_WARN },
  [APM2_INSTALL_ACT_REMOVED]
  = { "removed", N_ ("removed"), N_ ("would remove"), APM2_STYLE_GOOD },
  [APM2_INSTALL_ACT_MADE]
  = { "made", N_ ("made"), N_ ("would make"), APM2_STYLE_GOOD },
  [APM2_INSTALL_ACT_RAN]
  = { "ran", N_ ("ran"), N_ ("would run"), APM2_STYLE_GOOD },
  [APM2_INSTALL_ACT_RELOADED]
  = { "reloaded", N_ ("reloaded"), N_ ("would reload"), APM2_STYLE_GOOD },
  [APM2_INSTALL_ACT_ENABLED]
  = { "enabled", N_ ("enabled"), N_ ("would enable"), APM2_STYLE_GOOD },
  [APM2_INSTALL_ACT_DISABLED]
  = { "disabled", N_ ("disabled"), N_ ("would disable"), APM2_STYLE_GOOD },
  [APM2_INSTALL_ACT_STARTED]
  = { "started", N_ ("started"), N_ ("would start"), APM2_STYLE_GOOD },
  [APM2_INSTALL_ACT_STOPPED]
  = { "stopped", N_ ("stopped"), N_ ("would stop"), APM2_STYLE_GOOD },
  [APM2_INSTALL_ACT_LINGERING]
  = { "lingering", N_ ("lingering"), N_ ("would linger"), APM2_STYLE_GOOD },
};

/**
 * apm2_install_report_new:
 * @call: the verb's call; must outlive the report
 * @schema: of the JSON object
 * @dry_run: whether what is added is only planned
 *
 * Returns: (transfer full): an empty report
 */
Apm2InstallReport *
apm2_install_report_new (const Apm2CommandCall *call,
                         const char *schema,
                         gboolean dry_run)
{
  Apm2InstallReport *self = g_new0 (Apm2InstallReport, 1);

  self->call = call;
  self->dry_run = dry_run;
  self->next = g_ptr_array_new_with_free_func (g_free);
  if (call->globals->json == APM2_JSON_STYLE_OFF)
    return self;
  self->document = apm2_format_json_new (schema);
  json_object_set_new (self->document, "dry_run", json_boolean (dry_run));
  json_object_set_new (self->document, "actions", json_array ());
  json_object_set_new (self->document, "warnings", json_array ());
  json_object_set_new (self->document, "next", json_array ());
  return self;
}

/**
 * apm2_install_report_free:
 * @self: (transfer full) (nullable): a report
 */
void
apm2_install_report_free (Apm2InstallReport *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->document, json_decref);
  g_clear_pointer (&self->next, g_ptr_array_unref);
  g_free (self);
}

/**
 * apm2_install_report_is_dry_run:
 * @self: a report
 *
 * Returns: whether nothing is to be touched
 */
gboolean
apm2_install_report_is_dry_run (const Apm2InstallReport *self)
{
  return self->dry_run;
}

static void
print_line (const Apm2InstallReport *self,
            Apm2InstallAct act,
            const char *target,
            const char *detail)
{
  const Apm2Term *term = self->call->term;
  const char *word = self->dry_run ? _ (acts[act].planned) : _ (acts[act].done);
  const guint width = apm2_display_get_width (word);
  const guint wanted = self->dry_run ? ACT_WIDTH + 3 : ACT_WIDTH;
  g_autofree char *shown = apm2_display_escape_line (target, term->utf8);
  g_autofree char *why
      = detail != NULL ? apm2_display_escape_line (detail, term->utf8) : NULL;

  printf ("%s%s%s%*s%s%s%s%s\n",
          apm2_term_begin (term->out_color, acts[act].style),
          word,
          apm2_term_end (term->out_color, acts[act].style),
          (int) (width < wanted ? wanted - width : 1),
          "",
          shown,
          why != NULL ? " (" : "",
          why != NULL ? why : "",
          why != NULL ? ")" : "");
}

/**
 * apm2_install_report_add:
 * @self: a report
 * @act: what was done, or would be
 * @target: with what
 * @detail: (nullable): why, in a few words
 *
 * Tells one thing.
 */
void
apm2_install_report_add (Apm2InstallReport *self,
                         Apm2InstallAct act,
                         const char *target,
                         const char *detail)
{
  json_t *object = NULL;

  g_return_if_fail (self != NULL && act < APM2_N_INSTALL_ACTS);

  if (self->document == NULL)
    {
      print_line (self, act, target, detail);
      return;
    }
  object = json_object ();
  json_object_set_new (object, "act", json_string (acts[act].name));
  json_object_set_new (object, "target", apm2_format_json_string (target));
  if (detail != NULL)
    json_object_set_new (object, "detail", apm2_format_json_string (detail));
  json_array_append_new (json_object_get (self->document, "actions"), object);
}

/**
 * apm2_install_report_add_diff:
 * @self: a report that something was added to
 * @diff: (nullable): lines
 *
 * Shows below what was added last how its text would change.
 */
void
apm2_install_report_add_diff (Apm2InstallReport *self, const char *diff)
{
  g_auto (GStrv) lines = g_strsplit (diff != NULL ? diff : "", "\n", -1);

  if (self->document != NULL && diff != NULL)
    {
      json_t *actions = json_object_get (self->document, "actions");

      json_object_set_new (
          json_array_get (actions, json_array_size (actions) - 1),
          "diff",
          apm2_format_json_string (diff));
      return;
    }
  for (gsize i = 0; lines[i] != NULL && lines[i + 1] != NULL; i++)
    {
      g_autofree char *shown
          = apm2_display_escape_line (lines[i], self->call->term->utf8);

      printf ("  %s\n", shown);
    }
}

/**
 * apm2_install_report_warn:
 * @self: a report
 * @format: a sentence without a period
 *
 * Warns on stderr.
 */
void
apm2_install_report_warn (Apm2InstallReport *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *shown = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  shown = apm2_display_escape_line (text, self->call->term->utf8);
  (void) fflush (stdout);
  fprintf (stderr, "apm2: %s\n", shown);
  if (self->document != NULL)
    json_array_append_new (json_object_get (self->document, "warnings"),
                           apm2_format_json_string (text));
}

/**
 * apm2_install_report_add_next:
 * @self: a report
 * @format: a command line
 *
 * Suggests a command; they are shown at the end, in this order.
 */
void
apm2_install_report_add_next (Apm2InstallReport *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (self->next, g_strdup_vprintf (format, args));
  va_end (args);
}

/**
 * apm2_install_report_end:
 * @self: a report
 * @done: whether all went well; else nothing is printed if nothing was done
 *
 * Tells what is left to tell.
 */
void
apm2_install_report_end (Apm2InstallReport *self, gboolean done)
{
  const guint n_next = self->next->len;

  if (self->document == NULL && n_next > 0)
    puts (_ ("Next:"));
  for (guint i = 0; i < n_next; i++)
    {
      const char *command = g_ptr_array_index (self->next, i);

      if (self->document == NULL)
        printf ("  %s\n", command);
      else
        json_array_append_new (json_object_get (self->document, "next"),
                               apm2_format_json_string (command));
    }
  if (self->document != NULL
      && (done
          || json_array_size (json_object_get (self->document, "actions")) > 0))
    apm2_format_json_print (self->call, g_steal_pointer (&self->document));
  /* What went wrong is told after what was done. */
  (void) fflush (stdout);
}
