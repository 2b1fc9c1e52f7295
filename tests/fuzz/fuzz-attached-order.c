/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whatever a caller sends, in whatever parts: the same orders come of it, and
 * each of them is within its bounds. */

#include "fuzz.h"

#include <signal.h>

#include <glib.h>

#include "apm2-attached-order.h"

static void
check (const Apm2AttachedOrder *order)
{
  if (order->kind == APM2_ATTACHED_ORDER_SIGNAL)
    {
      g_assert_cmpint (order->signal_number, >, 0);
      g_assert_cmpint (order->signal_number, <, NSIG);
    }
  else
    g_assert_cmpint (order->signal_number, ==, 0);
  if (order->kind != APM2_ATTACHED_ORDER_GO)
    g_assert_cmpuint (order->timeout_usec, ==, 0);
}

static void
take_all (const char *data, size_t size, size_t step, GString *kinds)
{
  Apm2AttachedOrders orders = { 0 };

  while (size > 0)
    {
      size_t part = MIN (step, size);
      Apm2AttachedOrder order = { 0 };
      size_t taken = apm2_attached_orders_take (&orders, data, part, &order);

      g_assert_cmpuint (taken, <=, part);
      g_assert_cmpuint (orders.length, <=, sizeof orders.line);
      if (taken > 0)
        {
          check (&order);
          g_string_append_printf (kinds, "%d ", (int) order.kind);
        }
      part = taken > 0 ? taken : part;
      data += part;
      size -= part;
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GString) whole = g_string_new (NULL);
  g_autoptr (GString) bytes = g_string_new (NULL);

  take_all ((const char *) data, size, size, whole);
  take_all ((const char *) data, size, 1, bytes);
  g_assert_cmpstr (bytes->str, ==, whole->str);
  return 0;
}
