/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the files of the bus face of the slots only. */

#include "apm2-slots-export.h"

G_BEGIN_DECLS

struct _Apm2SlotsExport
{
  GObject parent_instance;

  Apm2Tree *tree;
  Apm2Queue *queue;
  Apm2JobTable *table;
  Apm2Attachments *attachments;
  Apm2Face face;
};

Apm2SlotCaller apm2_slots_export_caller (const Apm2Caller *caller,
                                         GDBusMethodInvocation *invocation);

void apm2_slots_export_finish (gpointer data,
                               gpointer object,
                               const Apm2Caller *caller,
                               GVariant *parameters,
                               GDBusMethodInvocation *invocation);
void apm2_slots_export_withdraw (gpointer data,
                                 gpointer object,
                                 const Apm2Caller *caller,
                                 GVariant *parameters,
                                 GDBusMethodInvocation *invocation);
void apm2_slots_export_send_ended (Apm2SlotsExport *self,
                                   Apm2Job *job,
                                   GDBusConnection *connection);

G_END_DECLS
