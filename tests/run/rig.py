# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine of its own for one test of "apm2 run": a home, a broker, runs."""

import json
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

BUILD = Path(os.environ["APM2_TEST_BUILD"])
CLI = str(BUILD / "src/cli/apm2")
DAEMON = str(BUILD / "src/daemon/apm2-daemon")
# The one deadline of all waits.
DEADLINE_SEC = 30 * int(os.environ.get("APM2_TEST_DEADLINE_SCALE", "1"))
CONFIG = "[lane run]\nslots=1\n"


def wait_until(condition, what):
    deadline = time.monotonic() + DEADLINE_SEC
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.005)
    return result


def is_alive(pid):
    """Whether a process is there that is no zombie. /proc may be that of another pid
    namespace, as in a lane, where the number is somebody else's."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        return not select.select([fd], [], [], 0)[0]
    finally:
        os.close(fd)


class RunTest(unittest.TestCase):
    config = CONFIG
    with_broker = True

    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix="apm2-run-"))
        self.addCleanup(shutil.rmtree, self.dir)
        self.home = self.dir / "home"
        self.runtime = self.dir / "run"
        self.work = self.dir / "work"
        for folder in (self.home, self.runtime, self.work):
            folder.mkdir(mode=0o700)
        (self.home / "apm2.conf").write_text(self.config, encoding="utf-8")
        (self.home / "apm2.conf").chmod(0o600)
        kept = ("PATH", "LC_ALL", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "G_DEBUG")
        self.env = {k: v for k, v in os.environ.items() if k in kept} | {
            "APM2_HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.runtime),
            "HOME": str(self.dir),
        }
        self.broker = None
        self.addCleanup(self.stop_broker, signal.SIGTERM)
        if self.with_broker:
            self.start_broker()

    def end_process(self, process):
        if process.poll() is None:
            process.kill()
            process.wait(DEADLINE_SEC)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None and not stream.closed:
                stream.close()

    # --- the broker ---

    def find_broker(self, path=None):
        """Returns the pid of whoever listens on the operator socket, or None."""
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(path or self.runtime / "apm2/operator.sock"))
            except OSError:
                return None
            found = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            return struct.unpack("3i", found)[0]

    def start_broker(self):
        log = open(self.dir / "broker.log", "ab")  # pylint: disable=consider-using-with
        with log:
            self.broker = subprocess.Popen(  # pylint: disable=consider-using-with
                [DAEMON, "--user"], env=self.env, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log,
            )
        wait_until(self.find_broker, "the broker")

    def stop_broker(self, number):
        pid = self.find_broker()
        if pid:
            os.kill(pid, number)
        if self.broker is not None:
            self.broker.send_signal(number)
            self.broker.wait(DEADLINE_SEC)
            self.broker = None
        wait_until(lambda: pid is None or not is_alive(pid), "the end of the broker")

    def stop_listener(self, path):
        pid = self.find_broker(path)
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not is_alive(pid), "the end of the broker")

    # --- runs ---

    def start(self, *words, options=(), **more):
        """Starts "apm2 run OPTIONS -- WORDS"."""
        more = {"cwd": self.work, "env": self.env, "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            [CLI, "--user", "run", *options, "--", *words], **more
        )
        self.addCleanup(self.end_process, process)
        return process

    def run_to_end(self, *words, options=(), data=None, **more):
        """Returns (exit status, stdout, stderr)."""
        if data is not None:
            more["stdin"] = subprocess.PIPE
        process = self.start(*words, options=options, **more)
        out, err = process.communicate(data, timeout=DEADLINE_SEC)
        return process.returncode, out, err.decode() if err is not None else ""

    def check(self, expected, *words, options=(), **more):
        """Runs to the end; returns stdout as text."""
        status, out, err = self.run_to_end(*words, options=options, **more)
        self.assertEqual(status, expected, err)
        return out.decode()

    def run_with_result(self, *words, options=(), **more):
        """Returns (exit status, document of --json-result)."""
        path = self.dir / "result.json"
        path.unlink(missing_ok=True)
        status, _, _ = self.run_to_end(
            *words, options=(*options, "--json-result", str(path)), **more
        )
        return status, json.loads(path.read_text(encoding="utf-8"))

    def hold(self, options=(), name="go", **more):
        """Starts a run that has its slot and ends when release() is called."""
        script = f"echo $$ > {name}.pid; while [ ! -e {name} ]; do sleep 0.01; done; exit 7"
        process = self.start("sh", "-c", script, options=options, **more)
        pid_file = self.work / f"{name}.pid"
        wait_until(lambda: pid_file.exists() and pid_file.read_text(encoding="utf-8").strip(),
                   "a run to begin")
        return process

    def pid_of(self, name="go"):
        return int((self.work / f"{name}.pid").read_text(encoding="utf-8"))

    def release(self, name="go"):
        (self.work / name).touch()

    def finish(self, process):
        """Returns (exit status, stderr)."""
        _, err = process.communicate(timeout=DEADLINE_SEC)
        return process.returncode, err.decode()

    def await_words(self, process, words, stream=None):
        """Reads stderr of @process until @words were in it; returns all of it."""
        stream = stream or process.stderr
        seen = b""
        while words.encode() not in seen:
            ready, _, _ = select.select([stream], [], [], DEADLINE_SEC)
            self.assertTrue(ready, f"'{words}' is not in {seen!r}")
            more = os.read(stream.fileno(), 4096)
            self.assertTrue(more, f"'{words}' is not in {seen!r}")
            seen += more
        return seen.decode()

    # --- the rest of apm2 ---

    def apm2(self, *words):
        return subprocess.run(
            [CLI, "--user", *words], env=self.env, check=True, capture_output=True, text=True,
            timeout=DEADLINE_SEC,
        ).stdout

    def jobs(self):
        """Returns the jobs as fac jobs tells them, oldest first."""
        document = json.loads(self.apm2("fac", "jobs", "--json=short"))
        return sorted(document["jobs"], key=lambda job: job["submitted_at"])

    def await_jobs(self, condition, what):
        return wait_until(lambda: [j for j in self.jobs() if condition(j)], what)
