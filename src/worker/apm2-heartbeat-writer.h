/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-heartbeat.h"

G_BEGIN_DECLS

#define APM2_TYPE_HEARTBEAT_WRITER (apm2_heartbeat_writer_get_type ())
G_DECLARE_FINAL_TYPE (Apm2HeartbeatWriter,
                      apm2_heartbeat_writer,
                      APM2,
                      HEARTBEAT_WRITER,
                      GObject)

Apm2HeartbeatWriter *apm2_heartbeat_writer_new (const char *path, mode_t mode);
const char *apm2_heartbeat_writer_get_path (Apm2HeartbeatWriter *self);
void apm2_heartbeat_writer_write (Apm2HeartbeatWriter *self,
                                  const Apm2Heartbeat *heartbeat);
const char *apm2_heartbeat_writer_get_trouble (Apm2HeartbeatWriter *self);

G_END_DECLS
