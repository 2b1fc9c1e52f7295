/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-json-canonical.h"

G_BEGIN_DECLS

/* How a line of a bundle is put together; used by its reader and writer. */

#define APM2_RECEIPT_LINE_BEGIN  "{\"digest\":\""
#define APM2_RECEIPT_LINE_MIDDLE "\",\"receipt\":"
#define APM2_RECEIPT_LINE_END    "}"

typedef struct
{
  char digest[APM2_DIGEST_LENGTH + 1];
  const char *text; /* within the line; no NUL after it */
  gsize length;
} Apm2ReceiptBundleLine;

gboolean apm2_receipt_bundle_line_split (Apm2ReceiptBundleLine *self,
                                         const char *line,
                                         gsize length);
gboolean apm2_receipt_bundle_line_is_trailer (const char *line, gsize length);

G_END_DECLS
