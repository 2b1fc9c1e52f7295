/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-broker-link.h"
#include "apm2-lease-book.h"
#include "apm2-lease-keeper.h"
#include "apm2-lease-settler.h"

G_BEGIN_DECLS

struct _Apm2BrokerLink
{
  GObject parent_instance;

  Apm2LeaseBook *book;
  Apm2BrokerSession *session;
  Apm2LeaseParker *parker;
  Apm2LeaseKeeper *keeper;
  Apm2LeaseSettler *settler;
  guint slots;
  guint free_slots;
};

G_END_DECLS
