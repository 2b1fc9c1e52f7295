/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the program itself knows of its commands; the modules know all.
 */

#include "apm2-quick.h"

#include "apm2-commands.h"
#include "apm2-module.h"
#include "apm2-submit-client.h"

const Apm2SubmitFunc apm2_submit_by_client = NULL;

static const Apm2Command *const fac_children[] = { &apm2_cmd_submit, NULL };
static const Apm2Command fac_noun = {
  .name = "fac",
  .children = fac_children,
};

static const Apm2Command *const root_children[]
    = { &apm2_cmd_run, &fac_noun, NULL };
const Apm2Command apm2_quick_root = {
  .name = "apm2",
  .children = root_children,
  .module = APM2_MODULE_CLI,
};
