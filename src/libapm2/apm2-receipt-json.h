/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-receipt-chain.h"
#include "apm2-receipt.h"

G_BEGIN_DECLS

/* A receipt may be larger than a spec: 64 steps and their names. */
#define APM2_RECEIPT_BYTES_MAX   (256 * 1024)
#define APM2_RECEIPT_MESSAGE_MAX 1024 /* bytes */

char *apm2_receipt_to_json (const Apm2Receipt *self, gsize *ret_length);
Apm2Receipt *apm2_receipt_from_json (const char *text,
                                     gsize length,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
