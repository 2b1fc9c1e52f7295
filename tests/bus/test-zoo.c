/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-zoo.h"

#include "apm2-caller.h"
#include "apm2-invocation.h"
#include "apm2-names.h"
#include "apm2-permit.h"

static const char zoo_xml[]
    = "<node>"
      "<interface name='" ZOO_IFACE_GATE "'>"
      "<method name='Echo'><arg direction='in' type='s'/>"
      "<arg direction='in' type='a{sv}'/><arg direction='out' type='s'/>"
      "</method>"
      "<method name='Park'/>"
      "<method name='Grow'><arg direction='in' type='u'/>"
      "<arg direction='out' type='s'/></method>"
      "<property name='Visitors' type='u' access='read'/>"
      "<property name='Motto' type='s' access='read'/>"
      "<signal name='Opened'><arg type='s'/></signal>"
      "</interface>"
      "<interface name='" ZOO_IFACE_GATE "2'>"
      "<property name='Height' type='u' access='read'/>"
      "</interface>"
      "<interface name='" ZOO_IFACE_ANIMAL "'>"
      "<method name='Pat'><arg direction='out' type='s'/></method>"
      "<property name='Name' type='s' access='read'/>"
      "<property name='Mood' type='s' access='read'/>"
      "</interface>"
      "<interface name='" ZOO_IFACE_KEEPER "'>"
      "<method name='Report'/>"
      "<signal name='Shift'><arg type='s'/></signal>"
      "</interface>"
      "</node>";

static void
handle_echo (gpointer data,
             gpointer object,
             const Apm2Caller *caller,
             GVariant *parameters,
             GDBusMethodInvocation *invocation)
{
  static const char *const keys[] = { "loud:b", NULL };
  Zoo *self = data;
  const char *text = NULL;
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GError) error = NULL;

  self->caller = *caller;
  self->n_echoes++;
  g_variant_get (parameters, "(&s@a{sv})", &text, &options);
  if (!apm2_options_check (options, keys, &error))
    apm2_invocation_take_error (invocation, g_steal_pointer (&error));
  else
    g_dbus_method_invocation_return_value (invocation,
                                           g_variant_new ("(s)", text));
}

static void
handle_park (gpointer data,
             gpointer object,
             const Apm2Caller *caller,
             GVariant *parameters,
             GDBusMethodInvocation *invocation)
{
  Zoo *self = data;

  g_queue_push_tail (&self->parked, invocation);
}

static void
handle_grow (gpointer data,
             gpointer object,
             const Apm2Caller *caller,
             GVariant *parameters,
             GDBusMethodInvocation *invocation)
{
  guint32 length = 0;
  g_autofree char *text = NULL;

  g_variant_get (parameters, "(u)", &length);
  text = g_strnfill (length, 'x');
  g_dbus_method_invocation_return_value (invocation,
                                         g_variant_new ("(s)", text));
}

static void
handle_pat (gpointer data,
            gpointer object,
            const Apm2Caller *caller,
            GVariant *parameters,
            GDBusMethodInvocation *invocation)
{
  Animal *animal = object;

  g_dbus_method_invocation_return_value (invocation,
                                         g_variant_new ("(s)", animal->name));
}

static void
handle_report (gpointer data,
               gpointer object,
               const Apm2Caller *caller,
               GVariant *parameters,
               GDBusMethodInvocation *invocation)
{
  apm2_invocation_fail (
      invocation, APM2_ERROR_BUSY, "The keeper feeds %d lions", 3);
}

/* On the system bus: what Echo needs is what the zoo says. */
static void
judge_echo (gpointer data,
            gpointer object,
            GVariant *parameters,
            Apm2Permit *permit)
{
  Zoo *self = data;

  self->judged_uid = apm2_permit_get_uid (permit);
  if (self->holds_permits)
    self->held = permit;
  else if (self->echo_action == NULL)
    apm2_permit_grant (permit);
  else
    apm2_permit_ask (permit, self->echo_action, "job-1", "bulk");
}

static void
judge_pat (gpointer data,
           gpointer object,
           GVariant *parameters,
           Apm2Permit *permit)
{
  const Animal *animal = object;

  apm2_permit_ask (permit, APM2_ACTION_CANCEL, animal->name, NULL);
}

static GVariant *
get_gate_property (gpointer data, gpointer object, const char *name)
{
  Zoo *self = data;

  self->n_reads++;
  if (g_str_equal (name, "Visitors"))
    return g_variant_new_uint32 (self->visitors);
  if (g_str_equal (name, "Motto"))
    return g_variant_new_string ("do not feed");
  return g_variant_new_uint32 (4);
}

static GVariant *
get_animal_property (gpointer data, gpointer object, const char *name)
{
  Zoo *self = data;
  Animal *animal = object;

  self->n_reads++;
  return g_variant_new_string (g_str_equal (name, "Name") ? animal->name
                                                          : animal->mood);
}

static gpointer
find_animal (gpointer data, const char *name)
{
  Zoo *self = data;

  if (self->n_finds_left == 1)
    return NULL;
  if (self->n_finds_left > 1)
    self->n_finds_left--;
  return g_hash_table_lookup (self->animals, name);
}

static GPtrArray *
list_animals (gpointer data)
{
  Zoo *self = data;
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer animal = NULL;

  g_hash_table_iter_init (&iter, self->animals);
  while (g_hash_table_iter_next (&iter, NULL, &animal))
    if (((Animal *) animal)->is_announced)
      g_ptr_array_add (names, g_strdup (((Animal *) animal)->name));
  return names;
}

static void
animal_free (gpointer data)
{
  Animal *animal = data;

  g_free (animal->name);
  g_free (animal->mood);
  g_free (animal);
}

static void
fill_faces (Zoo *self)
{
  static const Apm2Method gate_methods[]
      = { { "Echo", handle_echo, judge_echo },
          { "Park", handle_park },
          { "Grow", handle_grow, apm2_permit_anybody },
          { NULL, NULL } };
  static const Apm2Method animal_methods[]
      = { { "Pat", handle_pat, judge_pat }, { NULL, NULL } };
  static const Apm2Method keeper_methods[]
      = { { "Report", handle_report }, { NULL, NULL } };
  g_autoptr (GDBusNodeInfo) node = NULL;

  node = g_dbus_node_info_new_for_xml (zoo_xml, NULL);
  self->gate = (Apm2Face){ g_dbus_interface_info_ref (node->interfaces[0]),
                           gate_methods,
                           get_gate_property,
                           self };
  self->second = (Apm2Face){ g_dbus_interface_info_ref (node->interfaces[1]),
                             NULL,
                             get_gate_property,
                             self };
  self->animal = (Apm2Face){ g_dbus_interface_info_ref (node->interfaces[2]),
                             animal_methods,
                             get_animal_property,
                             self };
  self->keeper = (Apm2Face){
    g_dbus_interface_info_ref (node->interfaces[3]), keeper_methods, NULL, self
  };
}

Zoo *
zoo_new (void)
{
  Zoo *self = g_new0 (Zoo, 1);
  Apm2Folder folder = { find_animal, list_animals, self };

  apm2_caller_set_system_mode (FALSE, 0);
  self->animals
      = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, animal_free);
  g_queue_init (&self->parked);
  fill_faces (self);
  self->tree = apm2_tree_new ();
  apm2_tree_add_object (self->tree, APM2_OBJECT_ROOT, &self->gate, self, FALSE);
  apm2_tree_add_object (
      self->tree, APM2_OBJECT_QUEUE, &self->gate, self, FALSE);
  apm2_tree_add_object (
      self->tree, APM2_OBJECT_QUEUE, &self->second, self, FALSE);
  apm2_tree_add_folder (self->tree, APM2_OBJECT_JOBS, &self->animal, &folder);
  apm2_tree_add_object (
      self->tree, APM2_OBJECT_BROKER, &self->keeper, self, TRUE);
  return self;
}

void
zoo_free (Zoo *self)
{
  g_clear_object (&self->tree);
  g_queue_clear_full (&self->parked, g_object_unref);
  g_hash_table_unref (self->animals);
  g_dbus_interface_info_unref (self->gate.info);
  g_dbus_interface_info_unref (self->second.info);
  g_dbus_interface_info_unref (self->animal.info);
  g_dbus_interface_info_unref (self->keeper.info);
  g_free (self);
}

Animal *
zoo_add_animal (Zoo *self, const char *name, gboolean is_announced)
{
  Animal *animal = g_new0 (Animal, 1);

  animal->name = g_strdup (name);
  animal->mood = g_strdup ("calm");
  animal->is_announced = is_announced;
  (void) g_hash_table_insert (self->animals, animal->name, animal);
  return animal;
}

void
zoo_remove_animal (Zoo *self, const char *name)
{
  (void) g_hash_table_remove (self->animals, name);
}

char *
zoo_path_of (const char *name)
{
  return apm2_tree_element_to_path (APM2_OBJECT_JOBS, name);
}
