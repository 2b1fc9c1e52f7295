/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "attempt.h"

G_BEGIN_DECLS

/* A repository with one commit, made by a script that runs in its directory
 * before the commit. */
typedef struct
{
  char *path;
  char *commit;
  char *tree;
} GateRepository;

GateRepository *
gate_repository_new (Scene *scene, const char *name, const char *script);
/* Returns: what it says, without the white space around it. */
char *gate_repository_run (const GateRepository *self, const char *script);
void gate_repository_free (GateRepository *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GateRepository, gate_repository_free)

/* A scene with one. */
typedef struct
{
  Scene scene;
  GateRepository *repository; /* its file says "one" */
} GateScene;

/* @config: (nullable): what apm2.conf says. */
void gate_scene_set_up (GateScene *self, gconstpointer config);
void gate_scene_tear_down (GateScene *self, gconstpointer config);

/* An attempt of gates, up to a NULL and each JSON with ' for ", of that
 * commit. */
Attempt *gate_attempt_new (Scene *scene,
                           const GateRepository *repository,
                           ...) G_GNUC_NULL_TERMINATED;

#define GATE(name, script, more)                                               \
  "{'name':'" name "','argv':['sh','-c','" script "']" more "}"

G_END_DECLS
