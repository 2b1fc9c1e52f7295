/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-manager.h"

G_BEGIN_DECLS

typedef struct _Apm2ServiceControl Apm2ServiceControl;

Apm2ServiceControl *apm2_service_control_open (Apm2Mode mode, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
void apm2_service_control_close (Apm2ServiceControl *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2ServiceControl, apm2_service_control_close)

GVariant *apm2_service_control_call (Apm2ServiceControl *self,
                                     const char *method,
                                     GVariant *parameters,
                                     const GVariantType *reply_type,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
Apm2UnitState *
apm2_service_control_read (Apm2ServiceControl *self,
                           const char *unit,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
GPtrArray *apm2_service_control_list (Apm2ServiceControl *self,
                                      const char *const *states,
                                      const char *const *patterns,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_service_control_start (Apm2ServiceControl *self,
                                     const char *unit,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_service_control_stop (Apm2ServiceControl *self,
                                    const char *unit,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
const char *apm2_service_control_get_systemctl (Apm2Mode mode);

G_END_DECLS
