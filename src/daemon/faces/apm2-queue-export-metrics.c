/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Services.Queue: GetMetrics.
 *
 * Receipts are read page by page, so that whoever else asks the store is
 * answered in between, and at most RECEIPTS_MAX of them.
 */

#include "apm2-queue-export-private.h"

#include "apm2-invocation.h"
#include "apm2-metrics.h"
#include "apm2-time.h"

#define PAGE_SIZE    500
#define RECEIPTS_MAX 50000

typedef struct
{
  Apm2QueueExport *self;
  GDBusMethodInvocation *invocation; /* (owned) answered once */
  Apm2Metrics *metrics;
  gint64 since;
  guint n_read;
} MetricsCall;

static void
metrics_call_free (MetricsCall *call)
{
  apm2_metrics_free (call->metrics);
  g_object_unref (call->self);
  g_free (call);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MetricsCall, metrics_call_free)

static void
answer (MetricsCall *call, gboolean is_complete)
{
  g_autoptr (GVariant) figures
      = g_variant_ref_sink (apm2_metrics_to_variant (call->metrics));
  GVariantDict dict;

  g_variant_dict_init (&dict, figures);
  g_variant_dict_insert (&dict, "complete", "b", is_complete);
  g_dbus_method_invocation_return_value (
      call->invocation, g_variant_new ("(@a{sv})", g_variant_dict_end (&dict)));
}

static void
on_sampled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (MetricsCall) call = user_data;
  g_autoptr (GPtrArray) samples = NULL;
  const Apm2ReceiptSample *oldest = NULL;
  GError *error = NULL;

  samples
      = apm2_store_sample_receipts_finish (APM2_STORE (source), result, &error);
  if (samples == NULL)
    {
      apm2_invocation_take_error (call->invocation, error);
      return;
    }
  for (guint i = 0; i < samples->len; i++)
    {
      oldest = g_ptr_array_index (samples, i);
      apm2_metrics_add (call->metrics, oldest);
    }
  call->n_read += samples->len;
  if (samples->len < PAGE_SIZE || oldest == NULL || oldest->sequence <= 1)
    answer (call, TRUE);
  else if (call->n_read >= RECEIPTS_MAX)
    {
      apm2_metrics_set_since (call->metrics, oldest->finished_at);
      answer (call, FALSE);
    }
  else
    {
      apm2_store_sample_receipts (call->self->store,
                                  oldest->sequence - 1,
                                  call->since,
                                  PAGE_SIZE,
                                  on_sampled,
                                  call);
      (void) g_steal_pointer (&call);
    }
}

void
apm2_queue_export_get_metrics (gpointer data,
                               gpointer object,
                               const Apm2Caller *caller,
                               GVariant *parameters,
                               GDBusMethodInvocation *invocation)
{
  static const char *const no_keys[] = { NULL };
  const gint64 now = apm2_time_realtime_usec ();
  g_autoptr (GVariant) options = NULL;
  MetricsCall *call;
  GError *error = NULL;
  guint64 span = 0;

  g_variant_get (parameters, "(t@a{sv})", &span, &options);
  if (!apm2_options_check (options, no_keys, &error))
    {
      apm2_invocation_take_error (invocation, error);
      return;
    }
  if (span == 0 || span > (guint64) now)
    {
      apm2_invocation_fail (invocation,
                            APM2_ERROR_INVALID_ARGUMENT,
                            "The span must be at least 1 microsecond and not "
                            "begin before 1970");
      return;
    }
  call = g_new0 (MetricsCall, 1);
  call->self = g_object_ref (data);
  call->invocation = invocation;
  call->since = now - (gint64) span;
  call->metrics = apm2_metrics_new (call->since, now);
  apm2_store_sample_receipts (
      call->self->store, 0, call->since, PAGE_SIZE, on_sampled, call);
}
