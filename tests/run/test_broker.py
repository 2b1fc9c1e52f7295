#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A broker that restarts, is away, or was never there."""

import fcntl
import json
import os
import signal
import subprocess
import unittest

from rig import DAEMON, RunTest, is_alive, wait_until


class RestartTest(RunTest):
    def setUp(self):
        super().setUp()
        # Held by somebody who starts a broker, which is us: nobody else does.
        lock = os.open(self.runtime / "apm2/start.lock", os.O_RDWR | os.O_CREAT, 0o600)
        self.addCleanup(os.close, lock)
        fcntl.flock(lock, fcntl.LOCK_EX)

    def test_command_and_slot_outlive_the_broker(self):
        first = self.hold(options=("--json-result", "r.json"))
        second = self.start("true")
        self.await_words(second, "waiting")
        for number in (signal.SIGKILL, signal.SIGTERM):
            self.stop_broker(number)
            self.assertTrue(is_alive(self.pid_of()))
            self.start_broker()
            self.await_jobs(lambda j: j["state"] == "running", "the job to be known again")
        self.assertIsNone(second.poll())
        self.release()
        self.assertEqual(self.finish(first), (7, ""))
        self.assertEqual(self.finish(second)[0], 0)
        result = json.loads((self.work / "r.json").read_text(encoding="utf-8"))
        receipts = self.apm2("fac", "receipts", "list", "--text")
        self.assertIn(result["job_id"], receipts)
        self.assertIsNotNone(result["receipt_digest"])

    def test_ends_while_the_broker_is_away(self):
        first = self.hold(options=("--json-result", "r.json"))
        self.stop_broker(signal.SIGKILL)
        self.release()
        wait_until(lambda: not is_alive(self.pid_of()), "the end of the command")
        self.start_broker()
        self.assertEqual(self.finish(first), (7, ""))
        self.assertEqual([j["reason"] for j in self.jobs()], ["step_failed"])


class AloneTest(RunTest):
    with_broker = False

    def test_runs_that_come_at_once_start_one_broker(self):
        runs = [self.start("sh", "-c", f"echo {i}") for i in range(6)]
        for i, run in enumerate(runs):
            out, err = run.communicate()
            self.assertEqual((run.returncode, out.decode()), (0, f"{i}\n"), err)
        self.assertEqual(len(self.jobs()), 6)
        broker = self.find_broker()
        self.assertTrue(broker)
        # It belongs to nobody, and holds nothing of ours.
        self.assertNotEqual(os.getsid(broker), os.getsid(0))
        self.assertEqual(os.readlink(f"/proc/{broker}/cwd"), "/")

    def test_home_that_is_not_there(self):
        del self.env["XDG_RUNTIME_DIR"]
        self.env["APM2_HOME"] = str(self.dir / "new")
        self.runtime = self.dir / "new/run"
        broker = self.dir / "new/run/operator.sock"
        self.check(3, "sh", "-c", "exit 3")
        self.assertTrue(broker.is_socket())
        self.stop_listener(broker)

    def test_broker_that_crashed_is_started_again(self):
        first = self.hold()
        os.kill(self.find_broker(), signal.SIGKILL)
        self.release()
        self.assertEqual(self.finish(first)[0], 7)
        self.assertEqual([j["reason"] for j in self.jobs()], ["step_failed"])

    def break_configuration(self):
        (self.home / "apm2.conf").write_text("[lane run]\nslots=many\n", encoding="utf-8")

    def test_no_broker_fails(self):
        self.break_configuration()
        status, _, err = self.run_to_end("touch", "ran")
        self.assertEqual(status, 125)
        self.assertIn("slots", err)
        self.assertFalse((self.work / "ran").exists())

    def test_no_broker_runs(self):
        self.break_configuration()
        status, result = self.run_with_result("sh", "-c", "exit 3", options=("--no-broker=run",))
        self.assertEqual((status, result["reason"]), (3, "failed"))
        self.assertIsNone(result["receipt_digest"])

    def test_limit_that_cannot_hold(self):
        status, result = self.run_with_result("touch", "ran", options=("--memory", "100M"))
        self.assertEqual((status, result["status"]), (125, 125))
        self.assertFalse((self.work / "ran").exists())


class IdleTest(RunTest):
    with_broker = False

    def test_idle_broker_leaves(self):
        broker = subprocess.Popen([DAEMON, "--user", "--idle-exit=1"], env=self.env,
                                  stderr=subprocess.DEVNULL)
        wait_until(self.find_broker, "the broker")
        first = self.hold()
        self.assertRaises(subprocess.TimeoutExpired, broker.wait, 1.5)
        self.release()
        self.assertEqual(self.finish(first)[0], 7)
        self.assertEqual(broker.wait(30), 0)


if __name__ == "__main__":
    unittest.main()
