/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2UnitState:
 *
 * One unit, as its service manager tells of it at one moment. Strings are never
 * %NULL; what the unit does not have is "" or 0, and so is a figure that the
 * manager does not know and a timeout that is infinite.
 */
typedef struct
{
  char *name;
  char *load_state;
  char *load_error; /* why it could not be loaded */
  char *active_state;
  char *sub_state;
  char *unit_file_state;
  char *result;
  guint32 main_pid;
  gint32 exec_main_code; /* CLD_EXITED, CLD_KILLED or CLD_DUMPED */
  gint32 exec_main_status;
  char *invocation_id;                 /* 32 lower-case hex digits, or "" */
  guint64 active_enter_usec;           /* since the epoch */
  guint64 active_enter_monotonic_usec; /* by g_get_monotonic_time() */
  guint64 state_change_usec;           /* since the epoch */
  guint64 watchdog_usec;
  guint32 n_restarts;
  gboolean need_reload; /* its file changed since it was read */
  char *control_group;
  char *fragment_path;
  guint64 cpu_usage_nsec;
  guint64 memory_current;
  guint64 tasks_current;
  guint64 memory_max;
  guint64 tasks_max;
  guint64 cpu_quota_usec; /* in a second */
  char *last_argument;    /* of the command that starts it */
  char *status_text;
} Apm2UnitState;

Apm2UnitState *apm2_unit_state_new (const char *name);
Apm2UnitState *
apm2_unit_state_from_properties (const char *name,
                                 GVariant *properties,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
Apm2UnitState *apm2_unit_state_copy (const Apm2UnitState *self);
void apm2_unit_state_free (Apm2UnitState *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2UnitState, apm2_unit_state_free)

gboolean apm2_unit_state_is_active (const Apm2UnitState *self);
gboolean apm2_unit_state_equal (const Apm2UnitState *a, const Apm2UnitState *b);

G_END_DECLS
