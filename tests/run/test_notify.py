#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""services monitor --notify, seen by a real notification daemon on a bus of its own."""

import json
import os
import select
import shutil
import signal
import subprocess
import unittest

from rig import CLI, DEADLINE_SEC, RunTest, wait_until

# Nobody is started by a name.
BUS_CONFIG = """<busconfig>
  <type>session</type>
  <listen>{}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


@unittest.skipIf(not all(map(shutil.which, ("dunst", "dunstctl", "Xvfb", "dbus-daemon"))),
                 "dunst, Xvfb or dbus-daemon is not installed")
class NotifyTest(RunTest):
    def setUp(self):
        super().setUp()
        self.bus = f"unix:path={self.dir}/bus"
        config = self.dir / "bus.conf"
        config.write_text(BUS_CONFIG.format(self.bus), encoding="utf-8")
        self.spawn("dbus-daemon", "--nofork", "--nopidfile", "--nosyslog",
                   f"--config-file={config}")
        wait_until((self.dir / "bus").exists, "the bus")
        self.env |= {"DBUS_SESSION_BUS_ADDRESS": self.bus, "LC_ALL": "C.UTF-8"}
        self.display = None

    def spawn(self, *words, **more):
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            words, **({"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
                       "stdin": subprocess.DEVNULL} | more))
        self.addCleanup(self.end_process, process)
        return process

    def start_display(self):
        reader, writer = os.pipe()
        self.spawn("Xvfb", "-displayfd", str(writer), "-screen", "0", "640x480x24",
                   "-nolisten", "tcp", "-noreset", pass_fds=[writer])
        os.close(writer)
        with open(reader, encoding="utf-8") as number:
            self.assertTrue(select.select([reader], [], [], DEADLINE_SEC)[0])
            self.display = ":" + number.readline().strip()

    def start_dunst(self):
        if self.display is None:
            self.start_display()
        config = self.dir / "dunstrc"
        config.touch()
        # It is not our program: what it complains of is none of our business.
        env = {k: self.env[k] for k in ("PATH", "HOME", "XDG_RUNTIME_DIR",
                                        "DBUS_SESSION_BUS_ADDRESS")}
        with open(self.dir / "dunst.log", "ab") as log:
            dunst = self.spawn("dunst", "-config", str(config), stdout=log, stderr=log,
                               env=env | {"DISPLAY": self.display})
        wait_until(lambda: dunst.poll() is not None or self.dunst("count").returncode == 0,
                   "dunst")
        self.assertIsNone(dunst.poll(), (self.dir / "dunst.log").read_text(encoding="utf-8"))
        return dunst

    def dunst(self, *words):
        return subprocess.run(["dunstctl", *words], env=self.env, check=False,
                              capture_output=True, text=True, timeout=DEADLINE_SEC)

    def count(self, what="displayed"):
        return int(self.dunst("count", what).stdout)

    def history(self):
        """Returns (summary, body) of all that was shown, when all is closed."""
        self.dunst("close-all")
        wait_until(lambda: self.count() + self.count("waiting") == 0, "an empty screen")
        entries = json.loads(self.dunst("history").stdout)["data"][0]
        return sorted((e["summary"]["data"], e["body"]["data"]) for e in entries)

    def start_monitor(self):
        monitor = self.spawn(CLI, "--user", "fac", "services", "monitor", "--notify",
                             env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        seen = b""
        while b"overall" not in seen:
            self.assertTrue(select.select([monitor.stdout], [], [], DEADLINE_SEC)[0], seen)
            seen += os.read(monitor.stdout.fileno(), 4096)
        return monitor

    def watched(self, name):
        return self.apm2("fac", "submit", "--label", f"name={name}", "--", "true").strip()

    def end_jobs(self, *jobs):
        for job in jobs:
            self.apm2("fac", "job", "cancel", job)

    def shown_after(self, name, number):
        """Cancels jobs of that name until one was seen to end: the first may come too early."""
        before = self.count() + self.count("waiting")

        def told():
            self.end_jobs(self.watched(name))
            return self.count() + self.count("waiting") >= before + number
        wait_until(told, f"{number} more notifications")

    def test_a_job_that_ends_is_told_once(self):
        self.start_dunst()
        monitor = self.start_monitor()
        self.shown_after("warm-up", 1)
        before = self.history()
        job = self.watched("a <b>&amp; c")
        self.end_jobs(job)
        wait_until(self.count, "a notification")
        shown = self.history()
        self.assertEqual(len(shown), len(before) + 1)
        [body] = [body for summary, body in shown if summary == "Job a <b>&amp; c: cancelled"]
        self.assertRegex(body, r"^receipt [0-9a-f]{12}$")
        monitor.send_signal(signal.SIGINT)
        self.assertEqual(monitor.wait(DEADLINE_SEC), 0)
        self.assertEqual(monitor.stderr.read(), b"")

    def test_daemon_that_is_missing_or_restarts(self):
        monitor = self.start_monitor()
        self.await_words(monitor, "nobody shows notifications now")
        early = [self.watched("early") for _ in range(3)]
        self.jobs()
        self.end_jobs(*early)
        dunst = self.start_dunst()
        self.await_words(monitor, "notifications are shown again")
        # Those that the monitor saw before they ended.
        self.shown_after("first", 1)
        dunst.kill()
        dunst.wait(DEADLINE_SEC)
        self.end_jobs(self.watched("between"), self.watched("between"))
        self.start_dunst()
        self.shown_after("second", 1)
        shown = [summary for summary, _ in self.history()]
        self.assertIn("Job second: cancelled", shown)
        self.assertNotIn("Job first: cancelled", shown)
        self.assertNotIn("Job early: cancelled", shown)
        monitor.send_signal(signal.SIGINT)
        monitor.wait(DEADLINE_SEC)
        # Once for each time that somebody missed it.
        rest = monitor.stderr.read().decode()
        self.assertLessEqual(rest.count("nobody shows"), 1)

    def test_no_bus(self):
        self.env["DBUS_SESSION_BUS_ADDRESS"] = ""
        monitor = self.start_monitor()
        self.await_words(monitor, "there is no session bus")
        monitor.send_signal(signal.SIGTERM)
        self.assertEqual(monitor.wait(DEADLINE_SEC), 0)


if __name__ == "__main__":
    unittest.main()
