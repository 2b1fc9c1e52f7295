/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-paths.h"

G_BEGIN_DECLS

/**
 * Apm2CredentialState:
 * @APM2_CREDENTIAL_ABSENT: there is no token
 * @APM2_CREDENTIAL_OK: there is one, and nobody else can read it
 * @APM2_CREDENTIAL_INSECURE_MODE: there is one, but its file or the directory
 *   of that is a link, belongs to somebody else or is open to others
 * @APM2_CREDENTIAL_UNKNOWN: we may not look
 */
typedef enum
{
  APM2_CREDENTIAL_ABSENT,
  APM2_CREDENTIAL_OK,
  APM2_CREDENTIAL_INSECURE_MODE,
  APM2_CREDENTIAL_UNKNOWN,
} Apm2CredentialState;

/**
 * Apm2Credential:
 *
 * What is known of the GitHub token without having it. Immutable.
 */
typedef struct
{
  Apm2CredentialState state;
  char *message; /* one sentence for people, without a period */
  char *cure;    /* (nullable) the shell command that helps */
} Apm2Credential;

const char *apm2_credential_state_to_string (Apm2CredentialState state);

Apm2Credential *apm2_credential_examine_file (const Apm2Paths *paths);
Apm2Credential *apm2_credential_examine_given (const Apm2Paths *paths);
void apm2_credential_free (Apm2Credential *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Credential, apm2_credential_free)

G_END_DECLS
