/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac quarantine: what is printed, on a terminal and as JSON, and with
 * which status it exits.
 */

#include <string.h>

#include "rig-cli.h"
#include "rig-client.h"
#include "rig-quarantine.h"

#define EXIT_USAGE     2
#define EXIT_NOT_FOUND 6

static void
test_every_verb (void)
{
  g_autoptr (Rig) rig = rig_new (NULL);
  RigHome *home = rig->home;
  g_autofree char *spec = rig_spec ("'job_id':'lost'");
  g_autofree char *good = rig_spec (NULL);
  g_autofree char *id = rig_quarantine_job (rig, spec);
  g_autofree char *shown = NULL;
  g_autofree char *listed = NULL;
  g_autofree char *json = NULL;
  g_autofree char *entry = NULL;
  g_autofree char *new_id = NULL;
  g_autofree char *gone = NULL;

  rig_quarantine_file (home, "bad.json", "\033[2J", "no JSON \033[1m\n");
  rig_quarantine_file (home, "good.json", good, "why\n");
  listed = RIG_CLI (home, 0, "fac", "quarantine", "list");
  rig_cli_assert_has (listed, "file:bad.json");
  rig_cli_assert_has (listed, "worker_lost");
  g_assert_null (strchr (listed, '\033'));
  json = RIG_CLI (home, 0, "fac", "quarantine", "list", "--json");
  rig_cli_assert_has (json, "\"job:lost\"");
  rig_cli_assert_schema (home, json);
  shown = RIG_CLI (home, 0, "fac", "quarantine", "show", "file:bad.json");
  rig_cli_assert_has (shown, "no JSON");
  g_assert_null (strchr (shown, '\033'));
  entry = RIG_CLI (home, 0, "fac", "quarantine", "show", "--json", "job:lost");
  rig_cli_assert_schema (home, entry);

  new_id = RIG_CLI (home, 0, "fac", "quarantine", "release", "file:good.json");
  rig_wait_state (rig->client, new_id, "pending");
  g_free (RIG_CLI_FAILS (
      home, EXIT_USAGE, "fac", "quarantine", "release", "file:bad.json"));
  g_free (RIG_CLI_FAILS (
      home, EXIT_NOT_FOUND, "fac", "quarantine", "show", "job:none"));
  g_free (RIG_CLI_FAILS (home, EXIT_USAGE, "fac", "quarantine", "prune"));
  g_free (RIG_CLI_FAILS (
      home, EXIT_USAGE, "fac", "quarantine", "prune", "--all", "job:lost"));
  gone = RIG_CLI (home, 0, "fac", "quarantine", "prune", "--all");
  g_assert_cmpstr (gone, ==, "gone: 1 files, 1 jobs");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/apm2/quarantine-cli/every-verb", test_every_verb);
  return g_test_run ();
}
