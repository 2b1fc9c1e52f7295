/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define APM2_MESSAGE_HEAD_BYTES 16
#define APM2_MESSAGE_BYTES_MAX  (1024 * 1024)

typedef enum
{
  APM2_MESSAGE_CALL = 1,
  APM2_MESSAGE_REPLY = 2,
  APM2_MESSAGE_ERROR = 3,
  APM2_MESSAGE_SIGNAL = 4,
} Apm2MessageType;

/**
 * Apm2Message:
 *
 * A message of D-Bus, as far as a caller has to do with it.
 */
typedef struct
{
  Apm2MessageType type;
  guint32 serial;
  guint32 reply_serial; /* 0 if it answers none */
  char *destination;    /* (nullable) */
  char *path;           /* (nullable) */
  char *iface;          /* (nullable) */
  char *member;         /* (nullable) */
  char *error_name;     /* (nullable) */
  GVariant *body;       /* (nullable) a tuple */
} Apm2Message;

void apm2_message_append_call (GByteArray *bytes,
                               guint32 serial,
                               const char *destination,
                               const char *path,
                               const char *iface,
                               const char *method,
                               GVariant *parameters);
gboolean apm2_message_get_length (const guint8 *head, gsize *ret_length);
Apm2Message *apm2_message_parse (const guint8 *data,
                                 gsize length) G_GNUC_WARN_UNUSED_RESULT;
void apm2_message_free (Apm2Message *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Message, apm2_message_free)

G_END_DECLS
