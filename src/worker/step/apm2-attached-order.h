/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What the caller of an attached command wants of its supervisor. The lines are
 * in apm2-step-event.h. */
typedef enum
{
  APM2_ATTACHED_ORDER_GO,
  APM2_ATTACHED_ORDER_SCOPE,
  APM2_ATTACHED_ORDER_SIGNAL,
  APM2_ATTACHED_ORDER_TERM,
  APM2_ATTACHED_ORDER_KILL,
  APM2_ATTACHED_ORDER_HANGUP,
} Apm2AttachedOrderKind;

typedef struct
{
  Apm2AttachedOrderKind kind;
  uint64_t timeout_usec; /* of GO; 0: none */
  uint64_t grace_usec;   /* of GO and TERM */
  int signal_number;     /* of SIGNAL */
} Apm2AttachedOrder;

/* Longer than any order: "go" and two numbers of 64 bits. */
#define APM2_ATTACHED_ORDER_MAX 64

/* A line that has not come to its end. */
typedef struct
{
  char line[APM2_ATTACHED_ORDER_MAX];
  size_t length; /* more than there is room for: too long */
} Apm2AttachedOrders;

int apm2_attached_order_parse (const char *line, Apm2AttachedOrder *ret_order);
size_t apm2_attached_orders_take (Apm2AttachedOrders *self,
                                  const char *data,
                                  size_t length,
                                  Apm2AttachedOrder *ret_order);
