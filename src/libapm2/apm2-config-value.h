/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The forms ending in 32 are kept in a guint. */
typedef enum
{
  APM2_CONFIG_FORM_COUNT,
  APM2_CONFIG_FORM_COUNT32,
  APM2_CONFIG_FORM_SPAN,
  APM2_CONFIG_FORM_SIZE,
  APM2_CONFIG_FORM_PERCENT,
  APM2_CONFIG_FORM_PERCENT32,
  APM2_CONFIG_FORM_SWITCH,
  APM2_CONFIG_FORM_WORD,  /* one of a list, kept as text */
  APM2_CONFIG_FORM_PATH,  /* absolute, or "" for none, kept as text */
  APM2_CONFIG_FORM_HOSTS, /* HOST or HOST:PORT, separated by ";", as text */
} Apm2ConfigForm;

char *apm2_config_value_to_string (Apm2ConfigForm form, guint64 value);
gboolean apm2_config_value_parse (Apm2ConfigForm form,
                                  const char *text,
                                  guint64 *ret_value,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean
apm2_config_value_check_text (Apm2ConfigForm form,
                              const char *text,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
