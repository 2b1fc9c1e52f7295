#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mistakes that people make, each answered by one line that says what to type.

One row is one mistake: what is done, the exit status of the manual, and what
the line has to say: what is wrong, and the way on.
"""

import os
import shutil
import socket
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lint"))
from session import Session  # noqa: E402  pylint: disable=wrong-import-position

BUILD = Path(os.environ["APM2_TEST_BUILD"])
CLI = str(BUILD / "src/cli/apm2")
NO_BROKER = "XDG_RUNTIME_DIR=$PWD/nowhere DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere "
REPOSITORY = (
    "mkdir -p repo && cd repo && git init -q && git config user.name a && "
    "git config user.email a@example.org && git commit -q --allow-empty -m one; "
)
GATES = REPOSITORY + "mkdir -p .apm2; printf '%s' >.apm2/gates.conf; git add .; git commit -qm b; "

# Name, command, exit status, words of the line in their order.
MISTAKES = [
    ("a verb with a slip", "apm2 fac jbos", 2, "no command 'jbos'", "apm2 fac jobs"),
    ("a verb without its noun", "apm2 jobs", 2, "no command 'jobs'", "'apm2 fac jobs'"),
    ("a verb of several nouns", "apm2 status", 2, "no command 'status'",
     "'apm2 fac queue status'", "'apm2 fac services status'"),
    ("a verb that is none", "apm2 fac frobnicate", 2, "no command", "'apm2 fac --help' lists"),
    ("an option that is typed as a verb", "apm2 version", 2, "no command 'version'",
     "'apm2 --version'"),
    ("an empty variable for an id", "apm2 fac job show \"$nothing\"", 2, "no job id given",
     "'apm2 fac jobs' lists"),
    ("an entry that is none", "apm2 fac quarantine release x", 2, '"job:ID"',
     "fac quarantine list' lists"),
    ("half a command", "apm2 fac job", 2, "no command given", "'apm2 fac job --help' lists"),
    ("an option with a slip", "apm2 fac jobs --stat running", 2, "'--stat'", "'--state'"),
    ("an option that is none", "apm2 fac jobs --zzz", 2, "'--zzz'", "'apm2 fac jobs --help'"),
    ("an option without its value", "apm2 fac submit --lane", 2, "--lane", "--help"),
    ("a missing argument", "apm2 fac job show", 2, "no job id given", "'apm2 fac jobs' lists"),
    ("waiting for nothing", "apm2 fac job wait", 2, "no job id given", "'apm2 fac jobs' lists"),
    ("no command to run", "apm2 fac submit", 2, "no command given", "apm2 fac submit -- make"),
    ("two managers", "apm2 --system fac jobs", 2, "--user and --system exclude each other"),
    ("no broker", NO_BROKER + "apm2 fac jobs", 5, "cannot reach the broker (user mode)",
     "systemctl --user start apm2-daemon.socket", "apm2 --user daemon run"),
    ("the broker of the system", f"{CLI} --system fac jobs", 5, "(system mode)",
     "systemctl start apm2-daemon.socket"),
    ("a stale socket", "XDG_RUNTIME_DIR=$PWD/stale DBUS_SESSION_BUS_ADDRESS=unix:path=/no "
     "apm2 fac jobs", 5, "stale/apm2/operator.sock: nobody", "daemon run"),
    ("an id that is none", "apm2 fac job show j0", 6, "no job has the id j0", "fac jobs' lists"),
    ("a receipt that is none", "apm2 fac receipts show 0", 6, "no receipt", "receipts list' lists"),
    ("JSON with a slip", "echo '{\"schema\":1,}' | apm2 fac submit --file -", 2,
     "stdin: Invalid job spec: line 1, column 13: "),
    ("a spec of another schema", "echo '{\"schema\":\"x\"}' | apm2 fac submit --file -", 2,
     'schema: must be "apm2.fac.job_spec.v1", is "x"'),
    ("a file that is not there", "apm2 fac submit --file nofile", 1,
     "cannot read nofile: No such file", "name a file, or - for stdin"),
    ("a number that is none", "apm2 fac submit --priority high -- true", 2, "from 0 to 100"),
    ("a time that is none", "apm2 fac submit --timeout soon -- true", 2, "like 90, 10min"),
    ("a unit that is a word", "apm2 fac submit --timeout 10 minutes -- make", 2,
     "'minutes' would be the command", "--timeout 10min"),
    ("a unit that is a word of a run", "apm2 run --memory=2 GiB make", 125,
     "'GiB' would be the command", "--memory 2G"),
    ("a unit that is no id", "apm2 fac job wait --timeout 10 min j0", 2,
     "--timeout 10 min: write the unit to the number: --timeout 10min"),
    ("a lane that is none", "apm2 fac submit --lane nope -- true", 1, 'no lane "nope"',
     "configured: bulk, gates, run"),
    ("resuming a lane that is none", "apm2 fac queue resume nope", 6,
     "no lane 'nope'; lanes are: bulk, gates, run"),
    ("pausing a lane with a slip", "apm2 fac queue pause gate", 6, "no lane 'gate'",
     "did you mean 'gates'?"),
    ("jobs of a lane that is none", "apm2 fac jobs --lane nope", 6, "no lane 'nope'",
     "lanes are: bulk"),
    ("waiting at a lane that is none", "apm2 fac jobs --watch --lane nope", 6, "no lane 'nope'"),
    ("a state that is none", "apm2 fac jobs --state runing", 2, "did you mean 'running'?"),
    ("no repository", "apm2 fac gates", 2, "no git repository here", "'cd'", "'git init'"),
    ("a commit that is none", REPOSITORY + "apm2 fac gates --commit nope", 2,
     "no commit 'nope'", "git log"),
    ("no gates.conf", REPOSITORY + "apm2 fac gates", 2, ".apm2/gates.conf is not there",
     "apm2-gates.conf(5)", "--gates-from"),
    ("gates.conf with a slip", GATES % "[gte a]\\n" + "apm2 fac gates", 2,
     ".apm2/gates.conf:1: [gte a]: unknown group; there is only [gate NAME]"),
    ("a home that is relative", "APM2_HOME=home apm2 fac jobs", 2, "not an absolute path",
     "set it to one, or unset it"),
    ("a typo in apm2.conf", "mkdir -p h; printf '[queue]\\npending=1\\n' >h/apm2.conf; "
     "APM2_HOME=$PWD/h apm2 daemon run", 78, "h/apm2.conf:2: [queue] pending: unknown key"),
    ("two brokers", "apm2 daemon run 2>&1 >/dev/null | grep -v token | tail -1; exit "
     "${PIPESTATUS[0]}", 1, "another process has it open"),
    ("waiting not long enough", "apm2 fac job wait --timeout 1s "
     "$(apm2 fac submit -- sleep 300 2>/dev/null)", 1, "1 job has not ended after 1s", "fac top"),
    ("no room where it writes", "apm2 fac jobs >/dev/full", 1,
     "cannot write the output: No space left on device"),
    ("a program that is none", "apm2 run -- nosuchprogram", 127, "nosuchprogram"),
    ("a file that is no program", "touch plain; apm2 run -- ./plain", 126, "Permission denied"),
]


class MistakesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.session = Session(CLI)
        cls.session.__enter__()
        cls.addClassCleanup(cls.session.__exit__)
        stale = cls.session.folder / "stale/apm2"
        stale.mkdir(parents=True, mode=0o700)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(stale / "operator.sock"))

    def check_line(self, result, status, words):
        self.assertEqual(result.returncode, status, result.stdout)
        lines = [line for line in result.stdout.splitlines() if "token" not in line]
        self.assertEqual(len(lines), 1, result.stdout)
        begin = 0
        for word in words:
            self.assertIn(word, lines[0][begin:])
            begin = lines[0].index(word, begin)

    def test_mistakes(self):
        for name, command, status, *words in MISTAKES:
            with self.subTest(name):
                self.check_line(self.session.shell(command), status, words)

    def test_socket_of_somebody_else(self):
        """What another user's broker serves is closed."""
        other = self.session.folder / "other"
        (other / "apm2").mkdir(parents=True)
        if os.geteuid() == 0:
            (other / "apm2").chmod(0o700)
            who = {"user": 65534, "group": 65534, "extra_groups": []}
            self.session.folder.chmod(0o755)
        else:
            (other / "apm2").chmod(0)
            who = {}
        env = self.session.environment | {
            "XDG_RUNTIME_DIR": str(other), "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere",
        }
        result = subprocess.run([CLI, "--user", "fac", "jobs"], env=env, text=True, check=False,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **who)
        self.check_line(result, 5, ["other/apm2/operator.sock", "start it with"])

    def test_full_disk(self):
        """A broker on a file system of its own, which somebody fills."""
        if os.geteuid() != 0 or shutil.which("unshare") is None:
            self.skipTest("only root mounts")
        script = """
set -e
mkdir small && mount -t tmpfs -o size=2M,mode=0700 none small
export APM2_HOME=$PWD/small XDG_RUNTIME_DIR=$PWD/small/run DBUS_SESSION_BUS_ADDRESS=unix:path=/no
mkdir -m 0700 small/run
"$1" --user daemon run >small.log 2>&1 & broker=$!
trap 'kill $broker || cat small.log; wait $broker || true' EXIT
for i in $(seq 200); do "$1" --user fac jobs >/dev/null 2>&1 && break; sleep 0.05; done
dd if=/dev/zero of=small/filler bs=1k >/dev/null 2>&1 || true
status=0
"$1" --user fac submit -- true || status=$?
rm small/filler
"$1" --user fac submit -- true >/dev/null 2>&1
exit $status
"""
        result = subprocess.run(
            ["unshare", "--mount", "bash", "-c", script, "full", CLI], text=True, check=False,
            env=self.session.environment, cwd=self.session.folder,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
        )
        self.check_line(result, 5, ["cannot", "the disk is full", "make room there", "apm2 fac doctor"])

    def test_no_worker(self):
        """What is submitted waits, and who follows it is told why."""
        with Session(CLI) as session:
            worker = session.processes.pop()
            worker.terminate()
            worker.wait(30)
            session.wait_for("apm2 fac services status --json | grep -q no_worker")
            result = session.shell("timeout --signal INT 4 apm2 fac submit --follow -- true")
            self.assertIn("there is no worker; start one with: systemctl --user", result.stdout)
            self.assertIn("fac worker", result.stdout)
            result = session.shell("apm2 fac services status")
            self.assertIn("no worker is connected: nothing will start", result.stdout)
            self.assertIn("Next: systemctl --user start apm2-worker.service", result.stdout)


if __name__ == "__main__":
    unittest.main()
