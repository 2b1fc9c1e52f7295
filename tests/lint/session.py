# SPDX-License-Identifier: LGPL-2.1-or-later
"""A broker and a worker on a private bus, in a directory of their own."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

DEADLINE_SEC = 20 * float(os.environ.get("APM2_TEST_TIMEOUT_FACTOR", "1"))


class Session:
    """Use as a context manager; @apm2 is the built command line program.

    The directory @home takes what apm2 keeps. Where it is another than "home",
    what is above it is the home of the user.
    """

    def __init__(self, apm2, home="home"):
        # A short name: the path of a Unix socket has at most 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="apm2-docs-", dir="/tmp"))
        self.home = self.folder / home
        self.processes = []
        tools = self.folder / "bin"
        for folder in (self.home, self.folder / "run", tools):
            folder.mkdir(mode=0o700)
        # What the documents say is for users; root would be the system's.
        wrapper = tools / "apm2"
        wrapper.write_text(f'#!/bin/sh\nexec "{apm2}" --user "$@"\n', encoding="utf-8")
        wrapper.chmod(0o755)
        self.environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("APM2_", "DBUS_", "MALLOC_PERTURB"))
        }
        self.environment.update(
            PATH=f"{tools}:{os.environ['PATH']}",
            HOME=str(self.home if home == "home" else self.folder),
            APM2_HOME=str(self.home),
            XDG_RUNTIME_DIR=str(self.folder / "run"),
            DBUS_SESSION_BUS_ADDRESS=f"unix:path={self.folder}/bus",
            LC_ALL="C.UTF-8",
        )
        (self.home / "apm2.conf").write_text(
            "[worker]\nexecutor=direct\n", encoding="utf-8"
        )

    def start(self, *command):
        log = open(self.folder / f"{len(self.processes)}.log", "wb")
        with log:
            process = subprocess.Popen(
                command, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log,
            )
        self.processes.append(process)

    def shell(self, command):
        """Runs @command as a user would type it, with output as one text."""
        return subprocess.run(
            ["bash", "-c", command], env=self.environment, cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False,
            timeout=3 * DEADLINE_SEC,
        )

    def wait_for(self, command):
        end = time.monotonic() + DEADLINE_SEC
        while self.shell(command).returncode != 0:
            if time.monotonic() > end:
                raise TimeoutError(f"still fails: {command}\n{self.logs()}")
            time.sleep(0.05)

    def logs(self):
        return "\n".join(
            f"-- {path.name}\n{path.read_text(encoding='utf-8', errors='replace')}"
            for path in sorted(self.folder.glob("*.log"))
        )

    def __enter__(self):
        try:
            self.start("dbus-daemon", "--session", "--nofork", "--nopidfile",
                       "--address=" + self.environment["DBUS_SESSION_BUS_ADDRESS"])
            self.start("apm2", "daemon", "run")
            self.wait_for("apm2 fac queue status")
            self.start("apm2", "fac", "worker")
            self.wait_for("LANGUAGE= apm2 fac queue status | grep -q '^default  *idle'")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(DEADLINE_SEC)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
