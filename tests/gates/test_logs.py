#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""apm2 fac job logs -f: what gates say, while they say it."""

import re
import subprocess
import unittest

from gates_rig import PASSED, GatesTest
from rig import CLI, DEADLINE_SEC

# Says something, and goes on when the file is there.
WAIT = "; while [ ! -e {0} ]; do sleep 0.01; done"


class Logs(GatesTest):
    def submit(self, gates):
        self.make_repository(gates)
        return self.fac("gates", "--no-wait")[0].strip()

    def follow(self, job, *options):
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            [CLI, "--user", "fac", "job", "logs", "-f", *options, job], env=self.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        self.addCleanup(self.end_process, process)
        return process

    def await_log(self, process, words):
        return self.await_words(process, words, process.stdout)

    def finish_log(self, process):
        out, err = process.communicate(timeout=DEADLINE_SEC)
        self.assertEqual((process.returncode, err), (PASSED, b""))
        return out.decode()

    def wait_for(self, name):
        return WAIT.format(self.work / name)

    def test_gates_that_take_turns_are_named_each_time(self):
        job = self.submit(
            f"[gate a]\ncommand=echo a1{self.wait_for('a')}; echo a2\n"
            f"[gate b]\ncommand=true{self.wait_for('b')}; echo b1{self.wait_for('c')}; echo b2\n")
        process = self.follow(job, "--headers")
        seen = self.await_log(process, "a1\n")
        self.release("b")
        seen += self.await_log(process, "b1\n")
        self.release("a")
        seen += self.await_log(process, "a2\n")
        self.release("c")
        seen += self.finish_log(process)
        self.assertEqual(
            seen,
            "── a ──\na1\n── b ──\nb1\n── a ──\na2\n── b ──\nb2\n")
        # Afterwards each speaks once.
        for words in ((), ("-f",)):
            self.assertEqual(
                self.fac("job", "logs", "--headers", *words, job)[0],
                "── a ──\na1\na2\n── b ──\nb1\nb2\n")

    def test_half_a_line_is_not_cut_by_others_and_not_kept_for_ever(self):
        job = self.submit(
            f"[gate a]\ncommand=printf half{self.wait_for('a')}; echo ' and whole'\n"
            f"[gate b]\ncommand=true{self.wait_for('b')}; printf rest\n")
        process = self.follow(job, "--headers")
        # It may be a question; it comes though no line does.
        seen = self.await_log(process, "half")
        self.release("b")
        seen += self.await_log(process, "rest")
        self.release("a")
        seen += self.finish_log(process)
        self.assertEqual(seen, "── a ──\nhalf\n── b ──\nrest\n── a ──\n and whole\n")

    def test_bytes_of_parts_in_a_pipe_are_the_log_and_nothing_else(self):
        job = self.submit(
            "".join(f"[gate g{n}]\ncommand=printf {n}{n}{n}\n" for n in range(3)))
        self.assertEqual(self.finish_log(self.follow(job)), "000111222")

    def test_all_steps_are_followed_though_the_checkout_is_told_of_late(self):
        self.apm2("fac", "queue", "pause")
        job = self.submit("[gate a]\ncommand=echo 1\n[gate b]\nneeds=a\ncommand=echo 2\n")
        process = self.follow(job, "--headers")
        self.apm2("fac", "queue", "resume")
        self.assertEqual(
            self.finish_log(process), "── step 2/3 a ──\n1\n── step 3/3 b ──\n2\n")

    def test_a_checkout_that_fails_is_named_with_its_gates(self):
        self.make_repository("[gate a]\ncommand=true\n[gate b]\ncommand=true\n")
        self.apm2("fac", "queue", "pause")
        job = self.fac("gates", "--no-wait")[0].strip()
        (self.repo / ".git").rename(self.repo / "gone")
        process = self.follow(job, "--headers")
        self.apm2("fac", "queue", "resume")
        out = self.finish_log(process)
        for gate in "ab":
            self.assertRegex(out, rf"(?m)^── checkout for {gate} ──\n.*{re.escape(str(self.repo))}")


if __name__ == "__main__":
    unittest.main()
