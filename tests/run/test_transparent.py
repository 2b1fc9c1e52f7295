#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command seems to be there in the place of apm2 run."""

import os
import resource
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from rig import CLI, RunTest, is_alive, wait_until

PYTHON = sys.executable


class TransparentTest(RunTest):
    def test_exit_status_is_the_commands(self):
        for status in (0, 1, 3, 255):
            self.check(status, "sh", "-c", f"exit {status}")

    def test_commands_that_cannot_run(self):
        self.check(127, "there-is-no-such-command")
        self.check(126, "/etc/passwd")
        status, _, err = self.run_to_end("there-is-no-such-command")
        self.assertEqual(status, 127)
        self.assertEqual(err.count("\n"), 1)
        self.assertIn("there-is-no-such-command", err)

    def test_death_by_signal(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            self.check(-number, "sh", "-c", f"kill -{number} $$")
        for number in (signal.SIGKILL, signal.SIGUSR1, signal.SIGABRT):
            self.check(128 + number, "sh", "-c", f"kill -{number} $$")

    def test_wrong_usage_is_125(self):
        for options in (("--slots", "0"), ("--no-such-option",), ("--supersede",)):
            self.check(125, "true", options=options)
        status = subprocess.run([CLI, "--user", "run"], env=self.env, check=False,
                                capture_output=True).returncode
        self.assertEqual(status, 125)

    def test_input_and_output_are_untouched(self):
        data = bytes(range(256)) * 4000
        status, out, err = self.run_to_end("cat", data=data)
        self.assertEqual((status, out, err), (0, data, ""))
        status, out, err = self.run_to_end("sh", "-c", "printf a; printf b >&2")
        self.assertEqual((status, out, err), (0, b"a", "b"))

    def test_directory_environment_and_umask(self):
        env = self.env | {"GREETING": "good day", "APM2_JOB_ID": ""}
        script = 'pwd; umask; echo "$GREETING"; test -n "$APM2_JOB_ID"'
        out = self.check(0, "sh", "-c", script, env=env, umask=0o027)
        self.assertEqual(out.split("\n"), [str(self.work), "0027", "good day", ""])

    def test_the_kernel_would_kill_it_first(self):
        def read_score():
            return int(Path("/proc/self/oom_score_adj").read_text("ascii"))

        out = self.check(0, "cat", "/proc/self/oom_score_adj")
        self.assertEqual(int(out), min(read_score() + 200, 1000))

    def test_descriptors_are_those_of_the_caller(self):
        read, write = os.pipe()
        script = "import os; print(sorted(map(int, os.listdir('/proc/self/fd')))[:-1])"
        with os.fdopen(read), os.fdopen(write, "w"):
            os.set_inheritable(read, True)
            bare = subprocess.run([PYTHON, "-c", script], pass_fds=(read,), check=True,
                                  capture_output=True, text=True).stdout
            seen = self.check(0, PYTHON, "-c", script, pass_fds=(read,))
        self.assertEqual(seen, bare)

    def test_signals_are_blocked_and_ignored_as_before(self):
        script = r"grep -E '^(SigBlk|SigIgn|SigCgt)' /proc/self/status"

        def prepare():
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2, signal.SIGALRM})
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)

        def read_masks(text):
            # Signals 32 and 33 are glibc's own; its posix_spawn() leaves them ignored.
            return [int(line.split()[1], 16) & ~(3 << 31) for line in text.splitlines()]

        bare = subprocess.run(["sh", "-c", script], check=True, capture_output=True, text=True,
                              preexec_fn=prepare).stdout
        seen = self.check(0, "sh", "-c", script, preexec_fn=prepare)
        self.assertEqual(read_masks(seen), read_masks(bare))

    def test_resource_limits_are_kept(self):
        def prepare():
            resource.setrlimit(resource.RLIMIT_NOFILE, (77, 88))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        out = self.check(0, "sh", "-c", "ulimit -Sn; ulimit -Hn; ulimit -c", preexec_fn=prepare)
        self.assertEqual(out.split(), ["77", "88", "0"])

    def test_signal_to_us_alone_is_passed_on(self):
        script = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done"
        process = self.start("sh", "-c", script)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.finish(process)[0], 5)
        process = self.start("sh", "-c", script.replace("TERM", "USR1"))
        self.assertEqual(process.stdout.readline(), b"ready\n")
        process.send_signal(signal.SIGUSR1)
        self.assertEqual(self.finish(process)[0], 5)

    def test_ignored_signal_stays_ignored(self):
        def prepare():
            signal.signal(signal.SIGINT, signal.SIG_IGN)

        process = self.start("sh", "-c", "echo ready; read line; echo $line",
                             stdin=subprocess.PIPE, preexec_fn=prepare)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(b"on\n")
        self.assertEqual((process.returncode, out), (0, b"on\n"))

    def test_nothing_in_the_background_outlives_it(self):
        out = self.check(0, "sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 & echo $!")
        self.assertFalse(is_alive(int(out)))

    def test_detached_survivors_live(self):
        out = self.check(0, "sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!",
                         options=("--detach-survivors",))
        self.assertTrue(is_alive(int(out)))
        os.kill(int(out), signal.SIGKILL)

    def test_timeout(self):
        status, result = self.run_with_result("sleep", "1000", options=("--timeout", "1"))
        self.assertEqual((status, result["status"], result["reason"]), (124, 124, "timeout"))

    def test_reader_of_stderr_may_go(self):
        process = self.start("sh", "-c", "read line; exit 4", stdin=subprocess.PIPE)
        process.stderr.close()
        process.stdin.write(b"go\n")
        process.stdin.close()
        process.stdin = None
        wait_until(lambda: process.poll() is not None, "the end")
        self.assertEqual(process.returncode, 4)
        process.stderr = None


if __name__ == "__main__":
    unittest.main()
