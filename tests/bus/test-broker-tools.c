/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The tools that every machine has, on the operator socket of the running
 * broker, with no message bus anywhere.
 */

#include <string.h>

#include "rig-broker.h"
#include "rig-client.h"
#include "rig-wait.h"

typedef struct
{
  Rig *rig;
  char *busctl_address;
  char *job_id;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec ("'job_id':'tool'");

  self->rig = rig_new (NULL);
  self->busctl_address
      = g_strconcat ("--address=", self->rig->home->address, NULL);
  self->job_id = rig_submit (self->rig->client, spec);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  rig_free (self->rig);
  g_free (self->busctl_address);
  g_free (self->job_id);
}

static void
assert_has (const char *output, const char *part)
{
  if (strstr (output, part) == NULL)
    rig_fail ("'%s' is not in: %s", part, output);
}

static void
test_gdbus_introspects (Fixture *self, gconstpointer data)
{
  const char *const argv[]
      = { "gdbus",     "introspect",  "--address",     self->rig->home->address,
          "--dest",    APM2_BUS_NAME, "--object-path", APM2_OBJECT_ROOT,
          "--recurse", NULL };
  g_autofree char *output = rig_run_ok (self->rig->home, argv);

  assert_has (output, "interface org.apm2.Services {");
  assert_has (output, "interface org.apm2.Services.Queue {");
  assert_has (output, "interface org.apm2.Services.Job {");
  assert_has (output, "interface org.apm2.Services.Lane {");
  assert_has (output, "State = 'pending';");
  assert_has (output, "Id = 'tool';");
}

static void
test_gdbus_calls (Fixture *self, gconstpointer data)
{
  const char *const argv[] = { "gdbus",
                               "call",
                               "--address",
                               self->rig->home->address,
                               "--dest",
                               APM2_BUS_NAME,
                               "--object-path",
                               APM2_OBJECT_QUEUE,
                               "--method",
                               APM2_IFACE_QUEUE ".Cancel",
                               self->job_id,
                               "{'reason': <'by hand'>}",
                               NULL };
  g_autofree char *output = rig_run_ok (self->rig->home, argv);

  g_assert_cmpstr (output, ==, "('cancelled',)\n");
}

static void
test_gdbus_shows_errors (Fixture *self, gconstpointer data)
{
  const char *const argv[] = { "gdbus",
                               "call",
                               "--address",
                               self->rig->home->address,
                               "--dest",
                               APM2_BUS_NAME,
                               "--object-path",
                               APM2_OBJECT_QUEUE,
                               "--method",
                               APM2_IFACE_QUEUE ".Get",
                               "ghost",
                               "{}",
                               NULL };
  g_autofree char *complaint = NULL;
  int status = 0;
  g_autofree char *output
      = rig_run (self->rig->home, argv, &status, &complaint);

  g_assert_cmpint (status, !=, 0);
  assert_has (complaint, "org.apm2.Error.NotFound");
  assert_has (complaint, "ghost");
}

static void
test_busctl_introspects (Fixture *self, gconstpointer data)
{
  const char *const argv[]
      = { "busctl",          self->busctl_address, "introspect", APM2_BUS_NAME,
          APM2_OBJECT_QUEUE, APM2_IFACE_QUEUE,     NULL };
  g_autofree char *output = rig_run_ok (self->rig->home, argv);

  assert_has (output, ".Submit");
  assert_has (output, "sa{sv}");
  assert_has (output, ".Pending");
}

static void
test_busctl_calls (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec ("'job_id':'byhand'");
  const char *const argv[] = { "busctl",
                               self->busctl_address,
                               "call",
                               APM2_BUS_NAME,
                               APM2_OBJECT_QUEUE,
                               APM2_IFACE_QUEUE,
                               "Submit",
                               "sa{sv}",
                               spec,
                               "0",
                               NULL };
  g_autofree char *output = rig_run_ok (self->rig->home, argv);

  g_assert_cmpstr (
      output, ==, "sob \"byhand\" \"/org/apm2/Services/job/byhand\" true\n");
}

static void
test_busctl_gets_properties (Fixture *self, gconstpointer data)
{
  const char *const argv[] = { "busctl",
                               self->busctl_address,
                               "get-property",
                               APM2_BUS_NAME,
                               APM2_OBJECT_QUEUE,
                               APM2_IFACE_QUEUE,
                               "Pending",
                               "Paused",
                               NULL };
  g_autofree char *output = rig_run_ok (self->rig->home, argv);

  g_assert_cmpstr (output, ==, "t 1\nb false\n");
}

static void
test_busctl_shows_the_tree (Fixture *self, gconstpointer data)
{
  const char *const argv[] = { "busctl", self->busctl_address, "tree",
                               "--list", APM2_BUS_NAME,        NULL };
  g_autofree char *output = rig_run_ok (self->rig->home, argv);

  assert_has (output, APM2_OBJECT_QUEUE "\n");
  assert_has (output, APM2_OBJECT_JOBS "/tool\n");
  assert_has (output, APM2_OBJECT_LANES "/bulk\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add (                                                                 \
      "/apm2/broker-tools/" name, Fixture, NULL, set_up, function, tear_down)

  ADD ("gdbus-introspects", test_gdbus_introspects);
  ADD ("gdbus-calls", test_gdbus_calls);
  ADD ("gdbus-shows-errors", test_gdbus_shows_errors);
  ADD ("busctl-introspects", test_busctl_introspects);
  ADD ("busctl-calls", test_busctl_calls);
  ADD ("busctl-gets-properties", test_busctl_gets_properties);
  ADD ("busctl-shows-the-tree", test_busctl_shows_the_tree);
  return g_test_run ();
}
