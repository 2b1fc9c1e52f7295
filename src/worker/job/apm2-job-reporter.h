/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Called with the a{sv} of a report (floating). */
typedef void (*Apm2JobReportFunc) (GVariant *report, gpointer user_data);

typedef struct _Apm2JobReporter Apm2JobReporter;

Apm2JobReporter *apm2_job_reporter_new (Apm2JobReportFunc func,
                                        gpointer user_data);
void apm2_job_reporter_free (Apm2JobReporter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2JobReporter, apm2_job_reporter_free)

void apm2_job_reporter_set_progress (Apm2JobReporter *self, double progress);
void apm2_job_reporter_set_status (Apm2JobReporter *self, const char *text);
void apm2_job_reporter_set_log_bytes (Apm2JobReporter *self, guint64 bytes);
void apm2_job_reporter_set_unit (Apm2JobReporter *self, const char *unit);
void apm2_job_reporter_send_changes (Apm2JobReporter *self);
void apm2_job_reporter_repeat (Apm2JobReporter *self);
void apm2_job_reporter_send_step (Apm2JobReporter *self,
                                  guint step_count,
                                  GVariant *step);
void apm2_job_reporter_begin_step (Apm2JobReporter *self,
                                   guint step_count,
                                   GVariant *step);

G_END_DECLS
