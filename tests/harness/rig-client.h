/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-error.h"
#include "apm2-names.h"

G_BEGIN_DECLS

GVariant *rig_call (GDBusConnection *connection,
                    const char *path,
                    const char *interface,
                    const char *method,
                    GVariant *parameters,
                    GError **error);
/* Parameters in the text form of GVariant; the call must succeed. */
GVariant *rig_queue (GDBusConnection *connection,
                     const char *method,
                     const char *format,
                     ...);
/* The same call must fail with that error; returns its message. */
char *rig_queue_fails (GDBusConnection *connection,
                       Apm2Error code,
                       const char *method,
                       const char *format,
                       ...);
char *rig_fails (GDBusConnection *connection,
                 Apm2Error code,
                 const char *path,
                 const char *interface,
                 const char *method,
                 GVariant *parameters);
void rig_assert_error (const GError *error, Apm2Error code);

/* A spec: ' stands for ", and a command job of one step is made of members. */
char *rig_json (const char *format, ...) G_GNUC_PRINTF (1, 2);
char *rig_spec (const char *members);
char *rig_spec_sh (const char *script, const char *members);

char *rig_submit (GDBusConnection *connection, const char *spec);
GVariant *
rig_try_submit (GDBusConnection *connection, const char *spec, GError **error);
GVariant *rig_get (GDBusConnection *connection, const char *job_id);
char *rig_get_string (GDBusConnection *connection,
                      const char *job_id,
                      const char *key);
char *rig_job_path (const char *job_id);

/* Property of the interface that the path belongs to. */
GVariant *
rig_property (GDBusConnection *connection, const char *path, const char *name);
guint64 rig_counter (GDBusConnection *connection, const char *name);
const char *rig_interface_of (const char *path);

/* Every signal from now on, until the subscription that is returned ends. */
guint rig_hear_all (GDBusConnection *connection,
                    GDBusSignalCallback callback,
                    gpointer user_data);

void rig_wait_property (GDBusConnection *connection,
                        const char *path,
                        const char *name,
                        const char *value);
void rig_wait_state (GDBusConnection *connection,
                     const char *job_id,
                     const char *state);

/* All receipts are there in order, intact and chained; one per job. */
guint64 rig_verify_chain (GDBusConnection *connection, GHashTable *jobs);

G_END_DECLS
