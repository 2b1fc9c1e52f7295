/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apm2-error.h"
#include "apm2-unit-state.h"

static Apm2UnitState *
parse (const char *text, GError **error)
{
  g_autoptr (GError) parse_error = NULL;
  g_autoptr (GVariant) properties = g_variant_parse (
      G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &parse_error);

  g_assert_no_error (parse_error);
  return apm2_unit_state_from_properties ("a.service", properties, error);
}

static void
test_all_members_are_read (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2UnitState) unit = parse (
      "{'LoadState': <'loaded'>, 'LoadError': <('x.NoFile', 'no file')>,"
      "'ActiveState': <'failed'>, 'SubState': <'dead'>,"
      "'UnitFileState': <'enabled'>, 'Result': <'oom-kill'>,"
      "'MainPID': <uint32 7>, 'ExecMainCode': <2>, 'ExecMainStatus': <9>,"
      "'InvocationID': <[byte 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,255]>,"
      "'ActiveEnterTimestamp': <uint64 11>, 'ActiveEnterTimestampMonotonic': "
      "<uint64 18>, 'StateChangeTimestamp': <uint64 "
      "12>, 'WatchdogUSec': <uint64 13>, 'NRestarts': <uint32 14>,"
      "'NeedDaemonReload': <true>, 'ControlGroup': <'/a'>,"
      "'FragmentPath': <'/b'>, 'CPUUsageNSec': <uint64 15>,"
      "'MemoryCurrent': <uint64 16>, 'TasksCurrent': <uint64 17>,"
      "'StatusText': <'busy'>, 'Unknown': <'x'>}",
      &error);

  g_assert_no_error (error);
  g_assert_cmpstr (unit->name, ==, "a.service");
  g_assert_cmpstr (unit->load_state, ==, "loaded");
  g_assert_cmpstr (unit->load_error, ==, "no file");
  g_assert_cmpstr (unit->active_state, ==, "failed");
  g_assert_cmpstr (unit->sub_state, ==, "dead");
  g_assert_cmpstr (unit->unit_file_state, ==, "enabled");
  g_assert_cmpstr (unit->result, ==, "oom-kill");
  g_assert_cmpuint (unit->main_pid, ==, 7);
  g_assert_cmpint (unit->exec_main_code, ==, 2);
  g_assert_cmpint (unit->exec_main_status, ==, 9);
  g_assert_cmpstr (unit->invocation_id, ==, "000102030405060708090a0b0c0d0eff");
  g_assert_cmpuint (unit->active_enter_usec, ==, 11);
  g_assert_cmpuint (unit->active_enter_monotonic_usec, ==, 18);
  g_assert_cmpuint (unit->state_change_usec, ==, 12);
  g_assert_cmpuint (unit->watchdog_usec, ==, 13);
  g_assert_cmpuint (unit->n_restarts, ==, 14);
  g_assert_true (unit->need_reload);
  g_assert_cmpstr (unit->control_group, ==, "/a");
  g_assert_cmpstr (unit->fragment_path, ==, "/b");
  g_assert_cmpuint (unit->cpu_usage_nsec, ==, 15);
  g_assert_cmpuint (unit->memory_current, ==, 16);
  g_assert_cmpuint (unit->tasks_current, ==, 17);
  g_assert_cmpstr (unit->status_text, ==, "busy");
}

static void
test_absent_and_unset_read_as_none (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2UnitState) unit
      = parse ("{'LoadState': <'loaded'>, 'ActiveState': <'inactive'>,"
               "'InvocationID': <@ay []>, 'WatchdogUSec': <uint64 "
               "18446744073709551615>, 'MemoryCurrent': <uint64 "
               "18446744073709551615>, 'SubState': <5>}",
               &error);

  g_assert_no_error (error);
  g_assert_cmpstr (unit->invocation_id, ==, "");
  g_assert_cmpuint (unit->watchdog_usec, ==, 0);
  g_assert_cmpuint (unit->memory_current, ==, 0);
  g_assert_cmpstr (unit->sub_state, ==, "");
  g_assert_cmpstr (unit->result, ==, "");
  g_assert_cmpuint (unit->main_pid, ==, 0);
}

static void
test_answer_without_states_is_refused (void)
{
  static const char *const cases[] = { "@a{sv} {}",
                                       "{'LoadState': <'loaded'>}",
                                       "{'ActiveState': <'active'>}" };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (Apm2UnitState) unit = parse (cases[i], &error);

      g_assert_null (unit);
      g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_copy_is_equal_until_a_member_differs (void)
{
  g_autoptr (Apm2UnitState) unit = apm2_unit_state_new ("a.service");
  g_autoptr (Apm2UnitState) copy = apm2_unit_state_copy (unit);

  g_assert_true (apm2_unit_state_equal (unit, copy));
  copy->watchdog_usec = 1;
  g_assert_false (apm2_unit_state_equal (unit, copy));
  copy->watchdog_usec = 0;
  g_free (copy->sub_state);
  copy->sub_state = g_strdup ("dead");
  g_assert_false (apm2_unit_state_equal (unit, copy));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/apm2/unit-state/all-members-are-read",
                   test_all_members_are_read);
  g_test_add_func ("/apm2/unit-state/absent-and-unset-read-as-none",
                   test_absent_and_unset_read_as_none);
  g_test_add_func ("/apm2/unit-state/answer-without-states-is-refused",
                   test_answer_without_states_is_refused);
  g_test_add_func ("/apm2/unit-state/copy-is-equal-until-a-member-differs",
                   test_copy_is_equal_until_a_member_differs);
  return g_test_run ();
}
