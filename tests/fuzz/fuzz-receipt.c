/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A receipt that was read keeps its text, and so is a link of a chain. */

#include "fuzz.h"

#include "apm2-receipt-json.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2Receipt) receipt
      = apm2_receipt_from_json ((const char *) data, size, &error);
  g_autofree char *text = NULL;
  g_autofree char *digest = NULL;
  Apm2ReceiptChain chain = { 0 };
  gsize length = 0;

  g_assert_true ((receipt == NULL) == (error != NULL));
  if (receipt == NULL)
    return 0;

  text = apm2_receipt_to_json (receipt, &length);
  digest = apm2_json_digest (text, length);
  g_assert_true (
      apm2_receipt_chain_verify (&chain, text, length, digest, &error));
  g_assert_no_error (error);
  return 0;
}
