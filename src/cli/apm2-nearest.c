/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What somebody may have meant by a word that we do not know.
 */

#include "apm2-nearest.h"

#include <string.h>

/* Longer words are no slips of the finger. */
#define WORD_MAX 32

/**
 * apm2_nearest_distance:
 * @a: a word
 * @b: a word
 *
 * Counts insertions, deletions, replacements and swaps of neighbours, in bytes.
 *
 * Returns: the edit distance; %G_MAXUINT if a word is longer than 32 bytes
 */
guint
apm2_nearest_distance (const char *a, const char *b)
{
  guint rows[WORD_MAX + 1][WORD_MAX + 1] = { { 0 } };
  gsize la, lb;

  g_return_val_if_fail (a != NULL && b != NULL, G_MAXUINT);

  la = strlen (a);
  lb = strlen (b);
  if (la > WORD_MAX || lb > WORD_MAX)
    return G_MAXUINT;

  for (guint i = 0; i <= la; i++)
    rows[i][0] = i;
  for (guint j = 0; j <= lb; j++)
    rows[0][j] = j;
  for (gsize i = 1; i <= la; i++)
    for (gsize j = 1; j <= lb; j++)
      {
        guint best = rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

        best = MIN (best, rows[i - 1][j] + 1);
        best = MIN (best, rows[i][j - 1] + 1);
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
          best = MIN (best, rows[i - 2][j - 2] + 1);
        rows[i][j] = best;
      }
  return rows[la][lb];
}

/**
 * apm2_nearest_find:
 * @word: what was typed
 * @candidates: (array zero-terminated=1): what exists
 *
 * Returns: (transfer none) (nullable): the candidate that @word begins, or else
 *   the nearest one if it is near enough to be meant
 */
const char *
apm2_nearest_find (const char *word, const char *const *candidates)
{
  const char *best = NULL;
  guint best_distance = G_MAXUINT;

  g_return_val_if_fail (word != NULL && candidates != NULL, NULL);

  for (gsize i = 0; candidates[i] != NULL; i++)
    {
      const guint distance = apm2_nearest_distance (word, candidates[i]);

      if (strlen (word) >= 2 && g_str_has_prefix (candidates[i], word))
        return candidates[i];
      if (distance < best_distance)
        {
          best = candidates[i];
          best_distance = distance;
        }
    }
  return best_distance <= MAX (2, strlen (word) / 3) ? best : NULL;
}
