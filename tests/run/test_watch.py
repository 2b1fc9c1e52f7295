#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Jobs that change while somebody looks: jobs --watch, job wait, job logs -f."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

from rig import BUILD, CLI, DEADLINE_SEC, RunTest, wait_until

CONFIG = """[lane run]
slots=1
[worker]
executor=direct
"""


class WatchTest(RunTest):
    config = CONFIG

    def setUp(self):
        super().setUp()
        self.env |= {"APM2_LIBEXECDIR": str(BUILD / "src/worker"), "LC_ALL": "C.UTF-8"}

    def popen(self, *words, **more):
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            [CLI, "--user", "fac", *words], env=self.env,
            **({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | more),
        )
        self.addCleanup(self.end_process, process)
        return process

    def start_worker(self):
        log = open(self.dir / "worker.log", "ab")  # pylint: disable=consider-using-with
        with log:
            worker = subprocess.Popen(  # pylint: disable=consider-using-with
                [str(BUILD / "src/worker/apm2-worker"), "--user"], env=self.env,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        self.addCleanup(self.end_process, worker)

    def submit(self, *steps, **spec):
        document = {"schema": "apm2.fac.job_spec.v1", "steps": [
            {"name": name, "argv": ["sh", "-c", script]} for name, script in steps]} | spec
        path = self.dir / "spec.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return self.apm2("fac", "submit", "--file", str(path)).strip()

    def read_line(self, process):
        ready, _, _ = select.select([process.stdout], [], [], DEADLINE_SEC)
        self.assertTrue(ready, "no line came")
        return process.stdout.readline()

    def test_each_change_is_a_line(self):
        old = self.submit(("a", "true"))
        watch = self.popen("jobs", "--watch", bufsize=1)
        self.assertRegex(self.read_line(watch), rf"^\d\d:\d\d:\d\d  {old}  ○ pending +bulk  ")
        new = self.submit(("one", "true"), ("two", "exit 3"), labels={"name": "試験"})
        self.assertRegex(self.read_line(watch), rf"  {new}  ○ pending +bulk  ")
        self.start_worker()
        seen = ""
        while seen.count("passed") + seen.count("failed") < 2:
            seen += self.read_line(watch)
        self.assertRegex(seen, rf"{old}  ● running")
        self.assertRegex(seen, rf"{old}  ● passed")
        self.assertRegex(seen, rf"{new}  × failed .*step_failed|{new}  × failed ")
        watch.send_signal(signal.SIGINT)
        self.assertEqual(watch.wait(DEADLINE_SEC), 0)
        self.assertEqual(watch.stderr.read(), "")

    def test_json_filter_and_a_broker_that_restarts(self):
        watch = self.popen("jobs", "--watch", "--json", "--lane", "bulk", "-s", "cancelled",
                           "-s", "pending", bufsize=1)
        wait_until(lambda: self.jobs() == [], "an answer")
        first = self.submit(("a", "true"))
        event = json.loads(self.read_line(watch))
        self.assertEqual((event["schema"], event["job"]["id"], event["job"]["state"]),
                         ("apm2.fac.job_event.v1", first, "pending"))
        self.stop_broker(signal.SIGKILL)
        self.start_broker()
        self.await_words_of(watch, "the broker is back")
        self.apm2("fac", "job", "cancel", first)
        event = json.loads(self.read_line(watch))
        self.assertEqual((event["event"], event["job"]["id"], event["job"]["state"]),
                         ("changed", first, "cancelled"))

    def await_words_of(self, process, words):
        seen = ""
        while words not in seen:
            ready, _, _ = select.select([process.stderr], [], [], DEADLINE_SEC)
            self.assertTrue(ready, seen)
            seen += os.read(process.stderr.fileno(), 4096).decode()

    def test_no_broker(self):
        self.stop_broker(signal.SIGTERM)
        watch = self.popen("jobs", "--watch")
        self.assertEqual(watch.wait(DEADLINE_SEC), 5)
        self.assertIn("cannot reach the broker", watch.stderr.read())

    def open_terminal(self, *words):
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
        before = termios.tcgetattr(slave)
        self.env["TERM"] = "xterm"
        process = self.popen(*words, stdin=slave, stdout=slave, stderr=slave, text=False,
                             start_new_session=True)
        self.addCleanup(os.close, slave)
        return master, slave, before, process

    def read_until(self, master, condition):
        seen = b""
        deadline = time.monotonic() + DEADLINE_SEC
        while not condition(seen.decode(errors="replace")):
            ready, _, _ = select.select([master], [], [], 1)
            if ready:
                seen += os.read(master, 65536)
            self.assertLess(time.monotonic(), deadline, seen)
        return seen.decode(errors="replace")

    def test_on_a_terminal_the_list_stands(self):
        master, slave, before, watch = self.open_terminal("jobs", "--watch", "--color=never")
        self.read_until(master, lambda seen: "NAME" in seen)
        job = self.submit(("a", "true"))
        self.read_until(master, lambda seen: f"{job}  ○ pending" in seen)
        self.apm2("fac", "job", "cancel", job)
        seen = self.read_until(master, lambda seen: f"{job}  × cancelled" in seen)
        self.assertIn("\x1b[H", seen)
        os.write(master, b"q")
        self.read_until(master, lambda seen: "\x1b[?1049l" in seen)
        self.assertEqual(watch.wait(DEADLINE_SEC), 0)
        self.assertEqual(termios.tcgetattr(slave), before)

    def test_headers_name_the_steps(self):
        self.start_worker()
        job = self.submit(("compile", "echo c1; echo c2"), ("silent", "true"),
                          ("unit", "printf u1"))
        wanted = "── step 1/3 compile ──\nc1\nc2\n── step 3/3 unit ──\nu1"
        followed = self.popen("job", "logs", "-f", "--headers", job)
        self.assertEqual(followed.communicate(timeout=DEADLINE_SEC)[0], wanted)
        self.assertEqual(self.apm2("fac", "job", "logs", "--headers", job), wanted)
        self.assertEqual(self.apm2("fac", "job", "logs", job), "c1\nc2\nu1")
        self.assertEqual(self.apm2("fac", "job", "logs", "-f", job), "c1\nc2\nu1")
        self.assertEqual(self.apm2("fac", "job", "logs", "--headers", "-s", "unit", job), "u1")
        master, _, _, logs = self.open_terminal("job", "logs", "-f", job)
        seen = self.read_until(master, lambda seen: "u1" in seen)
        self.assertIn("── step 1/3 compile ──", seen)
        self.assertEqual(logs.wait(DEADLINE_SEC), 0)
        one = self.submit(("only", "echo x"))
        followed = self.popen("job", "logs", "-f", "--headers", one)
        self.assertEqual(followed.communicate(timeout=DEADLINE_SEC)[0], "x\n")

    def test_beginning_of_an_id_is_answered_with_ids(self):
        jobs = sorted(self.submit(("a", "true")) for _ in range(2))
        for verb in ("show", "cancel", "retry", "logs", "wait"):
            process = self.popen("job", verb, jobs[0][:8])
            _, err = process.communicate(timeout=DEADLINE_SEC)
            self.assertEqual(process.returncode, 6, err)
            self.assertEqual(sorted(re.findall(r"'(j[0-9a-z]{20,})'", err)), jobs, err)
            process = self.popen("job", verb, "xyzzy")
            self.assertIn("fac jobs' lists them", process.communicate(timeout=DEADLINE_SEC)[1])
        self.assertEqual([job["state"] for job in self.jobs()], ["pending", "pending"])

    def test_wait_for_any(self):
        jobs = [self.submit(("a", "true"), lane="bulk") for _ in range(3)]
        wait = self.popen("job", "wait", "--any", *jobs)
        self.apm2("fac", "job", "cancel", jobs[1])
        out, err = wait.communicate(timeout=DEADLINE_SEC)
        self.assertEqual(wait.returncode, 3, err)
        self.assertIn(jobs[1], out)
        self.assertEqual(len(out.splitlines()), 1)
        wait = self.popen("job", "wait", "--timeout", "1s", jobs[0], jobs[2])
        _, err = wait.communicate(timeout=DEADLINE_SEC)
        self.assertEqual(wait.returncode, 1)
        self.assertIn("2 jobs have not ended after 1s", err)


if __name__ == "__main__":
    unittest.main()
