/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The lines that the caller of an attached command sends to its supervisor.
 *
 * A line is an order to the letter or nothing: it is passed over then, as is
 * one that is too long, so that a caller of another version does no harm.
 */

#include "apm2-attached-order.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "apm2-step-event.h"

/* Takes " NUMBER", in decimal digits, off the beginning of @text. */
static bool
take_number (const char **text, uint64_t *ret_value)
{
  const char *p = *text;
  uint64_t value = 0;

  if (*p++ != ' ' || *p < '0' || *p > '9')
    return false;
  for (; *p >= '0' && *p <= '9'; p++)
    {
      uint64_t digit = (uint64_t) (*p - '0');

      if (value > (UINT64_MAX - digit) / 10)
        return false;
      value = value * 10 + digit;
    }
  *text = p;
  *ret_value = value;
  return true;
}

static bool
take_signal (const char **text, Apm2AttachedOrder *order)
{
  uint64_t number = 0;

  if (!take_number (text, &number) || number == 0 || number >= NSIG)
    return false;
  order->signal_number = (int) number;
  return true;
}

static bool
take_word (const char **text, const char *word)
{
  size_t length = strlen (word);

  if (strncmp (*text, word, length) != 0
      || ((*text)[length] != ' ' && (*text)[length] != '\0'))
    return false;
  *text += length;
  return true;
}

/**
 * apm2_attached_order_parse:
 * @line: without its line feed
 * @ret_order: (out): what it says; set only on success
 *
 * Returns: 0, or -EBADMSG
 */
int
apm2_attached_order_parse (const char *line, Apm2AttachedOrder *ret_order)
{
  Apm2AttachedOrder order = { 0 };
  bool good = false;

  if (take_word (&line, APM2_STEP_COMMAND_GO))
    {
      order.kind = APM2_ATTACHED_ORDER_GO;
      good = take_number (&line, &order.timeout_usec)
             && take_number (&line, &order.grace_usec);
    }
  else if (take_word (&line, APM2_STEP_COMMAND_SCOPE))
    {
      order.kind = APM2_ATTACHED_ORDER_SCOPE;
      good = true;
    }
  else if (take_word (&line, APM2_STEP_COMMAND_SIGNAL))
    {
      order.kind = APM2_ATTACHED_ORDER_SIGNAL;
      good = take_signal (&line, &order);
    }
  else if (take_word (&line, APM2_STEP_COMMAND_TERM))
    {
      order.kind = APM2_ATTACHED_ORDER_TERM;
      good = take_number (&line, &order.grace_usec);
    }
  else if (take_word (&line, APM2_STEP_COMMAND_KILL))
    {
      order.kind = APM2_ATTACHED_ORDER_KILL;
      good = true;
    }
  else if (take_word (&line, APM2_STEP_COMMAND_HANGUP))
    {
      order.kind = APM2_ATTACHED_ORDER_HANGUP;
      good = true;
    }
  if (!good || *line != '\0')
    return -EBADMSG;
  *ret_order = order;
  return 0;
}

/* Returns: whether a line is whole, and an order */
static bool
take_byte (Apm2AttachedOrders *self, char byte, Apm2AttachedOrder *ret_order)
{
  bool fits = self->length < sizeof self->line - 1;

  if (byte != '\n')
    {
      /* No order has one, and it would end the line for who reads it. */
      if (fits && byte != '\0')
        self->line[self->length++] = byte;
      else
        self->length = sizeof self->line;
      return false;
    }
  fits = self->length < sizeof self->line;
  if (fits)
    self->line[self->length] = '\0';
  self->length = 0;
  return fits && apm2_attached_order_parse (self->line, ret_order) == 0;
}

/**
 * apm2_attached_orders_take:
 * @self: the line so far
 * @data: (array length=length): what came
 * @length: bytes of it, at least one
 * @ret_order: (out): the first order in it
 *
 * Called again with the rest after each order.
 *
 * Returns: how many bytes were taken; 0 if all of them were, without an order
 */
size_t
apm2_attached_orders_take (Apm2AttachedOrders *self,
                           const char *data,
                           size_t length,
                           Apm2AttachedOrder *ret_order)
{
  for (size_t i = 0; i < length; i++)
    {
      if (take_byte (self, data[i], ret_order))
        return i + 1;
    }
  return 0;
}
