/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the files of the quarantine's bus face only. */

#include "apm2-quarantine-export.h"
#include "apm2-quarantine-file.h"
#include "apm2-store-quarantine.h"

G_BEGIN_DECLS

#define APM2_QUARANTINE_FILE "file:"
#define APM2_QUARANTINE_JOB  "job:"

struct _Apm2QuarantineExport
{
  GObject parent_instance;

  Apm2Queue *queue;
  Apm2Store *store;
  const Apm2Paths *paths; /* borrowed: outlives the broker's parts */
  Apm2Face face;
};

/* One call. */
typedef struct
{
  Apm2QuarantineExport *self;
  GDBusMethodInvocation *invocation; /* (owned) answered once */
  char *entry;                       /* (nullable) without "file:", "job:" */
  gboolean is_file;
  gboolean is_job;
  gboolean all;
  gboolean dry_run;
  gint64 before; /* usec UTC */
  guint limit;
  gint64 before_sequence;
  guint n_files;
  GVariantBuilder *records; /* (nullable) */

  char *new_id; /* (nullable) */
  gboolean created;
} Apm2QuarantineCall;

Apm2QuarantineCall *
apm2_quarantine_call_new (Apm2QuarantineExport *self,
                          GDBusMethodInvocation *invocation);
void apm2_quarantine_call_free (Apm2QuarantineCall *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2QuarantineCall, apm2_quarantine_call_free)
void apm2_quarantine_call_fail (Apm2QuarantineCall *call, GError *error);
gboolean
apm2_quarantine_call_set_entry (Apm2QuarantineCall *call,
                                const char *entry,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_quarantine_record_add_file (GVariantDict *dict,
                                      const Apm2QuarantineFile *file);
void apm2_quarantine_record_add_job (GVariantDict *dict,
                                     const Apm2StoredJob *job);

void apm2_quarantine_export_list (gpointer data,
                                  gpointer object,
                                  const Apm2Caller *caller,
                                  GVariant *parameters,
                                  GDBusMethodInvocation *invocation);
void apm2_quarantine_export_release (gpointer data,
                                     gpointer object,
                                     const Apm2Caller *caller,
                                     GVariant *parameters,
                                     GDBusMethodInvocation *invocation);

G_END_DECLS
