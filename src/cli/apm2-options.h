/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-paths.h"

G_BEGIN_DECLS

typedef enum
{
  APM2_JSON_STYLE_OFF,
  APM2_JSON_STYLE_SHORT,
  APM2_JSON_STYLE_PRETTY,
} Apm2JsonStyle;

typedef enum
{
  APM2_COLOR_AUTO,
  APM2_COLOR_ALWAYS,
  APM2_COLOR_NEVER,
} Apm2ColorWhen;

/**
 * Apm2Timestamp:
 * @APM2_TIMESTAMP_AUTO: relative in tables, both where there is room
 * @APM2_TIMESTAMP_RELATIVE: "3min ago"
 * @APM2_TIMESTAMP_PRETTY: "Sat 2026-01-31 14:03:27 CET"
 * @APM2_TIMESTAMP_US: as pretty, with microseconds
 * @APM2_TIMESTAMP_UTC: as pretty, of UTC
 * @APM2_TIMESTAMP_US_UTC: as us, of UTC
 * @APM2_TIMESTAMP_ISO: "2026-01-31T14:03:27+01:00"
 * @APM2_TIMESTAMP_UNIX: "@1769864607"
 *
 * How points in time are shown to people.
 */
typedef enum
{
  APM2_TIMESTAMP_AUTO,
  APM2_TIMESTAMP_RELATIVE,
  APM2_TIMESTAMP_PRETTY,
  APM2_TIMESTAMP_US,
  APM2_TIMESTAMP_UTC,
  APM2_TIMESTAMP_US_UTC,
  APM2_TIMESTAMP_ISO,
  APM2_TIMESTAMP_UNIX,
} Apm2Timestamp;

/**
 * Apm2Options:
 *
 * The options that every verb takes. The members of the first block are what
 * was typed; apm2_options_resolve() makes the others of them.
 */
typedef struct
{
  gboolean user;
  gboolean system;
  char *json_text;
  gboolean json_flag;
  char *color_text;
  gboolean no_ask_password;
  gboolean no_legend;
  gboolean full;
  gboolean no_pager;
  char *host;
  char *columns;
  char *timestamp_text;
  gboolean help;
  gboolean version;

  Apm2Mode mode;
  char *program; /* (owned) (nullable) */
  Apm2JsonStyle json;
  Apm2ColorWhen color;
  Apm2Timestamp timestamp;
} Apm2Options;

/* What the bare --json is rewritten to: GOption has no optional values that
 * leave the next word alone. */
#define APM2_OPTIONS_JSON_BARE "auto"

/* arg_data are offsets into Apm2Options. */
extern const GOptionEntry apm2_options_entries[];

/* What --timestamp may say, at the place of each Apm2Timestamp; NULL ends. */
extern const char *const apm2_options_timestamps[];

gboolean apm2_options_resolve (Apm2Options *self,
                               gboolean stdout_is_tty,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_options_clear (Apm2Options *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Apm2Options, apm2_options_clear)

const char *apm2_options_get_program (const Apm2Options *self);

G_END_DECLS
