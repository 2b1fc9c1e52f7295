/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2Mode:
 * @APM2_MODE_AUTO: choose by the effective user id; never the mode of a result
 * @APM2_MODE_USER: session bus, ~/.apm2, $XDG_RUNTIME_DIR/apm2
 * @APM2_MODE_SYSTEM: system bus, /var/lib/apm2, /run/apm2
 */
typedef enum
{
  APM2_MODE_AUTO,
  APM2_MODE_USER,
  APM2_MODE_SYSTEM,
} Apm2Mode;

/**
 * Apm2Paths:
 *
 * Where everything lives in one mode. Immutable; all paths are absolute.
 */
typedef struct
{
  Apm2Mode mode;         /* never AUTO */
  char *home;            /* APM2_HOME */
  char *fac_dir;         /* <home>/private/fac */
  char *store_file;      /* user: <fac_dir>/fac.db;
                          * system: <home>/private/store/fac.db */
  char *incoming_dir;    /* <fac_dir>/incoming */
  char *quarantine_dir;  /* <fac_dir>/quarantine */
  char *logs_dir;        /* <fac_dir>/logs */
  char *work_dir;        /* <fac_dir>/work */
  char *token_file;      /* <home>/private/creds/gh-token */
  char *credentials_dir; /* (nullable) what the service manager gave to us */
  char *runtime_dir;     /* holds the operator socket */
  char *operator_socket; /* <runtime_dir>/operator.sock */
  char *config_file;     /* user: <home>/apm2.conf; system: /etc/apm2/apm2.conf;
                          * APM2_CONFIG overrides; drop-ins in <file>.d */
} Apm2Paths;

const char *apm2_mode_to_string (Apm2Mode mode);

Apm2Paths *apm2_paths_new (Apm2Mode mode,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
Apm2Paths *apm2_paths_copy (const Apm2Paths *self);
void apm2_paths_free (Apm2Paths *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Paths, apm2_paths_free)

gboolean apm2_paths_ensure (const Apm2Paths *self,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_paths_ensure_worker (const Apm2Paths *self,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *apm2_paths_find_user_runtime (void);
char *apm2_paths_get_heartbeat_file (const Apm2Paths *self,
                                     const char *instance);
char *apm2_paths_get_log_file (const Apm2Paths *self,
                               const char *job_id,
                               guint attempt,
                               guint step);
char *apm2_paths_get_operator_address (const Apm2Paths *self);
char *apm2_paths_find_program (const char *name,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
