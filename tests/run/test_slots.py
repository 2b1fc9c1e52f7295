#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Slots, waiting, the same work once, and how a job is ended by others."""

import json
import os
import signal
import time
import unittest
from pathlib import Path

from rig import CLI, RunTest, is_alive, wait_until

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMA = Path(__file__).resolve().parents[2] / "data/schemas/apm2.fac.run_result.v1.json"


class SlotsTest(RunTest):
    def test_second_waits_and_says_why(self):
        first = self.hold()
        second = self.start("echo", "second")
        seen = self.await_words(second, "waiting, number 1")
        self.assertIn("all slots of lane run are taken", seen)
        self.assertIn(str(self.work), seen)
        self.assertIn(self.jobs()[0]["id"], seen)
        self.release()
        out, _ = second.communicate()
        self.assertEqual((second.returncode, out), (0, b"second\n"))
        self.assertEqual(self.finish(first), (7, ""))

    def test_one_line_for_a_change(self):
        first = self.hold()
        second = self.start("true")
        self.await_words(second, "waiting, number 1")
        third = self.start("true")
        seen = self.await_words(third, "waiting, number 2")
        self.release()
        self.assertEqual(self.finish(first)[0], 7)
        status, rest = self.finish(third)
        self.assertEqual(status, 0)
        for line in (seen + rest).splitlines():
            self.assertRegex(line, r"^apm2: waiting, number [12]: ")
        self.assertLessEqual(len((seen + rest).splitlines()), 3)

    def test_quiet_says_nothing(self):
        first = self.hold()
        second = self.start("true", options=("--quiet",))
        self.await_jobs(lambda j: j["state"] == "pending", "a job that waits")
        self.release()
        self.assertEqual(self.finish(second), (0, ""))
        self.finish(first)

    def test_max_wait(self):
        first = self.hold()
        for span in ("0", "1"):
            status, result = self.run_with_result("touch", "ran", options=("--max-wait", span))
            self.assertEqual((status, result["reason"], result["verdict"]), (75, "busy", None))
        self.assertFalse((self.work / "ran").exists())
        self.release()
        self.finish(first)
        self.check(0, "true", options=("--max-wait", "0"))

    def test_waiting_is_not_running(self):
        first = self.hold()
        second = self.start("sh", "-c", "exit 9", options=("--timeout", "1"))
        self.await_words(second, "waiting")
        time.sleep(1.2)
        self.release()
        self.finish(first)
        self.assertEqual(self.finish(second)[0], 9)

    def test_nested_takes_no_second_slot(self):
        inner = f"{CLI} --user run -- sh -c 'exit 6'"
        self.check(6, "sh", "-c", inner, options=("--max-wait", "0"))

    def test_exclusive(self):
        options = ("--exclusive", "db")
        first = self.hold(options=(*options, "--lane", "bulk"))
        second = self.start("true", options=options)
        self.assertIn("'db' is taken", self.await_words(second, "waiting"))
        self.release()
        self.assertEqual(self.finish(second)[0], 0)
        self.finish(first)

    def test_same_key_is_done_once(self):
        first = self.hold(options=("--key", "lint"))
        second = self.start("touch", "ran", options=("--key", "lint", "--json-result", "r.json"))
        self.await_words(second, "the same work is done by job")
        self.release()
        self.assertEqual(self.finish(first)[0], 7)
        self.assertEqual(self.finish(second)[0], 7)
        self.assertFalse((self.work / "ran").exists())
        result = json.loads((self.work / "r.json").read_text(encoding="utf-8"))
        self.assertTrue(result["joined"])
        self.assertEqual((result["reason"], result["exit_status"]), ("failed", 7))
        self.assertEqual(len(self.jobs()), 1)

    def test_joined_does_it_itself_if_the_other_is_cancelled(self):
        first = self.hold(options=("--key", "lint"))
        second = self.start("sh", "-c", "exit 3", options=("--key", "lint"))
        self.await_words(second, "the same work")
        self.apm2("fac", "job", "cancel", self.jobs()[0]["id"])
        self.assertEqual(self.finish(first)[0], 143)
        self.assertEqual(self.finish(second)[0], 3)

    def test_supersede(self):
        first = self.hold(options=("--key", "lint"))
        second = self.start("sh", "-c", "exit 3", options=("--key", "lint", "--supersede"))
        status, err = self.finish(first)
        self.assertEqual(status, 143)
        self.assertIn("superseded", err)
        self.assertEqual(self.finish(second)[0], 3)
        self.assertEqual([j["reason"] for j in self.jobs()], ["superseded", "step_failed"])

    def test_cancel_while_it_runs(self):
        first = self.hold(options=("--json-result", "r.json"))
        self.apm2("fac", "job", "cancel", self.jobs()[0]["id"])
        self.assertEqual(self.finish(first)[0], 143)
        result = json.loads((self.work / "r.json").read_text(encoding="utf-8"))
        self.assertEqual(result["reason"], "cancelled")
        self.assertEqual(self.jobs()[0]["state"], "cancelled")

    def test_cancelled_whatever_the_command_makes_of_it(self):
        for status in (0, 2):
            script = f"trap 'exit {status}' TERM; echo > up; while :; do sleep 0.01; done"
            first = self.start("sh", "-c", script, options=("--json-result", "r.json"))
            wait_until((self.work / "up").exists, "a run to begin")
            (self.work / "up").unlink()
            self.apm2("fac", "job", "cancel", self.jobs()[-1]["id"])
            self.assertEqual(self.finish(first)[0], 143)
            result = json.loads((self.work / "r.json").read_text(encoding="utf-8"))
            self.assertEqual((result["reason"], result["exit_status"]), ("cancelled", status))

    def test_cancel_while_it_waits(self):
        first = self.hold()
        second = self.start("touch", "ran")
        self.await_words(second, "waiting")
        self.apm2("fac", "job", "cancel", self.jobs()[1]["id"])
        self.assertEqual(self.finish(second)[0], 143)
        self.release()
        self.finish(first)
        self.assertFalse((self.work / "ran").exists())

    def test_signal_while_it_waits(self):
        first = self.hold()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            second = self.start("touch", "ran")
            self.await_words(second, "waiting")
            second.send_signal(number)
            self.assertEqual(self.finish(second)[0], -number)
        self.assertEqual({j["state"] for j in self.jobs()}, {"running", "cancelled"})
        self.release()
        self.finish(first)
        self.assertFalse((self.work / "ran").exists())

    def test_kill_leaves_nothing(self):
        script = "setsid sleep 1000 & echo $! > inner; echo $$ > outer; wait"
        first = self.start("sh", "-c", script)
        outer = self.work / "outer"
        wait_until(lambda: outer.exists() and outer.read_text(encoding="utf-8"), "the command")
        second = self.start("true")
        self.await_words(second, "waiting")
        first.kill()
        begin = time.monotonic()
        self.assertEqual(self.finish(second)[0], 0)
        self.assertLess(time.monotonic() - begin, 5)
        for name in ("inner", "outer"):
            pid = int((self.work / name).read_text(encoding="utf-8"))
            wait_until(lambda pid=pid: not is_alive(pid), "the end of the tree")
        self.assertEqual([j["reason"] for j in self.jobs()], ["lost", ""])

    def test_supervisor_is_killed(self):
        first = self.hold(options=("--json-result", "r.json"))
        command = self.pid_of()
        children = Path(f"/proc/{first.pid}/task/{first.pid}/children")
        os.kill(int(children.read_text(encoding="utf-8").split()[0]), signal.SIGKILL)
        status, err = self.finish(first)
        self.assertEqual(status, 125)
        self.assertIn("was killed", err)
        self.assertFalse(is_alive(command))
        self.check(0, "true", options=("--max-wait", "0"))

    @unittest.skipIf(jsonschema is None, "python3-jsonschema is not installed")
    def test_supervisor_is_killed_while_it_waits(self):
        first = self.hold()
        result = self.dir / "result.json"
        second = self.start("touch", "ran", options=("--json-result", str(result)))
        self.await_words(second, "waiting")
        children = Path(f"/proc/{second.pid}/task/{second.pid}/children")
        os.kill(int(children.read_text(encoding="utf-8").split()[0]), signal.SIGKILL)
        status, err = self.finish(second)
        self.assertEqual(status, 143)
        self.assertIn("was killed", err)
        # What it says is what the receipt says.
        said = json.loads(result.read_text(encoding="utf-8"))
        job = self.jobs()[-1]
        self.assertEqual((said["reason"], said["receipt_digest"]),
                         (job["reason"], job["receipt_digest"]))
        self.assertEqual(job["reason"], "cancelled")
        self.release()
        self.finish(first)
        self.assertFalse((self.work / "ran").exists())

    def test_results_are_as_the_schema_says(self):
        schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        cases = {
            "passed": (("true",), ()),
            "failed": (("false",), ()),
            "signal": (("sh", "-c", "kill -9 $$"), ()),
            "spawn_failed": (("no-such-command",), ()),
            "timeout": (("sleep", "100"), ("--timeout", "1")),
            "error": (("true",), ("--lane", "nolane")),
        }
        for reason, (words, options) in cases.items():
            with self.subTest(reason):
                _, result = self.run_with_result(*words, options=options)
                validator.validate(result)
                self.assertEqual(result["reason"], reason)

    def test_result_file_that_cannot_be(self):
        for path in ("no-such-folder/r.json", "/dev/null"):
            self.check(125, "touch", "ran", options=("--json-result", path))
        self.assertFalse((self.work / "ran").exists())


if __name__ == "__main__":
    unittest.main()
