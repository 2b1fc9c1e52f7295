/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-attachments.h"
#include "apm2-dispatcher.h"
#include "apm2-health.h"
#include "apm2-janitor.h"
#include "apm2-lease-warden.h"
#include "apm2-paths.h"
#include "apm2-tree.h"

G_BEGIN_DECLS

/* What the faces show; borrowed for the call, kept by who needs it. */
typedef struct
{
  const Apm2Paths *paths; /* must outlive the faces */
  Apm2ActiveConfig *config;
  Apm2Store *store;
  Apm2JobTable *table;
  Apm2WorkerRegistry *registry;
  Apm2Queue *queue;
  Apm2Dispatcher *dispatcher;
  Apm2LeaseWarden *warden;
  Apm2Attachments *attachments;
  Apm2Sweeper *sweeper;
  Apm2Janitor *janitor;
  Apm2Health *health;
} Apm2FacesModel;

/* Every interface of the broker, on the tree. */
#define APM2_TYPE_FACES (apm2_faces_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Faces, apm2_faces, APM2, FACES, GObject)

Apm2Faces *apm2_faces_new (Apm2Tree *tree, const Apm2FacesModel *model);

G_END_DECLS
