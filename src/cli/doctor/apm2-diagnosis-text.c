/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A diagnosis as people read it.
 *
 * What is well comes first and dim, what is wrong last, beside the prompt. The
 * commands stand alone in their lines and are never wrapped, so that they can
 * be copied.
 */

#include "apm2-diagnosis-text.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-display.h"

#define GAP            "  "
#define SENTENCE_MIN   30 /* narrower than that nothing is wrapped */
#define COMMAND_INDENT 4

typedef struct
{
  guint word_width; /* of the first column */
  guint id_width;   /* of the second */
  guint width;      /* of the terminal; 0: unknown */
  gboolean utf8;
  gboolean color;
  GString *out; /* borrowed */
} Printer;

static const char *
get_word (Apm2FindingResult result)
{
  static const char *const words[] = {
    [APM2_FINDING_OK] = N_ ("ok"),
    [APM2_FINDING_SKIPPED] = N_ ("skipped"),
    [APM2_FINDING_WARNING] = N_ ("warning"),
    [APM2_FINDING_FAILED] = N_ ("failed"),
  };

  return _ (words[result]);
}

static Apm2Style
get_style (Apm2FindingResult result)
{
  static const Apm2Style styles[] = {
    [APM2_FINDING_OK] = APM2_STYLE_DIM,
    [APM2_FINDING_SKIPPED] = APM2_STYLE_DIM,
    [APM2_FINDING_WARNING] = APM2_STYLE_WARN,
    [APM2_FINDING_FAILED] = APM2_STYLE_BAD,
  };

  return styles[result];
}

static void
append_padding (GString *out, guint count)
{
  for (guint i = 0; i < count; i++)
    g_string_append_c (out, ' ');
}

static void
append_padded (GString *out, const char *text, guint width)
{
  const guint used = apm2_display_get_width (text);

  g_string_append (out, text);
  append_padding (out, used < width ? width - used : 0);
}

/* Breaks @text between words; the lines after the first begin at @indent. */
static void
append_wrapped (const Printer *self, const char *text, guint indent)
{
  const guint room = self->width > indent ? self->width - indent : 0;
  gsize length = 0;

  if (room < SENTENCE_MIN)
    {
      g_string_append (self->out, text);
      return;
    }
  length = apm2_display_measure_line (text, room);
  while (text[length] != '\0')
    {
      g_string_append_len (self->out, text, (gssize) length);
      g_string_append_c (self->out, '\n');
      append_padding (self->out, indent);
      text += length;
      text += strspn (text, " ");
      length = apm2_display_measure_line (text, room);
    }
  g_string_append (self->out, text);
}

static void
append_command (const Printer *self, const char *label, const char *command)
{
  g_autofree char *shown = apm2_display_escape_line (command, self->utf8);

  append_padding (self->out, COMMAND_INDENT);
  g_string_append_printf (self->out,
                          "%s %s%s%s\n",
                          label,
                          apm2_term_begin (self->color, APM2_STYLE_BOLD),
                          shown,
                          apm2_term_end (self->color, APM2_STYLE_BOLD));
}

static void
append_finding (const Printer *self, const Apm2Finding *finding)
{
  const Apm2Style style = get_style (finding->result);
  const gboolean all_dim = style == APM2_STYLE_DIM;
  const char *end = apm2_term_end (self->color, style);
  g_autofree char *text = apm2_display_escape_line (finding->text, self->utf8);

  g_string_append (self->out, apm2_term_begin (self->color, style));
  append_padded (self->out, get_word (finding->result), self->word_width);
  if (!all_dim)
    g_string_append (self->out, end);
  g_string_append (self->out, GAP);
  append_padded (self->out, finding->id, self->id_width);
  g_string_append (self->out, GAP);
  append_wrapped (
      self, text, self->word_width + self->id_width + 2 * (guint) strlen (GAP));
  if (all_dim)
    g_string_append (self->out, end);
  g_string_append_c (self->out, '\n');
  for (guint i = 0; i < finding->looks->len; i++)
    append_command (self, _ ("see:"), g_ptr_array_index (finding->looks, i));
  for (guint i = 0; i < finding->cures->len; i++)
    {
      const Apm2Cure *cure = g_ptr_array_index (finding->cures, i);

      append_command (self, _ ("fix:"), cure->command);
    }
}

static void
measure (Printer *self, const Apm2Diagnosis *diagnosis)
{
  for (guint i = 0; i < diagnosis->findings->len; i++)
    {
      const Apm2Finding *finding = g_ptr_array_index (diagnosis->findings, i);
      const guint word = apm2_display_get_width (get_word (finding->result));

      self->word_width = MAX (self->word_width, word);
      self->id_width = MAX (self->id_width, (guint) strlen (finding->id));
    }
}

/**
 * apm2_diagnosis_to_text:
 * @self: a diagnosis
 * @width: columns of the terminal; 0 wraps nothing
 * @utf8: whether it shows UTF-8
 * @color: whether it gets colour
 *
 * Returns: (transfer full): a line or more for each finding
 */
char *
apm2_diagnosis_to_text (const Apm2Diagnosis *self,
                        guint width,
                        gboolean utf8,
                        gboolean color)
{
  g_autoptr (GString) out = g_string_new (NULL);
  Printer printer = { 0, 0, width, utf8, color, out };

  measure (&printer, self);
  for (guint result = 0; result < APM2_N_FINDING_RESULTS; result++)
    for (guint i = 0; i < self->findings->len; i++)
      {
        const Apm2Finding *finding = g_ptr_array_index (self->findings, i);

        if ((guint) finding->result == result)
          append_finding (&printer, finding);
      }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static void
append_count (GString *out, const char *format, guint count)
{
  if (out->len > 0)
    g_string_append (out, ", ");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  g_string_append_printf (out, format, count);
#pragma GCC diagnostic pop
}

/**
 * apm2_diagnosis_summarize:
 * @self: a diagnosis
 *
 * Returns: (transfer full): how many findings are of each kind
 */
char *
apm2_diagnosis_summarize (const Apm2Diagnosis *self)
{
  const guint failed = apm2_diagnosis_count (self, APM2_FINDING_FAILED);
  const guint warnings = apm2_diagnosis_count (self, APM2_FINDING_WARNING);
  const guint skipped = apm2_diagnosis_count (self, APM2_FINDING_SKIPPED);
  const guint ok = apm2_diagnosis_count (self, APM2_FINDING_OK);
  g_autoptr (GString) out = g_string_new (NULL);

  append_count (out, _ ("%u failed"), failed);
  append_count (
      out, ngettext ("%u warning", "%u warnings", warnings), warnings);
  append_count (out, _ ("%u ok"), ok);
  if (skipped > 0)
    append_count (out, _ ("%u skipped"), skipped);
  return g_string_free (g_steal_pointer (&out), FALSE);
}
