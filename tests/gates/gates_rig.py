# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine with broker and worker, and repositories with gates."""

import json
import re
import subprocess
from pathlib import Path

from rig import BUILD, CLI, DEADLINE_SEC, RunTest

ROOT = Path(__file__).resolve().parents[2]
WORKER = str(BUILD / "src/worker/apm2-worker")
GUIDE = (ROOT / "docs/gates.md").read_text(encoding="utf-8")

PASSED = 0
FAILURE = 1
USAGE = 2
FAILED = 3
UNREACHABLE = 5
NOT_FOUND = 6
DETACHED = 130


def read_guide(name):
    """Returns the file of that name in the guide."""
    return re.search(rf"^```\w+ file={re.escape(name)}\n(.*?)^```$", GUIDE,
                     re.MULTILINE | re.DOTALL)[1]


class GatesTest(RunTest):
    config = ""

    def setUp(self):
        super().setUp()
        # What a person types, who may be root here: then it would be the broker of
        # the system.
        (self.dir / "bin").mkdir()
        (self.dir / "bin/apm2").write_text(f'#!/bin/sh\nexec {CLI} --user "$@"\n', "utf-8")
        (self.dir / "bin/apm2").chmod(0o755)
        self.env |= {
            "PATH": f"{self.dir}/bin:{self.env['PATH']}",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org",
        }
        (self.dir / ".gitconfig").write_text("[init]\ndefaultBranch = main\n", encoding="utf-8")
        log = open(self.dir / "worker.log", "ab")  # pylint: disable=consider-using-with
        with log:
            self.worker = subprocess.Popen(  # pylint: disable=consider-using-with
                [WORKER, "--user", "--executor=direct", "--slots=2"], env=self.env,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        self.addCleanup(self.end_worker)

    def end_worker(self):
        self.worker.terminate()
        self.worker.wait(DEADLINE_SEC)

    # --- repositories ---

    def try_git(self, *words, cwd=None):
        return subprocess.run(
            ["git", *words], cwd=cwd or self.repo, env=self.env, check=False,
            capture_output=True, text=True, timeout=DEADLINE_SEC, stdin=subprocess.DEVNULL,
        )

    def git(self, *words, cwd=None):
        result = self.try_git(*words, cwd=cwd)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.strip()

    def make_repository(self, gates, name="repo", **files):
        """Makes a repository with one commit; it is the one that is used."""
        self.repo = self.dir / name
        self.repo.mkdir()
        self.git("init", "-q")
        self.commit(gates=gates, **files)
        return self.repo

    def commit(self, message="change", gates=None, **files):
        """Returns the id of a commit with these files, x_txt is x.txt."""
        if gates is not None:
            (self.repo / ".apm2").mkdir(exist_ok=True)
            (self.repo / ".apm2/gates.conf").write_text(gates, encoding="utf-8")
        for name, text in files.items():
            (self.repo / name.replace("_", ".")).write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    # --- apm2 ---

    def fac(self, *words, expected=PASSED, cwd=None, env=None, data=None):
        """Runs "apm2 fac WORDS" in the repository; returns (stdout, stderr)."""
        result = subprocess.run(
            [CLI, "--user", "fac", *words], cwd=cwd or self.repo, env=env or self.env,
            check=False, capture_output=True, text=True, timeout=DEADLINE_SEC,
            **({"stdin": subprocess.DEVNULL} if data is None else {"input": data}),
        )
        self.assertEqual(result.returncode, expected, result.stdout + result.stderr)
        return result.stdout, result.stderr

    def document(self, *words, expected=PASSED, **more):
        return json.loads(self.fac(*words, "--json", expected=expected, **more)[0])

    def count_jobs(self):
        return len(json.loads(self.apm2("fac", "jobs", "--all", "--json=short"))["jobs"])
