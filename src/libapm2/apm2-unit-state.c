/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A unit as its service manager tells of it: read by table from the properties
 * of all its interfaces at once, so that what stands here belongs together.
 *
 * A property that is absent (a socket has no main process) or has another type
 * than expected reads as none.
 */

#include "apm2-unit-state.h"

#include <glib/gi18n.h>

#include "apm2-error.h"

#define INVOCATION_ID_BYTES 16

typedef enum
{
  KIND_TEXT,
  KIND_SIGNED_32,
  KIND_UNSIGNED_32,
  KIND_UNSIGNED_64,
  KIND_BOOLEAN,
  KIND_ID,
  KIND_ERROR,
  KIND_COMMAND,
} Kind;

#define MEMBER(name) G_STRUCT_OFFSET (Apm2UnitState, name)

static const struct
{
  const char *property;
  Kind kind;
  gsize offset;
} members[] = {
  { "LoadState", KIND_TEXT, MEMBER (load_state) },
  { "LoadError", KIND_ERROR, MEMBER (load_error) },
  { "ActiveState", KIND_TEXT, MEMBER (active_state) },
  { "SubState", KIND_TEXT, MEMBER (sub_state) },
  { "UnitFileState", KIND_TEXT, MEMBER (unit_file_state) },
  { "Result", KIND_TEXT, MEMBER (result) },
  { "MainPID", KIND_UNSIGNED_32, MEMBER (main_pid) },
  { "ExecMainCode", KIND_SIGNED_32, MEMBER (exec_main_code) },
  { "ExecMainStatus", KIND_SIGNED_32, MEMBER (exec_main_status) },
  { "InvocationID", KIND_ID, MEMBER (invocation_id) },
  { "ActiveEnterTimestamp", KIND_UNSIGNED_64, MEMBER (active_enter_usec) },
  { "ActiveEnterTimestampMonotonic",
    KIND_UNSIGNED_64,
    MEMBER (active_enter_monotonic_usec) },
  { "StateChangeTimestamp", KIND_UNSIGNED_64, MEMBER (state_change_usec) },
  { "WatchdogUSec", KIND_UNSIGNED_64, MEMBER (watchdog_usec) },
  { "NRestarts", KIND_UNSIGNED_32, MEMBER (n_restarts) },
  { "NeedDaemonReload", KIND_BOOLEAN, MEMBER (need_reload) },
  { "ControlGroup", KIND_TEXT, MEMBER (control_group) },
  { "FragmentPath", KIND_TEXT, MEMBER (fragment_path) },
  { "CPUUsageNSec", KIND_UNSIGNED_64, MEMBER (cpu_usage_nsec) },
  { "MemoryCurrent", KIND_UNSIGNED_64, MEMBER (memory_current) },
  { "TasksCurrent", KIND_UNSIGNED_64, MEMBER (tasks_current) },
  { "MemoryMax", KIND_UNSIGNED_64, MEMBER (memory_max) },
  { "TasksMax", KIND_UNSIGNED_64, MEMBER (tasks_max) },
  { "CPUQuotaPerSecUSec", KIND_UNSIGNED_64, MEMBER (cpu_quota_usec) },
  { "ExecStart", KIND_COMMAND, MEMBER (last_argument) },
  { "StatusText", KIND_TEXT, MEMBER (status_text) },
};

static gboolean
is_text (Kind kind)
{
  return kind == KIND_TEXT || kind == KIND_ID || kind == KIND_ERROR
         || kind == KIND_COMMAND;
}

#define TEXT_AT(self, i) G_STRUCT_MEMBER (char *, self, members[i].offset)

/**
 * apm2_unit_state_new:
 * @name: name of a unit
 *
 * Returns: (transfer full): a unit of which nothing is known
 */
Apm2UnitState *
apm2_unit_state_new (const char *name)
{
  Apm2UnitState *self = g_new0 (Apm2UnitState, 1);

  self->name = g_strdup (name);
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      if (is_text (members[i].kind))
        TEXT_AT (self, i) = g_strdup ("");
    }
  return self;
}

/**
 * apm2_unit_state_free:
 * @self: (transfer full) (nullable): a unit
 */
void
apm2_unit_state_free (Apm2UnitState *self)
{
  if (self == NULL)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      if (is_text (members[i].kind))
        g_free (TEXT_AT (self, i));
    }
  g_free (self->name);
  g_free (self);
}

/**
 * apm2_unit_state_copy:
 * @self: a unit
 *
 * Returns: (transfer full): the same
 */
Apm2UnitState *
apm2_unit_state_copy (const Apm2UnitState *self)
{
  Apm2UnitState *copy = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  copy = g_memdup2 (self, sizeof *self);
  copy->name = g_strdup (self->name);
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      if (is_text (members[i].kind))
        TEXT_AT (copy, i) = g_strdup (TEXT_AT (self, i));
    }
  return copy;
}

static gboolean
is_member_equal (const Apm2UnitState *a, const Apm2UnitState *b, gsize i)
{
  switch (members[i].kind)
    {
    case KIND_TEXT:
    case KIND_ID:
    case KIND_ERROR:
    case KIND_COMMAND:
      return g_str_equal (TEXT_AT (a, i), TEXT_AT (b, i));
    case KIND_UNSIGNED_64:
      return G_STRUCT_MEMBER (guint64, a, members[i].offset)
             == G_STRUCT_MEMBER (guint64, b, members[i].offset);
    case KIND_SIGNED_32:
    case KIND_UNSIGNED_32:
    case KIND_BOOLEAN:
    default:
      return G_STRUCT_MEMBER (guint32, a, members[i].offset)
             == G_STRUCT_MEMBER (guint32, b, members[i].offset);
    }
}

/**
 * apm2_unit_state_equal:
 * @a: a unit
 * @b: a unit
 *
 * Returns: whether all that is known of both is the same
 */
gboolean
apm2_unit_state_equal (const Apm2UnitState *a, const Apm2UnitState *b)
{
  g_return_val_if_fail (a != NULL && b != NULL, FALSE);

  if (!g_str_equal (a->name, b->name))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      if (!is_member_equal (a, b, i))
        return FALSE;
    }
  return TRUE;
}

static char *
read_id (GVariant *value)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gsize length = 0;
  const guint8 *bytes
      = g_variant_get_fixed_array (value, &length, sizeof (guint8));

  for (gsize i = 0; length == INVOCATION_ID_BYTES && i < length; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Returns: "" if there is no command. */
static char *
read_last_argument (GVariant *commands)
{
  g_autoptr (GVariant) command = NULL;
  g_autofree const char **arguments = NULL;
  gsize length = 0;

  if (g_variant_n_children (commands) == 0)
    return g_strdup ("");
  command = g_variant_get_child_value (commands, 0);
  g_variant_get_child (command, 1, "^a&s", &arguments);
  length = g_strv_length ((char **) arguments);
  return g_strdup (length > 0 ? arguments[length - 1] : "");
}

static void
set_text (Apm2UnitState *self, gsize i, char *text)
{
  g_free (TEXT_AT (self, i));
  TEXT_AT (self, i) = text;
}

static const GVariantType *
type_of_kind (Kind kind)
{
  switch (kind)
    {
    case KIND_TEXT:
      return G_VARIANT_TYPE_STRING;
    case KIND_SIGNED_32:
      return G_VARIANT_TYPE_INT32;
    case KIND_UNSIGNED_32:
      return G_VARIANT_TYPE_UINT32;
    case KIND_UNSIGNED_64:
      return G_VARIANT_TYPE_UINT64;
    case KIND_BOOLEAN:
      return G_VARIANT_TYPE_BOOLEAN;
    case KIND_ID:
      return G_VARIANT_TYPE_BYTESTRING;
    case KIND_ERROR:
      return G_VARIANT_TYPE ("(ss)");
    case KIND_COMMAND:
      return G_VARIANT_TYPE ("a(sasbttttuii)");
    default:
      g_return_val_if_reached (NULL);
    }
}

static void
read_member (Apm2UnitState *self, gsize i, GVariant *value)
{
  guint64 number = 0;
  char *text = NULL;

  switch (members[i].kind)
    {
    case KIND_TEXT:
      set_text (self, i, g_variant_dup_string (value, NULL));
      break;
    case KIND_ID:
      set_text (self, i, read_id (value));
      break;
    case KIND_ERROR:
      g_variant_get (value, "(&ss)", NULL, &text);
      set_text (self, i, text);
      break;
    case KIND_COMMAND:
      set_text (self, i, read_last_argument (value));
      break;
    case KIND_SIGNED_32:
      G_STRUCT_MEMBER (gint32, self, members[i].offset)
          = g_variant_get_int32 (value);
      break;
    case KIND_UNSIGNED_32:
      G_STRUCT_MEMBER (guint32, self, members[i].offset)
          = g_variant_get_uint32 (value);
      break;
    case KIND_BOOLEAN:
      G_STRUCT_MEMBER (gboolean, self, members[i].offset)
          = g_variant_get_boolean (value);
      break;
    case KIND_UNSIGNED_64:
      number = g_variant_get_uint64 (value);
      /* The manager's word for "not set" and for "infinity". */
      G_STRUCT_MEMBER (guint64, self, members[i].offset)
          = number == G_MAXUINT64 ? 0 : number;
      break;
    default:
      g_return_if_reached ();
    }
}

/* In one pass: a unit has some 250 properties. */
static void
read_all (Apm2UnitState *self, GVariant *properties)
{
  GVariantIter iter;
  const char *name = NULL;
  GVariant *value = NULL;

  g_variant_iter_init (&iter, properties);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    {
      for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
        {
          if (!g_str_equal (name, members[i].property))
            continue;
          if (g_variant_is_of_type (value, type_of_kind (members[i].kind)))
            read_member (self, i, value);
          break;
        }
    }
}

/**
 * apm2_unit_state_from_properties:
 * @name: name of the unit
 * @properties: `a{sv}`, the properties of all its interfaces
 * @error: INVALID_ARGUMENT if they lack what every unit has
 *
 * Returns: (transfer full): what they say, or %NULL
 */
Apm2UnitState *
apm2_unit_state_from_properties (const char *name,
                                 GVariant *properties,
                                 GError **error)
{
  g_autoptr (Apm2UnitState) self = NULL;

  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (
      g_variant_is_of_type (properties, G_VARIANT_TYPE_VARDICT), NULL);

  self = apm2_unit_state_new (name);
  read_all (self, properties);
  if (self->load_state[0] != '\0' && self->active_state[0] != '\0')
    return g_steal_pointer (&self);
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               _ ("The service manager's answer on %s has no LoadState or "
                  "ActiveState"),
               name);
  return NULL;
}

/**
 * apm2_unit_state_is_active:
 * @self: a unit
 *
 * Returns: whether there is anything of it: it is neither inactive nor failed
 */
gboolean
apm2_unit_state_is_active (const Apm2UnitState *self)
{
  return !g_str_equal (self->active_state, "inactive")
         && !g_str_equal (self->active_state, "failed");
}
