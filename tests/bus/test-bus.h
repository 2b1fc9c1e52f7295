/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A message bus of our own that can die and come back at the same address. */
typedef struct
{
  char *dir;
  char *address;
  GSubprocess *daemon; /* (nullable) */
} TestBus;

TestBus *test_bus_new (void);
void test_bus_free (TestBus *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestBus, test_bus_free)

/* @policy: XML of what the bus refuses beside, or "". Returns when it listens.
 */
void test_bus_start (TestBus *self, const char *policy);
void test_bus_kill (TestBus *self);

GDBusConnection *test_bus_connect (TestBus *self);

G_END_DECLS
