/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A match rule: which signals a subscriber wants, in the language of D-Bus.
 *
 * A rule is a sorted list of terms, all of which must hold, so that two ways to
 * write the same rule are equal. The parser knows every key of the
 * specification and refuses all others; `destination` and `eavesdrop` are
 * checked and then without effect, because a peer only ever sees signals that
 * are sent to everybody.
 */

#include "apm2-match-rule.h"

#include <string.h>

#include <gio/gio.h>

#include "apm2-names.h"

/* The highest argument that the specification lets a rule name. */
#define ARG_INDEX_MAX 63

typedef enum
{
  KEY_TYPE,
  KEY_SENDER,
  KEY_INTERFACE,
  KEY_MEMBER,
  KEY_PATH,
  KEY_PATH_NAMESPACE,
  KEY_DESTINATION,
  KEY_EAVESDROP,
  KEY_ARG0_NAMESPACE,
  KEY_ARG,
  KEY_ARG_PATH,
} Key;

typedef struct
{
  Key key;
  guint index; /* of KEY_ARG and KEY_ARG_PATH, else 0 */
  char *value; /* (owned) */
} Term;

struct _Apm2MatchRule
{
  GArray *terms; /* (element-type Term), sorted by key and index */
};

static gboolean
is_type (const char *value)
{
  static const char *const types[]
      = { "signal", "method_call", "method_return", "error", NULL };

  return g_strv_contains (types, value);
}

static gboolean
is_path (const char *value)
{
  return g_variant_is_object_path (value);
}

static gboolean
is_bool (const char *value)
{
  return g_str_equal (value, "true") || g_str_equal (value, "false");
}

/* Like a well-known name, but one element is enough. */
static gboolean
is_namespace (const char *value)
{
  g_autofree char *name = g_strconcat ("a.", value, NULL);

  return g_dbus_is_name (name);
}

static gboolean
is_text (const char *value)
{
  return g_utf8_validate (value, -1, NULL);
}

static const struct
{
  const char *name;
  Key key;
  gboolean (*check) (const char *value);
} keys[] = {
  { "type", KEY_TYPE, is_type },
  { "sender", KEY_SENDER, g_dbus_is_name },
  { "interface", KEY_INTERFACE, g_dbus_is_interface_name },
  { "member", KEY_MEMBER, g_dbus_is_member_name },
  { "path", KEY_PATH, is_path },
  { "path_namespace", KEY_PATH_NAMESPACE, is_path },
  { "destination", KEY_DESTINATION, g_dbus_is_name },
  { "eavesdrop", KEY_EAVESDROP, is_bool },
  { "arg0namespace", KEY_ARG0_NAMESPACE, is_namespace },
};

static void
term_clear (gpointer data)
{
  Term *term = data;

  g_free (term->value);
}

static int
term_compare (gconstpointer a, gconstpointer b)
{
  const Term *left = a;
  const Term *right = b;

  if (left->key != right->key)
    return left->key < right->key ? -1 : 1;
  if (left->index != right->index)
    return left->index < right->index ? -1 : 1;
  return 0;
}

G_GNUC_PRINTF (2, 3)
static gboolean
refuse (GError **error, const char *format, ...)
{
  g_autofree char *reason = NULL;
  va_list args;

  va_start (args, format);
  reason = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error,
               G_DBUS_ERROR,
               G_DBUS_ERROR_MATCH_RULE_INVALID,
               "Match rule: %s",
               reason);
  return FALSE;
}

/* "argN" and "argNpath", N without leading zeros. */
static gboolean
read_arg_key (const char *name, Term *term)
{
  const char *cursor = name + strlen ("arg");
  guint index = 0;

  if (!g_str_has_prefix (name, "arg") || !g_ascii_isdigit (*cursor)
      || (cursor[0] == '0' && g_ascii_isdigit (cursor[1])))
    return FALSE;
  for (; g_ascii_isdigit (*cursor); cursor++)
    {
      index = index * 10 + (guint) g_ascii_digit_value (*cursor);
      if (index > ARG_INDEX_MAX)
        return FALSE;
    }

  term->index = index;
  term->key = *cursor == '\0' ? KEY_ARG : KEY_ARG_PATH;
  return *cursor == '\0' || g_str_equal (cursor, "path");
}

static gboolean
read_key (const char *name, const char *value, Term *term, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      if (!g_str_equal (keys[i].name, name))
        continue;
      if (!keys[i].check (value))
        return refuse (error, "“%s” is no value of “%s”", value, name);
      term->key = keys[i].key;
      return TRUE;
    }
  if (!read_arg_key (name, term))
    return refuse (error, "no such key as “%s”", name);
  if (!is_text (value))
    return refuse (error, "the value of “%s” is not UTF-8", name);
  return TRUE;
}

/* Up to a comma or the end. Inside apostrophes nothing is special; outside, a
 * backslash before an apostrophe makes it an ordinary character. */
static char *
scan_value (const char **cursor, GError **error)
{
  g_autoptr (GString) value = g_string_new (NULL);
  const char *p = *cursor;
  gboolean quoted = FALSE;

  for (; *p != '\0' && (quoted || *p != ','); p++)
    {
      if (*p == '\'')
        quoted = !quoted;
      else if (!quoted && p[0] == '\\' && p[1] == '\'')
        g_string_append_c (value, *++p);
      else
        g_string_append_c (value, *p);
    }
  if (quoted)
    {
      (void) refuse (error, "an apostrophe is not closed");
      return NULL;
    }

  *cursor = *p == ',' ? p + 1 : p;
  return g_string_free (g_steal_pointer (&value), FALSE);
}

static gboolean
scan_term (const char **cursor, GArray *terms, GError **error)
{
  const char *start = *cursor;
  const char *equals = strchr (start, '=');
  g_autofree char *name = NULL;
  g_autofree char *value = NULL;
  Term term = { KEY_TYPE, 0, NULL };

  if (equals == NULL)
    return refuse (error, "“%s” has no “=”", start);
  name = g_strndup (start, (gsize) (equals - start));
  *cursor = equals + 1;
  value = scan_value (cursor, error);
  if (value == NULL || !read_key (name, value, &term, error))
    return FALSE;

  for (guint i = 0; i < terms->len; i++)
    if (term_compare (&g_array_index (terms, Term, i), &term) == 0)
      return refuse (error, "“%s” stands twice", name);
  term.value = g_steal_pointer (&value);
  g_array_append_val (terms, term);
  return TRUE;
}

static const Term *
find_term (const Apm2MatchRule *self, Key key)
{
  for (guint i = 0; i < self->terms->len; i++)
    {
      const Term *term = &g_array_index (self->terms, Term, i);

      if (term->key == key)
        return term;
    }
  return NULL;
}

/**
 * apm2_match_rule_parse:
 * @text: a rule as a client of a message bus writes it; an empty one matches
 *   everything
 * @error: return location for an error
 *
 * Errors are %G_DBUS_ERROR_MATCH_RULE_INVALID.
 *
 * Returns: (transfer full) (nullable): the rule, or %NULL with @error set
 */
Apm2MatchRule *
apm2_match_rule_parse (const char *text, GError **error)
{
  g_autoptr (Apm2MatchRule) self = NULL;
  const char *cursor = text;

  g_return_val_if_fail (text != NULL, NULL);

  if (strlen (text) > APM2_MATCH_RULE_BYTES_MAX)
    {
      (void) refuse (error, "longer than %d bytes", APM2_MATCH_RULE_BYTES_MAX);
      return NULL;
    }

  self = g_new0 (Apm2MatchRule, 1);
  self->terms = g_array_new (FALSE, FALSE, sizeof (Term));
  g_array_set_clear_func (self->terms, term_clear);
  for (;;)
    {
      cursor += strspn (cursor, " \t\r\n");
      if (*cursor == '\0')
        break;
      if (!scan_term (&cursor, self->terms, error))
        return NULL;
    }
  if (find_term (self, KEY_PATH) != NULL
      && find_term (self, KEY_PATH_NAMESPACE) != NULL)
    {
      (void) refuse (error, "“path” and “path_namespace” exclude each other");
      return NULL;
    }

  g_array_sort (self->terms, term_compare);
  return g_steal_pointer (&self);
}

/**
 * apm2_match_rule_free:
 * @self: (transfer full) (nullable): a rule
 */
void
apm2_match_rule_free (Apm2MatchRule *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->terms);
  g_free (self);
}

/**
 * apm2_match_rule_equal:
 * @self: a rule
 * @other: another
 *
 * Returns: whether both have the same terms, in whatever order they were
 *   written
 */
gboolean
apm2_match_rule_equal (const Apm2MatchRule *self, const Apm2MatchRule *other)
{
  g_return_val_if_fail (self != NULL && other != NULL, FALSE);

  if (self->terms->len != other->terms->len)
    return FALSE;
  for (guint i = 0; i < self->terms->len; i++)
    {
      const Term *left = &g_array_index (self->terms, Term, i);
      const Term *right = &g_array_index (other->terms, Term, i);

      if (term_compare (left, right) != 0
          || !g_str_equal (left->value, right->value))
        return FALSE;
    }
  return TRUE;
}

/* Whether @value is @space or lies below it. */
static gboolean
is_below (const char *value, const char *space, char separator)
{
  gsize length = strlen (space);

  if (strncmp (value, space, length) != 0)
    return FALSE;
  return value[length] == '\0' || value[length] == separator
         || (length > 0 && space[length - 1] == separator);
}

static gboolean
arg_matches (const Term *term, GVariant *parameters)
{
  g_autoptr (GVariant) child = NULL;
  const char *value = NULL;
  gboolean is_string = FALSE;

  if (parameters == NULL)
    return TRUE;
  if (term->index >= g_variant_n_children (parameters))
    return FALSE;
  child = g_variant_get_child_value (parameters, term->index);
  is_string = g_variant_is_of_type (child, G_VARIANT_TYPE_STRING);
  if (!is_string
      && (term->key != KEY_ARG_PATH
          || !g_variant_is_of_type (child, G_VARIANT_TYPE_OBJECT_PATH)))
    return FALSE;

  value = g_variant_get_string (child, NULL);
  if (term->key == KEY_ARG0_NAMESPACE)
    return is_below (value, term->value, '.');
  if (g_str_equal (value, term->value))
    return TRUE;
  /* Of two paths, the one that ends with a slash is the directory. */
  return term->key == KEY_ARG_PATH
         && ((g_str_has_suffix (term->value, "/")
              && g_str_has_prefix (value, term->value))
             || (g_str_has_suffix (value, "/")
                 && g_str_has_prefix (term->value, value)));
}

static gboolean
term_matches (const Term *term, const Apm2Signal *signal)
{
  switch (term->key)
    {
    case KEY_TYPE:
      return g_str_equal (term->value, "signal");
    case KEY_SENDER:
      return g_str_equal (term->value, APM2_BUS_NAME)
             || g_str_equal (term->value, APM2_MATCH_OWN_UNIQUE_NAME);
    case KEY_INTERFACE:
      return g_str_equal (term->value, signal->interface);
    case KEY_MEMBER:
      return g_str_equal (term->value, signal->member);
    case KEY_PATH:
      return g_str_equal (term->value, signal->path);
    case KEY_PATH_NAMESPACE:
      return is_below (signal->path, term->value, '/');
    case KEY_ARG0_NAMESPACE:
    case KEY_ARG:
    case KEY_ARG_PATH:
      return arg_matches (term, signal->parameters);
    case KEY_DESTINATION:
    case KEY_EAVESDROP:
    default:
      return TRUE;
    }
}

/**
 * apm2_match_rule_matches:
 * @self: a rule
 * @signal: a signal that the broker is about to send
 *
 * Returns: whether a peer with this rule gets it
 */
gboolean
apm2_match_rule_matches (const Apm2MatchRule *self, const Apm2Signal *signal)
{
  g_return_val_if_fail (self != NULL && signal != NULL, FALSE);

  for (guint i = 0; i < self->terms->len; i++)
    if (!term_matches (&g_array_index (self->terms, Term, i), signal))
      return FALSE;
  return TRUE;
}
