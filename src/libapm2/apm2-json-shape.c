/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Checks an object against the table of the members it may have.
 *
 * What has the shape can be read without another look at types: every member is
 * known, of its type and in its range, and none that is required is missing.
 */

#include "apm2-json-shape.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n.h>

#include "apm2-text.h"

static const char *const type_names[] = {
  [APM2_JSON_TYPE_STRING] = N_ ("a string"),
  [APM2_JSON_TYPE_INTEGER] = N_ ("an integer"),
  [APM2_JSON_TYPE_BOOLEAN] = N_ ("true or false"),
  [APM2_JSON_TYPE_OBJECT] = N_ ("an object"),
  [APM2_JSON_TYPE_STRINGS] = N_ ("an array of strings"),
  [APM2_JSON_TYPE_OBJECTS] = N_ ("an array of objects"),
  [APM2_JSON_TYPE_MAP] = N_ ("an object of strings"),
};

static gboolean
has_type (json_t *value, Apm2JsonType type)
{
  switch (type)
    {
    case APM2_JSON_TYPE_STRING:
      return json_is_string (value);
    case APM2_JSON_TYPE_INTEGER:
      return json_is_integer (value);
    case APM2_JSON_TYPE_BOOLEAN:
      return json_is_boolean (value);
    case APM2_JSON_TYPE_OBJECT:
    case APM2_JSON_TYPE_MAP:
      return json_is_object (value);
    case APM2_JSON_TYPE_STRINGS:
    case APM2_JSON_TYPE_OBJECTS:
      return json_is_array (value);
    default:
      g_return_val_if_reached (FALSE);
    }
}

static gboolean
check_elements (json_t *array,
                const Apm2JsonPlace *up,
                Apm2JsonType type,
                GError **error)
{
  gsize index = 0;
  json_t *value = NULL;

  json_array_foreach (array, index, value)
    {
      Apm2JsonPlace place = { .up = up, .index = index };

      if (!has_type (value, type))
        return apm2_json_place_refuse (
            &place, error, _ ("must be %s"), _ (type_names[type]));
    }
  return TRUE;
}

static gboolean
check_map (json_t *object, const Apm2JsonPlace *up, GError **error)
{
  const char *key = NULL;
  json_t *value = NULL;

  json_object_foreach (object, key, value)
    {
      Apm2JsonPlace place = { .up = up, .key = key };

      if (!json_is_string (value))
        return apm2_json_place_refuse (&place, error, _ ("must be a string"));
      /* A pair is kept as "key=value". */
      if (strchr (key, '=') != NULL)
        return apm2_json_place_refuse (
            &place, error, _ ("a name cannot hold '='"));
    }
  return TRUE;
}

static gboolean
check_range (gint64 value,
             const Apm2JsonPlace *place,
             const Apm2JsonMember *member,
             GError **error)
{
  if (value < member->min || value > member->max)
    return apm2_json_place_refuse (
        place,
        error,
        member->type == APM2_JSON_TYPE_INTEGER
            ? _ ("%" PRId64 " is not in %" PRId64 "..%" PRId64)
        : member->type == APM2_JSON_TYPE_MAP
            ? _ ("%" PRId64 " members is not in %" PRId64 "..%" PRId64)
            : _ ("%" PRId64 " elements is not in %" PRId64 "..%" PRId64),
        value,
        member->min,
        member->max);
  return TRUE;
}

static gboolean
check_member (json_t *value,
              const Apm2JsonPlace *place,
              const Apm2JsonMember *member,
              GError **error)
{
  if (!has_type (value, member->type))
    return apm2_json_place_refuse (
        place, error, _ ("must be %s"), _ (type_names[member->type]));

  switch (member->type)
    {
    case APM2_JSON_TYPE_INTEGER:
      return check_range (json_integer_value (value), place, member, error);
    case APM2_JSON_TYPE_STRINGS:
    case APM2_JSON_TYPE_OBJECTS:
      return check_range (
                 (gint64) json_array_size (value), place, member, error)
             && check_elements (value,
                                place,
                                member->type == APM2_JSON_TYPE_STRINGS
                                    ? APM2_JSON_TYPE_STRING
                                    : APM2_JSON_TYPE_OBJECT,
                                error);
    case APM2_JSON_TYPE_MAP:
      return check_range (
                 (gint64) json_object_size (value), place, member, error)
             && check_map (value, place, error);
    case APM2_JSON_TYPE_STRING:
    case APM2_JSON_TYPE_BOOLEAN:
    case APM2_JSON_TYPE_OBJECT:
    default:
      return TRUE;
    }
}

static const Apm2JsonMember *
find_member (const char *name, const Apm2JsonMember *members, gsize n_members)
{
  for (gsize i = 0; i < n_members; i++)
    if (g_str_equal (name, members[i].name))
      return &members[i];
  return NULL;
}

/**
 * apm2_json_shape_check:
 * @object: an object that passed the gate
 * @place: (nullable): where it stands
 * @members: (array length=n_members): what it may have
 * @n_members: how many
 * @error: return location
 *
 * Does not look into members of type OBJECT or into the objects of OBJECTS:
 * these have tables of their own.
 *
 * Errors: INVALID_ARGUMENT; the message begins with the path.
 *
 * Returns: %TRUE if @object has the shape
 */
gboolean
apm2_json_shape_check (json_t *object,
                       const Apm2JsonPlace *place,
                       const Apm2JsonMember *members,
                       gsize n_members,
                       GError **error)
{
  const char *key = NULL;
  json_t *value = NULL;

  g_return_val_if_fail (json_is_object (object), FALSE);

  json_object_foreach (object, key, value)
    {
      Apm2JsonPlace inner = { .up = place, .key = key };
      const Apm2JsonMember *member = find_member (key, members, n_members);

      if (member == NULL)
        return apm2_json_place_refuse (&inner, error, _ ("unknown member"));
      if (!check_member (value, &inner, member, error))
        return FALSE;
    }
  for (gsize i = 0; i < n_members; i++)
    {
      Apm2JsonPlace inner = { .up = place, .key = members[i].name };

      if (members[i].required
          && json_object_get (object, members[i].name) == NULL)
        return apm2_json_place_refuse (&inner, error, _ ("missing"));
    }
  return TRUE;
}

/**
 * apm2_json_shape_check_schema:
 * @root: an object that passed the gate
 * @schema: what its member "schema" must say
 * @error: return location
 *
 * Comes before any other look at @root: of another version nothing else is
 * known.
 *
 * Errors: INVALID_ARGUMENT; the message begins with "schema".
 *
 * Returns: %TRUE if @root says that it follows @schema
 */
gboolean
apm2_json_shape_check_schema (const json_t *root,
                              const char *schema,
                              GError **error)
{
  const Apm2JsonPlace place = { .key = "schema" };
  const char *found = json_string_value (json_object_get (root, place.key));
  g_autofree char *quoted = NULL;

  if (g_strcmp0 (found, schema) == 0)
    return TRUE;
  if (found == NULL)
    return apm2_json_place_refuse (&place, error, _ ("must be \"%s\""), schema);

  quoted = apm2_text_quote (found);
  return apm2_json_place_refuse (
      &place, error, _ ("must be \"%s\", is \"%s\""), schema, quoted);
}

/**
 * apm2_json_shape_get_text:
 * @ret_text: (out) (transfer full) (nullable): the text; %NULL if absent
 * @object: an object of known shape
 * @up: (nullable): where it stands
 * @name: a member of type STRING
 * @is_valid: the rule for its text
 * @error: return location
 *
 * Errors: INVALID_ARGUMENT; the message begins with the path.
 *
 * Returns: %TRUE if the text is absent or keeps the rule
 */
gboolean
apm2_json_shape_get_text (char **ret_text,
                          const json_t *object,
                          const Apm2JsonPlace *up,
                          const char *name,
                          gboolean (*is_valid) (const char *text),
                          GError **error)
{
  const Apm2JsonPlace place = { .up = up, .key = name };

  *ret_text = g_strdup (json_string_value (json_object_get (object, name)));
  if (*ret_text != NULL && !is_valid (*ret_text))
    return apm2_json_place_refuse (&place, error, _ ("not a valid value"));
  return TRUE;
}
