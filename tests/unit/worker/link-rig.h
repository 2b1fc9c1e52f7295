/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-broker-link.h"
#include "fake-broker.h"

G_BEGIN_DECLS

/* Instance "test" with two slots, not started. */
typedef struct
{
  char *dir;
  FakeBroker *broker;
  Apm2BrokerLink *link;
  guint n_registered;
  guint n_lost;
  guint n_contact;
  GString *leased; /* ids, a space after each */
  GString *stale;
  GString *settled;
  GString *cancelled;
} LinkRig;

void link_rig_set_up (LinkRig *rig, gconstpointer data);
void link_rig_tear_down (LinkRig *rig, gconstpointer data);
/* Starts it; then "j1" is held with token 7 and one slot is free. */
void link_rig_lease_one (LinkRig *rig);
GVariant *link_rig_new_result (void);
/* Until there is a text, which must be @expected. */
void link_rig_wait_text (GString *text, const char *expected);

G_END_DECLS
