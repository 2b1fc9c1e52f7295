/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "apm2-diagnosis.h"
#include "apm2-facts-broker.h"
#include "apm2-facts-bus.h"
#include "apm2-facts-units.h"
#include "apm2-options.h"

G_BEGIN_DECLS

/**
 * Apm2Doctor:
 *
 * Whom the checks are about, and what was learned before they run. A check
 * judges this and looks at files; it asks nobody.
 */
typedef struct
{
  Apm2Paths *paths;        /* (owned) */
  const char *program;     /* how a suggested command of ours begins */
  uid_t uid;               /* who looks */
  gint64 realtime_usec;    /* now */
  gint64 boottime_usec;    /* now */
  const char *boot_id;     /* of this boot */
  char *user_name;         /* who looks; digits where the uid has no name */
  const char *systemctl;   /* how the service manager is asked */
  const char *journalctl;  /* how its journal is read */
  gboolean listening;      /* somebody listens at the operator socket */
  Apm2UnitsFacts *units;   /* (owned) */
  Apm2BusFacts *bus;       /* (owned) */
  Apm2BrokerFacts *broker; /* (owned) (nullable) NULL: it was not asked */
} Apm2Doctor;

Apm2Doctor *apm2_doctor_new (const Apm2Options *options, GError **error);
void apm2_doctor_free (Apm2Doctor *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Doctor, apm2_doctor_free)

Apm2Diagnosis *apm2_doctor_examine (const Apm2Doctor *self);
void apm2_doctor_add_cure (const Apm2Doctor *self,
                           Apm2Finding *finding,
                           Apm2Cure *cure);
void apm2_doctor_add_install (const Apm2Doctor *self, Apm2Finding *finding);

G_END_DECLS
