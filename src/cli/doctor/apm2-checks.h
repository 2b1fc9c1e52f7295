/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-doctor.h"

G_BEGIN_DECLS

/**
 * Apm2Check:
 *
 * One question of the doctor. @run adds at least one finding.
 */
typedef struct
{
  const char *id; /* a stable code, [a-z-] */
  gboolean user;  /* asked in user mode */
  gboolean system;
  void (*run) (const Apm2Doctor *doctor, Apm2Diagnosis *out);
} Apm2Check;

extern const Apm2Check apm2_checks[];
extern const gsize apm2_n_checks;

/* One family a file: apm2-check-NAME.c. */
void apm2_check_accounts (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_home (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_configuration (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_leftovers (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_incoming (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_quarantine (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_disk_space (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_inodes (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_clock (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_namespaces (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_credential (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_manager (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_linger (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_cgroups (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_sandbox (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_unit_files (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_units (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_restarts (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_heartbeat (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_lanes (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_runtime_dir (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_socket (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_broker (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_health (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_version (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_bus (const Apm2Doctor *doctor, Apm2Diagnosis *out);
void apm2_check_bus_name (const Apm2Doctor *doctor, Apm2Diagnosis *out);

G_END_DECLS
