/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the checks found: a list of findings, each with what helps.
 */

#include "apm2-diagnosis.h"

#include <stdarg.h>

static void
finding_free (Apm2Finding *self)
{
  g_free (self->text);
  g_ptr_array_unref (self->cures);
  g_ptr_array_unref (self->looks);
  g_free (self);
}

/**
 * apm2_finding_result_to_string:
 * @result: a result
 *
 * Returns: (transfer none): "ok", "skipped", "warning" or "failed"
 */
const char *
apm2_finding_result_to_string (Apm2FindingResult result)
{
  switch (result)
    {
    case APM2_FINDING_OK:
      return "ok";
    case APM2_FINDING_SKIPPED:
      return "skipped";
    case APM2_FINDING_WARNING:
      return "warning";
    case APM2_FINDING_FAILED:
      return "failed";
    default:
      g_return_val_if_reached (NULL);
    }
}

/**
 * apm2_finding_add_cure:
 * @self: a finding
 * @cure: (transfer full): what helps, after what was added before
 */
void
apm2_finding_add_cure (Apm2Finding *self, Apm2Cure *cure)
{
  g_return_if_fail (self != NULL && cure != NULL);

  g_ptr_array_add (self->cures, cure);
}

/**
 * apm2_finding_add_command:
 * @self: a finding
 * @format: a command that helps and is left to the operator
 * @...: for @format
 */
void
apm2_finding_add_command (Apm2Finding *self, const char *format, ...)
{
  g_autofree char *command = NULL;
  va_list args;

  va_start (args, format);
  command = g_strdup_vprintf (format, args);
  va_end (args);
  apm2_finding_add_cure (self, apm2_cure_new (command));
}

/**
 * apm2_finding_add_look:
 * @self: a finding
 * @format: a command that changes nothing and tells more
 * @...: for @format
 */
void
apm2_finding_add_look (Apm2Finding *self, const char *format, ...)
{
  va_list args;

  g_return_if_fail (self != NULL);

  va_start (args, format);
  g_ptr_array_add (self->looks, g_strdup_vprintf (format, args));
  va_end (args);
}

/**
 * apm2_diagnosis_new:
 *
 * Returns: (transfer full): a diagnosis without a finding
 */
Apm2Diagnosis *
apm2_diagnosis_new (void)
{
  Apm2Diagnosis *self = g_new0 (Apm2Diagnosis, 1);

  self->id = "";
  self->findings
      = g_ptr_array_new_with_free_func ((GDestroyNotify) finding_free);
  return self;
}

/**
 * apm2_diagnosis_free:
 * @self: (transfer full) (nullable): a diagnosis
 */
void
apm2_diagnosis_free (Apm2Diagnosis *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->findings);
  g_free (self);
}

/**
 * apm2_diagnosis_begin:
 * @self: a diagnosis
 * @id: the code of the check whose findings follow; a literal
 */
void
apm2_diagnosis_begin (Apm2Diagnosis *self, const char *id)
{
  g_return_if_fail (self != NULL && id != NULL);

  self->id = id;
}

/**
 * apm2_diagnosis_add:
 * @self: a diagnosis
 * @result: how it is
 * @format: what was found on what: one sentence without a period
 * @...: for @format
 *
 * Returns: (transfer none): the finding, for what helps
 */
Apm2Finding *
apm2_diagnosis_add (Apm2Diagnosis *self,
                    Apm2FindingResult result,
                    const char *format,
                    ...)
{
  Apm2Finding *finding = NULL;
  va_list args;

  g_return_val_if_fail (self != NULL, NULL);

  finding = g_new0 (Apm2Finding, 1);
  finding->id = self->id;
  finding->result = result;
  finding->cures
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_cure_free);
  finding->looks = g_ptr_array_new_with_free_func (g_free);
  va_start (args, format);
  finding->text = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (self->findings, finding);
  return finding;
}

/**
 * apm2_diagnosis_add_message:
 * @self: a diagnosis
 * @result: how it is
 * @message: a sentence of a log or an error
 *
 * Adds @message as a sentence among others, which begin with a small letter.
 *
 * Returns: (transfer none): the finding, for what helps
 */
Apm2Finding *
apm2_diagnosis_add_message (Apm2Diagnosis *self,
                            Apm2FindingResult result,
                            const char *message)
{
  Apm2Finding *finding = apm2_diagnosis_add (self, result, "%s", message);

  if (g_ascii_isupper (message[0]) && g_ascii_islower (message[1]))
    finding->text[0] = g_ascii_tolower (message[0]);
  return finding;
}

/**
 * apm2_diagnosis_count:
 * @self: a diagnosis
 * @result: a result
 *
 * Returns: how many findings have it
 */
guint
apm2_diagnosis_count (const Apm2Diagnosis *self, Apm2FindingResult result)
{
  guint count = 0;

  for (guint i = 0; i < self->findings->len; i++)
    {
      const Apm2Finding *finding = g_ptr_array_index (self->findings, i);

      count += finding->result == result;
    }
  return count;
}

/**
 * apm2_diagnosis_get_worst:
 * @self: a diagnosis
 *
 * Returns: the weightiest result of all findings; what was skipped weighs
 *   nothing
 */
Apm2FindingResult
apm2_diagnosis_get_worst (const Apm2Diagnosis *self)
{
  if (apm2_diagnosis_count (self, APM2_FINDING_FAILED) > 0)
    return APM2_FINDING_FAILED;
  if (apm2_diagnosis_count (self, APM2_FINDING_WARNING) > 0)
    return APM2_FINDING_WARNING;
  return APM2_FINDING_OK;
}

/**
 * apm2_diagnosis_count_safe_cures:
 * @self: a diagnosis
 *
 * Returns: how many findings begin with a cure that apm2 does by itself
 */
guint
apm2_diagnosis_count_safe_cures (const Apm2Diagnosis *self)
{
  guint count = 0;

  for (guint i = 0; i < self->findings->len; i++)
    {
      const Apm2Finding *finding = g_ptr_array_index (self->findings, i);
      const Apm2Cure *cure = finding->cures->len > 0
                                 ? g_ptr_array_index (finding->cures, 0)
                                 : NULL;

      count += cure != NULL && cure->act != APM2_CURE_TYPE;
    }
  return count;
}
