/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-tree.h"

G_BEGIN_DECLS

#define ZOO_IFACE_GATE   "org.apm2.Test.Gate"
#define ZOO_IFACE_ANIMAL "org.apm2.Test.Animal"
#define ZOO_IFACE_KEEPER "org.apm2.Test.Keeper"

/*
 * A small tree to test with, in the shape of ours: a gate at the root and at
 * queue (with a second face there), animals in the folder job, and a keeper
 * that only peers see.
 */
typedef struct
{
  Apm2Tree *tree;
  Apm2Face gate;
  Apm2Face second;
  Apm2Face animal;
  Apm2Face keeper;
  GHashTable *animals; /* (element-type utf8 Animal) */
  guint n_reads;       /* property reads */
  guint n_finds_left;  /* then the folder finds nothing; 0: no limit */
  guint visitors;      /* property Visitors of the gate */
  Apm2Caller caller;   /* of the last Echo */
  guint n_echoes;
  const char *echo_action; /* (nullable) that Echo needs on the system bus */
  guint32 judged_uid;      /* of who called it there last */
  gboolean holds_permits;  /* then judging Echo is left to the test */
  Apm2Permit *held;        /* (owned) (nullable) */
  GQueue parked;           /* (element-type GDBusMethodInvocation) of Park */
} Zoo;

typedef struct
{
  char *name;
  char *mood;
  gboolean is_announced;
} Animal;

Zoo *zoo_new (void);
void zoo_free (Zoo *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Zoo, zoo_free)

Animal *zoo_add_animal (Zoo *self, const char *name, gboolean is_announced);
void zoo_remove_animal (Zoo *self, const char *name);
char *zoo_path_of (const char *name);

G_END_DECLS
