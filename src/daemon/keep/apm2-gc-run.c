/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What one run of housekeeping was asked for and has done, and how that is
 * written down: JSON, one line for each thing that went and one for the run.
 */

#include "apm2-gc-run.h"

#include <jansson.h>

#include "apm2-names.h"
#include "apm2-text.h"

/**
 * apm2_gc_run_new:
 * @started_at: now, usec UTC
 *
 * Returns: (transfer full): a run that has done nothing yet
 */
Apm2GcRun *
apm2_gc_run_new (gint64 started_at)
{
  Apm2GcRun *self = g_new0 (Apm2GcRun, 1);

  self->started_at = started_at;
  self->items = g_string_new (NULL);
  return self;
}

/**
 * apm2_gc_run_free:
 * @self: (nullable) (transfer full): a run
 */
void
apm2_gc_run_free (Apm2GcRun *self)
{
  if (self == NULL)
    return;

  (void) g_string_free (self->items, TRUE);
  g_free (self->trouble);
  g_free (self);
}

/**
 * apm2_gc_run_take_trouble:
 * @self: a run
 * @error: (transfer full): what went wrong; the first is kept
 */
void
apm2_gc_run_take_trouble (Apm2GcRun *self, GError *error)
{
  if (self->trouble == NULL)
    self->trouble = apm2_text_clean (error->message, 512);
  g_error_free (error);
}

/**
 * apm2_gc_run_add_item:
 * @self: a run
 * @record: (nullable): what is to be recorded; a line is appended
 * @kind: what goes: "job", "receipt", or as apm2_sweep_kind_to_string()
 * @name: which one
 * @bytes: what it takes on the disk
 * @why: why it goes
 */
void
apm2_gc_run_add_item (Apm2GcRun *self,
                      GString *record,
                      const char *kind,
                      const char *name,
                      guint64 bytes,
                      const char *why)
{
  g_autofree char *clean = apm2_text_clean (name, 255);
  json_t *item = json_pack ("{s:s, s:s, s:I, s:s}",
                            "kind",
                            kind,
                            "name",
                            clean,
                            "bytes",
                            (json_int_t) bytes,
                            "why",
                            why);
  g_autofree char *line = NULL;

  if (self->n_items < APM2_GC_ITEMS_MAX)
    {
      line = json_dumps (item, JSON_COMPACT);
      g_string_append_printf (
          self->items, "%s%s", self->n_items > 0 ? "," : "", line);
      self->n_items++;
    }
  if (record != NULL)
    {
      g_free (line);
      json_object_set_new (item, "run", json_integer (self->started_at));
      line = json_dumps (item, JSON_COMPACT);
      g_string_append_printf (record, "%s\n", line);
    }
  json_decref (item);
}

static void
add_tally (json_t *object, const char *name, const Apm2GcTally *tally)
{
  json_object_set_new (object,
                       name,
                       json_pack ("{s:I, s:I}",
                                  "count",
                                  (json_int_t) tally->count,
                                  "bytes",
                                  (json_int_t) tally->bytes));
}

static guint64
count_all (const Apm2GcRun *self)
{
  guint64 n = self->jobs.count + self->receipts.count;

  for (guint kind = 0; kind < APM2_N_SWEEP_KINDS; kind++)
    n += self->swept[kind].count;
  return n;
}

/**
 * apm2_gc_run_to_json:
 * @self: a run
 * @with_items: whether to list what went
 *
 * Returns: (transfer full): a document as apm2.fac.gc_run.v1, in one line
 */
char *
apm2_gc_run_to_json (const Apm2GcRun *self, gboolean with_items)
{
  json_t *object = json_object ();
  json_t *collected = json_object ();
  char *text = NULL;

  json_object_set_new (object, "schema", json_string (APM2_SCHEMA_GC_RUN));
  json_object_set_new (object, "started_at", json_integer (self->started_at));
  json_object_set_new (object, "finished_at", json_integer (self->finished_at));
  json_object_set_new (object, "dry_run", json_boolean (self->dry_run));
  json_object_set_new (
      object, "cause", json_string (self->by_timer ? "timer" : "operator"));
  add_tally (collected, "job", &self->jobs);
  add_tally (collected, "receipt", &self->receipts);
  for (guint kind = 0; kind < APM2_N_SWEEP_KINDS; kind++)
    add_tally (collected, apm2_sweep_kind_to_string (kind), &self->swept[kind]);
  json_object_set_new (object, "collected", collected);
  json_object_set_new (
      object, "failed", json_integer ((json_int_t) self->failed));
  json_object_set_new (
      object, "deferred", json_integer ((json_int_t) self->deferred));
  json_object_set_new (
      object,
      "trouble",
      json_string (self->trouble != NULL ? self->trouble : ""));
  if (with_items)
    {
      g_autofree char *list = g_strdup_printf ("[%s]", self->items->str);
      guint64 all = count_all (self) + self->failed + self->deferred;

      json_object_set_new (object, "items", json_loads (list, 0, NULL));
      json_object_set_new (
          object,
          "items_omitted",
          json_integer (
              (json_int_t) (all > self->n_items ? all - self->n_items : 0)));
    }
  text = json_dumps (object, JSON_COMPACT | JSON_SORT_KEYS);
  json_decref (object);
  return text;
}
