#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The examples of docs/examples, in each language, against a broker and a worker.

They must keep their promise where it is hard: a job that is over before anybody looks,
a broker that is killed in between, bytes that are no text, a second attempt, nobody
there.
"""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/run"))
from rig import BUILD, DEADLINE_SEC, RunTest, wait_until  # noqa: E402

EXAMPLES = ROOT / "docs/examples"
WORKER = str(BUILD / "src/worker/apm2-worker")
BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>{address}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
# What a shell example could get wrong: octal digits that follow, percent signs,
# backslashes, NUL, no UTF-8, no line feed at the end.
BYTES = b"\x00\xff\x80 1%s %% \\n \\0101 'x' \"y\"\n7"
PRINT_BYTES = "printf '\\000\\377\\2001%%s %%%% \\\\n \\\\0101 '\\''x'\\'' \"y\"\\n7'".replace("\\2001", "\\200 1")


class Example:
    """A program that runs and what it has said so far."""

    def __init__(self, test, words, env):
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            words, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        test.addCleanup(test.end_process, self.process)
        self.said = {self.process.stdout: b"", self.process.stderr: b""}

    @property
    def out(self):
        return self.said[self.process.stdout]

    @property
    def err(self):
        return self.said[self.process.stderr]

    def listen(self, deadline):
        """Waits for more; returns False when there will be none."""
        open_streams = [stream for stream in self.said if not stream.closed]
        if not open_streams:
            return False
        ready = select.select(open_streams, [], [], max(0, deadline - time.monotonic()))[0]
        if not ready:
            raise AssertionError(f"waited in vain; it said {self.out} {self.err}")
        for stream in ready:
            data = os.read(stream.fileno(), 65536)
            self.said[stream] += data
            if not data:
                stream.close()
        return True

    def await_text(self, part):
        deadline = time.monotonic() + DEADLINE_SEC
        while part not in self.out:
            if not self.listen(deadline):
                raise AssertionError(f"ended without {part}: {self.out} {self.err}")

    def finish(self):
        deadline = time.monotonic() + DEADLINE_SEC
        while self.listen(deadline):
            pass
        return self.process.wait(DEADLINE_SEC)


class ExampleTest(RunTest):
    """What each language must do."""

    config = "[retry]\nbackoff=0\n"
    with_broker = False
    commands = {}

    def setUp(self):
        super().setUp()
        address = f"unix:path={self.dir}/bus"
        (self.dir / "bus.conf").write_text(BUS_CONFIG.format(address=address), encoding="utf-8")
        self.env["DBUS_SESSION_BUS_ADDRESS"] = address
        self.start_process("dbus-daemon", f"--config-file={self.dir}/bus.conf", "--nofork", "--nopidfile")
        wait_until(lambda: self.find_broker(self.dir / "bus"), "the bus")
        self.bus = Gio.DBusConnection.new_for_address_sync(
            address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None,
        )
        self.addCleanup(self.bus.close_sync, None)

    def start_process(self, *words):
        log = open(self.dir / "processes.log", "ab")  # pylint: disable=consider-using-with
        with log:
            process = subprocess.Popen(  # pylint: disable=consider-using-with
                words, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.addCleanup(self.end_process, process)
        return process

    def call(self, name, path, interface, method, parameters):
        return self.bus.call_sync(
            name, path, interface, method, parameters, None,
            Gio.DBusCallFlags.NO_AUTO_START, DEADLINE_SEC * 1000, None,
        ).unpack()

    def owns_name(self):
        return self.call(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
            "NameHasOwner", GLib.Variant("(s)", ("org.apm2.Services",)),
        )[0]

    def start_broker(self):
        super().start_broker()
        wait_until(self.owns_name, "the name on the bus")

    def start_services(self):
        self.start_broker()
        return self.start_process(WORKER, "--user", "--executor=direct")

    def kill_broker(self):
        self.stop_broker(signal.SIGKILL)
        wait_until(lambda: not self.owns_name(), "the end of the name")

    def example(self, name, *words):
        return Example(self, [*self.commands[name], *words], self.env)

    def submit(self, script, **members):
        spec = {
            "schema": "apm2.fac.job_spec.v1",
            "steps": [{"name": "s", "argv": ["sh", "-c", script]}],
        } | members
        return self.call(
            "org.apm2.Services", "/org/apm2/Services/queue", "org.apm2.Services.Queue", "Submit",
            GLib.Variant("(sa{sv})", (json.dumps(spec), {})),
        )[0]

    def wait_for(self, name):
        """A command line that waits for a file of the test's."""
        return f"while [ ! -e {self.work}/{name} ]; do sleep 0.02; done"

    def let(self, name):
        (self.work / name).touch()

    # --- submit and wait ---

    def test_a_job_passes(self):
        self.start_services()
        odd = "a \"quoted\" \\ word\n\tand lines"
        script = "[ \"$1\" = \"$2\" ]"
        example = self.example("submit-and-wait", "sh", "-c", script, "sh", odd, odd)
        self.assertEqual(example.finish(), 0, example.err)
        self.assertRegex(example.out, rb"^example-\S+ submitted\nexample-\S+ completed passed *\n$")

    def test_a_job_fails(self):
        self.start_services()
        example = self.example("submit-and-wait", "false")
        self.assertEqual(example.finish(), 1, example.err)
        self.assertIn(b"completed failed step_failed", example.out)

    def test_nobody_is_there(self):
        example = self.example("submit-and-wait", "true")
        self.assertEqual(example.finish(), 2)
        self.assertIn(b"org.apm2.Services", example.err)

    def test_the_broker_is_killed_while_a_job_runs(self):
        self.start_services()
        example = self.example("submit-and-wait", "sh", "-c", f"touch {self.work}/runs; {self.wait_for('go')}")
        wait_until((self.work / "runs").exists, "the job")
        example.await_text(b"submitted")
        self.kill_broker()
        self.start_broker()
        self.let("go")
        self.assertEqual(example.finish(), 0, example.err)
        self.assertIn(b"completed passed", example.out)

    # --- follow a log ---

    def test_log_of_a_job_that_is_over(self):
        self.start_services()
        job = self.submit(f"echo begin; {PRINT_BYTES}")
        self.assertEqual(self.example("submit-and-wait", "true").finish(), 0)
        example = self.example("follow-log", job)
        self.assertEqual(example.finish(), 0, example.err)
        self.assertEqual(example.out, b"begin\n" + BYTES)

    def test_log_of_a_job_that_runs(self):
        self.start_services()
        job = self.submit(f"echo one; {self.wait_for('go')}; {PRINT_BYTES}")
        example = self.example("follow-log", job)
        example.await_text(b"one\n")
        self.let("go")
        self.assertEqual(example.finish(), 0, example.err)
        self.assertEqual(example.out, b"one\n" + BYTES)

    def test_log_of_a_job_that_waits(self):
        self.start_broker()
        job = self.submit("echo late")
        example = self.example("follow-log", job)
        self.start_process(WORKER, "--user", "--executor=direct")
        self.assertEqual(example.finish(), 0, example.err)
        self.assertEqual(example.out, b"late\n")

    def test_log_while_the_broker_is_killed(self):
        self.start_services()
        job = self.submit(f"echo one; {self.wait_for('go')}; echo two")
        example = self.example("follow-log", job)
        example.await_text(b"one\n")
        self.kill_broker()
        self.start_broker()
        self.let("go")
        self.assertEqual(example.finish(), 0, example.err)
        self.assertEqual(example.out, b"one\ntwo\n")

    def test_log_of_a_second_attempt(self):
        self.start_services()
        job = self.submit(
            f"if [ -e {self.work}/go ]; then echo second; else echo first; {self.wait_for('go')}; exit 1; fi",
            retry={"max_attempts": 2, "on": ["step_failed"]},
        )
        example = self.example("follow-log", job)
        example.await_text(b"first\n")
        self.let("go")
        self.assertEqual(example.finish(), 0, example.err)
        self.assertEqual(example.out, b"first\nsecond\n")
        self.assertIn(b"attempt 2\n", example.err)

    def test_log_of_no_job(self):
        self.start_services()
        example = self.example("follow-log", "no-such-job")
        self.assertNotEqual(example.finish(), 0)
        self.assertIn(b"no-such-job", example.err)

    # --- watch health ---

    def test_health_is_watched(self):
        example = self.example("watch-health")
        example.await_text(b"not running\n")
        self.start_broker()
        example.await_text(b"degraded: no_worker\n")
        self.start_process(WORKER, "--user", "--executor=direct")
        example.await_text(b"healthy\n")
        self.assertTrue(self.owns_name())
        self.kill_broker()
        example.await_text(b"healthy\nnot running\n")
        self.start_broker()
        deadline = time.monotonic() + DEADLINE_SEC
        while not example.out.endswith(b"\nhealthy\n"):
            self.assertTrue(example.listen(deadline))
        self.assertEqual(example.err, b"")

    def test_watching_starts_nothing(self):
        example = self.example("watch-health")
        example.await_text(b"not running\n")
        self.assertFalse(self.owns_name())


def commands_in(folder, suffix="", joint="-"):
    names = ("watch-health", "submit-and-wait", "follow-log")
    return {name: [str(folder / (name.replace("-", joint) + suffix))] for name in names}


class Python(ExampleTest):
    # With the Python that has gi, wherever another one is first in the path.
    commands = {
        name: [sys.executable, *words]
        for name, words in commands_in(EXAMPLES / "python", ".py", "_").items()
    }


@unittest.skipUnless(shutil.which("gjs"), "needs gjs")
class Gjs(ExampleTest):
    commands = commands_in(EXAMPLES / "gjs", ".js")


@unittest.skipUnless(shutil.which("busctl") and shutil.which("gdbus"), "needs busctl and gdbus")
class Shell(ExampleTest):
    commands = commands_in(EXAMPLES / "shell")


@unittest.skipUnless(shutil.which("make") and shutil.which("cc"), "needs make and a compiler")
class C(ExampleTest):
    @classmethod
    def setUpClass(cls):
        folder = Path(tempfile.mkdtemp(prefix="apm2-examples-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        shutil.copytree(EXAMPLES / "c", folder / "c")
        subprocess.run(
            ["make", "-s", "-C", folder / "c", f"INTERFACES={ROOT}/introspection", "CFLAGS=-O0 -Wall -Wextra -Werror"],
            check=True,
        )
        cls.commands = commands_in(folder / "c")


del ExampleTest

if __name__ == "__main__":
    unittest.main()
