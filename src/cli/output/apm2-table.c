/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Columns that stand under each other.
 *
 * Widths are those of the terminal, not bytes or characters. When the whole is
 * wider than the terminal, flexible columns give way in proportion to what they
 * have, down to their minimum; when that is not enough, columns to spare go,
 * one after the other; whatever is wider still is cut at the edge, so that a
 * row is one line.
 */

#include "apm2-table.h"

#include <glib/gi18n.h>

#include "apm2-display.h"

#define GAP 2

typedef struct
{
  char *text;
  Apm2Style style;
} Cell;

struct _Apm2Table
{
  const Apm2Column *columns; /* borrowed: static tables of the verbs */
  Apm2Column *picked;        /* (owned) (nullable) @columns, if they are ours */
  guint n_columns;
  GArray *cells; /* (element-type Cell) row by row */
};

static void
cell_clear (gpointer data)
{
  g_free (((Cell *) data)->text);
}

/**
 * apm2_table_new:
 * @columns: (array length=n_columns): must outlive the table
 * @n_columns: at least 1
 *
 * Returns: (transfer full): an empty table
 */
Apm2Table *
apm2_table_new (const Apm2Column *columns, guint n_columns)
{
  Apm2Table *self = g_new0 (Apm2Table, 1);

  self->columns = columns;
  self->n_columns = n_columns;
  self->cells = g_array_new (FALSE, FALSE, sizeof (Cell));
  g_array_set_clear_func (self->cells, cell_clear);
  return self;
}

/**
 * apm2_table_free:
 * @self: a table
 */
void
apm2_table_free (Apm2Table *self)
{
  g_array_unref (self->cells);
  g_free (self->picked);
  g_free (self);
}

/**
 * apm2_table_add:
 * @self: a table
 * @text: UTF-8 of any origin
 * @style: how it is shown
 *
 * Adds the next cell; rows follow from the number of columns.
 */
void
apm2_table_add (Apm2Table *self, const char *text, Apm2Style style)
{
  const Cell cell = { g_utf8_make_valid (text, -1), style };

  g_array_append_val (self->cells, cell);
}

/**
 * apm2_table_add_count:
 * @self: a table
 * @count: a number
 *
 * Adds the next cell.
 */
void
apm2_table_add_count (Apm2Table *self, guint64 count)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, count);

  apm2_table_add (self, text, APM2_STYLE_NORMAL);
}

/**
 * apm2_table_get_n_rows:
 * @self: a table
 *
 * Returns: how many whole rows it has
 */
guint
apm2_table_get_n_rows (const Apm2Table *self)
{
  return self->cells->len / self->n_columns;
}

static Apm2Table *
pick (const Apm2Table *self, const GArray *columns)
{
  Apm2Table *picked = apm2_table_new (NULL, columns->len);

  picked->picked = g_new (Apm2Column, columns->len);
  picked->columns = picked->picked;
  for (guint c = 0; c < columns->len; c++)
    picked->picked[c] = self->columns[g_array_index (columns, guint, c)];
  for (guint row = 0; row < apm2_table_get_n_rows (self); row++)
    for (guint c = 0; c < columns->len; c++)
      {
        const guint at
            = row * self->n_columns + g_array_index (columns, guint, c);
        const Cell *cell = &g_array_index (self->cells, Cell, at);

        apm2_table_add (picked, cell->text, cell->style);
      }
  return picked;
}

/**
 * apm2_table_pick:
 * @self: a table
 * @columns: (element-type guint): indexes of columns, at least one
 *
 * Returns: (transfer full): the same rows with these columns in this order, all
 *   of which were asked for, so none is to spare
 */
Apm2Table *
apm2_table_pick (const Apm2Table *self, const GArray *columns)
{
  Apm2Table *picked = NULL;

  g_return_val_if_fail (self != NULL && columns->len > 0, NULL);

  picked = pick (self, columns);
  for (guint c = 0; c < columns->len; c++)
    picked->picked[c].flags &= (Apm2ColumnFlags) ~APM2_COLUMN_SPARE;
  return picked;
}

/* Returns: (transfer full) (nullable): @self without its first column to spare
 */
static Apm2Table *
drop_spare (const Apm2Table *self)
{
  g_autoptr (GArray) rest = g_array_new (FALSE, FALSE, sizeof (guint));
  gboolean found = FALSE;

  for (guint c = 0; c < self->n_columns; c++)
    if (!found && (self->columns[c].flags & APM2_COLUMN_SPARE))
      found = TRUE;
    else
      g_array_append_val (rest, c);
  return found && rest->len > 0 ? pick (self, rest) : NULL;
}

static void
take_from_flexible (const Apm2Table *self, GArray *widths, guint excess)
{
  guint spare = 0;
  guint left = excess;

  for (guint c = 0; c < self->n_columns; c++)
    if ((self->columns[c].flags & APM2_COLUMN_FLEX)
        && g_array_index (widths, guint, c) > self->columns[c].min_width)
      spare += g_array_index (widths, guint, c) - self->columns[c].min_width;

  for (guint c = 0; c < self->n_columns && left > 0 && spare > 0; c++)
    {
      guint *width = &g_array_index (widths, guint, c);
      guint own, part;

      if (!(self->columns[c].flags & APM2_COLUMN_FLEX)
          || *width <= self->columns[c].min_width)
        continue;
      own = *width - self->columns[c].min_width;
      /* Rounded up: the last column must not be left with what no one gave. */
      part = (guint) (((guint64) left * own + spare - 1) / spare);
      part = MIN (part, MIN (own, left));
      *width -= part;
      left -= part;
      spare -= own;
    }
}

static guint
get_total (const GArray *widths)
{
  guint total = 0;

  for (guint c = 0; c < widths->len; c++)
    total += g_array_index (widths, guint, c) + (c > 0 ? GAP : 0);
  return total;
}

/* Whether the terminal shows a part of each column. */
static gboolean
has_room (const Apm2Table *self, const GArray *widths, guint width)
{
  guint least = GAP * (self->n_columns - 1);

  for (guint c = 0; c < self->n_columns; c++)
    {
      const guint own = g_array_index (widths, guint, c);

      least += self->columns[c].flags & APM2_COLUMN_FLEX
                   ? MIN (own, self->columns[c].min_width)
                   : own;
    }
  return width == 0 || least <= width;
}

static GArray *
measure (const Apm2Table *self, GPtrArray *texts, gboolean legend)
{
  GArray *widths = g_array_new (FALSE, TRUE, sizeof (guint));

  g_assert (self->n_columns > 0);
  g_array_set_size (widths, self->n_columns);
  for (guint c = 0; legend && c < self->n_columns; c++)
    g_array_index (widths, guint, c)
        = apm2_display_get_width (_ (self->columns[c].title));
  for (guint i = 0; i < texts->len; i++)
    {
      guint *w = &g_array_index (widths, guint, i % self->n_columns);

      *w = MAX (*w, apm2_display_get_width (g_ptr_array_index (texts, i)));
    }
  return widths;
}

typedef struct
{
  const Apm2Table *table;
  const GArray *widths;
  guint width;
  gboolean utf8;
  gboolean color;
  GString *out;
} Layout;

static void
append_spaces (GString *out, guint n)
{
  for (guint i = 0; i < n; i++)
    g_string_append_c (out, ' ');
}

/* Appends one cell; @used is how much of the line is taken. */
static void
append_cell (const Layout *l,
             guint column,
             const char *text,
             Apm2Style style,
             guint *used)
{
  const gboolean last = column + 1 == l->table->n_columns;
  const gboolean right
      = (l->table->columns[column].flags & APM2_COLUMN_RIGHT) != 0;
  guint room = g_array_index (l->widths, guint, column);
  g_autofree char *cut = NULL;
  guint pad;

  if (l->width > 0 && *used + room > l->width)
    room = *used < l->width ? l->width - *used : 0;
  cut = apm2_display_ellipsize (text, room, l->utf8);
  pad = room - MIN (room, apm2_display_get_width (cut));
  if (right)
    append_spaces (l->out, pad);
  g_string_append_printf (l->out,
                          "%s%s%s",
                          apm2_term_begin (l->color, style),
                          cut,
                          apm2_term_end (l->color, style));
  *used += room;
  if (last)
    return;
  if (!right)
    append_spaces (l->out, pad);
  if (l->width == 0 || *used + GAP < l->width)
    append_spaces (l->out, GAP);
  *used += GAP;
}

static void
end_row (const Layout *l)
{
  while (l->out->len > 0 && l->out->str[l->out->len - 1] == ' ')
    g_string_truncate (l->out, l->out->len - 1);
  g_string_append_c (l->out, '\n');
}

/**
 * apm2_table_to_string:
 * @self: a table
 * @legend: whether a line of titles comes first
 * @width: columns that a line may take; 0 for no bound
 * @utf8: whether the stream shows UTF-8
 * @color: whether the stream gets colour
 *
 * Returns: (transfer full): lines
 */
char *
apm2_table_to_string (const Apm2Table *self,
                      gboolean legend,
                      guint width,
                      gboolean utf8,
                      gboolean color)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) widths = NULL;
  Layout l = { self, NULL, width, utf8, color, out };
  guint used = 0;

  g_return_val_if_fail (self != NULL && self->n_columns > 0, NULL);

  for (guint i = 0; i < self->cells->len; i++)
    g_ptr_array_add (texts,
                     apm2_display_escape_line (
                         g_array_index (self->cells, Cell, i).text, utf8));
  widths = measure (self, texts, legend);
  if (!has_room (self, widths, width))
    {
      g_autoptr (Apm2Table) rest = drop_spare (self);

      if (rest != NULL)
        return apm2_table_to_string (rest, legend, width, utf8, color);
    }
  if (width > 0 && get_total (widths) > width)
    take_from_flexible (self, widths, get_total (widths) - width);
  l.widths = widths;
  for (guint c = 0; legend && c < self->n_columns; c++)
    append_cell (&l, c, _ (self->columns[c].title), APM2_STYLE_BOLD, &used);
  if (legend)
    end_row (&l);
  for (guint i = 0; i < texts->len; i++)
    {
      const guint c = i % self->n_columns;

      used = c == 0 ? 0 : used;
      append_cell (&l,
                   c,
                   g_ptr_array_index (texts, i),
                   g_array_index (self->cells, Cell, i).style,
                   &used);
      if (c + 1 == self->n_columns)
        end_row (&l);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}
