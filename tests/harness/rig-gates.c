/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Jobs of kind gates, and workers that say how gates ended.
 */

#include "rig-gates.h"

#include <string.h>

#include "apm2-gate-set.h"
#include "apm2-job-spec-json.h"

char *
rig_gates (char tree, const char *gates, const char *members)
{
  g_auto (GStrv) words = g_strsplit (gates, " ", -1);
  g_autofree char *hex = g_strnfill (40, tree);
  g_autoptr (GString) steps = g_string_new (NULL);

  for (guint i = 0; words[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (words[i], ":", 2);

      g_string_append_printf (steps,
                              "%s{'name':'%s','argv':['/bin/true']",
                              i > 0 ? "," : "",
                              parts[0]);
      if (parts[1] != NULL)
        g_string_append_printf (steps, ",'needs':['%s']", parts[1]);
      g_string_append_c (steps, '}');
    }
  return rig_json ("{'schema':'" APM2_SCHEMA_JOB_SPEC "','kind':'gates',"
                   "'source':{'repository':'/srv/r','commit':'%s',"
                   "'tree':'%s','project':'" RIG_GATES_PROJECT "'},"
                   "'steps':[%s]%s%s}",
                   hex,
                   hex,
                   steps->str,
                   members != NULL ? "," : "",
                   members != NULL ? members : "");
}

static Apm2JobSpec *
read_spec (const char *text)
{
  g_autoptr (GError) error = NULL;
  Apm2JobSpec *spec = apm2_job_spec_from_json (text, strlen (text), &error);

  g_assert_no_error (error);
  return spec;
}

char *
rig_gates_digest (const char *spec)
{
  g_autoptr (Apm2JobSpec) read = read_spec (spec);

  return apm2_gate_set_get_digest (read->steps);
}

char *
rig_gates_admitted (GDBusConnection *connection, const char *spec)
{
  g_autoptr (Apm2JobSpec) read = read_spec (spec);
  g_autofree char *gate_set = rig_gates_digest (spec);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;
  char *digest = NULL;
  const char *text = NULL;
  g_autofree char *hash = NULL;

  reply = rig_call (connection,
                    APM2_OBJECT_QUEUE,
                    APM2_IFACE_QUEUE,
                    "Admitted",
                    g_variant_new ("(sssa{sv})",
                                   read->source_project,
                                   read->source_tree,
                                   gate_set,
                                   NULL),
                    &error);
  if (reply == NULL)
    {
      rig_assert_error (error, APM2_ERROR_NOT_FOUND);
      return NULL;
    }
  g_variant_get (reply, "(s&s)", &digest, &text);
  hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  g_assert_cmpstr (hash, ==, digest);
  return digest;
}

char *
rig_gates_result (const RigLease *lease, const char *last, const char *reason)
{
  g_autoptr (Apm2JobSpec) spec = read_spec (lease->job_spec);
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text,
                          "{'outcome': <'completed'>, 'verdict': <'%s'>, "
                          "'containment': <'none'>, ",
                          *reason == '\0' ? "passed" : "failed");
  if (*reason != '\0')
    g_string_append_printf (text, "'reason': <'%s'>, ", reason);
  g_string_append (text,
                   "'steps': <[{'name': <'checkout'>, 'result': <'passed'>, "
                   "'exit_status': <0>}");
  for (guint i = 0; i < spec->steps->len; i++)
    {
      const Apm2Step *step = g_ptr_array_index (spec->steps, i);

      g_string_append_printf (text,
                              ", {'name': <'%s'>, 'result': <'%s'>, "
                              "'exit_status': <0>}",
                              step->name,
                              i + 1 == spec->steps->len ? last : "passed");
    }
  g_string_append (text, "]>}");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
rig_gates_describe_steps (GVariant *steps)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (gsize i = 0; i < g_variant_n_children (steps); i++)
    {
      g_autoptr (GVariant) step = g_variant_get_child_value (steps, i);
      const char *name = NULL;
      const char *state = NULL;

      g_assert_true (g_variant_lookup (step, "name", "&s", &name));
      g_assert_true (g_variant_lookup (step, "state", "&s", &state));
      g_string_append_printf (text, "%s%s:%s", i > 0 ? " " : "", name, state);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}
