/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-job-spec.h"

G_BEGIN_DECLS

#define APM2_GATE_WAITING "waiting"

/**
 * Apm2GateView:
 *
 * One gate as it is now, or a step that brings the commit.
 */
typedef struct
{
  char *name;
  const Apm2Step *gate; /* borrowed (nullable) */
  char *state;          /* APM2_GATE_WAITING, or as the broker says */
  guint64 started_at;   /* usec UTC, 0 = not yet */
  guint64 finished_at;
  gint32 exit_status; /* -1: none */
  gint32 signal;      /* 0: none */
  guint64 log_bytes;
} Apm2GateView;

gboolean apm2_gate_view_is_waiting (const Apm2GateView *self);
gboolean apm2_gate_view_is_running (const Apm2GateView *self);
gboolean apm2_gate_view_has_ended (const Apm2GateView *self);
gboolean apm2_gate_view_has_passed (const Apm2GateView *self);
gboolean apm2_gate_view_is_in_the_way (const Apm2GateView *self);

/**
 * Apm2GatesView:
 *
 * The gates of a job, in their order, behind the steps that bring the commit.
 */
typedef struct
{
  GPtrArray *gates; /* (owned) (element-type Apm2Step) */
  GPtrArray *views; /* (owned) (element-type Apm2GateView) */
} Apm2GatesView;

Apm2GatesView *apm2_gates_view_new (GPtrArray *gates);
void apm2_gates_view_free (Apm2GatesView *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2GatesView, apm2_gates_view_free)

void apm2_gates_view_update (Apm2GatesView *self, GVariant *steps);
const Apm2GateView *apm2_gates_view_find (const Apm2GatesView *self,
                                          const char *name);

G_END_DECLS
