#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""apm2 fac gates and apm2 fac admitted, in repositories of many kinds."""

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
import unittest

from gates_rig import (
    DETACHED, FAILED, NOT_FOUND, PASSED, ROOT, UNREACHABLE, USAGE, GatesTest,
    read_guide,
)
from rig import CLI, DEADLINE_SEC, wait_until

try:
    import jsonschema
except ImportError:
    jsonschema = None

SIMPLE = "[gate build]\ncommand=cat words.txt >out\n[gate test]\nneeds=build\ncommand=test -s out\n"


def waiting(path):
    """A gate that notes that it began and runs until there is a file "go"."""
    return (f"[gate slow]\ncommand=echo begun >>{path}/begun; "
            f"while [ ! -e {path}/go ]; do sleep 0.02; done\n")


def check_schema(document):
    if jsonschema is not None:
        path = ROOT / "data/schemas" / f"{document['schema']}.json"
        jsonschema.Draft202012Validator(json.loads(path.read_text("utf-8"))).validate(document)


class VerdictTest(GatesTest):
    def test_the_guide(self):
        self.make_repository(read_guide(".apm2/gates.conf"), words_txt="teh\nb\na\n")
        out, _ = self.fac("gates")
        for words in ("✓ format", "✓ build", "✓ test", "× spelling", "which is allowed"):
            self.assertIn(words, out)
        self.assertRegex(out.splitlines()[-1], r"^passed in .*; receipt [0-9a-f]{64}$")
        self.commit(words_txt="trailing \n")
        out, err = self.fac("gates", expected=FAILED)
        self.assertRegex(out, r"× format +failed after .*: exit status 1\n")
        self.assertRegex(out.splitlines()[-1], r"^failed: format \(step_failed\).*[0-9a-f]{64}$")
        self.assertRegex(err, r"log of format: apm2 --user fac job logs -s format \S+\n")

    def test_the_log_that_is_named(self):
        self.make_repository("[gate bad]\ncommand=echo the reason; exit 4\n")
        out, err = self.fac("gates", expected=FAILED)
        self.assertIn("the end of bad:\n  │ the reason\nfailed: bad", out)
        words = re.search(r"apm2 --user fac (job logs .*)", err)[1].split()
        self.assertEqual(self.fac(*words)[0], "the reason\n")

    def test_the_end_of_a_long_log(self):
        self.make_repository("[gate bad]\ncommand=seq 100000; exit 1\n")
        out, _ = self.fac("gates", expected=FAILED)
        end = "".join(f"  │ {n}\n" for n in range(99991, 100001))
        self.assertIn(f"the end of bad:\n{end}failed: bad", out)

    def test_a_gate_that_fails_stops_only_what_needs_it(self):
        self.make_repository(
            "[gate bad]\ncommand=exit 4\n[gate after]\nneeds=bad\ncommand=true\n"
            "[gate other]\ncommand=true\n"
        )
        out, _ = self.fac("gates", expected=FAILED)
        self.assertRegex(out, r"× bad +failed after .*: exit status 4")
        self.assertRegex(out, r"○ after +skipped: bad did not pass")
        self.assertRegex(out, r"✓ other +passed")

    def test_same_files_are_answered_at_once(self):
        self.make_repository(SIMPLE, words_txt="a\n")
        first, _ = self.fac("gates")
        again, err = self.fac("gates")
        self.assertEqual(first.splitlines()[-1], again.splitlines()[-1])
        self.assertIn("these files passed these gates already", err)
        self.commit("another message")
        self.assertIn("already", self.fac("gates")[1])
        self.assertEqual(self.count_parents(), 1)
        self.fac("gates", "--force")
        self.assertEqual(self.count_parents(), 2)

    def test_logs_of_gates_that_run_side_by_side(self):
        self.make_repository("".join(
            f"[gate g{n}]\ncommand=echo words {n}; exit {n}\n" for n in range(3)))
        out, err = self.fac("gates", "--follow", expected=FAILED)
        for n in range(3):
            self.assertIn(f"words {n}\n", out)
        self.assertIn("the end of g1:\n  │ words 1\nthe end of g2:\n  │ words 2\n", out)
        self.assertRegex(out.splitlines()[-1], r"^failed: g1, g2 \(step_failed\)")
        for words, n in re.findall(r"apm2 --user fac (job logs -s g(\d) \S+)", err):
            self.assertEqual(self.fac(*words.split())[0], f"words {n}\n")
        job = words.split()[-1]
        self.assertEqual(self.fac("job", "logs", job)[0].count("words"), 3)
        shown = [step["name"] for step in self.document("job", "show", job)["steps"]]
        number = shown.index("g2") + 1
        self.assertEqual(self.fac("job", "logs", "-s", str(number), job)[0], "words 2\n")
        self.assertEqual(
            self.fac("job", "logs", "-s", "g1", "--attempt", "1", job)[0], "words 1\n")
        for words in (("-s", "g3"), ("--attempt", "1"), ("-s", "g1", "--attempt", "2")):
            self.fac("job", "logs", *words, job, expected=USAGE)
        self.fac("job", "logs", "-s", "3", job + "-p1", expected=USAGE)

    def count_parents(self):
        """Jobs that are no part of another."""
        jobs = json.loads(self.apm2("fac", "jobs", "--all", "--json=short"))["jobs"]
        return len([job for job in jobs if not re.search(r"-p\d+$", job["id"])])

    def test_it_is_the_commit_that_is_tested(self):
        self.make_repository(SIMPLE, words_txt="a\n")
        (self.repo / "words.txt").write_text("", encoding="utf-8")
        (self.repo / "new").touch()
        (self.repo / ".apm2/gates.conf").write_text("nonsense", encoding="utf-8")
        _, err = self.fac("gates")
        self.assertIn("3 files here are not as in commit", err)
        self.assertNotIn("not as in", self.fac("gates", "--commit", "main")[1])

    def test_only_some_gates_admit_nothing(self):
        self.make_repository(SIMPLE + "[gate third]\ncommand=true\n", words_txt="a\n")
        out, _ = self.fac("gates", "--only", "test")
        self.assertIn("build", out)
        self.assertNotIn("third", out)
        _, err = self.fac("admitted", expected=NOT_FOUND)
        self.assertRegex(err, r"passed the 3 gates .* apm2 --user fac gates --commit [0-9a-f]+\n$")
        self.fac("gates")
        self.fac("admitted")

    def test_gates_of_another_commit(self):
        self.make_repository(SIMPLE, words_txt="a\n")
        self.git("branch", "protected")
        self.commit(gates="[gate easy]\ncommand=true\n")
        self.fac("gates")
        self.fac("admitted")
        _, err = self.fac("admitted", "--gates-from", "protected", expected=NOT_FOUND)
        self.assertIn("--gates-from protected", err)
        self.fac("gates", "--gates-from", "protected")
        self.fac("admitted", "--gates-from", "protected")

    def test_documents(self):
        self.make_repository(SIMPLE, words_txt="a\n")
        for expected in (NOT_FOUND, PASSED):
            document = self.document("admitted", expected=expected)
            check_schema(document)
            self.assertEqual(document["admitted"], expected == PASSED)
            self.assertEqual(document["tree"], self.git("rev-parse", "HEAD^{tree}"))
            job = self.document("gates")
            self.assertEqual(job["verdict"], "passed")
        self.assertEqual(document["job_id"], job["id"])
        self.assertEqual(document["receipt_digest"], job["receipt_digest"])
        file = self.document("gates", "--check", ".apm2/gates.conf")
        check_schema(file)
        self.assertEqual(file["gate_set_digest"], document["gate_set_digest"])
        self.assertEqual([gate["name"] for gate in file["gates"]], ["build", "test"])


class HeartbeatTest(GatesTest):
    config = "[worker]\npoll-interval=1\n"

    def test_the_heartbeat_is_a_document_too(self):
        self.make_repository(waiting(self.dir))
        job = self.fac("gates", "--no-wait")[0].strip()
        path = self.home / "private/fac/worker_heartbeat.json"

        def tells(jobs):
            document = json.loads(path.read_text("utf-8")) if path.exists() else {}
            return document if document.get("current_jobs") == jobs else None

        check_schema(wait_until(lambda: tells([job]), "a heartbeat with the job"))
        (self.dir / "go").touch()
        self.fac("job", "wait", job)
        check_schema(wait_until(lambda: tells([]), "one without"))


class WaitTest(GatesTest):
    def start_gates(self, **more):
        gates = subprocess.Popen(  # pylint: disable=consider-using-with
            [CLI, "--user", "fac", "gates"], cwd=self.repo,
            **({"env": self.env, "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE, "text": True} | more),
        )
        self.addCleanup(self.end_process, gates)
        return gates

    def await_begun(self):
        wait_until((self.dir / "begun").exists, "the gate to begin")

    def test_interrupt_leaves_the_gates_alone(self):
        self.make_repository(waiting(self.dir))
        gates = self.start_gates()
        self.await_begun()
        gates.send_signal(signal.SIGINT)
        _, err = gates.communicate(timeout=DEADLINE_SEC)
        self.assertEqual(gates.returncode, DETACHED, err)
        found = re.search(r"apm2 --user fac (job wait (\S+)); call them off with: "
                          r"apm2 --user fac job cancel \2", err)
        (self.dir / "go").touch()
        self.fac(*found[1].split())
        self.fac("admitted")

    def test_two_who_ask_share_one_run(self):
        self.make_repository(waiting(self.dir))
        first = self.start_gates()
        self.await_begun()
        second = self.start_gates()
        wait_until(lambda: select.select([second.stderr], [], [], 0)[0], "the second")
        (self.dir / "go").touch()
        outputs = [p.communicate(timeout=DEADLINE_SEC) for p in (first, second)]
        self.assertEqual([first.returncode, second.returncode], [PASSED, PASSED])
        self.assertIn("this job was submitted already", outputs[1][1])
        self.assertEqual(*[out.splitlines()[-1] for out, _ in outputs])
        self.assertEqual((self.dir / "begun").read_text(encoding="utf-8"), "begun\n")

    def test_no_wait(self):
        self.make_repository(waiting(self.dir))
        out, _ = self.fac("gates", "--no-wait", "--priority", "7", "--lane", "bulk")
        self.await_begun()
        job = self.document("job", "show", out.strip())
        self.assertEqual((job["priority"], job["lane"], job["kind"]), (7, "bulk", "gates"))
        (self.dir / "go").touch()
        self.fac("job", "wait", out.strip())

    def test_terminal(self):
        self.make_repository(waiting(self.dir) + "[gate last]\nneeds=slow\ncommand=exit 1\n")
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
        gates = self.start_gates(env=self.env | {"TERM": "xterm", "NO_COLOR": "1"},
                                 stdout=slave, text=False)
        os.close(slave)
        seen = ""

        def sees(pattern):
            nonlocal seen
            if select.select([master], [], [], 0)[0]:
                try:
                    seen += os.read(master, 4096).decode()
                except OSError:  # the other side is closed
                    pass
            return re.search(pattern, seen)

        wait_until(lambda: sees(r"● slow  running \d:\d\d\r\n○ last  waits for slow\r\n"),
                   "both gates")
        (self.dir / "go").touch()
        gates.communicate(timeout=DEADLINE_SEC)
        self.assertEqual(gates.returncode, FAILED)
        wait_until(lambda: sees(r"receipt [0-9a-f]{64}\r\n"), "the verdict")
        # What stays are the ends, each behind the taking away of what was drawn.
        rest = re.split(r"\x1b\[\d+A\r\x1b\[J", seen)[-1]
        self.assertRegex(seen, r"\x1b\[J✓ slow  passed in \S+\r\n")
        self.assertRegex(rest, r"^(× last  failed after \S+: exit status 1\r\n)?failed: last ")


class RepositoryTest(GatesTest):
    def test_everywhere_in_a_repository(self):
        self.make_repository(SIMPLE, words_txt="a\n")
        (self.repo / "sub").mkdir()
        self.git("worktree", "add", "-q", "../tree", "-b", "side")
        self.git("clone", "-q", "--bare", ".", "../bare.git")
        self.fac("gates", cwd=self.repo / "sub")
        for place in (self.repo / ".git", self.dir / "tree"):
            self.assertIn("already", self.fac("gates", cwd=place)[1])
        self.fac("admitted", cwd=self.dir / "tree")
        # Of a clone, its origin is the project, bare or not.
        self.fac("admitted", "main", cwd=self.dir / "bare.git")
        self.git("remote", "remove", "origin", cwd=self.dir / "bare.git")
        self.fac("admitted", "main", cwd=self.dir / "bare.git", expected=NOT_FOUND)
        self.fac("gates", cwd=self.dir / "bare.git")
        self.fac("admitted", "main", cwd=self.dir / "bare.git")

    def test_a_receipt_is_for_one_project(self):
        origin = self.make_repository(SIMPLE, name="origin", words_txt="a\n")
        self.git("clone", "-q", str(origin), str(self.dir / "one"))
        self.git("clone", "-q", f"file://{origin}/.git", str(self.dir / "two"))
        self.fac("gates", cwd=self.dir / "one")
        self.fac("admitted", cwd=self.dir / "two")
        self.fac("admitted", cwd=origin)
        self.git("config", "apm2.project", "example.org/other", cwd=origin)
        self.fac("admitted", cwd=origin, expected=NOT_FOUND)

    def test_a_replaced_commit_is_itself(self):
        self.make_repository(SIMPLE, words_txt="a\n")
        self.fac("gates")
        good = self.git("rev-parse", "HEAD")
        bad = self.commit(words_txt="")
        self.git("replace", bad, good)
        self.assertEqual(self.git("rev-parse", f"{bad}^{{tree}}"),
                         self.git("rev-parse", f"{good}^{{tree}}"))
        self.fac("admitted", bad, expected=NOT_FOUND)
        self.fac("gates", "--commit", bad, expected=FAILED)

    def test_annotated_tags_and_sha256(self):
        self.repo = self.dir / "sha256"
        self.repo.mkdir()
        self.git("init", "-q", "--object-format=sha256")
        self.commit(gates=SIMPLE, words_txt="a\n")
        self.git("tag", "-a", "-m", "one", "v1")
        self.fac("gates", "--commit", "v1")
        document = self.document("admitted", "v1")
        self.assertEqual(len(document["tree"]), 64)
        self.assertEqual(document["commit"], self.git("rev-parse", "HEAD"))

    def test_programs_of_the_configuration_do_not_run(self):
        self.make_repository(SIMPLE, words_txt="a\n")
        trap = self.dir / "trap"
        trap.write_text(f"#!/bin/sh\ntouch {self.dir}/sprung\n", encoding="utf-8")
        trap.chmod(0o755)
        self.git("config", "core.fsmonitor", str(trap))
        self.git("config", "core.pager", str(trap))
        self.fac("gates")
        self.assertFalse((self.dir / "sprung").exists())


class MistakesTest(GatesTest):
    def test_no_repository(self):
        for verb in ("gates", "admitted"):
            _, err = self.fac(verb, cwd=self.dir, expected=USAGE)
            self.assertIn("no git repository here", err)

    def test_wrong_names(self):
        self.make_repository(SIMPLE)
        for words in (("gates", "--commit", "nothing"), ("admitted", "nothing"),
                      ("gates", "--gates-from", "nothing"), ("gates", "--commit", "--help=x"),
                      ("admitted", "--gates-from", "HEAD:.apm2")):
            _, err = self.fac(*words, expected=USAGE)
            self.assertIn("there is no commit", err)
        _, err = self.fac("gates", "--only", "tset", expected=USAGE)
        self.assertIn("there is no gate 'tset', but build, test", err)

    def test_gate_files_that_are_wrong(self):
        self.make_repository("[gate a]\ncomand=true\n")
        _, err = self.fac("gates", expected=USAGE)
        short = self.git("rev-parse", "--short=10", "HEAD")
        self.assertIn(f"apm2: {short}:.apm2/gates.conf:2: [gate a] comand: unknown key\n", err)
        self.commit(gates="#" + "x" * 65536)
        self.assertIn("larger than 65536 bytes", self.fac("admitted", expected=USAGE)[1])
        (self.repo / ".apm2/gates.conf").unlink()
        (self.repo / ".apm2/gates.conf").symlink_to("other")
        self.commit()
        self.assertIn("is no file", self.fac("gates", expected=USAGE)[1])
        self.git("rm", "-q", "-r", ".apm2")
        self.git("commit", "-q", "-m", "none")
        self.assertIn("is not there", self.fac("gates", expected=USAGE)[1])
        self.assertEqual(self.count_jobs(), 0)

    def test_check(self):
        self.repo = self.dir
        out, _ = self.fac("gates", "--check", "-", data=SIMPLE)
        self.assertIn("2 gates", out)
        _, err = self.fac("gates", "--check", "-", data="[gate a]\nneeds=a\n", expected=USAGE)
        self.assertEqual(err, "apm2: stdin:1: [gate a] command: missing\n")
        self.fac("gates", "--check", "-", "--force", expected=USAGE)

    def test_submit_tells_of_what_is_not_committed(self):
        self.make_repository(SIMPLE, words_txt="words")
        submit = ("submit", "--source", ".")
        self.assertNotIn("not as in", self.fac(*submit, "--", "true")[1])
        (self.repo / "words.txt").write_text("more words", encoding="utf-8")
        for options in ((), ("--wait",)):
            _, err = self.fac(*submit, *options, "--", "true")
            self.assertEqual(err.count("apm2: files in . are not as in its last commit"), 1, err)
        self.assertNotIn("not as in", self.fac(*submit, "--commit", "HEAD", "--", "true")[1])
        self.assertNotIn("not as in", self.fac("submit", "--", "true")[1])

    def test_no_broker(self):
        self.make_repository(SIMPLE)
        self.stop_broker(signal.SIGTERM)
        for verb in ("gates", "admitted"):
            self.fac(verb, expected=UNREACHABLE)
        self.start_broker()


if __name__ == "__main__":
    unittest.main()
