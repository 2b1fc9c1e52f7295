/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the broker's object manager tells, as a table.
 *
 * Signals are subscribed first and everything is read then; what they tell
 * before it has been read is contained in it.
 */

#include "apm2-objects.h"

#include "apm2-properties.h"

#define RETRY_FIRST_MSEC 100
#define RETRY_MAX_MSEC   2000

struct _Apm2Objects
{
  const Apm2Options *options; /* borrowed: outlives the verb */
  Apm2ObjectsFunc func;
  Apm2ObjectsChangedFunc changed_func; /* (nullable) */
  gpointer user_data;
  GHashTable *table;  /* (owned) (element-type utf8 GHashTable) by path; of each
                         interface its properties, a{sv} */
  Apm2Client *client; /* (owned) (nullable) */
  GCancellable *cancellable; /* (owned) of all calls */
  GError *error;             /* (owned) (nullable) why there is no client */
  gboolean known;            /* the table is what the broker has */
  guint retry_msec;
  guint retry_timer;
};

static void look_for_broker (Apm2Objects *self);

static gboolean
on_retry (gpointer user_data)
{
  Apm2Objects *self = user_data;

  self->retry_timer = 0;
  look_for_broker (self);
  return G_SOURCE_REMOVE;
}

/* @error: (transfer full) (nullable) */
static void
lose (Apm2Objects *self, GError *error)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  g_clear_pointer (&self->client, apm2_client_close);
  g_hash_table_remove_all (self->table);
  self->known = FALSE;
  g_clear_error (&self->error);
  self->error = error;
  g_clear_handle_id (&self->retry_timer, g_source_remove);
  self->retry_timer = g_timeout_add (self->retry_msec, on_retry, self);
  self->retry_msec = MIN (self->retry_msec * 2, RETRY_MAX_MSEC);
  self->func (self->user_data);
}

static void
on_gone (gpointer user_data)
{
  lose (user_data, NULL);
}

static void
put_interfaces (Apm2Objects *self, const char *path, GVariant *interfaces)
{
  GHashTable *object = g_hash_table_lookup (self->table, path);
  GVariantIter iter;
  const char *iface = NULL;
  GVariant *properties = NULL;

  if (object == NULL)
    {
      object = g_hash_table_new_full (
          g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref);
      g_hash_table_insert (self->table, g_strdup (path), object);
    }
  g_variant_iter_init (&iter, interfaces);
  while (g_variant_iter_next (&iter, "{&s@a{sv}}", &iface, &properties))
    g_hash_table_insert (object, g_strdup (iface), properties);
}

static void
tell_changed (Apm2Objects *self, const char *path)
{
  if (self->changed_func != NULL)
    self->changed_func (path, self->user_data);
  self->func (self->user_data);
}

static void
on_added (const char *path, GVariant *interfaces, gpointer user_data)
{
  Apm2Objects *self = user_data;

  if (!self->known)
    return;
  put_interfaces (self, path, interfaces);
  tell_changed (self, path);
}

static void
on_removed (const char *path, gpointer user_data)
{
  Apm2Objects *self = user_data;

  if (g_hash_table_remove (self->table, path))
    self->func (self->user_data);
}

static GVariant *
merge (GVariant *properties, GVariant *changed)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (properties);
  GVariantIter iter;
  const char *key = NULL;
  GVariant *value = NULL;

  g_variant_iter_init (&iter, changed);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    g_variant_dict_insert_value (&dict, key, value);
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

static void
on_changed (const char *path,
            const char *iface,
            GVariant *changed,
            gpointer user_data)
{
  Apm2Objects *self = user_data;
  GHashTable *object = g_hash_table_lookup (self->table, path);
  GVariant *properties
      = object != NULL ? g_hash_table_lookup (object, iface) : NULL;

  if (properties == NULL)
    return;
  g_hash_table_replace (object, g_strdup (iface), merge (properties, changed));
  tell_changed (self, path);
}

static const Apm2ClientObjectsFuncs funcs = {
  .added = on_added,
  .removed = on_removed,
  .changed = on_changed,
};

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  g_autoptr (GVariant) objects
      = apm2_client_read_objects_finish (result, &error);
  Apm2Objects *self = user_data;
  GVariantIter iter;
  const char *path = NULL;
  GVariant *interfaces = NULL;

  if (objects == NULL
      && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_error_free (error);
      return; /* self may be gone */
    }
  if (objects == NULL)
    {
      lose (self, error);
      return;
    }
  g_variant_iter_init (&iter, objects);
  while (g_variant_iter_loop (&iter, "{&o@a{sa{sv}}}", &path, &interfaces))
    put_interfaces (self, path, interfaces);
  self->known = TRUE;
  self->retry_msec = RETRY_FIRST_MSEC;
  self->func (self->user_data);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  Apm2Client *client = apm2_client_open_finish (result, &error);
  Apm2Objects *self = user_data;

  if (client == NULL
      && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_error_free (error);
      return; /* self is gone */
    }
  if (client == NULL)
    {
      lose (self, error);
      return;
    }
  g_clear_error (&self->error);
  self->client = client;
  apm2_client_set_gone_func (client, on_gone, self);
  apm2_client_watch_objects (client, &funcs, self);
  apm2_client_read_objects_async (client, self->cancellable, on_read, self);
}

static void
look_for_broker (Apm2Objects *self)
{
  apm2_client_open_async (self->options, self->cancellable, on_opened, self);
}

/**
 * apm2_objects_new:
 * @options: how to find the broker; must outlive the objects
 * @func: called for every change
 * @user_data: for @func
 *
 * Begins at once; needs a running main loop.
 *
 * Returns: (transfer full): none yet
 */
Apm2Objects *
apm2_objects_new (const Apm2Options *options,
                  Apm2ObjectsFunc func,
                  gpointer user_data)
{
  Apm2Objects *self = g_new0 (Apm2Objects, 1);

  self->options = options;
  self->func = func;
  self->user_data = user_data;
  self->retry_msec = RETRY_FIRST_MSEC;
  self->cancellable = g_cancellable_new ();
  self->table = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_hash_table_unref);
  look_for_broker (self);
  return self;
}

/**
 * apm2_objects_free:
 * @self: objects
 *
 * Nothing is called any more.
 */
void
apm2_objects_free (Apm2Objects *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->retry_timer, g_source_remove);
  g_clear_pointer (&self->client, apm2_client_close);
  g_clear_pointer (&self->table, g_hash_table_unref);
  g_clear_error (&self->error);
  g_free (self);
}

/**
 * apm2_objects_set_changed_func:
 * @self: objects
 * @func: called for each object that is new or changed, but not when all are
 *   read; gets the data of apm2_objects_new()
 */
void
apm2_objects_set_changed_func (Apm2Objects *self, Apm2ObjectsChangedFunc func)
{
  self->changed_func = func;
}

/**
 * apm2_objects_find:
 * @self: objects
 * @path: of an object
 * @iface: one of its interfaces
 *
 * Returns: (transfer none) (nullable): the properties, a{sv}
 */
GVariant *
apm2_objects_find (Apm2Objects *self, const char *path, const char *iface)
{
  GHashTable *object = g_hash_table_lookup (self->table, path);

  return object != NULL ? g_hash_table_lookup (object, iface) : NULL;
}

/**
 * apm2_objects_are_there:
 * @self: objects
 *
 * Returns: %TRUE if the broker is there and its objects are known
 */
gboolean
apm2_objects_are_there (Apm2Objects *self)
{
  return self->known;
}

/**
 * apm2_objects_get_error:
 * @self: objects
 *
 * Returns: (transfer none) (nullable): why the broker could not be reached; of
 *   one that went away nothing is known
 */
const GError *
apm2_objects_get_error (Apm2Objects *self)
{
  return self->error;
}

/**
 * apm2_objects_find_all:
 * @self: objects
 * @iface: an interface
 * @sort_key: (nullable): one of its properties, a text
 *
 * Returns: (transfer full) (element-type GVariant): the properties of all
 *   objects that have @iface, in the order of @sort_key
 */
GPtrArray *
apm2_objects_find_all (Apm2Objects *self,
                       const char *iface,
                       const char *sort_key)
{
  GPtrArray *found
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  GHashTableIter iter;
  GHashTable *object = NULL;

  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &object))
    {
      GVariant *properties = g_hash_table_lookup (object, iface);

      if (properties != NULL)
        g_ptr_array_add (found, g_variant_ref (properties));
    }
  apm2_properties_sort (found, sort_key);
  return found;
}
