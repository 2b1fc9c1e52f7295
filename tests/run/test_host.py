#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""--host, with a broker on a message bus of its own and an ssh that goes nowhere."""

import json
import os
import shutil
import stat
import subprocess
import unittest

from rig import CLI, DEADLINE_SEC, RunTest, wait_until

SSH = """#!/bin/sh
echo "$*" >> {log}
while [ "$1" != -- ]; do shift; done
host=$2; shift 2
case $host in
  away) echo "ssh: connect to host away: No route to host" >&2; exit 255;;
  bare) echo "sh: 1: $1: not found" >&2; exit 127;;
  mute) exit 0;;
esac
case $1 in
  systemd-*) exec "$1" --bus-path="{bus}";;
esac
eval "exec $*"
"""


@unittest.skipIf(shutil.which("systemd-stdio-bridge") is None
                 or shutil.which("dbus-daemon") is None, "no bridge or no bus here")
class HostTest(RunTest):
    with_broker = False

    def setUp(self):
        super().setUp()
        self.bus_address = f"unix:path={self.dir}/bus"
        bus = subprocess.Popen(  # pylint: disable=consider-using-with
            ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--nosyslog",
             f"--address={self.bus_address}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self.addCleanup(self.end_process, bus)
        wait_until((self.dir / "bus").exists, "the bus")
        self.calls = self.dir / "calls"
        (self.dir / "bin").mkdir()
        ssh = self.dir / "bin/ssh"
        ssh.write_text(SSH.format(log=self.calls, bus=self.bus_address), encoding="utf-8")
        ssh.chmod(stat.S_IRWXU)
        self.plain_env = dict(self.env)
        self.env["DBUS_SESSION_BUS_ADDRESS"] = self.bus_address
        self.start_broker()
        # Whoever asks has neither the socket nor the bus.
        elsewhere = self.dir / "elsewhere"
        elsewhere.mkdir(mode=0o700)
        self.remote_env = self.plain_env | {
            "XDG_RUNTIME_DIR": str(elsewhere), "APM2_HOME": str(elsewhere),
            "PATH": f"{self.dir}/bin:{self.plain_env['PATH']}",
        }

    def remote(self, *words, status=0):
        done = subprocess.run(
            [CLI, *words], env=self.remote_env, check=False, capture_output=True, text=True,
            timeout=DEADLINE_SEC,
        )
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def on_bus(self):
        done = subprocess.run(
            ["dbus-send", f"--bus={self.bus_address}", "--print-reply",
             "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus",
             "org.freedesktop.DBus.NameHasOwner", "string:org.apm2.Services"],
            check=False, capture_output=True, text=True, timeout=DEADLINE_SEC,
        )
        return "true" in done.stdout

    def test_calls_and_signals_come_over(self):
        wait_until(self.on_bus, "the broker on the bus")
        job = self.remote("-H", "me@there:77", "--user", "fac", "submit", "--", "true")
        self.assertIn("apm2 -H me@there:77 --user fac job logs -f", job.stderr)
        job = job.stdout.strip()
        self.assertEqual(self.calls.read_text(encoding="utf-8"),
                         "-xT -p 77 -l me -- there systemd-stdio-bridge "
                         "-punix:path=/run/user/$(id -u)/bus\n")
        listed = self.remote("fac", "jobs", "--host", "there", "--json=short")
        self.assertEqual([j["id"] for j in json.loads(listed.stdout)["jobs"]], [job])
        waiting = subprocess.Popen(  # pylint: disable=consider-using-with
            [CLI, "-Hthere", "fac", "job", "wait", job], env=self.remote_env,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.addCleanup(self.end_process, waiting)
        self.apm2("fac", "job", "cancel", job)
        out, err = waiting.communicate(timeout=DEADLINE_SEC)
        self.assertEqual(waiting.returncode, 3, err)
        self.assertIn(job, out)
        done = self.remote("-H", "there", "fac", "job", "show", "nosuch", status=6)
        self.assertIn("'apm2 -H there fac jobs' lists them", done.stderr)
        log = self.remote("-H", "there", "fac", "job", "logs", job)
        self.assertEqual(log.stdout, "")

    def test_no_way(self):
        done = self.remote("-H", "away", "fac", "jobs", status=5)
        self.assertEqual(
            done.stderr,
            "ssh: connect to host away: No route to host\n"
            "apm2: cannot reach the broker of away (system mode): ssh did not get there\n")
        done = self.remote("-H", "bare", "--user", "fac", "jobs", status=5)
        self.assertIn("of bare (user mode): there is no systemd-stdio-bridge there", done.stderr)
        self.assertIn("of mute", self.remote("-H", "mute", "fac", "jobs", status=5).stderr)
        self.stop_broker(15)
        done = self.remote("-H", "there", "fac", "jobs", status=5)
        self.assertIn("of there (system mode): the broker is not on it", done.stderr)
        self.assertFalse(self.on_bus())

    def test_bad_host_reaches_no_ssh(self):
        for host in ("-oProxyCommand=touch x", "a b", "x@-v"):
            done = self.remote(f"--host={host}", "fac", "jobs", status=2)
            self.assertIn("not a host like", done.stderr)
        self.assertFalse(self.calls.exists())

    def test_batch(self):
        self.remote("-H", "away", "--no-ask-password", "fac", "jobs", status=5)
        self.assertTrue(self.calls.read_text(encoding="utf-8").startswith("-xT -o BatchMode=yes"))

    def test_what_looks_at_a_machine_runs_there(self):
        path = f"{os.path.dirname(CLI)}:{self.remote_env['PATH']}"
        self.remote_env["PATH"] = path
        done = self.remote("-H", "me@there:77", "fac", "services", "is-healthy", "-qHthere",
                           "wor*;er", status=6)
        self.assertIn("wor*;er", done.stderr)
        self.assertEqual(self.calls.read_text(encoding="utf-8"),
                         "-xT -- there 'apm2' 'fac' 'services' 'is-healthy' '--system' "
                         "'-q' '--' 'wor*;er'\n")
        done = self.remote("fac", "services", "status", "--columns", "-H", "-H", "there", status=2)
        self.assertIn("--columns", done.stderr)
        self.assertTrue(self.calls.read_text(encoding="utf-8").endswith(
            "'status' '--system' '--columns' '-H'\n"))
        done = self.remote("--user", "fac", "services", "status", "--json", "--host=there",
                           status=3)
        self.assertEqual(json.loads(done.stdout)["overall_health"], "unknown")
        self.remote("-H", "away", "fac", "doctor", "--no-ask-password", status=255)
        self.remote("-H", "bare", "fac", "top", status=127)
        self.remote_env["PATH"] = "/nonexistent"
        done = self.remote("-H", "there", "fac", "top", status=5)
        self.assertEqual(done.stderr, "apm2: cannot run ssh: No such file or directory\n")

    def test_what_looks_at_this_machine_refuses(self):
        for words in (("daemon", "install"), ("fac", "gates"), ("fac", "config", "show"),
                      ("fac", "worker")):
            done = self.remote("-H", "there", *words, status=2)
            path = " ".join(("apm2", *words))
            self.assertEqual(done.stderr, f"apm2: --host: '{path}' looks at this machine only; "
                             f"log in there: ssh -t there {path}\n")
        self.remote("-H", "there", "run", "true", status=125)
        self.assertFalse(self.calls.exists())


if __name__ == "__main__":
    unittest.main()
