/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-config.h"

G_BEGIN_DECLS

/* One key of apm2.conf: how it is written, what it may be, where it goes. */
typedef struct _Apm2ConfigOption Apm2ConfigOption;

#define APM2_CONFIG_LANE_GROUP "lane "

gboolean apm2_config_has_group (const char *group);
const Apm2ConfigOption *apm2_config_option_find (const char *group,
                                                 const char *key);
gboolean apm2_config_option_set (const Apm2ConfigOption *self,
                                 gpointer target,
                                 const char *text,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_config_set_defaults (Apm2Config *config);
void apm2_lane_config_set_defaults (Apm2LaneConfig *lane);
void apm2_config_append_options (const Apm2Config *config, GString *text);
void apm2_lane_config_append_options (const Apm2LaneConfig *lane,
                                      GString *text);

G_END_DECLS
