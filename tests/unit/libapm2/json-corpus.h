/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Runs a codec over tests/data/json/<name>/{accept,refuse}: one test for each
 * file. What is accepted must survive writing and reading again unchanged; what
 * is refused must name the place that refuse.places gives for it. The same
 * files are shown to the JSON Schema by test-schema.py.
 */

#include <string.h>

#include "apm2-error.h"

/* Reads @text and writes what was understood; NULL with @error if refused. */
typedef char *(*JsonCorpusCodec) (const char *text,
                                  gsize length,
                                  GError **error);

typedef struct
{
  char *path;
  char *place; /* NULL: must be accepted */
  JsonCorpusCodec codec;
} JsonCorpusFile;

static void
json_corpus_file_free (gpointer data)
{
  JsonCorpusFile *self = data;

  g_free (self->path);
  g_free (self->place);
  g_free (self);
}

static void
json_corpus_check_accepted (const JsonCorpusFile *self,
                            const char *text,
                            gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *once = self->codec (text, length, &error);
  g_autofree char *twice = NULL;

  g_assert_no_error (error);
  g_assert_nonnull (once);
  twice = self->codec (once, strlen (once), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (once, ==, twice);
  g_assert_cmpuint (strlen (once), <=, length);
}

static void
json_corpus_check_refused (const JsonCorpusFile *self,
                           const char *text,
                           gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *written = self->codec (text, length, &error);
  const char *place;

  g_assert_null (written);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
  place = strstr (error->message, ": ");
  g_assert_nonnull (place);
  if (!g_str_has_prefix (place + 2, self->place))
    g_test_message ("%s, not %s", error->message, self->place);
  g_assert_true (g_str_has_prefix (place + 2, self->place));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpuint (strlen (error->message), <, 400);
}

static void
json_corpus_check_file (gconstpointer data)
{
  const JsonCorpusFile *self = data;
  g_autofree char *text = NULL;
  g_autofree char *exact = NULL;
  g_autoptr (GError) error = NULL;
  gsize length = 0;

  g_file_get_contents (self->path, &text, &length, &error);
  g_assert_no_error (error);
  /* Without the NUL that GLib adds, for the sanitizer to see a read beyond. */
  exact = g_memdup2 (text, length);

  if (self->place == NULL)
    json_corpus_check_accepted (self, exact, length);
  else
    json_corpus_check_refused (self, exact, length);
}

static GHashTable *
json_corpus_read_places (const char *name)
{
  g_autofree char *path = g_test_build_filename (
      G_TEST_DIST, "data", "json", name, "refuse.places", NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;
  GHashTable *places
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (gsize i = 0; lines[i][0] != '\0'; i++)
    {
      char *blank = strchr (lines[i], ' ');

      g_assert_nonnull (blank);
      g_hash_table_insert (
          places,
          g_strdup_printf ("%.*s.json", (int) (blank - lines[i]), lines[i]),
          g_strdup (blank + 1));
    }
  return places;
}

static guint
json_corpus_add_directory (const char *name,
                           const char *verdict,
                           GHashTable *places,
                           JsonCorpusCodec codec)
{
  g_autofree char *path = g_test_build_filename (
      G_TEST_DIST, "data", "json", name, verdict, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, &error);
  const char *file;
  guint n = 0;

  g_assert_no_error (error);
  while ((file = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *test
          = g_strdup_printf ("/apm2/%s-json/%s/%s", name, verdict, file);
      JsonCorpusFile *one = g_new0 (JsonCorpusFile, 1);

      one->path = g_build_filename (path, file, NULL);
      one->codec = codec;
      if (places != NULL)
        {
          one->place = g_strdup (g_hash_table_lookup (places, file));
          g_assert_nonnull (one->place);
        }
      g_test_add_data_func_full (
          test, one, json_corpus_check_file, json_corpus_file_free);
      n++;
    }
  return n;
}

static void
json_corpus_add (const char *name, JsonCorpusCodec codec)
{
  g_autoptr (GHashTable) places = json_corpus_read_places (name);
  guint n_accept = json_corpus_add_directory (name, "accept", NULL, codec);
  guint n_refuse = json_corpus_add_directory (name, "refuse", places, codec);

  g_assert_cmpuint (n_accept, >, 0);
  g_assert_cmpuint (n_refuse, ==, g_hash_table_size (places));
}
