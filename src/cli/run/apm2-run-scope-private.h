/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>

#include "apm2-run-scope.h"

G_BEGIN_DECLS

#define MANAGER_PATH  "/org/freedesktop/systemd1"
#define MANAGER_IFACE "org.freedesktop.systemd1.Manager"

typedef enum
{
  SCOPE_NONE,  /* nobody was asked for it */
  SCOPE_ASKED, /* the manager is at it */
  SCOPE_THERE,
  SCOPE_FAILED,
} ScopeState;

struct _Apm2RunScope
{
  sd_event *event; /* borrowed */
  sd_bus *bus;     /* (nullable) */
  char *unit;
  char *job;    /* (nullable) object path of the manager's job */
  char *cgroup; /* (nullable) */
  pid_t pid;
  ScopeState state;
  char *problem;              /* (nullable) why it failed */
  Apm2RunScopeLimits limits;  /* that it has, or is to have */
  Apm2RunScopeLimits awaited; /* that it has to have for @func */
  Apm2RunScopeFunc func;      /* (nullable) unless somebody waits for it */
  gpointer data;
  sd_event_source *deadline;
  Apm2Mode mode;
  gboolean takes_more;       /* processes that are moved into it later */
  guint n_moving;            /* of which the manager has not answered */
  Apm2RunScopeFunc attached; /* called when it has */
  gpointer attached_data;
};

int apm2_run_scope_limits_append (const Apm2RunScopeLimits *self,
                                  const Apm2RunScopeLimits *known,
                                  sd_bus_message *m);

G_END_DECLS
